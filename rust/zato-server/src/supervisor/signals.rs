//! What signals mean to a supervisor.

use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use zato_core::error::Context;
use zato_core::{ErrorKind, Result};

use super::fleet::Fleet;

/// Signals that have been taken over from the system.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    user: Signal,
    urgent: Signal,
    stops_on_hang_up: bool,
}

impl Signals {
    /// Takes over SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGURG. SIGHUP stops the server if it is said to.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the system refuses.
    pub(super) fn take(stops_on_hang_up: bool) -> Result<Self> {
        let take = |kind| signal(kind).context(ErrorKind::Io, || "could not listen for signals".to_owned());
        Ok(Self {
            terminate: take(SignalKind::terminate())?,
            interrupt: take(SignalKind::interrupt())?,
            hang_up: take(SignalKind::hangup())?,
            user: take(SignalKind::user_defined1())?,
            urgent: take(SignalKind::from_raw(libc::SIGURG))?,
            stops_on_hang_up,
        })
    }

    /// Acts on signals: the first SIGTERM or SIGINT stops the server, the second ends it at once, as does SIGHUP where it
    /// says that the terminal was closed; otherwise SIGHUP and SIGUSR1,
    /// with which log rotation asks for new files, find that these are opened by themselves; SIGURG makes
    /// workers write the stacks of their threads to the log (reference operations 8.2).
    pub(super) async fn follow(mut self, stop: CancellationToken, fleet: Arc<Fleet>) {
        loop {
            let name = tokio::select! {
                _ = self.terminate.recv() => "SIGTERM",
                _ = self.interrupt.recv() => "SIGINT",
                _ = self.hang_up.recv() => {
                    if !self.stops_on_hang_up { crate::logging::flush(); continue; }
                    "SIGHUP"
                }
                _ = self.user.recv() => { crate::logging::flush(); continue; }
                _ = self.urgent.recv() => {
                    tracing::info!(target: "zato", "SIGURG, workers write the stacks of their threads to the log");
                    fleet.signal_all(rustix::process::Signal::URG);
                    continue;
                }
            };
            if stop.is_cancelled() {
                tracing::warn!(target: "zato", "{name} again, everything is ended at once");
                fleet.kill();
            } else {
                tracing::info!(target: "zato", "{name}, stopping");
                stop.cancel();
            }
        }
    }
}
