//! What a scheduler does about a job at a moment: wait for the next firing, or make up for one that was missed.

use jiff::{SignedDuration, Timestamp};

use crate::schedule::{Schedule, Timing};

/// What becomes of firings that came while no scheduler was running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missed {
    /// They are left out, as in all earlier versions (reference operations 9.2).
    #[default]
    Skip,
    /// The latest of them is made up for, once.
    RunOnce,
}

/// A run to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Firing {
    /// The moment that the schedule says; it identifies the run.
    pub scheduled_for: Timestamp,
    /// When to really run: later if the job has jitter, or the moment has passed.
    pub due: Timestamp,
}

/// Everything about a job that says when it runs.
#[derive(Debug, Clone)]
pub struct Planner {
    /// Its firings.
    pub schedule: Schedule,
    /// What becomes of those that were missed.
    pub missed: Missed,
    /// Up to how much later a run may begin, so that not everything begins at the same moment.
    pub jitter: SignedDuration,
    /// What tells jobs with the same schedule apart.
    pub seed: u64,
}

impl Planner {
    /// Returns the next run. `last` is the firing that ran last; where there was none yet, the moment that the job was
    /// written, as firings before that are not missed. `lateness` is how much later than now a one-time job runs whose
    /// moment has passed.
    #[must_use]
    pub fn next(&self, now: Timestamp, last: Timestamp, lateness: SignedDuration) -> Option<Firing> {
        if matches!(self.schedule.timing, Timing::OneTime) {
            let start = self.schedule.start;
            return Some(if start > now {
                self.jittered(start)
            } else {
                Firing { scheduled_for: start, due: later(now, lateness) }
            });
        }
        if self.missed == Missed::RunOnce
            && let Some(missed) = self.schedule.latest_until(now).filter(|firing| *firing > last)
        {
            return Some(Firing { scheduled_for: missed, due: now.max(self.jittered(missed).due) });
        }
        self.schedule.next_after(now.max(last)).map(|firing| self.jittered(firing))
    }

    /// Delays a firing by the same time on every server.
    fn jittered(&self, scheduled_for: Timestamp) -> Firing {
        let span = self.jitter.as_millis().max(0).unsigned_abs();
        if span == 0 {
            return Firing { scheduled_for, due: scheduled_for };
        }
        let random = scramble(self.seed ^ scramble(scheduled_for.as_microsecond().unsigned_abs()));
        let delay = i64::try_from(u128::from(random) % (span + 1)).unwrap_or_default();
        Firing { scheduled_for, due: later(scheduled_for, SignedDuration::from_millis(delay)) }
    }
}

fn later(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Spreads numbers that are close to each other over all numbers (the finalizer of SplitMix64).
const fn scramble(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
