//! Beginning runs.

use jiff::{SignedDuration, Timestamp};
use sqlx::Row as _;
use zato_core::Result;

use super::{Claim, Claimed, RunOutcome};
use crate::backend::{Attempt as _, Connection, Row};
use crate::store::Store;

/// How many runs of a job are kept.
const RUNS_KEPT: i64 = 100;

/// How many runs are kept, over all jobs, of jobs that exist no more; looked at each time so many more are recorded.
const ORPHANS_KEPT: i64 = 1_000;

/// A run that has not ended after so long is taken to be lost with a server that never came back.
const LONGEST_OVERLAP: SignedDuration = SignedDuration::from_hours(24);

impl Store {
    /// Claims runs for a server, all in one transaction; gives what became of each, in their order. Old runs of the same
    /// jobs are forgotten.
    ///
    /// # Errors
    /// [`zato_core::ErrorKind::Store`] or [`zato_core::ErrorKind::Io`] if the store cannot be written; nothing is
    /// claimed then.
    pub async fn claim_runs(&self, server: &str, claims: &[Claim]) -> Result<Vec<Claimed>> {
        let mut transaction = self.backend().begin_write().await?;
        let now = Timestamp::now();
        let mut outcomes = Vec::with_capacity(claims.len());
        for claim in claims {
            outcomes.push(claim_one(&mut transaction, server, claim, now).await?);
        }
        transaction.commit().await.attempt(|| "could not claim runs of jobs".to_owned())?;
        Ok(outcomes)
    }
}

async fn claim_one(
    connection: &mut Connection,
    server: &str,
    claim: &Claim,
    now: Timestamp,
) -> Result<Claimed> {
    let Claim { job, job_revision, .. } = *claim;
    let attempt = || format!("could not claim a run of job {job}");
    let found = sqlx::query("SELECT name, is_active FROM object WHERE id = $1 AND revision = $2")
        .bind(job)
        .bind(job_revision)
        .try_map(|row: Row| Ok((row.try_get::<String, _>(0)?, row.try_get::<bool, _>(1)?)))
        .fetch_optional(&mut *connection)
        .await
        .attempt(attempt)?;
    let Some((name, _)) = found.filter(|(_, is_active)| *is_active || claim.is_manual) else {
        return Ok(Claimed::Changed);
    };
    let overlaps = claim.skips_overlap && is_running(connection, job, now).await?;
    let number =
        if overlaps || claim.is_manual { 0 } else { count(connection, job, job_revision).await? + 1 };
    if claim.most_runs.is_some_and(|most| number > most) {
        return Ok(Claimed::Exhausted);
    }
    let outcome = if overlaps { RunOutcome::Skipped } else { RunOutcome::Running };
    let id: Option<i64> = sqlx::query_scalar(
        "INSERT INTO job_run (job, job_revision, name, scheduled_for, number, server, cid, started_at, finished_at, outcome) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (job, scheduled_for) DO NOTHING RETURNING id",
    )
    .bind(job)
    .bind(job_revision)
    .bind(name)
    .bind(claim.scheduled_for.as_microsecond())
    .bind(i64::from(number))
    .bind(server)
    .bind(&claim.cid)
    .bind(now.as_microsecond())
    .bind(overlaps.then(|| now.as_microsecond()))
    .bind(outcome.as_str())
    .fetch_optional(&mut *connection)
    .await
    .attempt(attempt)?;
    let Some(id) = id else { return Ok(Claimed::Taken) };
    forget(connection, job, id).await?;
    Ok(if overlaps { Claimed::Overlaps } else { Claimed::Run { id, number } })
}

async fn is_running(connection: &mut Connection, job: i64, now: Timestamp) -> Result<bool> {
    let since = now.checked_sub(LONGEST_OVERLAP).unwrap_or(Timestamp::MIN);
    let running: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM job_run WHERE job = $1 AND finished_at IS NULL AND started_at > $2",
    )
    .bind(job)
    .bind(since.as_microsecond())
    .fetch_one(connection)
    .await
    .attempt(|| format!("could not read the runs of job {job}"))?;
    Ok(running > 0)
}

/// Gives how often a job has run since it was changed last.
async fn count(connection: &mut Connection, job: i64, job_revision: i64) -> Result<u32> {
    let number: i64 = sqlx::query_scalar(
        "SELECT COALESCE(MAX(number), 0) FROM job_run WHERE job = $1 AND job_revision = $2",
    )
    .bind(job)
    .bind(job_revision)
    .fetch_one(connection)
    .await
    .attempt(|| format!("could not read how often job {job} has run"))?;
    Ok(u32::try_from(number).unwrap_or(u32::MAX - 1))
}

/// Deletes old runs: of the job, and now and then of jobs that exist no more. Runs that have not ended stay.
async fn forget(connection: &mut Connection, job: i64, latest: i64) -> Result<()> {
    let attempt = || "could not forget old runs of jobs".to_owned();
    sqlx::query(
        "DELETE FROM job_run WHERE job = $1 AND finished_at IS NOT NULL AND id <= \
         (SELECT id FROM job_run WHERE job = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
    )
    .bind(job)
    .bind(RUNS_KEPT)
    .execute(&mut *connection)
    .await
    .attempt(attempt)?;
    if latest % ORPHANS_KEPT == 0 {
        sqlx::query(
            "DELETE FROM job_run WHERE id <= $1 AND finished_at IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM object WHERE object.id = job_run.job)",
        )
        .bind(latest - ORPHANS_KEPT)
        .execute(&mut *connection)
        .await
        .attempt(attempt)?;
    }
    Ok(())
}
