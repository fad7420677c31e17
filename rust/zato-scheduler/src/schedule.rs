//! The firings of a job.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::cron::CronExpression;

/// When a job fires.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// The firing itself of a one-time job; the first of an interval-based one unless it is in the past; no cron-style
    /// job fires before it.
    pub start: Timestamp,
    /// What follows from there.
    pub timing: Timing,
}

/// How firings follow each other.
#[derive(Debug, Clone)]
pub enum Timing {
    /// There is one.
    OneTime,
    /// They are the same time apart, counted from the start.
    Interval(Every),
    /// They are where an expression says, by the clocks of a time zone.
    Cron {
        /// The expression.
        expression: CronExpression,
        /// Whose clocks.
        zone: TimeZone,
    },
}

/// Time between two firings, at least a second. A day is 24 hours: intervals know no time zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Every(SignedDuration);

impl Every {
    /// Longest interval: a hundred years.
    pub const LONGEST_SECONDS: i64 = 100 * 366 * 24 * 60 * 60;

    /// Adds up what a job says. None if it says nothing but zeros, or more than a hundred years.
    #[must_use]
    pub fn from_parts(weeks: u32, days: u32, hours: u32, minutes: u32, seconds: u32) -> Option<Self> {
        let days = i64::from(weeks) * 7 + i64::from(days);
        let minutes = (days * 24 + i64::from(hours)) * 60 + i64::from(minutes);
        let seconds = minutes * 60 + i64::from(seconds);
        (1..=Self::LONGEST_SECONDS).contains(&seconds).then(|| Self(SignedDuration::from_secs(seconds)))
    }

    /// Returns the time in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.as_secs()
    }

    /// Adds the interval to a moment so many times.
    fn times_from(self, start: Timestamp, times: i64) -> Option<Timestamp> {
        start.checked_add(SignedDuration::from_secs(self.seconds().checked_mul(times)?)).ok()
    }

    /// How often the interval fits between two moments, rounded down.
    fn fits(self, start: Timestamp, until: Timestamp) -> i64 {
        let elapsed = until.duration_since(start);
        // Rounding is towards zero, and seconds before the start are negative.
        let whole = elapsed.as_secs() - i64::from(elapsed.subsec_nanos() < 0);
        whole.div_euclid(self.seconds())
    }
}

impl Schedule {
    /// Returns the first firing after a moment; none if there is no more.
    #[must_use]
    pub fn next_after(&self, moment: Timestamp) -> Option<Timestamp> {
        match &self.timing {
            Timing::OneTime => Some(self.start).filter(|start| *start > moment),
            Timing::Interval(_) if self.start > moment => Some(self.start),
            Timing::Interval(every) => every.times_from(self.start, every.fits(self.start, moment) + 1),
            Timing::Cron { expression, zone } if self.start > moment => {
                expression.next(self.start, zone, true)
            }
            Timing::Cron { expression, zone } => expression.next(moment, zone, false),
        }
    }

    /// Returns the last firing up to a moment, that moment included; none if there was none yet.
    #[must_use]
    pub fn latest_until(&self, moment: Timestamp) -> Option<Timestamp> {
        if self.start > moment {
            return None;
        }
        match &self.timing {
            Timing::OneTime => Some(self.start),
            Timing::Interval(every) => every.times_from(self.start, every.fits(self.start, moment)),
            Timing::Cron { expression, zone } => {
                expression.previous(moment, zone).filter(|firing| *firing >= self.start)
            }
        }
    }
}
