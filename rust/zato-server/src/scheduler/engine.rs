//! Waits for the next run, and for changes of jobs.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use zato_connections::SchedulerJob;
use zato_core::{Error, ErrorKind, Result};
use zato_schema::Kind;

use super::agenda::{Agenda, Due};
use super::dispatch::Dispatch;
use super::{Executed, JobKey};

/// How long after the start of a server one-time jobs run whose moment has passed (reference operations 9.2).
const AFTER_START: SignedDuration = SignedDuration::from_secs(10);

/// Longest sleep, after which the clock is looked at again: it may have been set, or the machine suspended.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// How long to wait before the store is read again after it could not be.
const RETRY: Duration = Duration::from_secs(1);

/// How long a one-time job waits that could not be begun.
const PUT_OFF: SignedDuration = SignedDuration::from_secs(5);

/// What a scheduler is told.
#[derive(Debug)]
pub(super) enum Command {
    /// Runs a job now.
    Execute { job: JobKey, reply: oneshot::Sender<Result<Executed>> },
    /// One-time jobs that could not be begun.
    PutOff(Vec<Due>),
}

/// The loop of a scheduler.
pub(super) struct Engine {
    pub(super) dispatch: Arc<Dispatch>,
    pub(super) agenda: Agenda,
    pub(super) is_paused: bool,
}

impl Engine {
    /// Runs until it is told to stop, or the store is closed.
    pub(super) async fn run(
        mut self,
        mut commands: mpsc::UnboundedReceiver<Command>,
        stop: CancellationToken,
    ) {
        tokio::select! {
            () = self.dispatch.fleet.ready() => {}
            () = stop.cancelled() => return,
        }
        if self.is_paused {
            tracing::warn!(target: "zato", "The scheduler is paused, no jobs run");
        }
        if let Err(error) = self.note_lost().await {
            tracing::error!(target: "zato", "Runs of jobs that were lost are not marked as such: {}", error.report());
        }
        let mut revisions = match self.dispatch.store.watch().await {
            Ok(revisions) => revisions,
            Err(error) => {
                tracing::error!(target: "zato", "No jobs run, changes of the config store cannot be followed: {}", error.report());
                return;
            }
        };
        let mut lateness = AFTER_START;
        let mut must_read = true;
        loop {
            if must_read {
                match self.read(lateness).await {
                    Ok(()) => (must_read, lateness) = (false, SignedDuration::ZERO),
                    Err(error) => {
                        tracing::error!(target: "zato", "Jobs could not be read: {}", error.report())
                    }
                }
            }
            let pause = if must_read { RETRY } else { self.pause() };
            tokio::select! {
                () = stop.cancelled() => return,
                changed = revisions.changed() => match changed {
                    Ok(()) => must_read |= *revisions.borrow_and_update() > self.agenda.revision,
                    Err(_) => return,
                },
                Some(command) = commands.recv() => self.obey(command).await,
                () = tokio::time::sleep(pause) => self.fire(),
            }
        }
    }

    /// Marks what this server had begun and not ended.
    async fn note_lost(&self) -> Result<()> {
        for run in self.dispatch.store.lose_runs(&self.dispatch.server).await? {
            tracing::warn!(
                target: "zato",
                cid = run.cid,
                "A run of job `{}` that began at {} was cut off when the server ended",
                run.name, run.started_at,
            );
        }
        Ok(())
    }

    async fn read(&mut self, lateness: SignedDuration) -> Result<()> {
        let store = &self.dispatch.store;
        let changes = store.changes_since(self.agenda.revision).await?;
        let jobs: Vec<i64> = changes
            .put
            .iter()
            .filter(|object| object.kind == SchedulerJob::ID)
            .map(|object| object.id)
            .collect();
        let last = store.last_firings(&jobs).await?;
        let done = self.agenda.take(changes, &last, Timestamp::now(), lateness);
        if !done.is_empty() {
            let dispatch = Arc::clone(&self.dispatch);
            self.dispatch.runs.spawn(async move { dispatch.retire(&done).await });
        }
        self.dispatch.figures.jobs.set(i64::try_from(self.agenda.planned()).unwrap_or(i64::MAX));
        Ok(())
    }

    /// How long to sleep.
    fn pause(&self) -> Duration {
        let Some(due) = self.agenda.next_due().filter(|_| !self.is_paused) else { return LONGEST_SLEEP };
        let left = due.duration_since(Timestamp::now());
        Duration::try_from(left).unwrap_or(Duration::ZERO).min(LONGEST_SLEEP)
    }

    fn fire(&mut self) {
        if self.is_paused {
            return;
        }
        let due = self.agenda.take_due(Timestamp::now());
        if !due.is_empty() {
            let dispatch = Arc::clone(&self.dispatch);
            self.dispatch.runs.spawn(async move { dispatch.begin(due).await });
        }
        self.dispatch.figures.jobs.set(i64::try_from(self.agenda.planned()).unwrap_or(i64::MAX));
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Execute { job, reply } => {
                // Whoever asks may have written the job a moment ago.
                if let Err(error) = self.read(SignedDuration::ZERO).await {
                    drop(reply.send(Err(error)));
                    return;
                }
                self.execute(&job, reply);
            }
            Command::PutOff(due) => {
                let until = Timestamp::now().checked_add(PUT_OFF).unwrap_or(Timestamp::MAX);
                for due in &due {
                    self.agenda.put_off(due, until);
                }
            }
        }
    }

    fn execute(&self, job: &JobKey, reply: oneshot::Sender<Result<Executed>>) {
        let Some(job) = self.agenda.find(job) else {
            let message = match job {
                JobKey::Id(id) => format!("there is no job with ID {id}"),
                JobKey::Name(name) => format!("there is no job `{name}`"),
            };
            // Whoever asked may have gone, here and below.
            drop(reply.send(Err(Error::new(ErrorKind::NotFound, message))));
            return;
        };
        let dispatch = Arc::clone(&self.dispatch);
        self.dispatch.runs.spawn(async move { drop(reply.send(dispatch.execute(job).await)) });
    }
}
