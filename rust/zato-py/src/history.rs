//! How often a service was invoked and how long it took, for services of 2.0-3.1 (reference service-api 3.1).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Counts invocations of a service in this process; it goes on counting when the service is deployed again.
#[derive(Clone, Default)]
pub(crate) struct Usage(Arc<AtomicU64>);

static COUNTERS: LazyLock<Mutex<HashMap<String, Usage>>> = LazyLock::new(Mutex::default);

impl Usage {
    /// Returns the counter of a service.
    pub(crate) fn of(service: &str) -> Self {
        let mut counters = COUNTERS.lock().unwrap_or_else(PoisonError::into_inner);
        counters.entry(service.to_owned()).or_default().clone()
    }

    /// Counts an invocation that begins.
    pub(crate) fn begin(&self) -> History {
        let usage = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        History { usage, returned: OnceLock::new() }
    }
}

/// What one invocation knows of itself.
pub(crate) struct History {
    /// How many invocations of the service have begun, this one included.
    pub(crate) usage: u64,
    /// When `handle` and the hooks before `finalize_handle` were done.
    pub(crate) returned: OnceLock<Timestamp>,
}

impl History {
    /// Takes note that `handle` and its hooks are done.
    pub(crate) fn note_return(&self) {
        // It is done once.
        self.returned.get_or_init(Timestamp::now);
    }
}

/// Whole milliseconds of a duration; none at all up to one.
pub(crate) fn milliseconds(duration: SignedDuration) -> i64 {
    let microseconds = duration.as_micros();
    if microseconds <= 1_000 { 0 } else { i64::try_from(microseconds / 1_000).unwrap_or(i64::MAX) }
}
