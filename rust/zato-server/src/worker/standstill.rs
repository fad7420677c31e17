//! Notices when nothing can run in a worker any more, and has it replaced.
//!
//! A run past its time limit is told to end. One that cannot hear, because it waits in foreign code, keeps its thread;
//! once all threads are kept like that, every request would be answered 503 or 504 until somebody restarts the server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use zato_core::guest::{Guest, Standstill};
use zato_http::State;

use crate::control::{Notice, Peer};

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long the supervisor may take to take note.
const NOTICE_LIMIT: Duration = Duration::from_secs(1);

/// Looks until the worker drains. While nothing can run the worker is not ready; after `limit` of that it gives up its
/// place.
pub(super) async fn watch(
    guest: Arc<dyn Guest>,
    state: Arc<State>,
    supervisor: Peer,
    limit: Option<Duration>,
    drain: CancellationToken,
) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut since: Option<Instant> = None;
    let mut is_explained = false;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = drain.cancelled() => return,
        }
        let Some(standstill) = guest.standstill() else {
            is_explained = false;
            if since.take().is_some() {
                state.set_stalled(false);
                tracing::warn!(target: "zato", "Services can run again, the worker is ready");
            }
            continue;
        };
        let begun = *since.get_or_insert_with(|| {
            state.set_stalled(true);
            log(&standstill, limit);
            Instant::now()
        });
        if limit.is_none_or(|limit| begun.elapsed() < limit) {
            continue;
        }
        if is_explained {
            let notice = Notice::Stuck { pid: std::process::id(), why: standstill.to_string() };
            // Whether the supervisor has heard or not, it starts another worker when this one ends.
            drop(tokio::time::timeout(NOTICE_LIMIT, supervisor.ask::<()>(&notice)).await);
            guest.give_up();
            drain.cancel();
            return;
        }
        // Where the threads are stuck is what somebody will have to find out. It is written until the next look.
        guest.write_stacks();
        is_explained = true;
    }
}

fn log(standstill: &Standstill, limit: Option<Duration>) {
    let outlook = match limit {
        Some(limit) => format!("it is replaced unless one of them ends within {} s", limit.as_secs_f64()),
        None => "it stays so until one of them ends".to_owned(),
    };
    tracing::error!(
        target: "zato",
        "No service can run in this worker, which is not ready: {standstill}; {outlook}"
    );
}
