//! What is known about runs.

use sqlx::Row as _;
use zato_core::Result;

use super::{LastFiring, Run, RunOutcome};
use crate::backend::{Attempt as _, Row, time_of};
use crate::store::Store;

/// Columns that [`run_of`] reads.
macro_rules! run_columns {
    () => {
        "id, job, name, scheduled_for, number, server, cid, started_at, finished_at, outcome, detail"
    };
}
pub(super) use run_columns;

impl Store {
    /// Returns the latest runs of the jobs of a name, or of all jobs, newest first.
    ///
    /// # Errors
    /// [`zato_core::ErrorKind::Store`] or [`zato_core::ErrorKind::Io`] if the store cannot be read.
    pub async fn runs(&self, name: Option<&str>, limit: u32) -> Result<Vec<Run>> {
        let mut transaction = self.backend().begin_read().await?;
        let query = match name {
            Some(name) => sqlx::query(concat!(
                "SELECT ",
                run_columns!(),
                " FROM job_run WHERE name = $2 ORDER BY id DESC LIMIT $1"
            ))
            .bind(i64::from(limit))
            .bind(name),
            None => {
                sqlx::query(concat!("SELECT ", run_columns!(), " FROM job_run ORDER BY id DESC LIMIT $1"))
                    .bind(i64::from(limit))
            }
        };
        query
            .try_map(run_of)
            .fetch_all(&mut *transaction)
            .await
            .attempt(|| "could not read the runs of jobs".to_owned())
    }

    /// Returns the latest firing of those of the jobs that have run, leaving out runs that somebody asked for.
    ///
    /// # Errors
    /// As [`Store::runs`].
    pub async fn last_firings(&self, jobs: &[i64]) -> Result<Vec<LastFiring>> {
        let mut transaction = self.backend().begin_read().await?;
        let mut firings = Vec::new();
        for job in jobs {
            let latest: Option<i64> =
                sqlx::query_scalar("SELECT MAX(scheduled_for) FROM job_run WHERE job = $1 AND number > 0")
                    .bind(job)
                    .fetch_one(&mut *transaction)
                    .await
                    .attempt(|| format!("could not read when job {job} ran last"))?;
            if let Some(latest) = latest {
                let scheduled_for =
                    time_of(latest).attempt(|| format!("could not read when job {job} ran last"))?;
                firings.push(LastFiring { job: *job, scheduled_for });
            }
        }
        Ok(firings)
    }
}

/// Makes a run of a row with [`run_columns`].
pub(super) fn run_of(row: Row) -> Result<Run, sqlx::Error> {
    let finished_at: Option<i64> = row.try_get("finished_at")?;
    let number: i64 = row.try_get("number")?;
    Ok(Run {
        id: row.try_get("id")?,
        job: row.try_get("job")?,
        name: row.try_get("name")?,
        scheduled_for: time_of(row.try_get("scheduled_for")?)?,
        number: u32::try_from(number).unwrap_or(u32::MAX),
        server: row.try_get("server")?,
        cid: row.try_get("cid")?,
        started_at: time_of(row.try_get("started_at")?)?,
        finished_at: finished_at.map(time_of).transpose()?,
        outcome: RunOutcome::from_word(row.try_get("outcome")?)?,
        detail: row.try_get("detail")?,
    })
}
