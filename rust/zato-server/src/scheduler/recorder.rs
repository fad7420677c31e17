//! Writes down what became of runs, as many at once as there are.

use std::time::Duration;

use tokio::sync::mpsc;
use zato_store::{RunEnd, Store};

/// Most ends of runs in one transaction.
const AT_ONCE: usize = 256;

/// How often writing is tried, and how long to wait in between.
const ATTEMPTS: (u32, Duration) = (5, Duration::from_secs(1));

/// Records until nobody sends any more.
pub(super) async fn record(store: Store, mut ends: mpsc::UnboundedReceiver<RunEnd>) {
    let mut batch = Vec::new();
    while ends.recv_many(&mut batch, AT_ONCE).await > 0 {
        for attempt in 1..=ATTEMPTS.0 {
            match store.finish_runs(&batch).await {
                Ok(()) => break,
                Err(error) => {
                    tracing::error!(target: "zato", "The end of {} runs of jobs is not recorded: {}", batch.len(), error.report());
                    if attempt < ATTEMPTS.0 {
                        tokio::time::sleep(ATTEMPTS.1).await;
                    }
                }
            }
        }
        batch.clear();
    }
}
