//! When a job runs: the arithmetic of time, given a job and a moment, and nothing else.
//!
//! A job has *firings*, moments that follow from its schedule alone. Whoever computes them, on whichever server, gets
//! the same ones, so that a job and a moment together name one run.
//!
//! Invariant: no I/O and no clock; every moment is given.

mod cron;
mod policy;
mod schedule;
mod start_date;

pub use cron::{CronExpression, CronProblem};
pub use policy::{Firing, Missed, Planner};
pub use schedule::{Every, Schedule, Timing};
pub use start_date::{START_DATE_FORMS, parse_start_date};

#[cfg(test)]
mod tests;
