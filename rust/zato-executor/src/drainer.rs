//! Who took a job last, and when.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Bits of a pulse that name the thread, one-based; zero is nobody. The rest tells one job from the next.
const WHO: u64 = 0xffff;

/// A sign of life: which thread took a job last, and which of its jobs that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pulse(u64);

impl Pulse {
    /// Nobody is draining.
    pub(crate) const NONE: Self = Self(0);

    /// Returns the number of the thread, unless nobody is draining.
    pub(crate) fn thread(self) -> Option<usize> {
        usize::try_from(self.0 & WHO).ok()?.checked_sub(1)
    }
}

/// Where drainers leave their signs of life. Only the holder of the guest's lock takes jobs, so writers hardly
/// ever meet; if they do (a guest without a lock), readers see a mix and at worst wake a thread too many or
/// one a tick later. No wake-up depends on these values alone.
#[derive(Debug, Default)]
pub(crate) struct Drainer {
    pulse: AtomicU64,
    /// The last pulse that a push has seen.
    seen: AtomicU64,
    taken_at: AtomicU64,
    /// When the drainer was last found ready to run.
    runnable_at: AtomicU64,
    /// The CPU on which a drainer last began.
    cpu: AtomicUsize,
}

impl Drainer {
    /// Notes that the calling thread took its job number `count`, or is about to take the next, at `now`
    /// (nanoseconds).
    pub(crate) fn took(&self, thread: usize, count: u64, now: u64) {
        self.taken_at.store(now, Ordering::Relaxed);
        // Release: whoever sees the pulse sees the rest, and that is all they need. The order against other
        // words matters only when the pulse goes away, in `gone`.
        self.pulse.store((count << 16) | (thread as u64 + 1), Ordering::Release);
    }

    /// Notes that the thread stopped taking jobs. A pulse of another thread is left alone.
    pub(crate) fn gone(&self, thread: usize) {
        let pulse = self.pulse.load(Ordering::Relaxed);
        if Pulse(pulse).thread() == Some(thread) {
            // Lost only to a thread that took a job meanwhile, which is then the drainer.
            self.pulse.compare_exchange(pulse, 0, Ordering::SeqCst, Ordering::Relaxed).ok();
        }
    }

    /// Returns the last sign of life.
    pub(crate) fn pulse(&self) -> Pulse {
        Pulse(self.pulse.load(Ordering::SeqCst))
    }

    /// Whether this pulse is other than at the previous call: the cheap way to see that jobs are being taken.
    pub(crate) fn is_news(&self, pulse: Pulse) -> bool {
        let is_news = self.seen.load(Ordering::Relaxed) != pulse.0;
        if is_news {
            self.seen.store(pulse.0, Ordering::Relaxed);
        }
        is_news
    }

    /// Returns how long ago, in nanoseconds, a job was taken.
    pub(crate) fn age(&self, now: u64) -> u64 {
        now.saturating_sub(self.taken_at.load(Ordering::Relaxed))
    }

    /// Notes on which CPU the calling thread begins to take jobs.
    pub(crate) fn began_on(&self, cpu: usize) {
        self.cpu.store(cpu, Ordering::Relaxed);
    }

    /// Whether the thread that took jobs last began to on this CPU, and still takes them or `is_expected` to go on.
    pub(crate) fn is_on(&self, cpu: usize, is_expected: bool) -> bool {
        self.cpu.load(Ordering::Relaxed) == cpu && (is_expected || self.pulse.load(Ordering::Relaxed) != 0)
    }

    /// Notes that the drainer was found ready to run.
    pub(crate) fn was_runnable(&self, now: u64) {
        self.runnable_at.store(now, Ordering::Relaxed);
    }

    /// Returns how long ago, in nanoseconds, the drainer was found ready to run.
    pub(crate) fn runnable_age(&self, now: u64) -> u64 {
        now.saturating_sub(self.runnable_at.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_names_the_thread_and_changes_with_every_job() {
        let drainer = Drainer::default();
        assert_eq!(drainer.pulse(), Pulse::NONE);
        drainer.took(0, 1, 10);
        let first = drainer.pulse();
        assert_eq!(first.thread(), Some(0));
        assert!(drainer.is_news(first));
        assert!(!drainer.is_news(first));
        drainer.took(0, 2, 30);
        assert!(drainer.is_news(drainer.pulse()));
        assert_eq!(drainer.age(50), 20);
    }

    #[test]
    fn only_the_drainer_itself_takes_its_pulse_away() {
        let drainer = Drainer::default();
        drainer.took(7, 1, 10);
        drainer.gone(6);
        assert_eq!(drainer.pulse().thread(), Some(7));
        drainer.gone(7);
        assert_eq!(drainer.pulse(), Pulse::NONE);
    }
}
