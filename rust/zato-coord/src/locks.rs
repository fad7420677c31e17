//! Named locks: one holder at a time, for a limited time, and those who wait get them in the order in which they came.
//!
//! A holder belongs to a session, which stands for a process: when it ends, all that it holds is free. Every grant has a
//! fencing number that is greater than all before it, so that whoever a holder writes to can refuse one whose time was
//! over without its knowing.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

/// A process, as far as locks are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Session(pub u64);

/// Somebody who waits for a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Waiter(u64);

/// The answer to an attempt to get a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The lock is held from now on; the fencing number identifies this grant.
    Granted(u64),
    /// Somebody else holds it; an event will say how the waiting ends.
    Waiting(Waiter),
    /// Somebody else holds it, and the caller does not wait.
    Refused,
}

/// How waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The lock is the waiter's, with this fencing number.
    Granted(Waiter, u64),
    /// Its time to wait is over.
    TimedOut(Waiter),
}

#[derive(Debug)]
struct Holder {
    session: Session,
    fence: u64,
    deadline: Option<Duration>,
}

#[derive(Debug)]
struct Queued {
    waiter: Waiter,
    session: Session,
    time_to_live: Option<Duration>,
    deadline: Duration,
}

/// A lock that somebody holds; one that nobody holds is not kept.
#[derive(Debug)]
struct Lock {
    holder: Holder,
    queue: VecDeque<Queued>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Holder(String),
    Waiter(Waiter),
}

/// All locks. Moments are durations since any fixed moment.
#[derive(Debug)]
pub struct Locks {
    locks: HashMap<String, Lock>,
    waiters: HashMap<Waiter, String>,
    deadlines: BTreeSet<(Duration, Due)>,
    last_fence: u64,
    last_waiter: u64,
    events: Vec<Event>,
}

impl Locks {
    /// Makes a table without locks, whose fencing numbers are greater than `fence`.
    #[must_use]
    pub fn after(fence: u64) -> Self {
        Self {
            locks: HashMap::new(),
            waiters: HashMap::new(),
            deadlines: BTreeSet::new(),
            last_fence: fence,
            last_waiter: 0,
            events: Vec::new(),
        }
    }

    /// Tries to get a lock, for `time_to_live` if there is one and for as long as the session otherwise. If somebody
    /// else holds it, waits for it up to `patience`; none does not wait.
    pub fn acquire(
        &mut self,
        name: &str,
        session: Session,
        time_to_live: Option<Duration>,
        patience: Option<Duration>,
        now: Duration,
    ) -> Attempt {
        self.expire(now);
        if !self.locks.contains_key(name) {
            let holder = self.grant(name, session, time_to_live, now);
            let fence = holder.fence;
            self.locks.insert(name.to_owned(), Lock { holder, queue: VecDeque::new() });
            return Attempt::Granted(fence);
        }
        let (Some(patience), Some(lock)) = (patience, self.locks.get_mut(name)) else {
            return Attempt::Refused;
        };
        self.last_waiter += 1;
        let waiter = Waiter(self.last_waiter);
        let deadline = now.saturating_add(patience);
        lock.queue.push_back(Queued { waiter, session, time_to_live, deadline });
        self.waiters.insert(waiter, name.to_owned());
        self.deadlines.insert((deadline, Due::Waiter(waiter)));
        Attempt::Waiting(waiter)
    }

    /// Gives a lock back; gives whether it was still held by virtue of this grant.
    pub fn release(&mut self, name: &str, fence: u64, now: Duration) -> bool {
        self.expire(now);
        let is_held = self.locks.get(name).is_some_and(|lock| lock.holder.fence == fence);
        if is_held {
            self.pass_on(name, now);
        }
        is_held
    }

    /// Takes a waiter out of its queue; gives whether it still waited.
    pub fn cancel(&mut self, waiter: Waiter) -> bool {
        let Some(name) = self.waiters.remove(&waiter) else { return false };
        let Some(lock) = self.locks.get_mut(&name) else { return false };
        let Some(index) = lock.queue.iter().position(|queued| queued.waiter == waiter) else { return false };
        if let Some(queued) = lock.queue.remove(index) {
            self.deadlines.remove(&(queued.deadline, Due::Waiter(waiter)));
        }
        true
    }

    /// Ends a session: it waits for nothing any more, and what it holds is free.
    pub fn end(&mut self, session: Session, now: Duration) {
        let waiters: Vec<Waiter> = self
            .locks
            .values()
            .flat_map(|lock| &lock.queue)
            .filter(|queued| queued.session == session)
            .map(|queued| queued.waiter)
            .collect();
        for waiter in waiters {
            self.cancel(waiter);
        }
        let held: Vec<String> = self
            .locks
            .iter()
            .filter(|(_, lock)| lock.holder.session == session)
            .map(|(name, _)| name.clone())
            .collect();
        for name in held {
            self.pass_on(&name, now);
        }
    }

    /// Ends what has reached its end by now.
    pub fn expire(&mut self, now: Duration) {
        while let Some((deadline, _)) = self.deadlines.first()
            && *deadline <= now
            && let Some((_, due)) = self.deadlines.pop_first()
        {
            match due {
                Due::Holder(name) => self.pass_on(&name, now),
                Due::Waiter(waiter) => {
                    if self.cancel(waiter) {
                        self.events.push(Event::TimedOut(waiter));
                    }
                }
            }
        }
    }

    /// Returns when [`Self::expire`] has something to do next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Takes what has happened to waiters since this was called last, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Returns how many locks are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.locks.len()
    }

    /// Returns how many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiters.len()
    }

    fn grant(
        &mut self,
        name: &str,
        session: Session,
        time_to_live: Option<Duration>,
        now: Duration,
    ) -> Holder {
        self.last_fence += 1;
        let deadline = time_to_live.map(|time| now.saturating_add(time));
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, Due::Holder(name.to_owned())));
        }
        Holder { session, fence: self.last_fence, deadline }
    }

    /// Takes a lock from its holder and gives it to whoever is next.
    fn pass_on(&mut self, name: &str, now: Duration) {
        let Some(mut lock) = self.locks.remove(name) else { return };
        if let Some(deadline) = lock.holder.deadline {
            self.deadlines.remove(&(deadline, Due::Holder(name.to_owned())));
        }
        while let Some(next) = lock.queue.pop_front() {
            self.waiters.remove(&next.waiter);
            self.deadlines.remove(&(next.deadline, Due::Waiter(next.waiter)));
            if next.deadline <= now {
                self.events.push(Event::TimedOut(next.waiter));
                continue;
            }
            let holder = self.grant(name, next.session, next.time_to_live, now);
            self.events.push(Event::Granted(next.waiter, holder.fence));
            self.locks.insert(name.to_owned(), Lock { holder, queue: lock.queue });
            return;
        }
    }
}

#[cfg(test)]
mod tests;
