//! Figures an executor gives away.

/// Figures of an executor. They are read one after another while work goes on, so they may disagree slightly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Jobs that wait.
    pub queued: usize,
    /// Threads that are busy with a job, whether computing, blocked or waiting for the lock. A thread that looks
    /// for one counts for that moment, so this may be above zero for an instant when there is no work.
    pub running: usize,
    /// Threads that exist.
    pub threads: usize,
    /// Most threads that existed at once.
    pub peak: usize,
    /// Jobs begun since the start.
    pub started: u64,
    /// Jobs ended since the start, those that panicked included.
    pub finished: u64,
    /// Jobs not taken because the queue was full or closed.
    pub refused: u64,
    /// Jobs that unwound.
    pub panicked: u64,
}

/// What became of an executor that was stopped.
#[derive(Debug)]
pub struct Stopped<J> {
    /// Threads that left the guest and ended.
    pub joined: usize,
    /// Threads that did not end in time: stuck in the guest, or waiting for a lock that somebody keeps. They
    /// end by themselves if they ever come back. The guest must not be finalized while there are any.
    pub stuck: usize,
    /// Jobs that were waiting, for the caller to answer.
    pub unstarted: Vec<J>,
}
