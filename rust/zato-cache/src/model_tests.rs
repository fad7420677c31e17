//! The cache does what a list of entries does that is searched from its beginning.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
struct Row {
    key: Key,
    value: Bytes,
    time_to_live: Option<u64>,
    deadline: Option<u64>,
}

/// Entries, most recently used first; times in milliseconds.
#[derive(Debug)]
struct Model {
    rows: Vec<Row>,
    limits: Limits,
}

#[derive(Debug, Clone)]
enum Step {
    Get(u8),
    Set(u8, u8, u64),
    SetIfAbsent(u8, u8, u64),
    Delete(u8),
    Expire(u8, u64),
    GetPrefix(u8, usize),
    SetPrefix(u8, u8, u64, usize),
    DeletePrefix(u8, usize),
    ExpirePrefix(u8, u64, usize),
    Wait(u64),
    Sweep,
    Resize(u64),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    let expiry = || prop_oneof![Just(0_u64), 1..50_u64];
    let limit = || 0..3_usize;
    prop_oneof![
        4 => (0..12_u8).prop_map(Step::Get),
        6 => (0..12_u8, any::<u8>(), expiry()).prop_map(|(key, value, expiry)| Step::Set(key, value, expiry)),
        2 => (0..12_u8, any::<u8>(), expiry())
            .prop_map(|(key, value, expiry)| Step::SetIfAbsent(key, value, expiry)),
        2 => (0..12_u8).prop_map(Step::Delete),
        2 => (0..12_u8, expiry()).prop_map(|(key, expiry)| Step::Expire(key, expiry)),
        2 => (0..3_u8, limit()).prop_map(|(prefix, limit)| Step::GetPrefix(prefix, limit)),
        2 => (0..3_u8, any::<u8>(), expiry(), limit())
            .prop_map(|(prefix, value, expiry, limit)| Step::SetPrefix(prefix, value, expiry, limit)),
        1 => (0..3_u8, limit()).prop_map(|(prefix, limit)| Step::DeletePrefix(prefix, limit)),
        1 => (0..3_u8, expiry(), limit())
            .prop_map(|(prefix, expiry, limit)| Step::ExpirePrefix(prefix, expiry, limit)),
        3 => (1..30_u64).prop_map(Step::Wait),
        1 => Just(Step::Sweep),
        1 => (1..8_u64).prop_map(Step::Resize),
        1 => Just(Step::Clear),
    ]
}

/// Three groups of four keys each.
fn key(number: u8) -> Key {
    Key::text(&format!("{}.{number}", number % 3))
}

fn value(number: u8) -> Bytes {
    Bytes::copy_from_slice(&[number])
}

fn time(milliseconds: u64) -> Option<Duration> {
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}

fn moment(milliseconds: u64) -> Moment {
    Moment { elapsed: Duration::from_millis(milliseconds), wall: milliseconds as f64 / 1_000.0 }
}

impl Model {
    fn find(&self, key: &Key) -> Option<usize> {
        self.rows.iter().position(|row| row.key == *key)
    }

    fn is_over(&self, index: usize, now: u64) -> bool {
        self.rows[index].deadline.is_some_and(|deadline| deadline <= now)
    }

    fn drop_expired(&mut self, key: &Key, now: u64) -> bool {
        let is_over = self.find(key).is_some_and(|index| self.is_over(index, now));
        if is_over {
            self.rows.retain(|row| row.key != *key);
        }
        is_over
    }

    fn bring_to_front(&mut self, index: usize) -> &mut Row {
        let row = self.rows.remove(index);
        self.rows.insert(0, row);
        &mut self.rows[0]
    }

    fn get(&mut self, key: &Key, now: u64) -> Option<Bytes> {
        if self.drop_expired(key, now) {
            return None;
        }
        let index = self.find(key)?;
        let extends = self.limits.extends_on_get;
        let row = self.bring_to_front(index);
        if extends {
            row.deadline = row.time_to_live.map(|time| now + time);
        }
        Some(row.value.clone())
    }

    fn set(&mut self, key: &Key, value: Bytes, expiry: u64, now: u64) -> Lookup {
        if self.drop_expired(key, now) {
            return Lookup::Expired;
        }
        let expiry = (expiry > 0).then_some(expiry);
        let Some(index) = self.find(key) else {
            let deadline = expiry.map(|time| now + time);
            self.rows.insert(0, Row { key: key.clone(), value, time_to_live: expiry, deadline });
            self.rows.truncate(self.limits.max_size as usize);
            return Lookup::Missing;
        };
        let extends = self.limits.extends_on_set;
        let row = self.bring_to_front(index);
        if row.time_to_live.is_none() || expiry.is_none() {
            row.time_to_live = expiry;
            row.deadline = expiry.map(|time| now + time);
        } else if extends {
            row.deadline = row.time_to_live.map(|time| now + time);
        }
        let before = std::mem::replace(&mut row.value, value);
        Lookup::Found(Found { value: before, entry: None })
    }

    fn expire(&mut self, key: &Key, expiry: u64, now: u64) -> bool {
        if self.drop_expired(key, now) {
            return false;
        }
        let Some(index) = self.find(key) else { return false };
        self.rows[index].time_to_live = (expiry > 0).then_some(expiry);
        self.rows[index].deadline = (expiry > 0).then_some(now + expiry);
        true
    }

    fn select(&self, prefix: &str, limit: usize, now: u64) -> Vec<Key> {
        let limit = if limit == 0 { usize::MAX } else { limit };
        let rows = self.rows.iter().enumerate();
        rows.filter(|(index, row)| {
            row.key.content.starts_with(prefix.as_bytes()) && !self.is_over(*index, now)
        })
        .map(|(_, row)| row.key.clone())
        .take(limit)
        .collect()
    }
}

fn limit_of(limit: usize) -> Option<usize> {
    (limit > 0).then_some(limit)
}

fn run(steps: &[Step], limits: Limits) -> Result<(), TestCaseError> {
    let mut model = Model { rows: Vec::new(), limits };
    let mut cache = Cache::new(limits);
    let mut now = 1_000_u64;
    let matcher = |prefix: u8| Matcher::new(Criterion::Prefix, &[Key::text(&prefix.to_string())]).unwrap();
    for step in steps {
        let at = moment(now);
        match step.clone() {
            Step::Get(number) => {
                let was_over = model.find(&key(number)).is_some_and(|index| model.is_over(index, now));
                let expected = match model.get(&key(number), now) {
                    Some(value) => Lookup::Found(Found { value, entry: None }),
                    None if was_over => Lookup::Expired,
                    None => Lookup::Missing,
                };
                prop_assert_eq!(cache.get(&key(number), false, at), expected);
            }
            Step::Set(number, content, expiry) => {
                let expected = model.set(&key(number), value(content), expiry, now);
                let got = cache.set(key(number), value(content), Some(1), time(expiry), false, at).unwrap();
                prop_assert_eq!(got, expected);
            }
            Step::SetIfAbsent(number, content, expiry) => {
                model.drop_expired(&key(number), now);
                let expected = model.find(&key(number)).is_none();
                if expected {
                    model.set(&key(number), value(content), expiry, now);
                }
                let got =
                    cache.set_if_absent(key(number), value(content), Some(1), time(expiry), at).unwrap();
                prop_assert_eq!(got, expected);
            }
            Step::Delete(number) => {
                model.drop_expired(&key(number), now);
                let expected = model.find(&key(number)).map(|index| model.rows.remove(index).value);
                prop_assert_eq!(cache.delete(&key(number), at), expected);
            }
            Step::Expire(number, expiry) => {
                let expected = model.expire(&key(number), expiry, now);
                prop_assert_eq!(cache.expire(&key(number), time(expiry), at), expected);
            }
            Step::GetPrefix(prefix, limit) => {
                let keys = model.select(&prefix.to_string(), limit, now);
                let mut expected: Vec<_> = keys
                    .into_iter()
                    .rev()
                    .map(|key| {
                        let value = model.get(&key, now).unwrap();
                        (key, Found { value, entry: None })
                    })
                    .collect();
                expected.reverse();
                let got = cache.get_matching(&matcher(prefix), false, limit_of(limit), at);
                prop_assert_eq!(got, expected);
            }
            Step::SetPrefix(prefix, content, expiry, limit) => {
                let keys = model.select(&prefix.to_string(), limit, now);
                for key in keys.iter().rev() {
                    model.set(key, value(content), expiry, now);
                }
                let got = cache
                    .set_matching(
                        &matcher(prefix),
                        &value(content),
                        Some(1),
                        time(expiry),
                        limit_of(limit),
                        at,
                    )
                    .unwrap();
                prop_assert_eq!(got.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), keys);
            }
            Step::DeletePrefix(prefix, limit) => {
                let keys = model.select(&prefix.to_string(), limit, now);
                model.rows.retain(|row| !keys.contains(&row.key));
                let got = cache.delete_matching(&matcher(prefix), limit_of(limit), at);
                prop_assert_eq!(got.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), keys);
            }
            Step::ExpirePrefix(prefix, expiry, limit) => {
                let keys = model.select(&prefix.to_string(), limit, now);
                keys.iter().for_each(|key| assert!(model.expire(key, expiry, now)));
                let got = cache.expire_matching(&matcher(prefix), time(expiry), limit_of(limit), at);
                prop_assert_eq!(got, keys.len());
            }
            Step::Wait(milliseconds) => now += milliseconds,
            Step::Sweep => {
                let before = model.rows.len();
                model.rows.retain(|row| row.deadline.is_none_or(|deadline| deadline > now));
                prop_assert_eq!(cache.sweep(at), before - model.rows.len());
            }
            Step::Resize(max_size) => {
                model.limits.max_size = max_size;
                model.rows.truncate(max_size as usize);
                cache.set_limits(model.limits);
            }
            Step::Clear => {
                model.rows.clear();
                cache.clear();
            }
        }
        let expected: Vec<_> = (0..model.rows.len())
            .filter(|index| !model.is_over(*index, now))
            .map(|index| model.rows[index].key.clone())
            .collect();
        prop_assert_eq!(cache.keys(moment(now)), expected);
        prop_assert_eq!(cache.len(), model.rows.len());
        let bytes: u64 = model.rows.iter().map(|row| cache::cost(&row.key, &row.value)).sum();
        prop_assert_eq!(cache.figures().bytes, bytes);
    }
    Ok(())
}

proptest! {
    #[test]
    fn does_what_a_list_does(
        steps in prop::collection::vec(step(), 1..120),
        max_size in 1..8_u64,
        extends_on_get: bool,
        extends_on_set: bool,
    ) {
        run(&steps, Limits { max_size, extends_on_get, extends_on_set, ..Limits::default() })?;
    }
}

#[test]
fn details_tell_reads_writes_and_place() {
    let mut cache = Cache::new(Limits::default());
    let set = |cache: &mut Cache, number, at| {
        cache.set(key(number), value(number), None, time(5_000), true, moment(at)).unwrap()
    };
    assert_eq!(set(&mut cache, 1, 1_000), Lookup::Missing);
    set(&mut cache, 2, 2_000);
    let Lookup::Found(before) = set(&mut cache, 1, 3_000) else { panic!("it was there") };
    assert_eq!(before.entry.unwrap().position, 1);
    cache.get(&key(1), false, moment(4_000));
    let Lookup::Found(found) = cache.get(&key(1), true, moment(5_000)) else { panic!("it is there") };
    let entry = *found.entry.unwrap();
    assert_eq!((entry.last_read, entry.prev_read), (5.0, 4.0));
    assert_eq!((entry.last_write, entry.prev_write), (3.0, 1.0));
    assert_eq!((entry.expiry, entry.expires_at), (5.0, 10.0));
    assert_eq!((entry.hits, entry.position), (2, 0));
    let places: Vec<_> = cache.slice(0, 9, moment(5_000)).into_iter().map(|(key, _)| key).collect();
    assert_eq!(places, [key(1), key(2)]);
    assert_eq!(cache.slice(1, 2, moment(5_000)).len(), 1);
}

#[test]
fn sizes_have_limits() {
    let limits = Limits { max_size: 1_000_000, max_item_size: 10, ..Limits::default() };
    let mut cache = Cache::new(limits);
    let refused = cache.set(key(1), value(1), Some(11), None, false, moment(0)).unwrap_err();
    assert_eq!(refused, TooLarge { size: 11, limit: 10 });
    let large = Bytes::from(vec![0; limits.max_bytes() as usize]);
    assert!(cache.set(key(1), large, None, None, false, moment(0)).is_err());
    assert!(cache.is_empty());
    let half = Bytes::from(vec![0; limits.max_bytes() as usize / 2]);
    for number in 0..3 {
        cache.set(key(number), half.clone(), None, None, false, moment(0)).unwrap();
    }
    assert_eq!(cache.keys(moment(0)), [key(2)]);
    assert_eq!(cache.figures().evictions, 2);
    assert!(cache.figures().bytes <= limits.max_bytes());
}

#[test]
fn what_happens_is_counted() {
    let mut cache = Cache::new(Limits { max_size: 2, ..Limits::default() });
    for number in 0..3 {
        cache.set(key(number), value(number), None, time(u64::from(number) * 10), false, moment(0)).unwrap();
    }
    cache.get(&key(0), false, moment(1));
    cache.get(&key(1), false, moment(1));
    cache.get(&key(1), false, moment(20));
    let figures = cache.figures();
    assert_eq!((figures.entries, figures.hits, figures.misses), (1, 1, 2));
    assert_eq!((figures.evictions, figures.expirations), (1, 1));
}

#[test]
fn details_of_many_entries_are_those_of_one_after_the_other_and_take_no_longer_than_values() {
    let filled = |count: u32| {
        let mut cache = Cache::new(Limits { max_size: 1_000_000, ..Limits::default() });
        for number in 0..count {
            let (key, value) = (Key::text(&format!("{}{number}", number % 3)), value(1));
            cache.set(key, value, None, None, false, moment(0)).unwrap();
        }
        cache
    };
    let matcher = Matcher::new(Criterion::Prefix, &[Key::text("1")]).unwrap();
    for limit in [None, Some(0), Some(3)] {
        let (mut together, mut alone) = (filled(20), filled(20));
        let found = together.get_matching(&matcher, true, limit, moment(1));
        assert_eq!(found.len(), limit.unwrap_or(7));
        for (key, found) in found.into_iter().rev() {
            assert_eq!(alone.get(&key, true, moment(1)), Lookup::Found(found));
        }
        assert_eq!(together.keys(moment(1)), alone.keys(moment(1)));
        assert_eq!(together.figures(), alone.figures());
    }
    let mut many = filled(60_000);
    let begun = std::time::Instant::now();
    assert_eq!(many.get_matching(&matcher, true, None, moment(1)).len(), 20_000);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}
