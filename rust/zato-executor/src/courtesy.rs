//! Giving up time slices at a bounded price.

use std::sync::atomic::{AtomicU64, Ordering};

/// After an act of courtesy none follows for this many times as long as it took.
const RESPITE: u64 = 4;

/// Remembers what giving up a time slice cost. With a CPU to spare that is a microsecond. On a machine that is
/// busy with other processes it is several milliseconds, and threads that go on giving way several times per
/// burst of work would get next to nothing done. So at most a fifth of the time is spent that way.
#[derive(Debug, Default)]
pub(crate) struct Courtesy {
    not_before: AtomicU64,
}

impl Courtesy {
    /// Whether it is time to give way again.
    pub(crate) fn is_due(&self, now: u64) -> bool {
        now >= self.not_before.load(Ordering::Relaxed)
    }

    /// Notes that giving way took from `began` to `ended` (nanoseconds) and that nothing came of it.
    pub(crate) fn took(&self, began: u64, ended: u64) {
        let respite = ended.saturating_sub(began).saturating_mul(RESPITE);
        self.not_before.store(ended.saturating_add(respite), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_at_most_a_fifth_of_the_time() {
        let courtesy = Courtesy::default();
        assert!(courtesy.is_due(0));
        courtesy.took(1_000, 3_000);
        assert!(!courtesy.is_due(10_999));
        assert!(courtesy.is_due(11_000));
    }
}
