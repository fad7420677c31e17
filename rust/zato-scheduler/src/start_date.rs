//! Start dates as earlier versions and people write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// How a start date is written, for hints.
pub const START_DATE_FORMS: &str = "2026-01-31 08:30:00, which is UTC, or 2026-01-31T08:30:00+01:00";

/// Reads a start date: a date, or a date and a time, with a space or a `T` in between. It is in UTC unless it says
/// another offset (reference operations 9.1). None if it is not a date.
#[must_use]
pub fn parse_start_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return to_microsecond(moment);
    }
    let civil = match text.parse::<DateTime>() {
        Ok(civil) => civil,
        Err(_) => text.parse::<Date>().ok()?.to_datetime(jiff::civil::Time::midnight()),
    };
    to_microsecond(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Leaves out what a config store does not keep of a moment.
fn to_microsecond(moment: Timestamp) -> Option<Timestamp> {
    Timestamp::from_microsecond(moment.as_microsecond()).ok()
}
