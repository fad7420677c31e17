use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

const ONE: Session = Session(1);
const TWO: Session = Session(2);

fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn waiter(attempt: Attempt) -> Waiter {
    match attempt {
        Attempt::Waiting(waiter) => waiter,
        other => panic!("not waiting but {other:?}"),
    }
}

#[test]
fn waiters_get_a_lock_in_the_order_in_which_they_came() {
    let mut locks = Locks::after(40);
    assert_eq!(locks.acquire("a", ONE, seconds(20), seconds(10), at(0)), Attempt::Granted(41));
    let first = waiter(locks.acquire("a", TWO, seconds(20), seconds(10), at(1)));
    let second = waiter(locks.acquire("a", ONE, seconds(20), seconds(10), at(2)));
    assert_eq!(locks.acquire("a", TWO, None, None, at(2)), Attempt::Refused);
    assert!(locks.release("a", 41, at(3)));
    assert_eq!(locks.take_events(), [Event::Granted(first, 42)]);
    assert!(!locks.release("a", 41, at(3)), "an old grant frees nothing");
    assert!(locks.release("a", 42, at(3)));
    assert_eq!(locks.take_events(), [Event::Granted(second, 43)]);
    assert!(locks.release("a", 43, at(3)));
    assert_eq!((locks.held(), locks.waiting(), locks.next_deadline()), (0, 0, None));
}

#[test]
fn a_lock_ends_with_its_time_and_with_its_session() {
    let mut locks = Locks::after(0);
    locks.acquire("a", ONE, seconds(5), None, at(0));
    let first = waiter(locks.acquire("a", TWO, None, seconds(10), at(0)));
    assert_eq!(locks.next_deadline(), seconds(5));
    locks.expire(at(5));
    assert_eq!(locks.take_events(), [Event::Granted(first, 2)]);
    assert!(!locks.release("a", 1, at(5)));
    let second = waiter(locks.acquire("a", ONE, None, seconds(10), at(6)));
    let third = waiter(locks.acquire("a", TWO, None, seconds(10), at(6)));
    locks.end(TWO, at(7));
    assert_eq!(locks.take_events(), [Event::Granted(second, 3)]);
    assert!(!locks.cancel(third));
    locks.end(ONE, at(7));
    assert_eq!((locks.held(), locks.waiting(), locks.next_deadline()), (0, 0, None));
}

#[test]
fn waiting_ends_at_its_limit_and_when_it_is_given_up() {
    let mut locks = Locks::after(0);
    locks.acquire("a", ONE, None, None, at(0));
    let first = waiter(locks.acquire("a", TWO, None, seconds(1), at(0)));
    let second = waiter(locks.acquire("a", TWO, None, seconds(9), at(0)));
    locks.expire(at(1));
    assert_eq!(locks.take_events(), [Event::TimedOut(first)]);
    assert!(locks.cancel(second) && !locks.cancel(second));
    assert!(locks.release("a", 1, at(2)));
    assert_eq!(locks.take_events(), []);
    assert_eq!(locks.next_deadline(), None);
}

#[test]
fn nobody_gets_a_lock_after_the_time_to_wait_for_it() {
    let mut locks = Locks::after(0);
    locks.acquire("a", ONE, seconds(9), None, at(0));
    let waiter = waiter(locks.acquire("a", TWO, None, seconds(5), at(0)));
    assert_eq!(locks.acquire("a", TWO, seconds(1), None, at(20)), Attempt::Granted(2));
    assert_eq!(locks.take_events(), [Event::TimedOut(waiter)]);
}

/// Who waits for what: waiter, session, time to live, and when the time to wait is over.
type Queues = HashMap<String, Vec<(Waiter, Session, Option<u64>, u64)>>;

#[derive(Debug, Clone)]
enum Step {
    Acquire { name: u8, session: u64, time_to_live: Option<u64>, patience: Option<u64> },
    Release(usize),
    Cancel(usize),
    End(u64),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let time = || prop::option::of(1..8_u64);
    prop_oneof![
        6 => (0..3_u8, 0..4_u64, time(), time()).prop_map(|(name, session, time_to_live, patience)| {
            Step::Acquire { name, session, time_to_live, patience }
        }),
        4 => any::<usize>().prop_map(Step::Release),
        1 => any::<usize>().prop_map(Step::Cancel),
        1 => (0..4_u64).prop_map(Step::End),
        3 => (1..4_u64).prop_map(Step::Wait),
    ]
}

/// A grant as its holder knows it.
#[derive(Debug, Clone)]
struct Grant {
    name: String,
    session: Session,
    fence: u64,
    ends: Option<u64>,
}

proptest! {
    #[test]
    fn a_lock_has_one_holder_and_nobody_is_forgotten(steps in prop::collection::vec(step(), 1..100)) {
        let mut locks = Locks::after(0);
        let mut now = 0_u64;
        let mut last_fence = 0_u64;
        let mut held: Vec<Grant> = Vec::new();
        let mut queues: Queues = HashMap::new();
        for step in steps {
            match step {
                Step::Acquire { name, session, time_to_live, patience } => {
                    let (name, session) = (name.to_string(), Session(session));
                    let duration = |time: Option<u64>| time.map(Duration::from_secs);
                    let attempt = locks.acquire(&name, session, duration(time_to_live), duration(patience), at(now));
                    let is_taken = held.iter().any(|grant| grant.name == name);
                    match attempt {
                        Attempt::Granted(fence) => {
                            prop_assert!(!is_taken && fence > last_fence);
                            last_fence = fence;
                            held.push(Grant { name, session, fence, ends: time_to_live.map(|time| now + time) });
                        }
                        Attempt::Waiting(waiter) => {
                            prop_assert!(is_taken);
                            let ends = now + patience.unwrap();
                            queues.entry(name).or_default().push((waiter, session, time_to_live, ends));
                        }
                        Attempt::Refused => prop_assert!(is_taken && patience.is_none()),
                    }
                }
                Step::Release(index) if !held.is_empty() => {
                    let grant = held.remove(index % held.len());
                    prop_assert!(locks.release(&grant.name, grant.fence, at(now)));
                }
                Step::Cancel(index) => {
                    let mut all: Vec<Waiter> = queues.values().flatten().map(|queued| queued.0).collect();
                    all.sort();
                    if !all.is_empty() {
                        let waiter = all[index % all.len()];
                        prop_assert!(locks.cancel(waiter));
                        queues.values_mut().for_each(|queue| queue.retain(|queued| queued.0 != waiter));
                    }
                }
                Step::End(session) => {
                    locks.end(Session(session), at(now));
                    held.retain(|grant| grant.session != Session(session));
                    queues.values_mut().for_each(|queue| queue.retain(|queued| queued.1 != Session(session)));
                }
                // One at a time, so that it is known what happens when.
                Step::Wait(times) => {
                    for _ in 1..times {
                        now += 1;
                        locks.expire(at(now));
                        settle(&mut locks, &mut held, &mut queues, &mut last_fence, now)?;
                    }
                    now += 1;
                    locks.expire(at(now));
                }
                Step::Release(_) => {}
            }
            settle(&mut locks, &mut held, &mut queues, &mut last_fence, now)?;
        }
    }
}

/// Takes events into the picture of the test, and compares it with what there is.
fn settle(
    locks: &mut Locks,
    held: &mut Vec<Grant>,
    queues: &mut Queues,
    last_fence: &mut u64,
    now: u64,
) -> Result<(), TestCaseError> {
    held.retain(|grant| grant.ends.is_none_or(|ends| ends > now));
    for event in locks.take_events() {
        match event {
            Event::Granted(waiter, fence) => {
                let found = queues.iter().find(|(_, queue)| queue.iter().any(|queued| queued.0 == waiter));
                let name = found.map(|(name, _)| name.clone()).unwrap();
                let queue = queues.get_mut(&name).unwrap();
                queue.retain(|queued| queued.3 > now || queued.0 == waiter);
                let (first, session, time_to_live, ends) = queue.remove(0);
                prop_assert_eq!(first, waiter, "not the first in the queue");
                prop_assert!(ends > now, "granted after its time to wait");
                prop_assert!(fence > *last_fence && !held.iter().any(|grant| grant.name == name));
                *last_fence = fence;
                held.push(Grant { name, session, fence, ends: time_to_live.map(|time| now + time) });
            }
            Event::TimedOut(waiter) => {
                queues
                    .values_mut()
                    .for_each(|queue| queue.retain(|queued| queued.0 != waiter || queued.3 > now));
            }
        }
    }
    for (name, queue) in queues.iter() {
        prop_assert!(queue.iter().all(|queued| queued.3 > now), "still waiting after its time");
        prop_assert!(queue.is_empty() || held.iter().any(|grant| grant.name == *name), "waits for nobody");
    }
    prop_assert_eq!(locks.held(), held.len());
    prop_assert_eq!(locks.waiting(), queues.values().map(Vec::len).sum::<usize>());
    Ok(())
}
