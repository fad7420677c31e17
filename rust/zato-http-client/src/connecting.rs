//! Tells connecting from waiting: each has a limit of its own, and only the connector knows where one ends.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use parking_lot::Mutex;
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static PROGRESS: Arc<Progress>;
}

/// How far a request has come.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<Stage>);

/// Where a request is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It has not needed a new connection.
    #[default]
    Sending,
    /// A connection is being made, TLS included.
    Connecting,
    /// A connection was made.
    Connected(Instant),
}

impl Progress {
    pub(crate) fn stage(&self) -> Stage {
        *self.0.lock()
    }

    /// Runs a request and notes how far it comes.
    pub(crate) async fn follow<F: Future>(self: &Arc<Self>, request: F) -> F::Output {
        PROGRESS.scope(Arc::clone(self), request).await
    }
}

/// Puts [`Connector`] around the connector of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noting;

impl<S> Layer<S> for Noting {
    type Service = Connector<S>;

    fn layer(&self, inner: S) -> Connector<S> {
        Connector(inner)
    }
}

/// A connector that notes in the task of a request when it begins and when it is done.
#[derive(Debug, Clone)]
pub(crate) struct Connector<S>(S);

impl<S, R> Service<R> for Connector<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
    S::Response: 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        // Connections that are made for nobody in particular have no request.
        let progress = PROGRESS.try_with(Arc::clone).ok();
        let note = move |stage| {
            if let Some(progress) = &progress {
                *progress.0.lock() = stage;
            }
        };
        note(Stage::Connecting);
        let connecting = self.0.call(target);
        Box::pin(async move {
            let outcome = connecting.await;
            if outcome.is_ok() {
                note(Stage::Connected(Instant::now()));
            }
            outcome
        })
    }
}
