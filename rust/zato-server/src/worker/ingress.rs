//! The I/O thread: HTTP and nothing else, so that neither control messages nor Python ever delay a socket.

use std::sync::Arc;

use tokio::sync::oneshot;
use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};
use zato_http::{Drained, Listeners, State};

/// HTTP being served.
pub(super) struct Ingress {
    shutdown: Option<oneshot::Sender<()>>,
    ended: oneshot::Receiver<Result<Drained>>,
}

impl Ingress {
    /// Serves on bound sockets.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if there is no thread or runtime to be had.
    pub(super) fn start(listeners: Listeners, state: Arc<State>) -> Result<Self> {
        let (shutdown, shutdown_asked) = oneshot::channel::<()>();
        let (ended_sender, ended) = oneshot::channel();
        let parking = Arc::clone(&state);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .on_thread_park(move || parking.on_io_park())
            .build()
            .context(ErrorKind::Io, || "could not make the I/O runtime".to_owned())?;
        std::thread::Builder::new()
            .name("zato-io".to_owned())
            .spawn(move || {
                let served = runtime.block_on(zato_http::serve(listeners, state, async move {
                    // An error means that the worker is gone without a word, which is a reason to stop as well.
                    let _ = shutdown_asked.await;
                }));
                drop(ended_sender.send(served));
            })
            .context(ErrorKind::Io, || "could not start the I/O thread".to_owned())?;
        Ok(Self { shutdown: Some(shutdown), ended })
    }

    /// Accepts no more connections; requests in flight go on.
    pub(super) fn shut_down(&mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            // The ingress may have ended by itself.
            let _ = shutdown.send(());
        }
    }

    /// Waits until serving has ended.
    ///
    /// # Errors
    /// Whatever ended it early.
    pub(super) async fn ended(&mut self) -> Result<Drained> {
        let lost = || Error::new(ErrorKind::Internal, "the I/O thread ended without a word");
        (&mut self.ended).await.unwrap_or_else(|_| Err(lost()))
    }
}
