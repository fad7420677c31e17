//! What all connections of a worker share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use zato_core::guest::Guest;

use crate::access_log::{AccessLog, Lines};
use crate::metrics::{ChannelMetrics, Metrics, MetricsSource};
use crate::options::HttpOptions;
use crate::outbox::Outbox;
use crate::tables::Tables;

/// Everything that requests need. Nothing in it is locked while a request is handled.
pub struct State {
    /// Settings; a change needs a new worker.
    pub options: HttpOptions,
    /// Configuration in force; the worker stores new tables when objects change.
    pub tables: Arc<ArcSwap<Tables>>,
    /// Runs services.
    pub guest: Arc<dyn Guest>,
    /// Figures of this worker.
    pub metrics: Metrics,
    /// Answers `/metrics` for all workers; without it, only this one is told about.
    pub metrics_source: Option<Arc<dyn MetricsSource>>,
    /// Where lines of the access log go; without it, none are made.
    pub(crate) access_log: Option<Lines>,
    /// Whether `/zato/health/ready` says yes; cleared when draining begins.
    pub is_ready: AtomicBool,
    /// Whether services cannot run for the moment.
    is_stalled: AtomicBool,
    /// Connections whose service has answered.
    pub(crate) outbox: Arc<Outbox>,
    /// Figures of requests without a channel.
    pub(crate) unrouted: ChannelMetrics,
    /// Whether anybody reads the lines of single requests.
    are_rest_lines_wanted: AtomicBool,
    /// Bytes of large request bodies held at present.
    buffered: AtomicU64,
    /// Second in which overload was last logged.
    overload_logged: AtomicU64,
}

impl State {
    /// Makes a state without logs, that is not ready yet.
    pub fn new(
        options: HttpOptions,
        tables: Arc<ArcSwap<Tables>>,
        guest: Arc<dyn Guest>,
        metrics: Metrics,
    ) -> Self {
        let unrouted = metrics.channel("");
        Self {
            options,
            tables,
            guest,
            metrics,
            metrics_source: None,
            access_log: None,
            is_ready: AtomicBool::new(false),
            is_stalled: AtomicBool::new(false),
            outbox: Arc::default(),
            unrouted,
            are_rest_lines_wanted: AtomicBool::new(false),
            buffered: AtomicU64::new(0),
            overload_logged: AtomicU64::new(0),
        }
    }

    /// Writes an access log to this sink.
    #[must_use]
    pub fn with_access_log(mut self, log: Arc<dyn AccessLog>) -> Self {
        self.access_log = Some(Lines::new(log));
        self
    }

    /// Lets this source answer `/metrics`.
    #[must_use]
    pub fn with_metrics_source(mut self, source: Arc<dyn MetricsSource>) -> Self {
        self.metrics_source = Some(source);
        self
    }

    /// Says whether the worker should be given requests, which `/zato/health/ready` tells.
    pub fn set_ready(&self, is_ready: bool) {
        self.is_ready.store(is_ready, Ordering::Relaxed);
    }

    /// Says whether services cannot run for the moment; the worker is not ready while that is so.
    pub fn set_stalled(&self, is_stalled: bool) {
        self.is_stalled.store(is_stalled, Ordering::Relaxed);
    }

    /// Whether the worker should be given requests.
    pub(crate) fn takes_requests(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed) && !self.is_stalled.load(Ordering::Relaxed)
    }

    /// To be called when the thread that serves is about to sleep (`on_thread_park` of its runtime): hands over
    /// what waits, in both directions, without anybody having to be woken for it.
    pub fn on_io_park(&self) {
        let is_in_the_way = self.guest.on_io_park();
        self.flush_access_log();
        if !self.outbox.deliver() && is_in_the_way {
            self.outbox.wait();
        }
    }

    /// Hands over lines of the access log.
    pub(crate) fn flush_access_log(&self) {
        if let Some(log) = &self.access_log {
            log.flush();
        }
    }

    /// Asks the log whether it takes lines of single requests. Asking for each request would cost as much as
    /// finding its channel, so that it is done when a connection comes and a few times a second.
    pub(crate) fn look_at_log_levels(&self) {
        let is_wanted = tracing::enabled!(target: "zato_rest", tracing::Level::INFO);
        self.are_rest_lines_wanted.store(is_wanted, Ordering::Relaxed);
    }

    /// Whether the log takes lines of single requests.
    pub(crate) fn are_rest_lines_wanted(&self) -> bool {
        self.are_rest_lines_wanted.load(Ordering::Relaxed)
    }

    /// Makes room for more bytes of request bodies, if there is any.
    pub(crate) fn reserve(&self, bytes: u64) -> bool {
        let held = self.buffered.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let has_room = held <= self.options.max_buffered_bytes;
        if !has_room {
            self.release(bytes);
        }
        has_room
    }

    /// Gives room back.
    pub(crate) fn release(&self, bytes: u64) {
        self.buffered.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Whether overload is to be logged; at most once a second, or the log would add to the load.
    pub(crate) fn may_log_overload(&self) -> bool {
        let second = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
        self.overload_logged.swap(second, Ordering::Relaxed) != second
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("State").field("options", &self.options).finish_non_exhaustive()
    }
}
