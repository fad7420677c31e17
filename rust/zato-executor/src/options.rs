//! What an executor may be told.

use std::time::Duration;

use zato_core::{Error, ErrorKind, Result};

/// Highest value of [`Options::max_threads`]; a thread's number has to fit where a drainer says who it is.
pub const MOST_THREADS: usize = 4096;

/// Settings of an executor. The defaults are the measured ones (reference execution-model 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Most threads at once, 1 to [`MOST_THREADS`]. One thread always exists.
    pub max_threads: usize,
    /// Most jobs that wait, at least 1; [`Executor::push`](crate::Executor::push) gives back what is more.
    pub queue_limit: usize,
    /// Virtual size of a thread's stack in bytes; what is not touched costs nothing.
    pub stack_size: usize,
    /// How long a thread sleeps before it ends. A thread picks its own moment between this and twice this, so
    /// that a pool that grew in one burst does not end in one.
    pub retire_after: Duration,
    /// How often a thread that goes from job to job lets other jobs in flight have the lock; zero is never.
    pub yield_every: Duration,
    /// How often the monitor looks for a blocked thread while jobs wait.
    pub tick: Duration,
    /// How many jobs [`Executor::push_deferred`](crate::Executor::push_deferred) lets pile up before it wakes a
    /// thread without waiting for [`Executor::flush`](crate::Executor::flush).
    pub deferred_depth: usize,
    /// How long [`Executor::stop`](crate::Executor::stop) waits for threads to leave the guest.
    pub stop_limit: Duration,
    /// Beginning of thread names; a dash and a number follow. Linux shows 15 bytes in all.
    pub thread_name: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_threads: 256,
            queue_limit: 10_000,
            stack_size: 8 << 20,
            retire_after: Duration::from_secs(30),
            yield_every: Duration::from_micros(200),
            tick: Duration::from_millis(1),
            deferred_depth: 32,
            stop_limit: Duration::from_millis(500),
            thread_name: "zato-run".to_owned(),
        }
    }
}

impl Options {
    /// Says what makes the options unusable.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], naming the option and the values it takes.
    pub(crate) fn check(&self) -> Result<()> {
        let problem = if self.max_threads == 0 || self.max_threads > MOST_THREADS {
            format!("max_threads is {}; it must be from 1 to {MOST_THREADS}", self.max_threads)
        } else if self.queue_limit == 0 {
            "queue_limit is 0; it must be at least 1".to_owned()
        } else if self.tick.is_zero() {
            "tick is zero; it must be longer, 1 ms is good".to_owned()
        } else if self.thread_name.contains('\0') {
            "thread_name contains a null byte".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Invalid, format!("could not start the executor: {problem}")))
    }
}
