//! All connections of a worker: how many there are, which are too slow, and what they are told when it stops.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use prometheus::IntGauge;
use tokio::sync::Notify;

use crate::link::{CoarseClock, Expiry, Link};
use crate::options::HttpOptions;
use crate::state::State;

/// The connections. Locked when one comes or goes and a few times a second, never for a request.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) clock: Arc<CoarseClock>,
    links: Mutex<Links>,
    /// Told when the first connection comes and when the last one goes.
    changed: Notify,
    gauge: IntGauge,
}

#[derive(Debug, Default)]
struct Links {
    by_number: HashMap<u64, Arc<Link>>,
    last_number: u64,
}

/// A connection that is there; leaves the hub when dropped.
#[derive(Debug)]
pub(crate) struct Presence {
    hub: Arc<Hub>,
    number: u64,
}

impl Hub {
    pub(crate) fn new(gauge: IntGauge) -> Arc<Self> {
        let clock = Arc::new(CoarseClock::new());
        Arc::new(Self { clock, links: Mutex::default(), changed: Notify::new(), gauge })
    }

    pub(crate) fn count(&self) -> usize {
        self.links.lock().by_number.len()
    }

    pub(crate) fn enter(self: &Arc<Self>, link: Arc<Link>) -> Presence {
        let mut links = self.links.lock();
        links.last_number += 1;
        let number = links.last_number;
        links.by_number.insert(number, link);
        if links.by_number.len() == 1 {
            self.changed.notify_waiters();
        }
        self.gauge.inc();
        Presence { hub: Arc::clone(self), number }
    }

    fn for_each(&self, mut act: impl FnMut(&Link)) {
        let links: Vec<_> = self.links.lock().by_number.values().cloned().collect();
        for link in links {
            act(&link);
        }
    }

    /// Cuts off slow clients, for ever. One task for all connections: a timer for each would cost more than
    /// everything else that is done about time.
    pub(crate) async fn watch(&self, state: &State) {
        let options = &state.options;
        let interval = interval(options);
        loop {
            let changed = self.changed.notified();
            if self.count() == 0 {
                changed.await;
                self.clock.refresh();
            }
            tokio::time::sleep(interval).await;
            self.clock.refresh();
            state.look_at_log_levels();
            state.flush_access_log();
            self.for_each(|link| match link.check(options) {
                Expiry::None => {}
                Expiry::Refuse(_) | Expiry::Cut => {
                    tracing::debug!(remote = %link.remote, "cut off a slow client")
                }
            });
        }
    }

    /// Asks every connection to finish what it is at, and waits until all have. Gives how many were cut off
    /// because the time was over.
    pub(crate) async fn drain(&self, limit: Duration) -> usize {
        self.for_each(Link::drain);
        if tokio::time::timeout(limit, self.emptied()).await.is_ok() {
            return 0;
        }
        let mut count = 0;
        self.for_each(|link| {
            count += 1;
            link.cut();
        });
        // Cutting takes no longer than being polled once.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.emptied()).await;
        count
    }

    async fn emptied(&self) {
        loop {
            let changed = self.changed.notified();
            if self.count() == 0 {
                return;
            }
            changed.await;
        }
    }
}

/// How often connections are looked at: the shortest time limit is kept to within a quarter.
fn interval(options: &HttpOptions) -> Duration {
    let limits =
        [options.header_timeout, options.body_timeout, options.keep_alive_timeout, options.write_timeout];
    let shortest = limits.into_iter().min().unwrap_or_default();
    (shortest / 4).clamp(Duration::from_millis(10), Duration::from_millis(250))
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut links = self.hub.links.lock();
        links.by_number.remove(&self.number);
        self.hub.gauge.dec();
        if links.by_number.is_empty() {
            self.hub.changed.notify_waiters();
        }
    }
}
