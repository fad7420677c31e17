//! Who took a job last, and whether that thread is getting anywhere.

use std::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering};

use crate::cpu_clock::CpuClock;

/// Bits of a pulse that name the thread, one-based; zero is nobody. The rest tells one job from the next.
const WHO: u64 = 0xffff;

/// No clock is known.
const NO_CLOCK: i32 = i32::MAX;

/// The CPU clock is read once in this many nanoseconds of taking jobs, because reading it is a system call.
/// What a thread computed since counts as computed in its current job, so this has to be well below the time
/// after which anybody asks (`coordination::SUSPICION`).
const SAMPLE: u64 = 50_000;

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
#[derive(Debug)]
pub(crate) struct Drainer {
    pulse: AtomicU64,
    /// The last pulse that a push has seen.
    seen: AtomicU64,
    taken_at: AtomicU64,
    sampled_at: AtomicU64,
    sampled_by: AtomicUsize,
    sampled_cpu: AtomicU64,
    clock: AtomicI32,
}

impl Default for Drainer {
    fn default() -> Self {
        Self {
            pulse: AtomicU64::new(0),
            seen: AtomicU64::new(0),
            taken_at: AtomicU64::new(0),
            sampled_at: AtomicU64::new(0),
            sampled_by: AtomicUsize::new(usize::MAX),
            sampled_cpu: AtomicU64::new(0),
            clock: AtomicI32::new(NO_CLOCK),
        }
    }
}

impl Drainer {
    /// Notes that the calling thread took its job number `count`, or is about to take the next, at `now`
    /// (nanoseconds).
    pub(crate) fn took(&self, thread: usize, clock: Option<CpuClock>, count: u64, now: u64) {
        let sampled_at = self.sampled_at.load(Ordering::Relaxed);
        let is_stale = now.saturating_sub(sampled_at) > SAMPLE;
        if is_stale || self.sampled_by.load(Ordering::Relaxed) != thread {
            self.sampled_by.store(thread, Ordering::Relaxed);
            self.sampled_at.store(now, Ordering::Relaxed);
            self.sampled_cpu.store(clock.and_then(CpuClock::read).unwrap_or(0), Ordering::Relaxed);
            self.clock.store(clock.map_or(NO_CLOCK, CpuClock::number), Ordering::Relaxed);
        }
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

    /// Whether the drainer spent less than half of the time since it took its job on a CPU. A thread that has
    /// no clock (any more) counts as blocked.
    pub(crate) fn is_blocked(&self, now: u64) -> bool {
        let clock = self.clock.load(Ordering::Relaxed);
        if clock == NO_CLOCK {
            return true;
        }
        let before = self.sampled_cpu.load(Ordering::Relaxed);
        CpuClock::from_number(clock).read().is_none_or(|used| 2 * used.saturating_sub(before) < self.age(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_names_the_thread_and_changes_with_every_job() {
        let drainer = Drainer::default();
        assert_eq!(drainer.pulse(), Pulse::NONE);
        drainer.took(0, None, 1, 10);
        let first = drainer.pulse();
        assert_eq!(first.thread(), Some(0));
        assert!(drainer.is_news(first));
        assert!(!drainer.is_news(first));
        drainer.took(0, None, 2, 30);
        assert!(drainer.is_news(drainer.pulse()));
        assert_eq!(drainer.age(50), 20);
    }

    #[test]
    fn only_the_drainer_itself_takes_its_pulse_away() {
        let drainer = Drainer::default();
        drainer.took(7, None, 1, 10);
        drainer.gone(6);
        assert_eq!(drainer.pulse().thread(), Some(7));
        drainer.gone(7);
        assert_eq!(drainer.pulse(), Pulse::NONE);
    }

    #[test]
    fn a_sleeper_is_blocked_and_a_computing_thread_is_not() {
        let drainer = Drainer::default();
        let clock = CpuClock::of_this_thread();
        drainer.took(0, clock, 1, 1_000_000);
        let begin = clock.and_then(CpuClock::read).unwrap();
        while clock.and_then(CpuClock::read).unwrap() - begin < 10_000_000 {
            std::hint::black_box(0);
        }
        assert!(!drainer.is_blocked(1_000_000 + 10_000_000), "10 ms of CPU in what counts as 10 ms");
        assert!(drainer.is_blocked(1_000_000 + 10_000_000_000), "10 ms of CPU in what counts as 10 s");
    }

    #[test]
    fn the_cpu_clock_is_sampled_again_after_a_while() {
        let drainer = Drainer::default();
        let clock = CpuClock::of_this_thread();
        drainer.took(0, clock, 1, 0);
        drainer.took(0, clock, 2, SAMPLE);
        assert_eq!(drainer.sampled_at.load(Ordering::Relaxed), 0);
        drainer.took(0, clock, 3, SAMPLE + 1);
        assert_eq!(drainer.sampled_at.load(Ordering::Relaxed), SAMPLE + 1);
    }
}
