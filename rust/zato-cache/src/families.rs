//! Operations on all entries whose keys have something in common (reference connections 24.2). Entries are taken most
//! recently used first, up to a limit, and keep their order among each other. Those whose time is over are passed over.

use std::time::Duration;

use bytes::Bytes;

use crate::cache::{Cache, Lookup, TooLarge};
use crate::entry::Found;
use crate::key::Key;
use crate::matcher::Matcher;
use crate::time::Moment;

impl Cache {
    /// Reads entries.
    pub fn get_matching(
        &mut self,
        matcher: &Matcher,
        needs_entries: bool,
        limit: Option<usize>,
        now: Moment,
    ) -> Vec<(Key, Found)> {
        let mut keys = Vec::new();
        for (place, (key, slot)) in self.slots.iter().enumerate() {
            if limit.is_some_and(|limit| keys.len() >= limit) {
                break;
            }
            if matcher.matches(key) && !slot.is_expired(now) {
                keys.push((place, key.clone()));
            }
        }
        let mut found = Vec::with_capacity(keys.len());
        for (place, key) in keys.into_iter().rev() {
            // Everything read so far was behind this entry and is before it now; looking for its place would make this
            // quadratic, and everybody else wait.
            let place = needs_entries.then_some(place + found.len());
            if let Some(read) = self.read(&key, place, now) {
                found.push((key, read));
            }
        }
        found.reverse();
        found
    }

    /// Writes one value to all of the entries; gives what they were before.
    ///
    /// # Errors
    /// [`TooLarge`] if the value does not fit; entries before the one it did not fit have it.
    pub fn set_matching(
        &mut self,
        matcher: &Matcher,
        value: &Bytes,
        characters: Option<u64>,
        expiry: Option<Duration>,
        limit: Option<usize>,
        now: Moment,
    ) -> Result<Vec<(Key, Bytes)>, TooLarge> {
        let keys = self.select(matcher, limit, now);
        let mut found = Vec::with_capacity(keys.len());
        for key in keys.into_iter().rev() {
            // Others may have had to make room meanwhile.
            if !self.slots.contains(&key) {
                continue;
            }
            let before = self.set(key.clone(), value.clone(), characters, expiry, false, now)?;
            if let Lookup::Found(before) = before {
                found.push((key, before.value));
            }
        }
        found.reverse();
        Ok(found)
    }

    /// Drops entries; gives what they were.
    pub fn delete_matching(
        &mut self,
        matcher: &Matcher,
        limit: Option<usize>,
        now: Moment,
    ) -> Vec<(Key, Bytes)> {
        let keys = self.select(matcher, limit, now);
        keys.into_iter().filter_map(|key| self.remove(&key).map(|value| (key, value))).collect()
    }

    /// Gives entries another time to live, or none; gives how many there were.
    pub fn expire_matching(
        &mut self,
        matcher: &Matcher,
        expiry: Option<Duration>,
        limit: Option<usize>,
        now: Moment,
    ) -> usize {
        let keys = self.select(matcher, limit, now);
        keys.iter().filter(|key| self.expire(key, expiry, now)).count()
    }

    fn select(&self, matcher: &Matcher, limit: Option<usize>, now: Moment) -> Vec<Key> {
        let matching = self.slots.iter().filter(|(key, slot)| matcher.matches(key) && !slot.is_expired(now));
        matching.map(|(key, _)| key.clone()).take(limit.unwrap_or(usize::MAX)).collect()
    }
}
