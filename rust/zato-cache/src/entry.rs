//! Entries as they are kept and as they are shown.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::time::Moment;

/// What a cache knows about an entry besides key and value. Times are seconds since the Unix epoch, 0 for never.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was read last, this time included.
    pub last_read: f64,
    /// When it was read before that.
    pub prev_read: f64,
    /// When it was written last.
    pub last_write: f64,
    /// When it was written before that.
    pub prev_write: f64,
    /// Its time to live in seconds, 0 without one.
    pub expiry: f64,
    /// When it ends, 0 if it does not.
    pub expires_at: f64,
    /// How often it was read.
    pub hits: u64,
    /// Its place among all entries, 0 for the most recently used one.
    pub position: u64,
    /// Hash of the key, the same in all processes.
    pub hash: u64,
}

/// A value that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The value.
    pub value: Bytes,
    /// The rest of the entry, if it was asked for.
    pub entry: Option<Box<Entry>>,
}

/// An entry as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) value: Bytes,
    pub(crate) time_to_live: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) last_read: f64,
    pub(crate) prev_read: f64,
    pub(crate) last_write: f64,
    pub(crate) prev_write: f64,
    pub(crate) hits: u64,
}

impl Slot {
    pub(crate) fn new(value: Bytes, time_to_live: Option<Duration>, now: Moment) -> Self {
        let mut slot = Self {
            value,
            time_to_live: None,
            deadline: None,
            last_read: 0.0,
            prev_read: 0.0,
            last_write: now.wall,
            prev_write: 0.0,
            hits: 0,
        };
        slot.live_for(time_to_live, now);
        slot
    }

    pub(crate) fn is_expired(&self, now: Moment) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now.elapsed)
    }

    /// Gives the entry another time to live, from now on.
    pub(crate) fn live_for(&mut self, time_to_live: Option<Duration>, now: Moment) {
        self.time_to_live = time_to_live;
        self.deadline = time_to_live.map(|time| now.elapsed.saturating_add(time));
    }

    pub(crate) fn note_read(&mut self, extends: bool, now: Moment) {
        self.prev_read = self.last_read;
        self.last_read = now.wall;
        self.hits = self.hits.saturating_add(1);
        if extends {
            self.live_for(self.time_to_live, now);
        }
    }

    /// Replaces the value. A time to live that is there already stays as it is unless it is taken away with none
    /// (reference connections 24.3).
    pub(crate) fn write(
        &mut self,
        value: Bytes,
        expiry: Option<Duration>,
        extends: bool,
        now: Moment,
    ) -> Bytes {
        self.prev_write = self.last_write;
        self.last_write = now.wall;
        if self.time_to_live.is_none() || expiry.is_none() {
            self.live_for(expiry, now);
        } else if extends {
            self.live_for(self.time_to_live, now);
        }
        std::mem::replace(&mut self.value, value)
    }

    pub(crate) fn entry(&self, key: &Key, position: usize, now: Moment) -> Entry {
        Entry {
            last_read: self.last_read,
            prev_read: self.prev_read,
            last_write: self.last_write,
            prev_write: self.prev_write,
            expiry: self.time_to_live.map_or(0.0, |time| time.as_secs_f64()),
            expires_at: self.deadline.map_or(0.0, |deadline| now.wall_time_of(deadline)),
            hits: self.hits,
            position: position as u64,
            hash: key.stable_hash(),
        }
    }
}
