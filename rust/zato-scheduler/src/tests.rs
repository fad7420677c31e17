//! Vectors of known moments, and properties that hold for all of them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn every_seconds(seconds: u32) -> Timing {
    Timing::Interval(Every::from_parts(0, 0, 0, 0, seconds).unwrap())
}

fn cron(expression: &str, zone: &str) -> Timing {
    let zone = TimeZone::get(zone).unwrap();
    Timing::Cron { expression: CronExpression::parse(expression).unwrap(), zone }
}

/// The next firings after a moment.
fn firings(timing: &Timing, after: &str, count: usize) -> Vec<String> {
    let schedule = Schedule { start: Timestamp::UNIX_EPOCH, timing: timing.clone() };
    let mut moment = at(after);
    (0..count)
        .map(|_| {
            moment = schedule.next_after(moment).unwrap();
            moment.to_string()
        })
        .collect()
}

#[test]
fn an_interval_begins_at_a_start_to_come() {
    let schedule = Schedule { start: at("2026-05-01T12:00:00Z"), timing: every_seconds(60) };
    assert_eq!(schedule.next_after(at("2026-05-01T11:00:00Z")), Some(at("2026-05-01T12:00:00Z")));
    assert_eq!(schedule.next_after(at("2026-05-01T12:00:00Z")), Some(at("2026-05-01T12:01:00Z")));
    assert_eq!(schedule.latest_until(at("2026-05-01T11:59:59Z")), None);
}

#[test]
fn an_interval_whose_start_has_passed_goes_on_in_its_phase() {
    let schedule = Schedule { start: at("2026-01-01T00:00:07Z"), timing: every_seconds(60) };
    let now = at("2026-05-01T12:00:30.5Z");
    assert_eq!(schedule.next_after(now), Some(at("2026-05-01T12:01:07Z")));
    assert_eq!(schedule.latest_until(now), Some(at("2026-05-01T12:00:07Z")));
}

#[test]
fn parts_of_an_interval_add_up() {
    assert_eq!(Every::from_parts(1, 1, 1, 1, 1).unwrap().seconds(), 7 * 86_400 + 86_400 + 3600 + 60 + 1);
    assert_eq!(Every::from_parts(0, 0, 0, 0, 0), None);
    assert_eq!(Every::from_parts(u32::MAX, u32::MAX, u32::MAX, u32::MAX, u32::MAX), None);
}

#[test]
fn a_daily_job_keeps_its_hour_when_clocks_change() {
    // Central European Summer Time began on 2026-03-29 and ended on 2026-10-25.
    let timing = cron("0 8 * * *", "Europe/Warsaw");
    let spring = ["2026-03-28T07:00:00Z", "2026-03-29T06:00:00Z", "2026-03-30T06:00:00Z"];
    assert_eq!(firings(&timing, "2026-03-27T12:00:00Z", 3), spring);
    let autumn = ["2026-10-24T06:00:00Z", "2026-10-25T07:00:00Z", "2026-10-26T07:00:00Z"];
    assert_eq!(firings(&timing, "2026-10-23T12:00:00Z", 3), autumn);
}

#[test]
fn a_time_that_does_not_exist_comes_when_clocks_have_been_changed() {
    let timing = cron("30 2 * * *", "Europe/Warsaw");
    let expected = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"];
    assert_eq!(firings(&timing, "2026-03-27T12:00:00Z", 3), expected);
}

#[test]
fn the_hour_before_a_gap_does_not_fire_twice() {
    // What version 4.0.3 of croner mended.
    let timing = cron("0 0 * * *", "Europe/London");
    let expected = ["2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z", "2026-03-30T23:00:00Z"];
    assert_eq!(firings(&timing, "2026-03-28T12:00:00Z", 3), expected);
}

#[test]
fn a_time_that_comes_twice_fires_once() {
    let timing = cron("30 2 * * *", "Europe/Warsaw");
    let expected = ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
    assert_eq!(firings(&timing, "2026-10-24T12:00:00Z", 2), expected);
}

#[test]
fn what_happens_every_half_hour_goes_on_through_both_of_a_repeated_hour() {
    let timing = cron("*/30 * * * *", "America/New_York");
    let expected = [
        "2026-11-01T05:00:00Z",
        "2026-11-01T05:30:00Z",
        "2026-11-01T06:00:00Z",
        "2026-11-01T06:30:00Z",
        "2026-11-01T07:00:00Z",
    ];
    assert_eq!(firings(&timing, "2026-11-01T04:45:00Z", 5), expected);
}

#[test]
fn understands_names_last_days_weekdays_and_seconds() {
    for (expression, expected) in [
        ("@hourly", "2026-05-01T13:00:00Z"),
        ("@daily", "2026-05-02T00:00:00Z"),
        ("@weekly", "2026-05-03T00:00:00Z"),
        ("@monthly", "2026-06-01T00:00:00Z"),
        ("@yearly", "2027-01-01T00:00:00Z"),
        ("0 0 L * *", "2026-05-31T00:00:00Z"),
        ("0 9 * * MON-FRI", "2026-05-04T09:00:00Z"),
        ("0 9 * * 7", "2026-05-03T09:00:00Z"),
        ("0 9 * * 5#2", "2026-05-08T09:00:00Z"),
        ("*/10 * * * * *", "2026-05-01T12:00:40Z"),
        ("0 0 29 2 *", "2028-02-29T00:00:00Z"),
        ("0 12 13 * 5", "2026-05-08T12:00:00Z"),
    ] {
        assert_eq!(firings(&cron(expression, "UTC"), "2026-05-01T12:00:30Z", 1), [expected], "{expression}");
    }
}

#[test]
fn a_cron_job_waits_for_its_start() {
    let timing = cron("0 * * * *", "UTC");
    let schedule = Schedule { start: at("2026-05-01T12:00:00Z"), timing };
    assert_eq!(schedule.next_after(at("2026-01-01T00:00:00Z")), Some(at("2026-05-01T12:00:00Z")));
    let schedule = Schedule { start: at("2026-05-01T12:00:00.000001Z"), ..schedule };
    assert_eq!(schedule.next_after(at("2026-01-01T00:00:00Z")), Some(at("2026-05-01T13:00:00Z")));
    assert_eq!(schedule.latest_until(at("2026-05-01T12:30:00Z")), None);
}

#[test]
fn says_which_field_of_an_expression_is_wrong_and_where() {
    let problem = |text: &str| CronExpression::parse(text).unwrap_err();
    let wrong = problem("0 25 * * *");
    assert_eq!(wrong.message, "field 2 (hour), `25` at character 3, is not understood");
    assert!(wrong.hint.contains("0-23"), "{wrong:?}");
    assert_eq!(
        problem("  0  0 x * *").message,
        "field 3 (day of month), `x` at character 6, is not understood"
    );
    assert_eq!(problem("70 * * * * *").message, "field 1 (second), `70` at character 1, is not understood");
    assert_eq!(problem("* * *").message, "it has 3 fields, and a cron expression has 5");
    assert_eq!(problem("").message, "it is empty");
    assert_eq!(problem("@fortnightly").message, "there is no name `@fortnightly` for a cron expression");
    assert_eq!(problem("0 0 31 2 *").message, "no moment will ever meet `0 0 31 2 *`");
}

#[test]
fn start_dates_are_utc_unless_they_say_otherwise() {
    for (text, expected) in [
        ("2026-01-31 08:30:00", "2026-01-31T08:30:00Z"),
        ("2026-01-31T08:30:00", "2026-01-31T08:30:00Z"),
        ("2026-01-31T08:30:00.25", "2026-01-31T08:30:00.25Z"),
        (" 2026-01-31T08:30:00Z ", "2026-01-31T08:30:00Z"),
        ("2026-01-31T08:30:00+01:00", "2026-01-31T07:30:00Z"),
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("2026-01-31 08:30", "2026-01-31T08:30:00Z"),
    ] {
        assert_eq!(parse_start_date(text), Some(at(expected)), "{text}");
    }
    for text in ["", "tomorrow", "31.01.2026", "2026-02-30 00:00:00", "2026-01-31 25:00:00"] {
        assert_eq!(parse_start_date(text), None, "{text}");
    }
}

fn planner(timing: Timing, start: &str, missed: Missed) -> Planner {
    let schedule = Schedule { start: at(start), timing };
    Planner { schedule, missed, jitter: SignedDuration::ZERO, seed: 1 }
}

#[test]
fn firings_that_were_missed_are_left_out_or_made_up_for_once() {
    let (start, last, now) = ("2026-05-01T00:00:00Z", at("2026-05-01T08:00:00Z"), at("2026-05-01T12:30:00Z"));
    let hourly = Timing::Interval(Every::from_parts(0, 0, 1, 0, 0).unwrap());
    let skipping =
        planner(hourly.clone(), start, Missed::Skip).next(now, last, SignedDuration::ZERO).unwrap();
    assert_eq!(skipping.scheduled_for, at("2026-05-01T13:00:00Z"));
    let catching_up = planner(hourly, start, Missed::RunOnce);
    let made_up = catching_up.next(now, last, SignedDuration::ZERO).unwrap();
    assert_eq!((made_up.scheduled_for, made_up.due), (at("2026-05-01T12:00:00Z"), now));
    let after_that = catching_up.next(now, made_up.scheduled_for, SignedDuration::ZERO).unwrap();
    assert_eq!(after_that.scheduled_for, at("2026-05-01T13:00:00Z"));
}

#[test]
fn a_one_time_job_whose_moment_has_passed_runs_soon() {
    let once = planner(Timing::OneTime, "2026-05-01T12:00:00Z", Missed::Skip);
    let (before, after) = (at("2026-05-01T11:00:00Z"), at("2026-05-01T13:00:00Z"));
    let lateness = SignedDuration::from_secs(10);
    assert_eq!(once.next(before, before, lateness).unwrap().due, at("2026-05-01T12:00:00Z"));
    let late = once.next(after, before, lateness).unwrap();
    assert_eq!((late.scheduled_for, late.due), (at("2026-05-01T12:00:00Z"), at("2026-05-01T13:00:10Z")));
}

proptest! {
    #[test]
    fn intervals_keep_their_phase_and_leave_nothing_out(
        start in -2_000_000_000_000_000_i64..4_000_000_000_000_000,
        moment in -2_000_000_000_000_000_i64..4_000_000_000_000_000,
        seconds in 1_u32..5_000_000,
    ) {
        let (start, moment) = (Timestamp::from_microsecond(start).unwrap(), Timestamp::from_microsecond(moment).unwrap());
        let schedule = Schedule { start, timing: every_seconds(seconds) };
        let next = schedule.next_after(moment).unwrap();
        prop_assert!(next > moment && next >= start);
        prop_assert_eq!(next.duration_since(start).as_micros() % (i128::from(seconds) * 1_000_000), 0);
        match schedule.latest_until(moment) {
            Some(latest) => {
                prop_assert!(latest <= moment);
                prop_assert_eq!(schedule.next_after(latest), Some(next));
            }
            None => prop_assert_eq!(next, start),
        }
    }

    #[test]
    fn cron_goes_forward_and_back_by_the_same_firings(
        moment in 1_600_000_000_000_000_i64..2_000_000_000_000_000,
        minute in 0_u8..60,
        hour in 0_u8..24,
        form in 0_usize..4,
        zone in prop::sample::select(vec!["UTC", "Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    ) {
        let expression = match form {
            0 => format!("{minute} {hour} * * *"),
            1 => format!("{minute} * * * *"),
            2 => format!("*/{} * * * *", u32::from(minute) % 30 + 1),
            _ => format!("{minute} {hour} * * 1"),
        };
        let schedule = Schedule { start: Timestamp::UNIX_EPOCH, timing: cron(&expression, zone) };
        let moment = Timestamp::from_microsecond(moment).unwrap();
        let next = schedule.next_after(moment).unwrap();
        prop_assert!(next > moment);
        prop_assert_eq!(next.subsec_nanosecond(), 0);
        // A time that clocks skip is met by what comes after it, which is no match by itself on the way back.
        let latest = schedule.latest_until(next).unwrap();
        prop_assert!(latest <= next);
        prop_assert!(schedule.latest_until(moment).unwrap() <= moment);
    }

    #[test]
    fn jitter_delays_by_no_more_than_it_may_and_by_the_same_everywhere(
        seed in any::<u64>(),
        jitter in 0_i64..100_000,
        moment in 0_i64..4_000_000_000,
    ) {
        let mut planner = planner(every_seconds(60), "1970-01-01T00:00:00Z", Missed::Skip);
        planner.jitter = SignedDuration::from_millis(jitter);
        planner.seed = seed;
        let moment = Timestamp::from_second(moment).unwrap();
        let firing = planner.next(moment, moment, SignedDuration::ZERO).unwrap();
        let delay = firing.due.duration_since(firing.scheduled_for).as_millis();
        prop_assert!((0..=i128::from(jitter)).contains(&delay));
        prop_assert_eq!(planner.next(moment, moment, SignedDuration::ZERO), Some(firing));
    }
}
