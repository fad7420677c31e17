//! A guest for tests: its lock is a flag with a condition variable, its jobs are closures.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use zato_executor::{Executor, Gate, Options};

/// How long anything may take before it counts as lost; never reached when all is well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

thread_local! {
    static IS_ATTACHED: Cell<bool> = const { Cell::new(false) };
}

/// A piece of work of the test guest.
pub(crate) type Job = Box<dyn FnOnce(&Guest) + Send>;

/// An executor of the test guest.
pub(crate) type TestExecutor = Executor<Guest>;

/// A lock that is unfair like Python's: whoever comes first after it was freed has it.
#[derive(Default)]
pub(crate) struct Guest {
    is_held: Mutex<bool>,
    freed: Condvar,
    /// How often a thread was let in, and how often one left for good.
    pub(crate) attached: AtomicUsize,
    pub(crate) detached: AtomicUsize,
}

impl Guest {
    pub(crate) fn lock(&self) {
        let mut is_held = self.is_held.lock();
        while *is_held {
            self.freed.wait(&mut is_held);
        }
        *is_held = true;
    }

    pub(crate) fn unlock(&self) {
        *self.is_held.lock() = false;
        self.freed.notify_one();
    }

    /// What a blocking call of a service does.
    pub(crate) fn unlocked<T>(&self, body: impl FnOnce() -> T) -> T {
        self.unlock();
        let result = body();
        self.lock();
        result
    }
}

/// Gives the lock back even if a job unwinds through the guest.
struct Held<'a>(&'a Guest);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.unlock();
        self.0.detached.fetch_add(1, Ordering::SeqCst);
    }
}

impl Gate for Guest {
    type Job = Job;
    type Session<'a> = &'a Guest;

    fn attach(&self, body: &mut dyn FnMut(&Guest)) {
        assert!(!IS_ATTACHED.replace(true), "a thread was attached twice");
        self.lock();
        let _held = Held(self);
        self.attached.fetch_add(1, Ordering::SeqCst);
        body(self);
    }

    fn release(&self, session: &Guest, body: &mut (dyn FnMut() + Send)) {
        session.unlocked(body);
    }

    fn run(&self, session: &Guest, job: Job, _: bool) {
        assert!(*self.is_held.lock(), "a job runs without the lock");
        job(session);
    }
}

/// Starts an executor with the given options; unless they say how long stopping may take, it takes what it takes.
pub(crate) fn start(mut options: Options) -> (Arc<Guest>, Arc<TestExecutor>) {
    if options.stop_limit == Options::default().stop_limit {
        options.stop_limit = PATIENCE;
    }
    let guest = Arc::new(Guest::default());
    let executor = Executor::start(Arc::clone(&guest), options).unwrap();
    (guest, executor)
}

/// Options under which only pushes and threads wake threads, so that a lost wake-up is a hang and not a delay.
pub(crate) fn without_monitor() -> Options {
    Options { tick: Duration::from_secs(3600), queue_limit: 1_000_000, ..Options::default() }
}

/// Makes a job of a closure; what it returns is dropped.
pub(crate) fn job<R>(body: impl FnOnce(&Guest) -> R + Send + 'static) -> Job {
    Box::new(move |guest| {
        body(guest);
    })
}

/// Pushes a job that must be taken.
pub(crate) fn push<R>(executor: &TestExecutor, body: impl FnOnce(&Guest) -> R + Send + 'static) {
    assert!(executor.push(job(body)).is_ok(), "a job was refused");
}

/// Waits until the condition holds; fails the test if it never does.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < PATIENCE, "never came true: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Computes for so long.
pub(crate) fn compute(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        std::hint::black_box(0);
    }
}
