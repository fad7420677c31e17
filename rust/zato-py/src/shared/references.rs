//! Values that have no form in which other processes could have them. They stay in the process that stored them; the
//! cache gets a mark, which is a miss for all others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use zato_server::shared_state::{Answer, Call, Client, Key};

/// How many values there may be before it is looked which of them a cache still has.
const FEW: usize = 256;

/// A mark: which process has the value, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) process: u64,
    pub(super) number: u64,
}

struct Kept {
    cache: String,
    key: Key,
    value: Py<PyAny>,
}

struct Table {
    kept: Option<HashMap<u64, Kept>>,
    /// Above how many values the next look is due.
    threshold: usize,
}

/// Locked with the interpreter's lock held, never while waiting for anything: so it is free in a forked child.
static TABLE: Mutex<Table> = Mutex::new(Table { kept: None, threshold: FEW });
static PROCESS: AtomicU64 = AtomicU64::new(0);
static NUMBER: AtomicU64 = AtomicU64::new(0);

fn process() -> u64 {
    let known = PROCESS.load(Ordering::Relaxed);
    if known != 0 {
        return known;
    }
    // Numbers of processes are used again, so that they alone would not do.
    let drawn = u64::from(std::process::id()) << 32 | u64::from(foldhash_seed());
    let fresh = PROCESS.compare_exchange(0, drawn, Ordering::Relaxed, Ordering::Relaxed);
    fresh.map_or_else(|other| other, |_| drawn)
}

fn foldhash_seed() -> u32 {
    use std::hash::BuildHasher as _;
    // The standard library seeds each of these at random.
    (std::collections::hash_map::RandomState::new().hash_one(std::process::id()) >> 32) as u32
}

/// Called in a forked child: what its parent keeps is not its own.
pub(super) fn forget_in_child() {
    PROCESS.store(0, Ordering::Relaxed);
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = table.kept.take();
    drop(table);
    // Dropping values would run their finalizers, which are the parent's to run.
    std::mem::forget(kept);
}

/// Keeps a value that is about to be stored.
pub(super) fn keep(cache: &str, key: &Key, value: Py<PyAny>) -> Mark {
    let mark = Mark { process: process(), number: NUMBER.fetch_add(1, Ordering::Relaxed) };
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = Kept { cache: cache.to_owned(), key: key.clone(), value };
    table.kept.get_or_insert_default().insert(mark.number, kept);
    mark
}

/// Gives the value of a mark, if this process has it.
pub(super) fn find(py: Python<'_>, mark: Mark) -> Option<Py<PyAny>> {
    if mark.process != process() {
        return None;
    }
    let table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    table.kept.as_ref()?.get(&mark.number).map(|kept| kept.value.clone_ref(py))
}

/// Gives the value of a mark that was taken out of a cache, and keeps it no longer.
pub(super) fn take(mark: Mark) -> Option<Py<PyAny>> {
    if mark.process != process() {
        return None;
    }
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    table.kept.as_mut()?.remove(&mark.number).map(|kept| kept.value)
}

/// Forgets values that no cache has any more, once there are many: they were evicted, or replaced by others.
pub(super) fn tidy(py: Python<'_>, client: &Client) {
    let by_cache = {
        let table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(kept) = table.kept.as_ref().filter(|kept| kept.len() > table.threshold) else { return };
        let mut by_cache: HashMap<String, Vec<(u64, Key)>> = HashMap::new();
        for (number, item) in kept {
            by_cache.entry(item.cache.clone()).or_default().push((*number, item.key.clone()));
        }
        by_cache
    };
    let own = process();
    let gone: Vec<u64> = py.detach(|| {
        let mut gone = Vec::new();
        for (cache, items) in by_cache {
            let keys = items.iter().map(|(_, key)| key.clone()).collect();
            // A cache that is not there any more has none of them; if nobody answers, it is tried again later.
            let values = match client.call(&cache, Call::Peek { keys }) {
                Ok(Answer::Values(values)) => values,
                Err(error) if error.kind() == zato_core::ErrorKind::NotFound => vec![None; items.len()],
                Ok(_) | Err(_) => continue,
            };
            for ((number, _), value) in items.into_iter().zip(values) {
                let mark = value.as_deref().and_then(super::codec::mark_in);
                if mark != Some(Mark { process: own, number }) {
                    gone.push(number);
                }
            }
        }
        gone
    });
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    let dropped: Vec<Option<Kept>> = match table.kept.as_mut() {
        Some(kept) => gone.iter().map(|number| kept.remove(number)).collect(),
        None => Vec::new(),
    };
    table.threshold = table.kept.as_ref().map_or(FEW, |kept| FEW.max(kept.len() * 2));
    drop(table);
    // Finalizers may use caches.
    drop(dropped);
}
