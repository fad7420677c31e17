use zato_schema::{DynKind, decode, validate};

use super::*;

fn valid(spec: Value) -> SchedulerJob {
    decode::<SchedulerJob>(&validate(&DynKind::of::<SchedulerJob>(), "j", &spec).unwrap().spec).unwrap()
}

fn problems(spec: Value) -> Vec<String> {
    let found = validate(&DynKind::of::<SchedulerJob>(), "j", &spec).unwrap_err();
    found.iter().map(ToString::to_string).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn reads_what_3_2_exports() {
    let job = valid(json!({
        "id": 7, "service_id": 12, "service_name": "crm.poll", "job_type": "interval_based", "weeks": null, "days": null,
        "hours": null, "minutes": "1", "seconds": 30, "repeats": 5, "start_date": "2026-01-01 00:00:00", "extra": "",
        "cron_definition": null,
    }));
    assert_eq!((job.service.as_str(), job.repeats()), ("crm.poll", Some(5)));
    let schedule = job.planner(at("2026-01-01T00:00:00Z"), 0).unwrap().schedule;
    assert_eq!(schedule.next_after(at("2026-01-01T00:00:00Z")), Some(at("2026-01-01T00:01:30Z")));
}

#[test]
fn reads_what_4_1_exports() {
    let job = valid(json!({
        "service": "demo.ping", "job_type": "cron_style", "cron_definition": "0 8 * * *", "timezone": "Europe/Warsaw",
        "jitter_ms": 500, "max_execution_time_ms": 2000,
    }));
    assert_eq!(job.longest_run(), Some(Duration::from_secs(2)));
    let planner = job.planner(at("2026-07-01T00:00:00Z"), 0).unwrap();
    assert_eq!(planner.jitter, SignedDuration::from_millis(500));
    assert_eq!(planner.schedule.next_after(at("2026-07-01T00:00:00Z")), Some(at("2026-07-01T06:00:00Z")));
}

#[test]
fn extra_data_may_be_a_list_of_lines() {
    let job = |extra: Value| valid(json!({"service": "s", "job_type": "one_time", "extra": extra})).extra;
    assert_eq!(job(json!(["page=1", "size=100"])), "page=1\nsize=100");
    assert_eq!(job(json!("page=1")), "page=1");
    assert_eq!(job(json!([])), "");
    let wrong = problems(json!({"service": "s", "job_type": "one_time", "extra": [{"page": 1}]}));
    assert!(wrong[0].contains("field `extra`"), "{wrong:?}");
}

#[test]
fn an_interval_is_counted_from_the_start_or_from_when_the_job_was_written() {
    let written = at("2026-05-01T12:00:00.25Z");
    let next = |start: &str| {
        let spec = json!({"service": "s", "job_type": "interval_based", "hours": 1, "start_date": start});
        valid(spec).planner(written, 0).unwrap().schedule.next_after(written).unwrap()
    };
    assert_eq!(next(""), at("2026-05-01T13:00:00.25Z"));
    assert_eq!(next("2026-05-01 00:20:00"), at("2026-05-01T12:20:00Z"));
    assert_eq!(next("2026-06-01"), at("2026-06-01T00:00:00Z"));
}

#[test]
fn says_what_is_missing_or_wrong() {
    let interval = problems(json!({"service": "s", "job_type": "interval_based", "seconds": 0}));
    assert!(interval[0].contains("needs an interval, and it has none"), "{interval:?}");
    let cron = problems(json!({"service": "s", "job_type": "cron_style"}));
    assert!(cron[0].contains("needs a cron expression"), "{cron:?}");
    let date = problems(json!({"service": "s", "job_type": "one_time", "start_date": "tomorrow"}));
    assert!(date[0].contains("field `start_date`: `tomorrow` is not a date and time"), "{date:?}");
    let job_type = problems(json!({"service": "s", "job_type": "cron-style"}));
    assert!(job_type[0].contains("did you mean `cron_style`?"), "{job_type:?}");
    let spec = json!({"service": "s", "job_type": "cron_style", "cron_definition": "0 25 * * *", "timezone": "Mars/Base"});
    let both = problems(spec);
    assert!(both.iter().any(|problem| problem.contains("there is no time zone `Mars/Base`")), "{both:?}");
    assert!(both.iter().any(|problem| problem.contains("field 2 (hour), `25` at character 3")), "{both:?}");
    let far = problems(json!({"service": "s", "job_type": "interval_based", "weeks": 1_000_000}));
    assert!(far[0].contains("field `weeks`: the interval is longer"), "{far:?}");
}

#[test]
fn only_interval_based_jobs_count_their_runs() {
    let job = valid(json!({"service": "s", "job_type": "one_time", "repeats": 3}));
    assert_eq!(job.repeats(), None);
    assert_eq!(
        valid(json!({"service": "s", "job_type": "interval_based", "days": 1, "repeats": 0})).repeats(),
        None
    );
}
