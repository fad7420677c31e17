//! Tells when objects changed, whichever process changed them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::MissedTickBehavior;
use zato_core::Result;

use crate::backend::sqlite::Connector;
use crate::backend::{Attempt as _, Connection};
use crate::store::{Store, revision};

/// How long to wait before a connection that broke is made again.
const RECONNECT: Duration = Duration::from_millis(500);

impl Store {
    /// Returns a receiver of the revision. It holds the current one, and is told of later ones within
    /// [`crate::StoreOptions::poll_interval`] if another process made them, and at once if this store did. It is
    /// closed when the store is.
    ///
    /// # Errors
    /// [`zato_core::ErrorKind::Store`] or [`zato_core::ErrorKind::Io`] if the store cannot be read.
    pub async fn watch(&self) -> Result<watch::Receiver<i64>> {
        let interval = self.options().poll_interval;
        let watcher =
            self.watcher().get_or_try_init(|| Watcher::start(self.backend().connector(), interval)).await?;
        let mut receiver = watcher.revisions.clone();
        receiver.mark_unchanged();
        Ok(receiver)
    }

    /// Looks for changes now rather than at the next poll; for those who hear of a change by other means.
    pub fn nudge(&self) {
        if let Some(watcher) = self.watcher().get() {
            watcher.nudge.notify_one();
        }
    }
}

/// Looks for changes until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Watcher {
    revisions: watch::Receiver<i64>,
    nudge: Arc<Notify>,
    task: AbortHandle,
}

impl Watcher {
    async fn start(connector: Connector, interval: Duration) -> Result<Self> {
        let mut eye = Eye::open(&connector).await?;
        let (sender, revisions) = watch::channel(eye.look().await?.unwrap_or_default());
        let nudge = Arc::new(Notify::new());
        let task = tokio::spawn(follow(connector, eye, sender, Arc::clone(&nudge), interval)).abort_handle();
        Ok(Self { revisions, nudge, task })
    }

    /// Stops looking; the receivers see the end.
    pub(crate) fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A connection and what was last seen through it.
struct Eye {
    connection: Connection,
    data_version: Option<i64>,
}

impl Eye {
    async fn open(connector: &Connector) -> Result<Self> {
        Ok(Self { connection: connector.connect().await?, data_version: None })
    }

    /// Gives the revision if anything was committed since the last look. `PRAGMA data_version` compares a counter
    /// in shared memory: it is far cheaper than reading a table, but counts commits of every kind.
    async fn look(&mut self) -> Result<Option<i64>> {
        let data_version: i64 = sqlx::query_scalar("PRAGMA data_version")
            .fetch_one(&mut self.connection)
            .await
            .attempt(|| "could not look for changes of the config store".to_owned())?;
        if self.data_version == Some(data_version) {
            return Ok(None);
        }
        let revision = revision(&mut self.connection).await?;
        self.data_version = Some(data_version);
        Ok(Some(revision))
    }
}

async fn follow(
    connector: Connector,
    mut eye: Eye,
    sender: watch::Sender<i64>,
    nudge: Arc<Notify>,
    interval: Duration,
) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = nudge.notified() => {}
        }
        match eye.look().await {
            Ok(Some(revision)) => {
                sender.send_if_modified(|known| std::mem::replace(known, revision) != revision);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(error = %error.report(), "changes of the config store cannot be followed");
                eye = reopen(&connector).await;
                tracing::info!("changes of the config store can be followed again");
            }
        }
    }
}

/// Tries until the store can be read again.
async fn reopen(connector: &Connector) -> Eye {
    loop {
        tokio::time::sleep(RECONNECT).await;
        match Eye::open(connector).await {
            Ok(mut eye) => match eye.look().await {
                // The next look has to give the revision again.
                Ok(_) => return Eye { data_version: None, ..eye },
                Err(error) => tracing::debug!(%error, "config store still unreadable"),
            },
            Err(error) => tracing::debug!(%error, "config store still cannot be opened"),
        }
    }
}
