//! One cache.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use foldhash::quality::RandomState;
use lru::LruCache;
use serde::{Deserialize, Serialize};

use crate::entry::{Found, Slot};
use crate::key::Key;
use crate::limits::Limits;
use crate::time::Moment;

/// What an entry costs on top of the bytes of its key and value.
const OVERHEAD: u64 = 128;

/// What became of a look at a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Lookup {
    /// There is no such entry.
    Missing,
    /// There was one, whose time was over; it is gone now.
    Expired,
    /// Here it is.
    Found(Found),
}

/// A value that is larger than the cache takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooLarge {
    /// Its size, in characters or bytes.
    pub size: u64,
    /// The largest size.
    pub limit: u64,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the value has a size of {}, the most is {}", self.size, self.limit)
    }
}

impl std::error::Error for TooLarge {}

/// Figures of a cache; counters are of its whole life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Entries.
    pub entries: u64,
    /// Bytes of all keys and values, and what it takes to keep them.
    pub bytes: u64,
    /// Reads that found something.
    pub hits: u64,
    /// Reads that found nothing.
    pub misses: u64,
    /// Entries that made room for others.
    pub evictions: u64,
    /// Entries whose time was over.
    pub expirations: u64,
}

/// A cache: the entries that were used last, each for its time to live.
#[derive(Debug)]
pub struct Cache {
    pub(crate) slots: LruCache<Key, Slot, RandomState>,
    pub(crate) limits: Limits,
    pub(crate) figures: Figures,
}

pub(crate) fn cost(key: &Key, value: &Bytes) -> u64 {
    (key.content.len() as u64).saturating_add(value.len() as u64).saturating_add(OVERHEAD)
}

impl Cache {
    /// Makes an empty cache.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let slots = LruCache::unbounded_with_hasher(RandomState::default());
        Self { slots, limits, figures: Figures::default() }
    }

    /// Returns its limits.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Gives it other limits; entries that are too many by them are dropped at once.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.make_room();
    }

    /// Returns how many entries there are, those whose time is over and which were not swept away yet among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Returns its figures.
    #[must_use]
    pub fn figures(&self) -> Figures {
        Figures { entries: self.slots.len() as u64, ..self.figures }
    }

    /// Reads an entry, which becomes the most recently used one.
    pub fn get(&mut self, key: &Key, needs_entry: bool, now: Moment) -> Lookup {
        if self.drop_expired(key, now) {
            self.figures.misses += 1;
            return Lookup::Expired;
        }
        let position = needs_entry.then(|| self.position(key));
        self.read(key, position, now).map_or(Lookup::Missing, Lookup::Found)
    }

    /// Reads an entry whose time is not over; with its details if its position is given.
    pub(crate) fn read(&mut self, key: &Key, position: Option<usize>, now: Moment) -> Option<Found> {
        let extends = self.limits.extends_on_get;
        let Some(slot) = self.slots.get_mut(key) else {
            self.figures.misses += 1;
            return None;
        };
        self.figures.hits += 1;
        slot.note_read(extends, now);
        let entry = position.map(|position| Box::new(slot.entry(key, position, now)));
        Some(Found { value: slot.value.clone(), entry })
    }

    /// Reads an entry without a trace.
    #[must_use]
    pub fn peek(&self, key: &Key, now: Moment) -> Option<Bytes> {
        self.slots.peek(key).filter(|slot| !slot.is_expired(now)).map(|slot| slot.value.clone())
    }

    /// Writes an entry, which becomes the most recently used one; gives what it was before. `characters` is the size
    /// that the limit for items is about, for values that have one.
    ///
    /// If the time of the entry is over, it is dropped and nothing is written (reference connections 24.3).
    ///
    /// # Errors
    /// [`TooLarge`]; nothing was written.
    pub fn set(
        &mut self,
        key: Key,
        value: Bytes,
        characters: Option<u64>,
        expiry: Option<Duration>,
        needs_entry: bool,
        now: Moment,
    ) -> Result<Lookup, TooLarge> {
        self.check_size(&key, &value, characters)?;
        if self.drop_expired(&key, now) {
            return Ok(Lookup::Expired);
        }
        let position = needs_entry.then(|| self.position(&key));
        let extends = self.limits.extends_on_set;
        let before = self.figures.bytes;
        if let Some(slot) = self.slots.get_mut(&key) {
            let entry = position.map(|position| Box::new(slot.entry(&key, position, now)));
            let added = cost(&key, &value);
            let previous = slot.write(value, expiry, extends, now);
            self.figures.bytes = before.saturating_add(added).saturating_sub(cost(&key, &previous));
            self.make_room();
            return Ok(Lookup::Found(Found { value: previous, entry }));
        }
        self.figures.bytes = before.saturating_add(cost(&key, &value));
        self.slots.put(key, Slot::new(value, expiry, now));
        self.make_room();
        Ok(Lookup::Missing)
    }

    /// Writes an entry if there is none; gives whether it was written.
    ///
    /// # Errors
    /// [`TooLarge`]; nothing was written.
    pub fn set_if_absent(
        &mut self,
        key: Key,
        value: Bytes,
        characters: Option<u64>,
        expiry: Option<Duration>,
        now: Moment,
    ) -> Result<bool, TooLarge> {
        self.drop_expired(&key, now);
        if self.slots.contains(&key) {
            return Ok(false);
        }
        self.set(key, value, characters, expiry, false, now)?;
        Ok(true)
    }

    /// Drops an entry; gives its value, unless its time was over.
    pub fn delete(&mut self, key: &Key, now: Moment) -> Option<Bytes> {
        if self.drop_expired(key, now) { None } else { self.remove(key) }
    }

    /// Gives an entry another time to live, from now on, or none; gives whether there is such an entry.
    pub fn expire(&mut self, key: &Key, expiry: Option<Duration>, now: Moment) -> bool {
        if self.drop_expired(key, now) {
            return false;
        }
        let Some(slot) = self.slots.peek_mut(key) else { return false };
        slot.live_for(expiry, now);
        true
    }

    /// Whether there is such an entry, whose time is not over.
    #[must_use]
    pub fn contains(&self, key: &Key, now: Moment) -> bool {
        self.slots.peek(key).is_some_and(|slot| !slot.is_expired(now))
    }

    /// Drops all entries.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.figures.bytes = 0;
    }

    /// Returns all keys, those of entries used most recently first.
    #[must_use]
    pub fn keys(&self, now: Moment) -> Vec<Key> {
        self.slots.iter().filter(|(_, slot)| !slot.is_expired(now)).map(|(key, _)| key.clone()).collect()
    }

    /// Returns entries by their places, without a trace.
    #[must_use]
    pub fn slice(&self, start: usize, stop: usize, now: Moment) -> Vec<(Key, Found)> {
        let places = self.slots.iter().enumerate().take(stop).skip(start);
        places
            .filter(|(_, (_, slot))| !slot.is_expired(now))
            .map(|(position, (key, slot))| {
                let entry = Some(Box::new(slot.entry(key, position, now)));
                (key.clone(), Found { value: slot.value.clone(), entry })
            })
            .collect()
    }

    /// Drops all entries whose time is over; gives how many there were.
    pub fn sweep(&mut self, now: Moment) -> usize {
        let over: Vec<Key> =
            self.slots.iter().filter(|(_, slot)| slot.is_expired(now)).map(|(key, _)| key.clone()).collect();
        over.iter().filter(|key| self.drop_expired(key, now)).count()
    }

    pub(crate) fn check_size(
        &self,
        key: &Key,
        value: &Bytes,
        characters: Option<u64>,
    ) -> Result<(), TooLarge> {
        let limit = self.limits.max_item_size;
        if let Some(size) = characters.filter(|size| *size > limit) {
            return Err(TooLarge { size, limit });
        }
        let (size, limit) = (cost(key, value), self.limits.max_bytes());
        if size > limit { Err(TooLarge { size, limit }) } else { Ok(()) }
    }

    /// Drops an entry if its time is over; gives whether it was.
    pub(crate) fn drop_expired(&mut self, key: &Key, now: Moment) -> bool {
        let is_over = self.slots.peek(key).is_some_and(|slot| slot.is_expired(now));
        if is_over {
            self.remove(key);
            self.figures.expirations += 1;
        }
        is_over
    }

    pub(crate) fn position(&self, key: &Key) -> usize {
        self.slots.iter().position(|(other, _)| other == key).unwrap_or(0)
    }

    pub(crate) fn remove(&mut self, key: &Key) -> Option<Bytes> {
        let slot = self.slots.pop(key)?;
        self.figures.bytes = self.figures.bytes.saturating_sub(cost(key, &slot.value));
        Some(slot.value)
    }

    fn make_room(&mut self) {
        while self.slots.len() as u64 > self.limits.max_size || self.figures.bytes > self.limits.max_bytes() {
            let Some((key, slot)) = self.slots.pop_lru() else { return };
            self.figures.bytes = self.figures.bytes.saturating_sub(cost(&key, &slot.value));
            self.figures.evictions += 1;
        }
    }
}
