//! What workers tell the supervisor.

use std::sync::Arc;

use tokio::net::UnixStream;
use zato_core::error::Error;
use zato_core::guest::UserConfiguration;
use zato_core::{ErrorKind, Result};

use super::running::Supervisor;
use super::user_configuration;
use crate::control::{Hello, Incoming, Notice, Order, Peer, Restored, Welcome, WorkerPhase};
use crate::deploy::record;

/// Longest line a worker may send: its metrics, or its services.
const LINE_LIMIT: usize = 64 << 20;

impl Supervisor {
    /// Serves the connection of a worker until it ends.
    pub(super) async fn serve_worker(self: Arc<Self>, stream: UnixStream, index: usize) {
        let (peer, mut incoming) = Peer::start(stream, LINE_LIMIT);
        while let Some(notice) = incoming.recv().await {
            // Some answers take long, and must not keep others waiting.
            tokio::spawn(Arc::clone(&self).take_notice(index, peer.clone(), notice));
        }
    }

    async fn take_notice(self: Arc<Self>, index: usize, peer: Peer, incoming: Incoming) {
        match incoming.question::<Notice>() {
            Ok(Notice::Hello(hello)) => incoming.answer(self.welcome(index, &peer, &hello)),
            Ok(Notice::Restored(restored)) => incoming.answer(self.restored(index, &peer, restored).await),
            Ok(Notice::Ready) => {
                self.fleet.with_seat(index, |seat| {
                    seat.phase = WorkerPhase::Ready;
                    seat.ready_since = Some(std::time::Instant::now());
                });
                incoming.answer(Ok(()));
            }
            Ok(Notice::Metrics) => incoming.answer(Ok(self.metrics().await)),
            Ok(Notice::Drained) => incoming.answer(Ok(())),
            Ok(Notice::Sync { revision }) => incoming.answer(Ok(self.sync(revision).await)),
            Ok(Notice::ExecuteJob { job }) => incoming.answer(self.scheduler.execute(job).await),
            Ok(Notice::Stuck { pid, why }) => {
                let members = self.fleet.members();
                if let Some(member) = members.iter().find(|member| (member.index, member.pid) == (index, pid))
                {
                    self.fleet.recycle(member, &why);
                }
                incoming.answer(Ok(()));
            }
            Ok(Notice::Unable { report }) => {
                tracing::error!(target: "zato", "Worker {index} cannot start: {report}");
                self.fleet.with_seat(index, |seat| seat.unable = Some(report));
                incoming.answer(Ok(()));
            }
            Err(error) => incoming.answer(Err::<(), _>(error)),
        }
    }

    fn welcome(&self, index: usize, peer: &Peer, hello: &Hello) -> Result<Welcome> {
        if hello.index != index {
            let message = format!("process {} is worker {index}, not worker {}", hello.pid, hello.index);
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        self.fleet.with_seat(index, |seat| seat.peer = Some(peer.clone()));
        let user_configuration = UserConfiguration::clone(&self.user_configuration.borrow());
        Ok(Welcome { bind: self.fleet.address(), epoch: self.fleet.epoch(), user_configuration })
    }

    /// Takes a worker in once it has loaded the latest deployment.
    async fn restored(&self, index: usize, peer: &Peer, mut restored: Restored) -> Result<()> {
        record::log_installed(&self.records, &restored.units);
        record::log_not_loaded(&self.records, index, &restored.units);
        while let Some(epoch) = self.fleet.join(index, &restored) {
            restored = peer.ask(&Order::CatchUp { epoch }).await?;
            record::log_not_loaded(&self.records, index, &restored.units);
        }
        self.fleet.with_seat(index, |_| ());
        if restored.revision < self.fleet.revision() {
            self.sync_worker(index, peer, self.fleet.revision()).await?;
        }
        // From now on it is told of every change, as it has joined.
        let latest = Arc::clone(&self.user_configuration.borrow());
        if restored.user_configuration < latest.version {
            user_configuration::tell(peer, &latest).await?;
        }
        self.fleet.serving_allowed().await;
        Ok(())
    }
}
