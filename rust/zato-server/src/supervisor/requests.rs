//! What clients ask the supervisor.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::Value;
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use zato_core::guest::ServiceInfo;
use zato_core::{Error, ErrorKind, Result};

use super::fleet::ANSWER_LIMIT;
use super::running::Supervisor;
use crate::control::{
    DeploymentReport, Incoming, Order, Peer, Request, ServerStatus, ServiceList, SyncReport, WorkerPhase,
    WorkerSync,
};
use crate::deploy::deployer::Job;
use crate::deploy::{PathContents, read_path};
use crate::logging::{self, Level};
use crate::shared_state::Definitions;

/// Longest line a client may send.
const LINE_LIMIT: usize = 1 << 20;

/// How long a worker may take to bring a revision of the config store in force.
const SYNC_LIMIT: Duration = Duration::from_secs(10);

impl Supervisor {
    /// Serves the connection of a client until it ends.
    pub(super) async fn serve_client(self: Arc<Self>, stream: UnixStream) {
        let (_peer, mut incoming) = Peer::start(stream, LINE_LIMIT);
        while let Some(request) = incoming.recv().await {
            tokio::spawn(Arc::clone(&self).take_request(request));
        }
    }

    async fn take_request(self: Arc<Self>, incoming: Incoming) {
        let outcome = match incoming.question::<Request>() {
            Ok(request) => self.answer(request).await,
            Err(error) => Err(error),
        };
        incoming.answer(outcome);
    }

    async fn answer(&self, request: Request) -> Result<Value> {
        match request {
            Request::Status => json(self.status().await),
            Request::Sync { revision } => json(self.sync(revision).await),
            Request::Deploy { path, actor } => {
                let asked_at = Instant::now();
                let contents = self.read(path).await?;
                json(self.submit(|reply| Job::Deploy { contents, actor, asked_at, reply }).await?)
            }
            Request::CheckUnits { path } => {
                let contents = self.read(path).await?;
                json(self.submit(|reply| Job::Check { contents, reply }).await?)
            }
            Request::Rollback { unit, steps, actor } => {
                json(self.submit(|reply| Job::Rollback { unit, steps, actor, reply }).await?)
            }
            Request::Deployments { limit } => json(self.store.deployments(limit).await?),
            Request::Services => json(self.services().await?),
            Request::Metrics => json(self.metrics().await),
            Request::LogLevel { logger, level } => json(self.set_log_level(logger, level).await?),
            Request::Stop { is_immediate } => {
                tracing::info!(target: "zato", "Asked to stop");
                self.stop.cancel();
                if is_immediate {
                    self.fleet.kill();
                }
                json(())
            }
        }
    }

    async fn submit(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<DeploymentReport>>) -> Job,
    ) -> Result<DeploymentReport> {
        let stopping =
            || Error::new(ErrorKind::Conflict, "the server is stopping, nothing is deployed any more");
        let (reply, receiver) = oneshot::channel();
        self.jobs.send(job(reply)).map_err(|_| stopping())?;
        receiver.await.map_err(|_| stopping())?
    }

    async fn status(&self) -> ServerStatus {
        let workers = self.fleet.status().await;
        ServerStatus {
            name: self.server.server_name.clone(),
            cluster: self.server.cluster_name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started_at: self.started_at,
            address: self.fleet.address(),
            is_ready: workers.iter().all(|worker| worker.phase == WorkerPhase::Ready),
            is_stopping: self.stop.is_cancelled(),
            revision: self.fleet.revision(),
            deployment: self.records.latest(),
            units: self.records.count(),
            pickup: self.pickup.iter().map(|path| path.display().to_string()).collect(),
            workers,
        }
    }

    async fn services(&self) -> Result<ServiceList> {
        let member = self.fleet.wait_for_member(Duration::from_secs(2), None).await;
        let Some(member) = member else {
            return Err(Error::new(ErrorKind::Timeout, "no worker is ready to say which services there are")
                .hint("see server.log for what keeps workers from starting"));
        };
        let services: Vec<ServiceInfo> = member.peer.ask_within(&Order::Services, ANSWER_LIMIT).await?;
        Ok(ServiceList { services, failures: self.records.failures() })
    }

    /// Gives the metrics of all workers as one text.
    pub(super) async fn metrics(&self) -> String {
        let texts: Vec<(usize, String)> = self.fleet.ask_all(&Order::Metrics).await;
        let mut texts: Vec<_> = texts.into_iter().map(|(_, text)| text).collect();
        texts.push(self.restart_figures());
        texts.push(self.scheduler.metrics());
        texts.push(self.shared.figures());
        zato_http::metrics::merge(&texts)
    }

    /// Gives how often each worker was started again, which no worker can know of itself.
    fn restart_figures(&self) -> String {
        let heading = "# HELP zato_worker_restarts_total Times a worker was started again since the server was started.\n\
                       # TYPE zato_worker_restarts_total counter\n";
        self.fleet.seats.iter().enumerate().fold(heading.to_owned(), |text, (index, seat)| {
            let restarts = seat.lock().starts.saturating_sub(1);
            text + &format!("zato_worker_restarts_total{{worker=\"{index}\"}} {restarts}\n")
        })
    }

    /// Reads units without holding up anybody.
    async fn read(&self, path: PathBuf) -> Result<PathContents> {
        let pickup = self.pickup.clone();
        tokio::task::spawn_blocking(move || read_path(&path, &pickup)).await.unwrap_or_else(|error| {
            Err(Error::new(ErrorKind::Internal, "reading units ended unexpectedly").source(error))
        })
    }

    async fn set_log_level(&self, logger: String, level: Option<String>) -> Result<()> {
        let parsed = level.as_deref().map(parse_level).transpose()?;
        logging::set_level(&logger, parsed)?;
        let _: Vec<(usize, ())> = self.fleet.ask_all(&Order::LogLevel { logger, level }).await;
        Ok(())
    }

    /// Brings a revision of the config store in force in every worker.
    pub(super) async fn sync(&self, revision: i64) -> SyncReport {
        let started = Instant::now();
        // Workers that are being started read the store after this, or are told when they join.
        self.fleet.note_revision(revision);
        // The scheduler hears of it at once too.
        self.store.nudge();
        // Whatever workers are about to serve may use the caches it defines.
        if let Err(error) = self.sync_caches().await {
            tracing::error!(target: "zato", "Definitions of caches stay as they were: {}", error.report());
        }
        let members = self.fleet.members();
        let syncing = members.iter().map(|member| async {
            let started = Instant::now();
            let outcome = self.sync_worker(member.index, &member.peer, revision).await;
            let (revision, problem) = match outcome {
                Ok(revision) => (Some(revision), None),
                // Another process will take its place, with the latest revision.
                Err(_) if member.is_gone() => (None, None),
                Err(error) => (None, Some(error.to_string())),
            };
            WorkerSync { index: member.index, revision, milliseconds: milliseconds(started), problem }
        });
        let mut workers = join_all(syncing).await;
        for index in 0..self.fleet.len() {
            if workers.iter().all(|worker| worker.index != index) {
                workers.push(WorkerSync { index, revision: None, milliseconds: 0, problem: None });
            }
        }
        workers.sort_by_key(|worker| worker.index);
        for (index, problem) in
            workers.iter().filter_map(|worker| Some((worker.index, worker.problem.as_ref()?)))
        {
            tracing::error!(target: "zato", "Revision {revision} is not in force in worker {index}: {problem}");
        }
        SyncReport { revision, milliseconds: milliseconds(started), workers }
    }

    /// Brings what the store says about caches in force.
    async fn sync_caches(&self) -> Result<()> {
        let (definitions, problems) = Definitions::compile(&self.store.snapshot().await?);
        for problem in problems {
            tracing::error!(target: "zato", "Configuration: {problem}");
        }
        self.shared.configure(definitions);
        Ok(())
    }

    /// Brings a revision in force in one worker; gives the one then in force.
    pub(super) async fn sync_worker(&self, index: usize, peer: &Peer, revision: i64) -> Result<i64> {
        let asking = tokio::time::timeout(SYNC_LIMIT, peer.ask::<i64>(&Order::Sync { revision })).await;
        let reached = asking.unwrap_or_else(|_| {
            let message = format!("worker {index} did not answer within {} s", SYNC_LIMIT.as_secs());
            Err(Error::new(ErrorKind::Timeout, message))
        })?;
        self.fleet.with_seat(index, |seat| seat.revision = seat.revision.max(reached));
        Ok(reached)
    }
}

pub(crate) fn parse_level(text: &str) -> Result<Level> {
    Level::parse(text).ok_or_else(|| {
        Error::new(ErrorKind::Invalid, format!("there is no log level `{text}`"))
            .hint("use one of TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL")
    })
}

fn json(answer: impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(answer)
        .map_err(|error| Error::new(ErrorKind::Internal, "could not encode an answer").source(error))
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
