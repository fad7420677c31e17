//! The one word that says who is awake, and what is expected of them.

/// A thread is awake and will look at the queue; whoever sets the bit answers for that.
pub(crate) const SEARCHING: u64 = 1;
/// Jobs block at present, so each job taken while others wait wakes a follower at once.
pub(crate) const BLOCKING: u64 = 1 << 1;
/// The monitor is awake.
pub(crate) const WATCHED: u64 = 1 << 2;
/// Threads are to leave.
pub(crate) const STOPPING: u64 = 1 << 3;
/// One active thread; the upper bits count them.
pub(crate) const ACTIVE: u64 = 1 << 16;

/// One value of the word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word(pub(crate) u64);

impl Word {
    /// Threads that work for the queue.
    pub(crate) const fn active(self) -> u64 {
        self.0 / ACTIVE
    }

    /// Whether threads are to leave.
    pub(crate) const fn is_stopping(self) -> bool {
        self.0 & STOPPING != 0
    }

    /// Whether jobs block at present.
    pub(crate) const fn is_blocking(self) -> bool {
        self.0 & BLOCKING != 0
    }

    /// Whether the monitor is awake.
    pub(crate) const fn is_watched(self) -> bool {
        self.0 & WATCHED != 0
    }

    /// Whether a thread is awake, or about to be, to look for work.
    pub(crate) const fn is_searching(self) -> bool {
        self.0 & SEARCHING != 0
    }
}
