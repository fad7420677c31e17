//! Time as callers tell it.

use std::time::Duration;

/// A moment on two clocks: deadlines are on the one that never goes back, and people read the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Since some fixed moment in the past, monotonic.
    pub elapsed: Duration,
    /// Seconds since the Unix epoch.
    pub wall: f64,
}

impl Moment {
    /// Returns the wall-clock time of a monotonic moment, in seconds since the Unix epoch.
    pub(crate) fn wall_time_of(self, elapsed: Duration) -> f64 {
        self.wall + elapsed.as_secs_f64() - self.elapsed.as_secs_f64()
    }
}
