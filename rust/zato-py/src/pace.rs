//! Which services are quick, and what follows from it: while a thread goes from one quick service to the next, it
//! holds back telling the I/O thread that answers are ready.
//!
//! A service is quick as long as its last runs were short. The first run that is not is found out afterwards; what it
//! held up is told by the executor's monitor, which ticks while jobs wait.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use zato_core::wakeups;

use crate::entry::Entry;
use crate::guest;

/// So many short runs in a row make a service quick.
const STREAK: u32 = 16;
/// At most so many answers are held back, so that the I/O thread has something to do on another CPU.
const MOST_HELD: u32 = 64;

static LAST_NUMBER: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The service this thread ran last, unless that took long.
    static RAN: Cell<u64> = const { Cell::new(0) };
    /// Answers that may be held back on this thread.
    static HELD: Cell<u32> = const { Cell::new(0) };
}

/// How fast one service has been.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Tells services apart without their names.
    number: u64,
    /// Short runs in a row. Threads may overwrite each other's counts, which makes a service quick a little later.
    streak: AtomicU32,
}

impl Pace {
    /// Of a service that has not run yet.
    pub(crate) fn new() -> Self {
        Self { number: LAST_NUMBER.fetch_add(1, Relaxed) + 1, streak: AtomicU32::new(0) }
    }

    /// Whether it is quick, `was_short` telling how a run of it ended just now. Runs count when they are over: many
    /// that have begun and block say nothing.
    fn is_quick(&self, was_short: bool) -> bool {
        let streak = self.streak.load(Relaxed);
        if was_short && streak < STREAK {
            self.streak.store(streak + 1, Relaxed);
        }
        streak >= STREAK
    }
}

/// Notes what this thread is about to run, and decides whether what it answers is held back: not if it may take
/// long, nor if it is the last that waits. Then what was held back so far is told at once.
pub(crate) fn begin(entry: Option<&Entry>, has_more: bool) {
    let number = entry.map_or(0, |entry| entry.pace.number);
    let was_short = RAN.replace(number) == number;
    let is_quick = entry.is_some_and(|entry| entry.pace.is_quick(was_short));
    let held = HELD.get();
    let holds = is_quick && has_more && held < MOST_HELD;
    wakeups::hold(holds);
    if holds {
        HELD.set(held + 1);
    } else if held > 0 {
        HELD.set(0);
        if let Some(host) = guest::host() {
            host.flush();
        }
    }
}

/// The service that this thread ran last was not quick.
pub(crate) fn took_long() {
    let number = RAN.replace(0);
    if let Some(host) = guest::host()
        && let Some(entry) = host.registry.load().entries().find(|entry| entry.pace.number == number)
    {
        entry.pace.streak.store(0, Relaxed);
    }
}
