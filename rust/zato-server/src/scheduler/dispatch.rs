//! Claims runs and has workers carry them out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use zato_connections::SchedulerJob;
use zato_core::{Cid, Error, ErrorKind, Result};
use zato_schema::Kind;
use zato_store::{Claim, Claimed, ObjectKey, RunEnd, RunOutcome, Store};

use super::Executed;
use super::agenda::{Due, Job};
use super::engine::Command;
use super::figures::Figures;
use crate::api::Api;
use crate::control::{JobOrder, JobReport, Order};
use crate::supervisor::fleet::Fleet;

/// How long to wait for a worker that is ready.
const WORKER_LIMIT: Duration = Duration::from_secs(10);

/// Everything that is needed to run jobs.
#[derive(Debug)]
pub(super) struct Dispatch {
    pub(super) server: String,
    pub(super) store: Store,
    pub(super) api: Api,
    pub(super) fleet: Arc<Fleet>,
    pub(super) figures: Arc<Figures>,
    /// Runs and what leads to them, until what became of them was sent.
    pub(super) runs: TaskTracker,
    pub(super) ends: mpsc::UnboundedSender<RunEnd>,
    pub(super) commands: mpsc::UnboundedSender<Command>,
}

impl Dispatch {
    /// Begins the runs that are due and not another server's.
    pub(super) async fn begin(self: Arc<Self>, due: Vec<Due>) {
        // Waiting comes before the claim: another server may have a worker that is ready.
        if !self.fleet.wait_until_ready(WORKER_LIMIT).await {
            return self.not_begun(due, "no worker is ready");
        }
        let cids: Vec<Cid> = due.iter().map(|_| Cid::new()).collect();
        let claims: Vec<Claim> = due
            .iter()
            .zip(&cids)
            .map(|(due, cid)| due.job.claim(due.firing.scheduled_for, cid.to_string(), false))
            .collect();
        let claimed = match self.store.claim_runs(&self.server, &claims).await {
            Ok(claimed) => claimed,
            Err(error) => return self.not_begun(due, &error.report()),
        };
        let mut over = Vec::new();
        for ((due, claimed), cid) in due.into_iter().zip(claimed).zip(cids) {
            let Due { job, firing } = due;
            match claimed {
                Claimed::Run { id, number } => {
                    let late = Timestamp::now().duration_since(firing.due);
                    self.figures.lateness.observe(late.as_secs_f64().max(0.0));
                    if job.is_one_time() || job.config.repeats().is_some_and(|most| number >= most) {
                        over.push(Arc::clone(&job));
                    }
                    self.runs.spawn(Arc::clone(&self).carry_out(job, id, cid));
                }
                Claimed::Taken if job.is_one_time() => over.push(job),
                Claimed::Exhausted => over.push(job),
                Claimed::Overlaps => {
                    self.figures.count(RunOutcome::Skipped);
                    tracing::warn!(target: "zato", "Job `{}` was left out, its last run has not ended", job.name);
                }
                // Another server runs it, or the change is about to be read.
                Claimed::Taken | Claimed::Changed => {}
            }
        }
        self.retire(&over).await;
    }

    /// Runs a job because somebody asked for it.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] if no worker is ready; errors of the store.
    pub(super) async fn execute(self: Arc<Self>, job: Arc<Job>) -> Result<Executed> {
        if !self.fleet.wait_until_ready(WORKER_LIMIT).await {
            let message = format!("job `{}` was not run, no worker is ready", job.name);
            return Err(Error::new(ErrorKind::Timeout, message).hint("see server.log for what keeps workers"));
        }
        let cid = Cid::new();
        let claim = job.claim(Timestamp::now(), cid.to_string(), true);
        let claimed = self.store.claim_runs(&self.server, &[claim]).await?;
        let Some(Claimed::Run { id, .. }) = claimed.first().copied() else {
            let message = format!("job `{}` was changed at this moment", job.name);
            return Err(Error::new(ErrorKind::Conflict, message).hint("try again"));
        };
        let executed = Executed { id: job.id, name: job.name.clone(), cid: cid.to_string() };
        self.runs.spawn(Arc::clone(&self).carry_out(job, id, cid));
        Ok(executed)
    }

    /// Deletes one-time jobs that have run, and switches off those that have run as often as they may, unless they were
    /// changed meanwhile.
    pub(super) async fn retire(&self, jobs: &[Arc<Job>]) {
        if jobs.is_empty() {
            return;
        }
        let (one_time, counted): (Vec<_>, Vec<_>) = jobs.iter().partition(|job| job.is_one_time());
        let keys = |jobs: Vec<&Arc<Job>>| -> Vec<(ObjectKey, i64)> {
            jobs.iter().map(|job| (ObjectKey::new(SchedulerJob::ID, &job.name), job.revision)).collect()
        };
        let (delete, switch_off) = (keys(one_time), keys(counted));
        if let Err(error) = self.api.retire(&delete, &switch_off).await {
            let names: Vec<_> = jobs.iter().map(|job| job.name.as_str()).collect();
            tracing::error!(
                target: "zato",
                "Jobs that have run for the last time are still there ({}): {}",
                names.join(", "), error.report(),
            );
        }
    }

    async fn carry_out(self: Arc<Self>, job: Arc<Job>, id: i64, cid: Cid) {
        let started = Instant::now();
        let report = self.ask_worker(&job, cid).await;
        tracing::debug!(
            target: "zato",
            %cid,
            "Job `{}` ran service `{}` for {} ms: {}",
            job.name, job.config.service.as_str(), started.elapsed().as_millis(), report.outcome,
        );
        self.figures.count(report.outcome);
        self.figures.durations.observe(started.elapsed().as_secs_f64());
        // The recorder lives as long as this.
        drop(self.ends.send(RunEnd { id, outcome: report.outcome, detail: report.detail }));
    }

    async fn ask_worker(&self, job: &Job, cid: Cid) -> JobReport {
        let lost = |detail: String| {
            tracing::error!(target: "zato", %cid, "A run of job `{}` is lost: {detail}", job.name);
            JobReport { outcome: RunOutcome::Lost, detail }
        };
        let Some(member) = self.fleet.next_ready() else {
            return lost("no worker is ready any more".to_owned());
        };
        let order = Order::RunJob(JobOrder {
            id: job.id,
            name: job.name.clone(),
            service: job.config.service.as_str().to_owned(),
            job_type: job.config.job_type,
            extra: job.config.extra.clone(),
            cid: cid.to_string(),
            limit: job.config.longest_run().map(|limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)),
        });
        match member.peer.ask::<JobReport>(&order).await {
            Ok(report) => report,
            Err(_) if member.is_gone() => {
                lost(format!("worker {} (process {}) ended before the run did", member.index, member.pid))
            }
            Err(error) => lost(error.to_string()),
        }
    }

    /// Takes note that runs could not be begun. One-time jobs are tried again, others have another run to come.
    fn not_begun(&self, due: Vec<Due>, why: &str) {
        for due in &due {
            tracing::error!(target: "zato", "Job `{}` could not run at {}: {why}", due.job.name, due.firing.scheduled_for);
        }
        let one_time = due.into_iter().filter(|due| due.job.is_one_time()).collect();
        // Without an engine nothing runs any more.
        drop(self.commands.send(Command::PutOff(one_time)));
    }
}
