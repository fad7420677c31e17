//! Tells workers of changes of the configuration files that services read.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use zato_core::guest::UserConfiguration;
use zato_core::{Error, ErrorKind, Result};

use super::running::Supervisor;
use crate::control::{Order, Peer};

/// How long a worker may take to put files in force.
const LIMIT: Duration = Duration::from_secs(30);

impl Supervisor {
    /// Tells all workers at once of every change.
    pub(super) async fn follow_user_configuration(self: Arc<Self>) {
        let mut changes = self.user_configuration.clone();
        while changes.changed().await.is_ok() {
            let configuration = Arc::clone(&changes.borrow_and_update());
            let telling = self.fleet.members().into_iter().map(|member| {
                let configuration = Arc::clone(&configuration);
                async move {
                    let told = tell(&member.peer, &configuration).await;
                    // Another process takes its place, with the latest files.
                    if let Err(error) = told
                        && !member.is_gone()
                    {
                        tracing::error!(
                            target: "zato",
                            "Changed configuration files of services are not in force in worker {}: {}",
                            member.index,
                            error.report(),
                        );
                    }
                }
            });
            join_all(telling).await;
        }
    }
}

/// Has one worker put files in force.
pub(super) async fn tell(peer: &Peer, configuration: &Arc<UserConfiguration>) -> Result<()> {
    let order = Order::UserConfiguration { configuration: UserConfiguration::clone(configuration) };
    tokio::time::timeout(LIMIT, peer.ask::<()>(&order)).await.unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Timeout, format!("it did not answer within {} s", LIMIT.as_secs())))
    })
}
