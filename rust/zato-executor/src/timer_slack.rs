//! CPU clocks of threads and timer slack: the only calls into libc.
#![expect(unsafe_code, reason = "the standard library offers neither thread CPU clocks nor prctl")]

use std::time::Duration;

/// The clock that counts the CPU time of one thread; readable from any thread of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CpuClock(libc::clockid_t);

impl CpuClock {
    /// Returns the clock of the calling thread, or `None` if the system has none.
    pub(crate) fn of_this_thread() -> Option<Self> {
        let mut clock: libc::clockid_t = 0;
        // SAFETY: `pthread_self` names a thread that lives for the length of the call, because it makes it;
        // `clock` is a valid place to write to.
        let status = unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &raw mut clock) };
        (status == 0).then_some(Self(clock))
    }

    /// Rebuilds a clock from [`CpuClock::number`].
    pub(crate) const fn from_number(number: libc::clockid_t) -> Self {
        Self(number)
    }

    /// Returns the number the system knows the clock by.
    pub(crate) const fn number(self) -> libc::clockid_t {
        self.0
    }

    /// Returns the CPU time used so far in nanoseconds, or `None` if the thread has ended.
    pub(crate) fn read(self) -> Option<u64> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is a valid place to write to. The clock of a thread that has ended is a number that
        // the kernel refuses (or that means a newer thread), never memory.
        let status = unsafe { libc::clock_gettime(self.0, &raw mut time) };
        if status != 0 {
            return None;
        }
        Some(u64::try_from(time.tv_sec).ok()? * 1_000_000_000 + u64::try_from(time.tv_nsec).ok()?)
    }
}

/// Returns by how much the kernel may delay timers of the calling thread, if it tells.
pub(crate) fn timer_slack() -> Option<Duration> {
    // SAFETY: this `prctl` takes no pointers and changes nothing.
    let slack = unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) };
    u64::try_from(slack).ok().filter(|slack| *slack > 0).map(Duration::from_nanos)
}

/// Sets by how much the kernel may delay timers of the calling thread. A kernel that refuses leaves timers a
/// little less exact, which nothing depends on.
pub(crate) fn set_timer_slack(slack: Duration) {
    let nanoseconds = libc::c_ulong::try_from(slack.as_nanos()).unwrap_or(libc::c_ulong::MAX);
    // SAFETY: this `prctl` takes no pointers and changes the calling thread only.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, nanoseconds) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_computing_and_not_sleeping() {
        let clock = CpuClock::of_this_thread().unwrap();
        let before = clock.read().unwrap();
        std::thread::sleep(Duration::from_millis(30));
        let slept = clock.read().unwrap() - before;
        assert!(slept < 25_000_000, "{slept}");
        while clock.read().unwrap() - before < 30_000_000 {
            std::hint::black_box(0);
        }
    }

    #[test]
    fn is_readable_from_elsewhere_until_the_thread_ends() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let (release, gate) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            sender.send(CpuClock::of_this_thread().unwrap().number()).unwrap();
            gate.recv().ok();
        });
        let clock = CpuClock::from_number(receiver.recv().unwrap());
        assert!(clock.read().is_some());
        drop(release);
        thread.join().unwrap();
    }

    #[test]
    fn sets_the_slack_of_this_thread() {
        std::thread::spawn(|| {
            set_timer_slack(Duration::from_micros(7));
            assert_eq!(timer_slack(), Some(Duration::from_micros(7)));
        })
        .join()
        .unwrap();
    }
}
