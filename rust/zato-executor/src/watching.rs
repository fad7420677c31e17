//! What the monitor does for the others: looks after jobs that wait, and remembers that jobs block.

use std::sync::atomic::{Ordering, Ordering::SeqCst};

use crate::coordination::Coordination;
use crate::word::{BLOCKING, WATCHED};

/// How long after the last blocked drainer the monitor looks less often, in nanoseconds.
const CALM_AFTER: u64 = 1_000_000_000;

impl Coordination {
    /// Looks after the jobs that wait, on behalf of the monitor; gives whether there are any.
    pub(crate) fn look(&self) -> bool {
        if self.admission.waiting() == 0 {
            return false;
        }
        let word = self.word();
        if word.active() == 0 {
            self.wake_one();
        } else if !word.is_searching() {
            self.suspect();
        }
        true
    }

    /// Sends the monitor to sleep unless it is needed; gives whether it may sleep.
    pub(crate) fn stop_watching(&self) -> bool {
        self.word.fetch_and(!WATCHED, SeqCst);
        // Whoever was counted before this saw the monitor awake and did not wake it.
        if self.admission.waiting() > 0 {
            self.word.fetch_or(WATCHED, SeqCst);
            return false;
        }
        true
    }

    /// Forgets that jobs block once that was long enough ago; gives whether they still count as blocking.
    pub(crate) fn expire_blocking(&self) -> bool {
        if !self.word().is_blocking() {
            return false;
        }
        let is_over = self.now() >= self.blocking_until.load(Ordering::Relaxed);
        if is_over {
            self.word.fetch_and(!BLOCKING, SeqCst);
        }
        !is_over
    }

    /// Whether no drainer was found blocked for long.
    pub(crate) fn is_calm(&self) -> bool {
        self.now() > self.blocking_until.load(Ordering::Relaxed) + CALM_AFTER
    }
}
