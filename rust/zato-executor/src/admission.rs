//! The door of the queue: how many jobs wait, and whether more may come.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// Set once no more jobs are taken. The rest of the word is the number of jobs that wait.
const CLOSED: u64 = 1 << 63;

/// Counts jobs from before they are in the queue until after they are out of it, so a count above zero means
/// that a job is in the queue or will be within a moment; zero means that there is none. One word holds the
/// count and the closing, so no job slips in after [`Admission::close`] returned.
///
/// Every operation is `SeqCst`: the count is one half of the handshakes described in `coordination`.
#[derive(Debug, Default)]
pub(crate) struct Admission(AtomicU64);

impl Admission {
    /// Reserves a place for one job. Gives the number of jobs that wait, this one included, or `None` if the
    /// door is closed or `limit` jobs wait already.
    pub(crate) fn enter(&self, limit: u64) -> Option<u64> {
        // A loop and not an addition that is taken back: that one would make others see a job that never was.
        // A closed door is above any limit.
        self.0
            .fetch_update(SeqCst, SeqCst, |word| (word < limit).then_some(word + 1))
            .ok()
            .map(|word| word + 1)
    }

    /// Counts one job out after it was taken from the queue; gives how many still wait.
    pub(crate) fn leave(&self) -> u64 {
        (self.0.fetch_sub(1, SeqCst) & !CLOSED) - 1
    }

    /// Takes no more jobs from now on.
    pub(crate) fn close(&self) {
        self.0.fetch_or(CLOSED, SeqCst);
    }

    /// Gives the number of jobs that wait, and whether the door is closed.
    pub(crate) fn look(&self) -> (u64, bool) {
        let word = self.0.load(SeqCst);
        (word & !CLOSED, word & CLOSED != 0)
    }

    /// Gives the number of jobs that wait.
    pub(crate) fn waiting(&self) -> u64 {
        self.look().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_in_as_many_as_the_limit_and_none_once_closed() {
        let admission = Admission::default();
        assert_eq!(admission.enter(2), Some(1));
        assert_eq!(admission.enter(2), Some(2));
        assert_eq!(admission.enter(2), None);
        assert_eq!(admission.leave(), 1);
        admission.close();
        assert_eq!(admission.enter(2), None);
        assert_eq!(admission.look(), (1, true));
        assert_eq!(admission.leave(), 0);
        assert_eq!(admission.look(), (0, true));
    }
}
