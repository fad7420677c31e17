//! Scheduled jobs (reference connections 11, operations 9).

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zato_core::Problem;
use zato_scheduler::{
    CronExpression, Every, Missed, Planner, START_DATE_FORMS, Schedule, Timing, parse_start_date,
};
use zato_schema::{InertField, Kind, Milliseconds, ServiceName};

use crate::inert::{DATABASE_NOISE, joined};

/// A service that is invoked at a time, again and again or once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SchedulerJob {
    /// Service
    ///
    /// Name of the service to invoke. It may be deployed later; until then runs fail.
    #[schemars(extend("x-zato" = {"aliases": ["service_name"]}))]
    pub service: ServiceName,

    /// Job type
    ///
    /// What decides when the job runs.
    pub job_type: JobType,

    /// Start date
    ///
    /// When the job begins, for instance `2026-01-31 08:30:00`; in UTC unless it ends with another offset, such as
    /// `+01:00`. A one-time job runs then, or soon if the date has passed or is empty. An interval-based job runs then
    /// for the first time; if the date has passed, its runs are still a whole number of intervals away from it, and if
    /// it is empty, from when the job was written. A cron-style job does not run before it.
    #[serde(default)]
    pub start_date: String,

    /// Weeks
    ///
    /// Part of the interval of an interval-based job. The parts add up; at least one of them has to be given.
    #[serde(default)]
    pub weeks: Option<u32>,

    /// Days
    ///
    /// Part of the interval; a day has 24 hours, whatever clocks do.
    #[serde(default)]
    pub days: Option<u32>,

    /// Hours
    ///
    /// Part of the interval.
    #[serde(default)]
    pub hours: Option<u32>,

    /// Minutes
    ///
    /// Part of the interval.
    #[serde(default)]
    pub minutes: Option<u32>,

    /// Seconds
    ///
    /// Part of the interval.
    #[serde(default)]
    pub seconds: Option<u32>,

    /// Repeats
    ///
    /// How often an interval-based job runs before it becomes inactive; if empty or 0, for ever. Any change of the job
    /// starts the count anew, a restart of the server does not.
    #[serde(default)]
    pub repeats: Option<u32>,

    /// Cron expression
    ///
    /// When a cron-style job runs: minute, hour, day of month, month and day of week, for instance `30 8 * * 1-5`; with
    /// six fields, the first is the second. `@yearly`, `@monthly`, `@weekly`, `@daily` and `@hourly` are understood.
    #[serde(default)]
    pub cron_definition: String,

    /// Extra data
    ///
    /// What the service gets as its request. A list stands for lines.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"lines": true}))]
    pub extra: String,

    /// Time zone
    ///
    /// By whose clocks a cron-style job runs, for instance `Europe/Warsaw`; if empty, UTC.
    #[serde(default)]
    pub timezone: String,

    /// Overlap
    ///
    /// What happens when the job is to run while an earlier run of it has not ended.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true}))]
    pub on_overlap: OnOverlap,

    /// Missed runs
    ///
    /// What happens to runs of an interval-based or cron-style job that came while no server was running.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true}))]
    pub on_missed: OnMissed,

    /// Jitter
    ///
    /// Up to how much later each run begins, by chance, so that jobs with the same schedule do not all begin at the same
    /// moment.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true}))]
    pub jitter_ms: Option<Milliseconds>,

    /// Longest run
    ///
    /// How long a run may take before it is ended. If empty or 0, the limit is that of the service or of the server.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true}))]
    pub max_execution_time_ms: Option<Milliseconds>,
}

/// What decides when a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobType {
    /// It runs once, at the start date, and is deleted then.
    OneTime,
    /// It runs every so many weeks, days, hours, minutes and seconds.
    IntervalBased,
    /// It runs when the cron expression says.
    CronStyle,
}

impl JobType {
    /// Returns the value that services see in `self.job_type` (reference service-api 1.9).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OneTime => "one_time",
            Self::IntervalBased => "interval_based",
            Self::CronStyle => "cron_style",
        }
    }
}

/// What happens when a run is due while another has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnOverlap {
    /// Both run, as in 2.0-3.2.
    #[default]
    Allow,
    /// The later one is left out, as in 4.1.
    Skip,
}

/// What happens to runs that were missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnMissed {
    /// They are left out, as in all earlier versions.
    #[default]
    Skip,
    /// The latest of them is made up for when a server runs again.
    RunOnce,
}

/// Most characters of extra data (reference operations 9.1: half a megabyte).
const EXTRA_LIMIT: usize = 500_000;

impl SchedulerJob {
    /// Returns when the job runs. `written` is when it was written to the store, and `seed` tells jobs apart.
    ///
    /// # Errors
    /// Everything that is wrong with what the job says about that.
    pub fn planner(&self, written: Timestamp, seed: u64) -> Result<Planner, Vec<Problem>> {
        let mut problems = Vec::new();
        let start = self.start(written, &mut problems);
        let timing = self.timing(&mut problems);
        match timing {
            Some(timing) if problems.is_empty() => Ok(Planner {
                schedule: Schedule { start, timing },
                missed: match self.on_missed {
                    OnMissed::Skip => Missed::Skip,
                    OnMissed::RunOnce => Missed::RunOnce,
                },
                jitter: self.jitter_ms.map_or(SignedDuration::ZERO, |jitter| {
                    SignedDuration::from_millis(i64::try_from(jitter.0).unwrap_or(i64::MAX))
                }),
                seed,
            }),
            _ => Err(problems),
        }
    }

    /// Returns how often the job may run, if that is limited.
    #[must_use]
    pub fn repeats(&self) -> Option<u32> {
        self.repeats.filter(|repeats| *repeats > 0 && self.job_type == JobType::IntervalBased)
    }

    /// Returns how long a run may take, if the job says so.
    #[must_use]
    pub fn longest_run(&self) -> Option<Duration> {
        self.max_execution_time_ms.map(Milliseconds::duration).filter(|time| !time.is_zero())
    }

    fn start(&self, written: Timestamp, problems: &mut Vec<Problem>) -> Timestamp {
        let text = self.start_date.trim();
        if text.is_empty() {
            return match self.job_type {
                JobType::CronStyle => Timestamp::UNIX_EPOCH,
                JobType::OneTime | JobType::IntervalBased => written,
            };
        }
        parse_start_date(text).unwrap_or_else(|| {
            let problem = Problem::new(format!("`{text}` is not a date and time")).field("start_date");
            problems.push(problem.hint(format!("for instance {START_DATE_FORMS}")));
            written
        })
    }

    fn timing(&self, problems: &mut Vec<Problem>) -> Option<Timing> {
        match self.job_type {
            JobType::OneTime => Some(Timing::OneTime),
            JobType::IntervalBased => self.every(problems).map(Timing::Interval),
            JobType::CronStyle => {
                let zone = self.zone(problems);
                let text = self.cron_definition.trim();
                if text.is_empty() {
                    let problem = Problem::new("a cron-style job needs a cron expression");
                    let hint = "for instance `cron_definition: 30 8 * * 1-5`, or `@hourly`";
                    problems.push(problem.field("cron_definition").hint(hint));
                    return None;
                }
                match CronExpression::parse(text) {
                    Ok(expression) => Some(Timing::Cron { expression, zone }),
                    Err(wrong) => {
                        problems.push(Problem::new(wrong.message).field("cron_definition").hint(wrong.hint));
                        None
                    }
                }
            }
        }
    }

    fn every(&self, problems: &mut Vec<Problem>) -> Option<Every> {
        let parts =
            [self.weeks, self.days, self.hours, self.minutes, self.seconds].map(Option::unwrap_or_default);
        let [weeks, days, hours, minutes, seconds] = parts;
        let every = Every::from_parts(weeks, days, hours, minutes, seconds);
        if every.is_none() {
            let problem = if parts.iter().all(|part| *part == 0) {
                Problem::new("an interval-based job needs an interval, and it has none").hint(
                    "give at least one of weeks, days, hours, minutes and seconds, for instance `minutes: 5`",
                )
            } else {
                Problem::new("the interval is longer than a hundred years").hint("give a shorter one")
            };
            let given = ["weeks", "days", "hours", "minutes", "seconds"].into_iter().zip(parts);
            let field = given.into_iter().find(|(_, part)| *part > 0).map_or("seconds", |(name, _)| name);
            problems.push(problem.field(field));
        }
        every
    }

    fn zone(&self, problems: &mut Vec<Problem>) -> TimeZone {
        let name = self.timezone.trim();
        if name.is_empty() {
            return TimeZone::UTC;
        }
        TimeZone::get(name).unwrap_or_else(|_| {
            let problem = Problem::new(format!("there is no time zone `{name}` on this system"));
            let hint = "use a name of the IANA database, for instance `Europe/Warsaw`";
            problems.push(problem.field("timezone").hint(hint));
            TimeZone::UTC
        })
    }
}

/// What earlier versions export along with a job, and services of 4.1 that nothing invokes yet.
const OLD: [InertField; 8] = [
    InertField::dropped("service_id"),
    InertField::dropped("definition_text"),
    InertField::dropped("should_ignore_existing"),
    InertField::dropped("job_id"),
    InertField::kept("on_success_service"),
    InertField::kept("on_success_job"),
    InertField::kept("on_error_service"),
    InertField::kept("on_error_job"),
];

impl Kind for SchedulerJob {
    type Config = Self;

    const ID: &'static str = "scheduler.job";
    const LABEL: &'static str = "Scheduled job";
    const SUMMARY: &'static str = "A service that is invoked at a time, again and again or once.";
    const ENMASSE_KEYS: &'static [&'static str] = &["scheduler"];
    const INERT_FIELDS: &'static [InertField] = &joined::<12>(&[&DATABASE_NOISE, &OLD]);

    fn examples() -> Vec<Value> {
        vec![
            json!({"name": "init", "service": "crm.init", "job_type": "one_time", "start_date": "2030-01-31 08:30:00"}),
            json!({
                "name": "crm.poll",
                "service": "crm.poll",
                "job_type": "interval_based",
                "start_date": "2026-01-01 00:00:00",
                "minutes": 1,
                "seconds": 30,
                "extra": ["page=1", "size=100"],
            }),
            json!({
                "name": "crm.report",
                "service": "crm.report",
                "job_type": "cron_style",
                "cron_definition": "30 8 * * 1-5",
                "timezone": "UTC",
                "on_overlap": "skip",
            }),
        ]
    }

    fn check(config: &Self) -> Vec<Problem> {
        let mut problems = config.planner(Timestamp::UNIX_EPOCH, 0).err().unwrap_or_default();
        if config.extra.chars().count() > EXTRA_LIMIT {
            let problem = Problem::new(format!("it is longer than {EXTRA_LIMIT} characters")).field("extra");
            problems
                .push(problem.hint("give the service the name of a file, or of where else to find its data"));
        }
        problems
    }
}

#[cfg(test)]
mod tests;
