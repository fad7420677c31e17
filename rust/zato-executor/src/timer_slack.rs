//! Timer slack: the only calls into libc.
#![expect(unsafe_code, reason = "the standard library does not offer prctl")]

use std::time::Duration;

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
    fn sets_the_slack_of_this_thread() {
        std::thread::spawn(|| {
            set_timer_slack(Duration::from_micros(7));
            assert_eq!(timer_slack(), Some(Duration::from_micros(7)));
        })
        .join()
        .unwrap();
    }
}
