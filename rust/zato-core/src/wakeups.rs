//! Wake-ups that a thread running services may hold back for a moment.
//!
//! Waking the I/O thread costs a system call, and on a busy machine two changes of threads. A thread that goes
//! from one short job to the next therefore holds back what it would wake, and whoever is woken is woken once for
//! many answers.

use std::cell::Cell;

thread_local! {
    static HOLDS: Cell<bool> = const { Cell::new(false) };
}

/// What threads that run services wake: the I/O thread, with answers that are ready.
pub trait Wakeups: Send + Sync {
    /// Sends what any thread held back; costs a load if nothing was.
    fn flush(&self);
}

/// Says whether wake-ups made by the calling thread wait for [`Wakeups::flush`], which somebody then has to call
/// within a moment. Threads that never say so hold nothing back.
pub fn hold(is_holding: bool) {
    HOLDS.set(is_holding);
}

/// Whether wake-ups made by the calling thread wait for [`Wakeups::flush`].
#[must_use]
pub fn is_holding() -> bool {
    HOLDS.get()
}
