//! Caches and locks, as one process keeps them for all.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use zato_cache::{Cache, Limits, Lookup, Matcher, Moment};
use zato_coord::locks::{Attempt, Event, Locks, Session, Waiter};

use super::definitions::Definitions;
use super::protocol::{Answer, Call, Filter, Refusal};

/// Told how waiting for a lock ended: with a fencing number, or without the lock.
pub(super) type WakeUp = Box<dyn FnOnce(Option<u64>) + Send>;

/// How an attempt to get a lock goes on.
pub(super) enum Outcome {
    /// It is decided.
    Decided(Option<u64>),
    /// Whoever waits will be told.
    Waits(Waiter),
}

/// Takes one figure out of those of a cache.
type ReadFigure = fn(&zato_cache::Figures) -> u64;

/// Everything that is shared.
pub(super) struct State {
    caches: BTreeMap<String, Cache>,
    definitions: Definitions,
    locks: Locks,
    wake_ups: HashMap<Waiter, WakeUp>,
    sessions: HashSet<u64>,
    last_session: u64,
    origin: Instant,
}

impl State {
    pub(super) fn new(definitions: Definitions) -> Self {
        // Fencing numbers have to grow over restarts too: as long as fewer than a million locks are granted a second.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let first_fence = since_epoch.as_secs() << 20;
        let mut state = Self {
            caches: BTreeMap::new(),
            definitions: Definitions::default(),
            locks: Locks::after(first_fence),
            wake_ups: HashMap::new(),
            sessions: HashSet::new(),
            last_session: 0,
            origin: Instant::now(),
        };
        state.configure(definitions);
        state
    }

    /// Brings definitions in force: what a cache holds stays, within its new limits; caches that are gone are dropped.
    pub(super) fn configure(&mut self, definitions: Definitions) {
        self.caches.retain(|name, _| definitions.caches.contains_key(name));
        for (name, limits) in &definitions.caches {
            match self.caches.get_mut(name) {
                Some(cache) if cache.limits() == *limits => {}
                Some(cache) => cache.set_limits(*limits),
                None => {
                    self.caches.insert(name.clone(), Cache::new(*limits));
                }
            }
        }
        self.definitions = definitions;
    }

    /// Returns the revision of the config store that is in force.
    pub(super) const fn revision(&self) -> i64 {
        self.definitions.revision
    }

    fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    fn now(&self) -> Moment {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        Moment { elapsed: self.elapsed(), wall }
    }

    /// Drops entries whose time is over (reference connections 24.3).
    pub(super) fn sweep(&mut self) {
        let now = self.now();
        for cache in self.caches.values_mut() {
            cache.sweep(now);
        }
    }

    pub(super) fn call(&mut self, name: &str, call: Call) -> Answer {
        let now = self.now();
        let name = if name.is_empty() { &self.definitions.default } else { name };
        let Some(cache) = self.caches.get_mut(name) else {
            let is_inactive = self.definitions.inactive.contains(name);
            return Answer::Refused(Refusal::NoSuchCache { name: name.to_owned(), is_inactive });
        };
        carry_out(cache, call, now)
            .unwrap_or_else(|message| Answer::Refused(Refusal::Invalid(format!("cache `{name}`: {message}"))))
    }

    pub(super) fn open_session(&mut self) -> u64 {
        self.last_session += 1;
        self.sessions.insert(self.last_session);
        self.last_session
    }

    pub(super) fn end_session(&mut self, session: u64) {
        if self.sessions.remove(&session) {
            self.locks.end(Session(session), self.origin.elapsed());
            self.tell();
        }
    }

    /// Tries to get a lock; `wake_up` is called if somebody has to wait. Nothing if there is no such session.
    pub(super) fn acquire(
        &mut self,
        name: &str,
        session: u64,
        time_to_live: Option<Duration>,
        patience: Option<Duration>,
        wake_up: impl FnOnce(Option<u64>) + Send + 'static,
    ) -> Option<Outcome> {
        if !self.sessions.contains(&session) {
            return None;
        }
        let attempt = self.locks.acquire(name, Session(session), time_to_live, patience, self.elapsed());
        let outcome = match attempt {
            Attempt::Granted(fence) => Outcome::Decided(Some(fence)),
            Attempt::Refused => Outcome::Decided(None),
            Attempt::Waiting(waiter) => {
                self.wake_ups.insert(waiter, Box::new(wake_up));
                Outcome::Waits(waiter)
            }
        };
        self.tell();
        Some(outcome)
    }

    pub(super) fn release(&mut self, name: &str, fence: u64) -> bool {
        let was_held = self.locks.release(name, fence, self.elapsed());
        self.tell();
        was_held
    }

    /// Gives up waiting; gives whether it was still undecided. If not, whoever waited was told.
    pub(super) fn give_up(&mut self, waiter: Waiter) -> bool {
        self.wake_ups.remove(&waiter);
        self.locks.cancel(waiter)
    }

    /// Ends locks and waiting whose time is over; gives how long it is until there is more to end.
    pub(super) fn expire(&mut self) -> Option<Duration> {
        let now = self.elapsed();
        self.locks.expire(now);
        self.tell();
        self.locks.next_deadline().map(|deadline| deadline.saturating_sub(now))
    }

    fn tell(&mut self) {
        for event in self.locks.take_events() {
            let (waiter, fence) = match event {
                Event::Granted(waiter, fence) => (waiter, Some(fence)),
                Event::TimedOut(waiter) => (waiter, None),
            };
            if let Some(wake_up) = self.wake_ups.remove(&waiter) {
                wake_up(fence);
            }
        }
    }

    /// Returns figures in the text format of Prometheus.
    pub(super) fn figures(&self) -> String {
        let mut text = String::new();
        let families: [(&str, &str, &str, ReadFigure); 6] = [
            ("entries", "gauge", "Entries of a cache.", |figures| figures.entries),
            ("bytes", "gauge", "Memory that the entries of a cache take.", |figures| figures.bytes),
            ("hits_total", "counter", "Reads that found an entry.", |figures| figures.hits),
            ("misses_total", "counter", "Reads that found no entry.", |figures| figures.misses),
            ("evictions_total", "counter", "Entries that made room for others.", |figures| figures.evictions),
            ("expirations_total", "counter", "Entries whose time was over.", |figures| figures.expirations),
        ];
        for (name, sort, help, read) in families {
            text += &format!("# HELP zato_cache_{name} {help}\n# TYPE zato_cache_{name} {sort}\n");
            for (cache, content) in &self.caches {
                let label = cache.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                let value = read(&content.figures());
                text += &format!("zato_cache_{name}{{cache=\"{label}\"}} {value}\n");
            }
        }
        for (name, help, value) in [
            ("held", "Locks that are held.", self.locks.held()),
            ("waiting", "Threads that wait for a lock.", self.locks.waiting()),
        ] {
            text += &format!("# HELP zato_locks_{name} {help}\n# TYPE zato_locks_{name} gauge\n");
            text += &format!("zato_locks_{name} {value}\n");
        }
        text
    }
}

fn carry_out(cache: &mut Cache, call: Call, now: Moment) -> Result<Answer, String> {
    let limits: Limits = cache.limits();
    let too_large = |error: zato_cache::TooLarge| {
        format!("{error}; `max_item_size` is {} and `max_size` is {}", limits.max_item_size, limits.max_size)
    };
    let answer = match call {
        Call::Find => Answer::Done,
        Call::Get { key, needs_entry } => Answer::Lookup(cache.get(&key, needs_entry, now)),
        Call::Peek { keys } => Answer::Values(keys.iter().map(|key| cache.peek(key, now)).collect()),
        Call::Set { key, value, characters, expiry, needs_entry } => {
            let before: Lookup =
                cache.set(key, value, characters, expiry, needs_entry, now).map_err(too_large)?;
            Answer::Lookup(before)
        }
        Call::SetIfAbsent { key, value, characters, expiry } => {
            Answer::Flag(cache.set_if_absent(key, value, characters, expiry, now).map_err(too_large)?)
        }
        Call::Delete { key } => Answer::Value(cache.delete(&key, now)),
        Call::Expire { key, expiry } => Answer::Flag(cache.expire(&key, expiry, now)),
        Call::Contains { key } => Answer::Flag(cache.contains(&key, now)),
        Call::Length => Answer::Count(cache.len() as u64),
        Call::Keys => Answer::Keys(cache.keys(now)),
        Call::Clear => {
            cache.clear();
            Answer::Done
        }
        Call::Slice { start, stop } => Answer::Rows(cache.slice(to_size(start), to_size(stop), now)),
        Call::GetMatching { filter, needs_entries } => {
            Answer::Rows(cache.get_matching(&matcher(&filter)?, needs_entries, limit(&filter), now))
        }
        Call::SetMatching { filter, value, characters, expiry, returns_found } => {
            let found = cache
                .set_matching(&matcher(&filter)?, &value, characters, expiry, limit(&filter), now)
                .map_err(too_large)?;
            Answer::Pairs(if returns_found { found } else { Vec::new() })
        }
        Call::DeleteMatching { filter, returns_found } => {
            let found = cache.delete_matching(&matcher(&filter)?, limit(&filter), now);
            Answer::Pairs(if returns_found { found } else { Vec::new() })
        }
        Call::ExpireMatching { filter, expiry } => {
            Answer::Count(cache.expire_matching(&matcher(&filter)?, expiry, limit(&filter), now) as u64)
        }
    };
    Ok(answer)
}

fn matcher(filter: &Filter) -> Result<Matcher, String> {
    Matcher::new(filter.criterion, &filter.patterns).map_err(|error| error.to_string())
}

fn limit(filter: &Filter) -> Option<usize> {
    filter.limit.map(to_size)
}

fn to_size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
