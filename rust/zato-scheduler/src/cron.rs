//! Cron expressions (reference operations 9.1).

use std::fmt;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Unit};

/// A cron expression: five fields, six with seconds in front, or a name such as `@hourly`.
///
/// In the hour that clocks skip in spring, what was to happen at a time that does not exist happens when the clocks have
/// been changed; in the hour that they repeat in autumn, what happens at a time of the day happens once, and what
/// happens every so many minutes goes on through both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronExpression(Box<Cron>);

/// Why a text is not a cron expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronProblem {
    /// What is wrong, for people; names the field and where it begins.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

impl fmt::Display for CronProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// The fields, and what they take.
const FIELDS: [(&str, &str); 6] = [
    ("second", "0-59"),
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day of month", "1-31, L, or 15W"),
    ("month", "1-12, or JAN-DEC"),
    ("day of week", "0-7 or SUN-SAT, 5L, or 5#2"),
];

const NAMES: &str = "@yearly, @monthly, @weekly, @daily, @hourly";

/// How a whole expression looks, for hints.
const FORM: &str = "write five fields: minute, hour, day of month, month, day of week";

impl CronExpression {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong, and with which field. An expression that is never met, such as the 31st of February, is refused
    /// too.
    pub fn parse(text: &str) -> Result<Self, CronProblem> {
        let text = text.trim();
        if text.starts_with('@') {
            let cron = parser().parse(text).map_err(|_| CronProblem {
                message: format!("there is no name `{text}` for a cron expression"),
                hint: format!("names are {NAMES}"),
            })?;
            return Ok(Self(Box::new(cron)));
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let first = match fields.len() {
            5 => 1,
            6 => 0,
            0 => return Err(CronProblem { message: "it is empty".to_owned(), hint: FORM.to_owned() }),
            count => {
                let noun = if count == 1 { "field" } else { "fields" };
                let message = format!("it has {count} {noun}, and a cron expression has 5");
                return Err(CronProblem { message, hint: format!("{FORM}; or one of {NAMES}") });
            }
        };
        for (index, field) in fields.iter().enumerate() {
            if !is_field(index, field, fields.len()) {
                let (name, takes) = FIELDS[first + index];
                let position = character_of(text, field);
                return Err(CronProblem {
                    message: format!(
                        "field {} ({name}), `{field}` at character {position}, is not understood",
                        index + 1
                    ),
                    hint: format!(
                        "it takes {takes}, and *, lists such as 1,5, ranges such as 1-5, steps such as */5"
                    ),
                });
            }
        }
        let cron = parser().parse(text).map_err(|error| CronProblem {
            message: format!("`{text}` is not a cron expression: {error}"),
            hint: FORM.to_owned(),
        })?;
        let expression = Self(Box::new(cron));
        if expression.next(Timestamp::UNIX_EPOCH, &TimeZone::UTC, true).is_none() {
            return Err(CronProblem {
                message: format!("no moment will ever meet `{text}`"),
                hint: "check that the month has such a day".to_owned(),
            });
        }
        Ok(expression)
    }

    /// Returns the first moment after another that meets the expression; that moment itself too if it is included.
    pub(crate) fn next(&self, from: Timestamp, zone: &TimeZone, is_included: bool) -> Option<Timestamp> {
        // Only whole seconds can meet an expression.
        let second =
            from.round(jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Floor));
        let second = second.ok()?;
        let is_included = is_included && second == from;
        let found = self.0.find_next_occurrence(&second.to_zoned(zone.clone()), is_included).ok()?;
        Some(found.timestamp()).filter(|moment| *moment > from || is_included)
    }

    /// Returns the last moment up to another that meets the expression.
    pub(crate) fn previous(&self, until: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        // What lies within the second is not after it, as only whole seconds meet an expression.
        let next = until.checked_add(SignedDuration::from_secs(1)).ok()?;
        let next = next
            .round(jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Floor))
            .ok()?;
        let found = self.0.find_previous_occurrence(&next.to_zoned(zone.clone()), false).ok()?;
        Some(found.timestamp())
    }
}

fn parser() -> CronParser {
    CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build()
}

/// Whether a field is right by itself.
fn is_field(index: usize, field: &str, count: usize) -> bool {
    let fields: Vec<&str> = (0..count).map(|other| if other == index { field } else { "*" }).collect();
    parser().parse(&fields.join(" ")).is_ok()
}

/// Position of a part of a text, in characters from 1.
fn character_of(text: &str, part: &str) -> usize {
    let offset = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    text.get(..offset).map_or(1, |before| before.chars().count() + 1)
}
