//! Runs of jobs: who may begin one, and what became of it.
//!
//! A job and the moment it is scheduled for are one run, whoever begins it: the run is *claimed* by a row that there
//! can be one of. What is claimed is run at most once; if whoever claimed it ends before the run does, it is lost.

mod claim;
mod read;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zato_core::Result;

use crate::backend::Attempt as _;
use crate::deployment::word::words;
use crate::store::Store;

/// A run that somebody wants to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Identity of the job's object.
    pub job: i64,
    /// Revision of the object that was read; a job that has another one by now is not run.
    pub job_revision: i64,
    /// The moment that the schedule says.
    pub scheduled_for: Timestamp,
    /// Correlation ID of the run.
    pub cid: String,
    /// How many runs there may be until the job is changed.
    pub most_runs: Option<u32>,
    /// Whether the run is left out if another run of the job has not ended.
    pub skips_overlap: bool,
    /// Whether somebody asked for it: then it does not count, and the job need not be active.
    pub is_manual: bool,
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// The run is to be begun.
    Run {
        /// Identity of the run.
        id: i64,
        /// Which run of the job since it was changed last, from 1; 0 if it does not count.
        number: u32,
    },
    /// Another server has begun it, or had.
    Taken,
    /// Another run of the job has not ended; the run is recorded as skipped.
    Overlaps,
    /// The job has run as often as it may.
    Exhausted,
    /// The job was changed, switched off or deleted meanwhile.
    Changed,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunOutcome {
    /// It has not ended.
    Running,
    /// The service did what it was asked for.
    Ok,
    /// The service failed, or could not be invoked.
    Error,
    /// The service took longer than it may.
    Timeout,
    /// It was left out because an earlier run had not ended.
    Skipped,
    /// The server or the worker ended before the run did; it is not repeated.
    Lost,
}

words!(RunOutcome {
    Running => "running",
    Ok => "ok",
    Error => "error",
    Timeout => "timeout",
    Skipped => "skipped",
    Lost => "lost",
});

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    /// Identity of the run.
    pub id: i64,
    /// What became of it.
    pub outcome: RunOutcome,
    /// Why, if that is worth saying.
    pub detail: String,
}

/// A run as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Identity.
    pub id: i64,
    /// Identity of the job's object.
    pub job: i64,
    /// Name of the job at the time.
    pub name: String,
    /// The moment that the schedule said.
    pub scheduled_for: Timestamp,
    /// Which run of the job since it was changed last; 0 if it does not count.
    pub number: u32,
    /// The server that claimed it.
    pub server: String,
    /// Correlation ID.
    pub cid: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; none if it has not.
    pub finished_at: Option<Timestamp>,
    /// What became of it.
    pub outcome: RunOutcome,
    /// Why, if that is worth saying.
    pub detail: String,
}

/// The latest firing of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastFiring {
    /// Identity of the job's object.
    pub job: i64,
    /// The moment that the schedule said.
    pub scheduled_for: Timestamp,
}

impl Store {
    /// Records the end of runs, all in one transaction. Those that have ended already stay as they are.
    ///
    /// # Errors
    /// [`zato_core::ErrorKind::Store`] or [`zato_core::ErrorKind::Io`] if the store cannot be written.
    pub async fn finish_runs(&self, ends: &[RunEnd]) -> Result<()> {
        let attempt = || "could not record the end of runs of jobs".to_owned();
        let mut transaction = self.backend().begin_write().await?;
        for end in ends {
            sqlx::query(
                "UPDATE job_run SET finished_at = $1, outcome = $2, detail = $3 \
                 WHERE id = $4 AND finished_at IS NULL",
            )
            .bind(Timestamp::now().as_microsecond())
            .bind(end.outcome.as_str())
            .bind(&end.detail)
            .bind(end.id)
            .execute(&mut *transaction)
            .await
            .attempt(attempt)?;
        }
        transaction.commit().await.attempt(attempt)
    }

    /// Marks the runs that a server had begun and not ended as lost. To be called when the server starts, before it
    /// begins one. Gives them.
    ///
    /// # Errors
    /// [`zato_core::ErrorKind::Store`] or [`zato_core::ErrorKind::Io`] if the store cannot be written.
    pub async fn lose_runs(&self, server: &str) -> Result<Vec<Run>> {
        let attempt = || format!("could not mark lost runs of jobs of server `{server}`");
        let mut transaction = self.backend().begin_write().await?;
        let lost = sqlx::query(concat!(
            "UPDATE job_run SET finished_at = $1, outcome = $2, detail = $3 \
             WHERE server = $4 AND finished_at IS NULL RETURNING ",
            read::run_columns!()
        ))
        .bind(Timestamp::now().as_microsecond())
        .bind(RunOutcome::Lost.as_str())
        .bind("the server ended before the run did")
        .bind(server)
        .try_map(read::run_of)
        .fetch_all(&mut *transaction)
        .await
        .attempt(attempt)?;
        transaction.commit().await.attempt(attempt)?;
        Ok(lost)
    }
}
