//! Runs jobs of a guest that has one big lock (CPython's GIL): the adaptive elastic drainer of reference
//! execution-model 7.
//!
//! One thread at a time, the drainer, holds the lock and takes job after job from one queue. Another thread
//! joins in only when the drainer turns out to be blocked (the system says that it waits for something) or takes very long, so
//! computing jobs stay first in first out, while a blocking job never holds up the next.
//!
//! Invariant: nothing here knows what a job is, or that the lock is Python's.
//!
//! - `coordination` holds the protocol: who is to wake whom, and why no wake-up can get lost; `word` is its center,
//!   `watching` the monitor's part of it;
//! - `worker` is the life of a thread, `monitor` the clock behind it all;
//! - `admission`, `courtesy`, `drainer` and `idle` are the pieces of shared state.

mod admission;
mod coordination;
mod courtesy;
mod drainer;
mod executor;
mod gate;
mod idle;
mod monitor;
mod options;
mod statistics;
mod task;
mod timer_slack;
mod watching;
mod word;
mod worker;

pub use executor::Executor;
pub use gate::{Gate, LONG};
pub use options::{MOST_THREADS, Options};
pub use statistics::{Statistics, Stopped};
