//! `/metrics` of one worker tells about all of them.

use futures::FutureExt;
use futures::future::BoxFuture;
use zato_http::MetricsSource;

use crate::control::{Notice, Peer};

/// Asks the supervisor, which asks every worker.
pub(super) struct FromSupervisor(pub(super) Peer);

impl MetricsSource for FromSupervisor {
    fn gather(&self, own: String) -> BoxFuture<'static, String> {
        let peer = self.0.clone();
        async move {
            match peer.ask::<String>(&Notice::Metrics).await {
                Ok(all) => all,
                Err(error) => {
                    tracing::warn!(target: "zato", "metrics of this worker only: {error}");
                    own
                }
            }
        }
        .boxed()
    }
}
