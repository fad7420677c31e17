//! Ends runs that take longer than they may.
//!
//! The caller is answered at the deadline, whatever the service does. Python code gets a `TimeoutException` at
//! its next bytecode; a call into C that blocks for ever keeps its thread, which the pool replaces.

#![expect(unsafe_code, reason = "CPython offers asynchronous exceptions only through its C interface")]

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use zato_core::invocation::{Failure, FailureKind, Reply};

use crate::python::Parts;

/// How long after its deadline a run counts as one that cannot be ended: a healthy one is told and gone by then.
const PATIENCE: Duration = Duration::from_secs(1);

static DOG: OnceLock<Arc<Watchdog>> = OnceLock::new();

struct Watched {
    deadline: Instant,
    thread: std::ffi::c_ulong,
    reply: Option<Reply>,
    service: String,
    /// Whether it runs on a thread of its own, with a caller that gave it so much time.
    is_timed: bool,
    has_fired: bool,
}

#[derive(Default)]
struct Table {
    next: u64,
    watched: HashMap<u64, Watched>,
    /// Since when the watchdog waits for the interpreter's lock.
    waits_since: Option<Instant>,
}

/// Runs that go on although their time has been over for a while.
#[derive(Default)]
pub(crate) struct Overdue {
    /// How many runs there are of each service.
    pub(crate) services: BTreeMap<String, usize>,
    /// Whether one of them, most likely, keeps the interpreter from everybody else.
    pub(crate) is_interpreter_held: bool,
}

impl Overdue {
    /// How many runs there are, each of which holds a thread.
    pub(crate) fn runs(&self) -> usize {
        self.services.values().sum()
    }
}

/// Finds the runs that go on although their time is over. Does not wait for the interpreter's lock.
pub(crate) fn overdue() -> Overdue {
    let Some(dog) = DOG.get() else { return Overdue::default() };
    let now = Instant::now();
    let is_old = |moment: Instant| now.saturating_duration_since(moment) > PATIENCE;
    let table = dog.table.lock().unwrap_or_else(PoisonError::into_inner);
    let mut overdue =
        Overdue { is_interpreter_held: table.waits_since.is_some_and(is_old), ..Overdue::default() };
    // Calls that are timed have threads that nobody else needs.
    let held = table.watched.values().filter(|watched| !watched.is_timed);
    for watched in held.filter(|watched| is_old(watched.deadline)) {
        *overdue.services.entry(watched.service.clone()).or_default() += 1;
    }
    overdue
}

struct Watchdog {
    table: Mutex<Table>,
    changed: Condvar,
}

/// One run under watch.
pub(crate) struct Watch {
    key: u64,
    dog: Arc<Watchdog>,
}

fn watchdog() -> Arc<Watchdog> {
    DOG.get_or_init(|| {
        let dog = Arc::new(Watchdog { table: Mutex::default(), changed: Condvar::new() });
        let watching = dog.clone();
        let spawned =
            std::thread::Builder::new().name("zato-watchdog".to_owned()).spawn(move || watching.run());
        if let Err(error) = spawned {
            tracing::error!(target: "zato", "no watchdog thread, service timeouts are not enforced: {error}");
        }
        dog
    })
    .clone()
}

thread_local! {
    static THREAD: std::cell::Cell<std::ffi::c_ulong> = const { std::cell::Cell::new(0) };
}

fn thread_identity(py: Python<'_>) -> std::ffi::c_ulong {
    let known = THREAD.get();
    if known != 0 {
        return known;
    }
    let asked =
        py.import("threading").and_then(|module| module.call_method0("get_ident")?.extract()).unwrap_or(0);
    THREAD.set(asked);
    asked
}

impl Watch {
    /// Starts watching the run on this thread.
    pub(crate) fn begin(py: Python<'_>, deadline: Instant, service: &str) -> Self {
        Self::start(py, deadline, service, false)
    }

    /// Starts watching a call that has this thread for itself, and whose caller goes on at the deadline.
    pub(crate) fn begin_timed(py: Python<'_>, deadline: Instant, service: &str) -> Self {
        Self::start(py, deadline, service, true)
    }

    fn start(py: Python<'_>, deadline: Instant, service: &str, is_timed: bool) -> Self {
        let dog = watchdog();
        let thread = thread_identity(py);
        let mut table = dog.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.next += 1;
        let key = table.next;
        let service = service.to_owned();
        let watched = Watched { deadline, thread, reply: None, service, is_timed, has_fired: false };
        table.watched.insert(key, watched);
        drop(table);
        dog.changed.notify_one();
        Self { key, dog }
    }

    /// Gives the reply into keeping, so that it can be answered at the deadline. Always gives `None`, for the place
    /// the reply was taken from.
    pub(crate) fn keep(&self, reply: Reply) -> Option<Reply> {
        let mut table = self.dog.table.lock().unwrap_or_else(PoisonError::into_inner);
        match table.watched.get_mut(&self.key) {
            Some(watched) => watched.reply = Some(reply),
            None => return Some(reply),
        }
        None
    }

    /// Stops watching; gives the reply back unless the deadline has passed.
    pub(crate) fn end(self, _py: Python<'_>) -> Option<Reply> {
        let watched =
            self.dog.table.lock().unwrap_or_else(PoisonError::into_inner).watched.remove(&self.key)?;
        if watched.has_fired {
            // SAFETY: the interpreter's lock is held; a null exception only clears one that is still pending, so
            // that it does not hit the next run on this thread.
            unsafe { pyo3::ffi::PyThreadState_SetAsyncExc(watched.thread as _, std::ptr::null_mut()) };
        }
        watched.reply
    }
}

impl Watchdog {
    fn run(self: Arc<Self>) {
        loop {
            let due = self.wait_for_due();
            self.note_waiting(Some(Instant::now()));
            Python::attach(|py| {
                self.note_waiting(None);
                for key in due {
                    self.fire(py, key);
                }
            });
        }
    }

    fn note_waiting(&self, since: Option<Instant>) {
        self.table.lock().unwrap_or_else(PoisonError::into_inner).waits_since = since;
    }

    fn wait_for_due(&self) -> Vec<u64> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let now = Instant::now();
            let pending = || table.watched.iter().filter(|(_, watched)| !watched.has_fired);
            let due: Vec<_> =
                pending().filter(|(_, watched)| watched.deadline <= now).map(|(key, _)| *key).collect();
            if !due.is_empty() {
                return due;
            }
            let next = pending().map(|(_, watched)| watched.deadline).min();
            table = match next {
                None => self.changed.wait(table).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let pause = deadline.saturating_duration_since(now).max(Duration::from_millis(1));
                    self.changed.wait_timeout(table, pause).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Runs with the interpreter's lock held, and so does [`Watch::end`]: a run cannot end in between. Nothing
    /// under the table's lock may give the interpreter's lock away.
    fn fire(&self, py: Python<'_>, key: u64) {
        let class = Parts::get(py).and_then(|parts| parts.exceptions.bind(py).getattr("TimeoutException"));
        let (service, outcome) = {
            let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(watched) = table.watched.get_mut(&key) else { return };
            watched.has_fired = true;
            let reply = watched.reply.take();
            let was_answered = reply.is_some();
            if let Some(reply) = reply {
                reply.fail(Failure::new(FailureKind::Timeout, "the service took longer than it may"));
            }
            if let Ok(class) = &class {
                // SAFETY: the lock is held, the class is a live object, and the thread is one that holds a run.
                unsafe { pyo3::ffi::PyThreadState_SetAsyncExc(watched.thread as _, class.as_ptr()) };
            }
            let outcome = match (was_answered, watched.is_timed) {
                (true, _) => "the caller was answered",
                (false, true) => "its caller goes on without it",
                (false, false) => "its stream is broken off",
            };
            (watched.service.clone(), outcome)
        };
        tracing::warn!(target: "zato", "service `{service}` took longer than it may, {outcome}");
    }
}
