use serde_json::{Value, json};
use zato_schema::{DynKind, validate};
use zato_store::ObjectKey;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const NOON: &str = "2026-05-01T12:00:00Z";

fn object(id: i64, revision: i64, name: &str, spec: &Value) -> Object {
    Object {
        id,
        kind: SchedulerJob::ID.to_owned(),
        name: name.to_owned(),
        is_active: true,
        spec: validate(&DynKind::of::<SchedulerJob>(), name, spec).unwrap().spec,
        revision,
        updated_by: "tests".to_owned(),
        updated_at: at(NOON),
    }
}

fn every(seconds: i64) -> Value {
    json!({"service": "s", "job_type": "interval_based", "seconds": seconds})
}

fn once(start: &str) -> Value {
    json!({"service": "s", "job_type": "one_time", "start_date": start})
}

fn put(agenda: &mut Agenda, objects: Vec<Object>, last: &[LastFiring]) -> Vec<Arc<Job>> {
    let changes = Changes { revision: agenda.revision + 1, put: objects, deleted: Vec::new() };
    agenda.take(changes, last, at(NOON), SignedDuration::ZERO)
}

fn names(due: &[Due]) -> Vec<String> {
    due.iter().map(|due| format!("{} {}", due.job.name, due.firing.scheduled_for)).collect()
}

#[test]
fn what_is_due_is_taken_in_order_and_comes_again() {
    let mut agenda = Agenda::default();
    put(&mut agenda, vec![object(1, 1, "minute", &every(60)), object(2, 1, "half", &every(30))], &[]);
    assert_eq!(agenda.next_due(), Some(at("2026-05-01T12:00:30Z")));
    assert!(agenda.take_due(at("2026-05-01T12:00:29.999Z")).is_empty());
    assert_eq!(names(&agenda.take_due(at("2026-05-01T12:00:30.001Z"))), ["half 2026-05-01T12:00:30Z"]);
    let both = names(&agenda.take_due(at("2026-05-01T12:01:00Z")));
    assert_eq!(both, ["minute 2026-05-01T12:01:00Z", "half 2026-05-01T12:01:00Z"]);
    assert_eq!(agenda.next_due(), Some(at("2026-05-01T12:01:30Z")));
}

#[test]
fn a_changed_job_is_planned_anew_and_a_deleted_or_inactive_one_not_at_all() {
    let mut agenda = Agenda::default();
    put(&mut agenda, vec![object(1, 1, "a", &every(60))], &[]);
    put(&mut agenda, vec![object(1, 2, "a", &every(10))], &[]);
    assert_eq!(agenda.next_due(), Some(at("2026-05-01T12:00:10Z")));
    let off = Object { is_active: false, ..object(1, 3, "a", &every(10)) };
    put(&mut agenda, vec![off], &[]);
    assert_eq!((agenda.next_due(), agenda.planned()), (None, 0));
    assert!(agenda.find(&JobKey::Name("a".to_owned())).is_some(), "somebody may still have it run");
    put(&mut agenda, vec![object(1, 4, "a", &every(10))], &[]);
    let gone = vec![ObjectKey::new(SchedulerJob::ID, "a"), ObjectKey::new("channel.rest", "b")];
    let changes = Changes { revision: 9, put: Vec::new(), deleted: gone };
    agenda.take(changes, &[], at(NOON), SignedDuration::ZERO);
    assert_eq!((agenda.next_due(), agenda.revision), (None, 9));
    assert!(agenda.find(&JobKey::Id(1)).is_none());
}

#[test]
fn a_job_made_anew_under_the_same_name_takes_the_place_of_the_old_one() {
    let mut agenda = Agenda::default();
    put(&mut agenda, vec![object(1, 1, "a", &every(60))], &[]);
    put(&mut agenda, vec![object(2, 2, "a", &every(30))], &[]);
    assert_eq!((agenda.planned(), agenda.find(&JobKey::Name("a".to_owned())).unwrap().id), (1, 2));
}

#[test]
fn a_one_time_job_runs_once_and_one_that_has_run_is_handed_back() {
    let mut agenda = Agenda::default();
    let start = "2026-05-01T12:00:05Z";
    put(&mut agenda, vec![object(1, 1, "a", &once(start))], &[]);
    assert_eq!(agenda.take_due(at("2026-05-01T12:00:05Z")).len(), 1);
    assert_eq!(agenda.next_due(), None);
    let last = LastFiring { job: 2, scheduled_for: at(start) };
    let done = put(&mut agenda, vec![object(2, 1, "b", &once(start))], &[last]);
    assert_eq!(done.iter().map(|job| job.name.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(agenda.next_due(), None);
}

#[test]
fn a_one_time_job_that_could_not_begin_is_put_off_unless_it_was_changed() {
    let mut agenda = Agenda::default();
    put(&mut agenda, vec![object(1, 1, "a", &once(NOON))], &[]);
    let due = agenda.take_due(at(NOON)).remove(0);
    let later = at("2026-05-01T12:00:05Z");
    agenda.put_off(&due, later);
    assert_eq!(agenda.next_due(), Some(later));
    let again = agenda.take_due(later).remove(0);
    assert_eq!(again.firing.scheduled_for, at(NOON), "it is still the same run");
    put(&mut agenda, vec![object(1, 2, "a", &once("2026-06-01"))], &[]);
    agenda.put_off(&again, later);
    assert_eq!(agenda.next_due(), Some(at("2026-06-01T00:00:00Z")));
}

#[test]
fn what_comes_long_after_its_time_is_left_out_or_made_up_for() {
    let mut agenda = Agenda::default();
    let mut patient = every(60);
    patient["on_missed"] = json!("run_once");
    let objects = vec![
        object(1, 1, "skips", &every(60)),
        object(2, 1, "makes-up", &patient),
        object(3, 1, "once", &once("2026-05-01T12:01:00Z")),
    ];
    put(&mut agenda, objects, &[]);
    let woken = at("2026-05-01T13:00:30Z");
    let mut due = names(&agenda.take_due(woken));
    due.sort();
    assert_eq!(due, ["makes-up 2026-05-01T13:00:00Z", "once 2026-05-01T12:01:00Z"]);
    assert_eq!(agenda.next_due(), Some(at("2026-05-01T13:01:00Z")));
}
