//! Jobs: services that are invoked at a time (reference connections 11, operations 9).
//!
//! The supervisor follows the jobs of the config store, sleeps until the next firing, claims the run there and hands it
//! to a worker. Every server of a cluster does so, and the claim decides which of them runs it: nothing is elected, and
//! a server that ends takes no job with it. A run is begun at most once; if the server or the worker ends before it
//! does, it is recorded as lost.

mod agenda;
mod dispatch;
mod engine;
mod figures;
mod recorder;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zato_core::{Error, ErrorKind, Result};
use zato_store::Store;

use crate::api::Api;
use crate::supervisor::fleet::Fleet;
use agenda::Agenda;
use dispatch::Dispatch;
use engine::{Command, Engine};
use figures::Figures;

/// How long the ends of runs may take to be recorded when the server stops.
const LAST_WORD_LIMIT: Duration = Duration::from_secs(2);

/// What a scheduler is given.
#[derive(Debug)]
pub(crate) struct SchedulerOptions {
    /// Name of the server, which claims are made for.
    pub(crate) server: String,
    /// The config store.
    pub(crate) store: Store,
    /// Deletes one-time jobs that have run, and switches off those that have run as often as they may.
    pub(crate) api: Api,
    /// Who runs them.
    pub(crate) fleet: Arc<Fleet>,
    /// Whether nothing runs unless somebody asks for it.
    pub(crate) is_paused: bool,
}

/// Which job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobKey {
    /// By the identity of its object.
    Id(i64),
    /// By its name.
    Name(String),
}

/// A job that somebody had run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executed {
    /// Identity of the job's object.
    pub id: i64,
    /// Name of the job.
    pub name: String,
    /// Correlation ID of the run.
    pub cid: String,
}

/// A scheduler at work.
#[derive(Debug)]
pub(crate) struct Scheduler {
    commands: mpsc::UnboundedSender<Command>,
    figures: Arc<Figures>,
    stop: CancellationToken,
    runs: TaskTracker,
    tasks: parking_lot::Mutex<Option<(JoinHandle<()>, JoinHandle<()>)>>,
}

impl Scheduler {
    /// Starts one. Jobs run once all workers are ready.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] if there are two figures of the same name.
    pub(crate) fn start(options: SchedulerOptions) -> Result<Self> {
        let SchedulerOptions { server, store, api, fleet, is_paused } = options;
        let figures = Arc::new(Figures::new()?);
        let (ends, ends_receiver) = mpsc::unbounded_channel();
        let (commands, command_receiver) = mpsc::unbounded_channel();
        let (stop, runs) = (CancellationToken::new(), TaskTracker::new());
        let dispatch = Dispatch {
            server,
            store: store.clone(),
            api,
            fleet,
            figures: Arc::clone(&figures),
            runs: runs.clone(),
            ends,
            commands: commands.clone(),
        };
        let recording = tokio::spawn(recorder::record(store, ends_receiver));
        let engine = Engine { dispatch: Arc::new(dispatch), agenda: Agenda::default(), is_paused };
        let running = tokio::spawn(engine.run(command_receiver, stop.clone()));
        let tasks = parking_lot::Mutex::new(Some((running, recording)));
        Ok(Self { commands, figures, stop, runs, tasks })
    }

    /// Begins no more runs.
    pub(crate) fn pause(&self) {
        self.stop.cancel();
    }

    /// Waits until what became of runs is recorded; to be called when workers have ended.
    pub(crate) async fn finish(&self) {
        self.pause();
        self.runs.close();
        let tasks = self.tasks.lock().take();
        let last_words = async {
            self.runs.wait().await;
            if let Some((running, recording)) = tasks {
                // Both end by themselves once nobody sends ends of runs any more.
                drop(running.await);
                drop(recording.await);
            }
        };
        if tokio::time::timeout(LAST_WORD_LIMIT, last_words).await.is_err() {
            tracing::warn!(target: "zato", "What became of the latest runs of jobs is not recorded; they count as lost");
        }
    }

    /// Runs a job now, whether it is active or not, without a change of when it runs next.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such job; [`ErrorKind::Conflict`] if the server stops;
    /// [`ErrorKind::Timeout`] if no worker is ready.
    pub(crate) async fn execute(&self, job: JobKey) -> Result<Executed> {
        let stopping =
            || Error::new(ErrorKind::Conflict, "the server is stopping, jobs are not run any more");
        let (reply, receiver) = oneshot::channel();
        self.commands.send(Command::Execute { job, reply }).map_err(|_| stopping())?;
        receiver.await.map_err(|_| stopping())?
    }

    /// Returns figures in the Prometheus text format.
    pub(crate) fn metrics(&self) -> String {
        self.figures.render()
    }
}
