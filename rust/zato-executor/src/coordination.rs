//! Who is to wake whom, and why no wake-up gets lost.
//!
//! # The promise
//!
//! Whenever a job waits (`admission` above zero), at least one of these holds, so the job will be taken:
//!
//! 1. a thread has the *searching* token: it is awake, or being woken or made, and will look at the queue;
//! 2. a thread is *active*: it works for the queue and will look at it after its present job;
//! 3. somebody is between two steps below, and will make 1 or 2 true or see that they are;
//! 4. the job was pushed deferred, and its pusher will flush.
//!
//! At most one thread searches, so work that comes in bursts wakes one thread, not all. That an active thread
//! may be blocked for long in its present job is what the monitor is for: it is awake (*watched*) whenever a
//! job waits and nobody but active threads is there to take it.
//!
//! # The handshakes
//!
//! Each is Dekker's: each side writes its own word, then reads the other's. All four operations are `SeqCst`,
//! hence in one order that all threads agree on, so at least one side reads what the other wrote.
//!
//! | one side | writes | then reads | other side | writes | then reads |
//! |---|---|---|---|---|---|
//! | push | `admission` + 1 | `word` | thread going idle | `word`: gives up token or activity | `admission` |
//! | push | `admission` + 1 | `word`: watched? | monitor going idle | `word`: not watched | `admission` |
//! | thread going idle | stack of sleepers | `word`: token free? | waker finding no sleeper | `word`: token free | stack |
//! | thread going idle | stack of sleepers | `word`: stopping? | stop | `word`: stopping | stack |
//! | last thread going idle | `word`: not active | `admission`: closed? | drain | `admission`: closed | `word` |
//!
//! A thread going idle is on the stack *before* it gives up token or activity; what it then finds in `admission`
//! it treats exactly as if it had pushed it ([`Coordination::settle`]), and may well wake itself. A job is
//! counted *before* it is put in the queue: a thread that sees the count but not yet the job goes around
//! until the job is there, which is a matter of two instructions of the pusher.
//!
//! A thread that has the token turns it into activity in one operation, before it looks at the queue. So a
//! push that saw the token has been counted before that thread looks.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, Ordering::SeqCst};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;
use parking_lot::{Condvar, Mutex};

use crate::admission::Admission;
use crate::courtesy::Courtesy;
use crate::drainer::{Drainer, Pulse};
use crate::idle::Places;
use crate::options::Options;
use crate::word::{ACTIVE, BLOCKING, SEARCHING, STOPPING, WATCHED, Word};

/// A drainer is looked at closely only if it took its job longer ago than this, in nanoseconds.
const SUSPICION: u64 = 100_000;
/// How long a drainer that was found ready to run is taken to be so still, in nanoseconds.
const RUNNABLE: u64 = 200_000;
/// A drainer gets company after this many nanoseconds in one job even if it computes.
const PATIENCE: u64 = 5_000_000;
/// How long one blocked drainer makes the whole executor expect more of them, in nanoseconds.
const REGIME: u64 = 20_000_000;
/// How long no thread is made after the system refused one, in nanoseconds.
const SPAWN_PAUSE: u64 = 100_000_000;

/// Everything threads have in common apart from the jobs.
#[derive(Debug)]
pub(crate) struct Coordination {
    pub(crate) options: Options,
    pub(crate) admission: CachePadded<Admission>,
    pub(crate) word: CachePadded<AtomicU64>,
    pub(crate) drainer: CachePadded<Drainer>,
    pub(crate) places: Places,
    /// Giving way between two jobs.
    pub(crate) yields: Courtesy,
    /// Threads that exist, or are about to.
    threads: AtomicUsize,
    peak: AtomicUsize,
    pub(crate) refused: AtomicU64,
    pub(crate) panicked: AtomicU64,
    /// Somebody took the token and wants the monitor to make a thread for it.
    is_thread_wanted: AtomicBool,
    no_thread_before: AtomicU64,
    pub(crate) blocking_until: AtomicU64,
    monitor: OnceLock<Thread>,
    quiet: (Mutex<()>, Condvar),
    epoch: Instant,
}

impl Coordination {
    /// Begins with nothing but the token, which is meant for the first thread.
    pub(crate) fn new(options: Options) -> Self {
        Self {
            places: Places::new(options.max_threads),
            options,
            admission: CachePadded::default(),
            word: CachePadded::new(AtomicU64::new(SEARCHING)),
            drainer: CachePadded::default(),
            yields: Courtesy::default(),
            threads: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
            is_thread_wanted: AtomicBool::new(false),
            no_thread_before: AtomicU64::new(0),
            blocking_until: AtomicU64::new(0),
            monitor: OnceLock::new(),
            quiet: (Mutex::new(()), Condvar::new()),
            epoch: Instant::now(),
        }
    }

    /// Says which thread is the monitor, before there is any need of it.
    pub(crate) fn set_monitor(&self, monitor: Thread) {
        // The second of two monitors would be ignored; there is one.
        self.monitor.set(monitor).ok();
    }

    /// Returns nanoseconds since the start.
    pub(crate) fn now(&self) -> u64 {
        let elapsed = self.epoch.elapsed();
        elapsed.as_secs() * 1_000_000_000 + u64::from(elapsed.subsec_nanos())
    }

    /// Returns the word as it is now.
    pub(crate) fn word(&self) -> Word {
        Word(self.word.load(SeqCst))
    }

    /// Returns threads that exist, and the most that ever did.
    pub(crate) fn threads(&self) -> (usize, usize) {
        (self.threads.load(Ordering::Relaxed), self.peak.load(Ordering::Relaxed))
    }

    /// Makes sure that somebody takes the jobs that wait. To be called after a job was put in the queue; while
    /// a thread is draining it costs three loads.
    #[inline]
    pub(crate) fn notify(&self) {
        let word = self.word();
        if word.is_searching() {
            return;
        }
        if word.active() > 0 && !word.is_blocking() {
            let pulse = self.drainer.pulse();
            if pulse != Pulse::NONE && self.drainer.is_news(pulse) {
                // It took a job since the last push. Should that be the one it blocks in, the monitor or a
                // later push will notice.
                if !word.is_watched() {
                    self.watch();
                }
                return;
            }
        }
        self.notify_slowly(word);
    }

    #[cold]
    fn notify_slowly(&self, word: Word) {
        let is_woken =
            if word.active() == 0 || word.is_blocking() { self.wake_one() } else { self.suspect() };
        // Active threads may block, and a thread may have been refused.
        if !self.word().is_watched() && (word.active() > 0 || !is_woken) {
            self.watch();
        }
    }

    /// Wakes a thread if the drainer is blocked, takes very long, or is none; gives whether it did. To be
    /// called while a job waits, nobody searches and at least one thread is active.
    pub(crate) fn suspect(&self) -> bool {
        if self.drainer.pulse() == Pulse::NONE {
            // Those who are active took their jobs long ago; nobody is going from job to job.
            return self.wake_one();
        }
        let now = self.now();
        let age = self.drainer.age(now);
        if age <= SUSPICION {
            return false;
        }
        if self.is_drainer_blocked(now) {
            self.blocking_until.store(now + REGIME, Ordering::Relaxed);
            self.word.fetch_or(BLOCKING, SeqCst);
        } else if age <= PATIENCE {
            return false;
        }
        self.wake_one()
    }

    /// Whether the drainer waits for something other than a CPU: the network, a lock, a clock. That it took its job
    /// long ago, or used little CPU since, says nothing: on a busy machine it may be ready and not be let.
    fn is_drainer_blocked(&self, now: u64) -> bool {
        // Asking costs several microseconds, and every push may want to know.
        if self.drainer.runnable_age(now) < RUNNABLE {
            return false;
        }
        let is_runnable =
            self.drainer.pulse().thread().is_some_and(|index| self.places.task(index).is_runnable());
        if is_runnable {
            self.drainer.was_runnable(now);
        }
        !is_runnable
    }

    /// Wakes a sleeping thread, or has one made, and gives it the token. Gives false if another thread has the
    /// token or no thread is to be had.
    pub(crate) fn wake_one(&self) -> bool {
        loop {
            let word = Word(self.word.fetch_or(SEARCHING, SeqCst));
            if word.is_searching() || word.is_stopping() {
                return false;
            }
            if self.places.wake_one() {
                return true;
            }
            if self.threads.load(SeqCst) < self.options.max_threads
                && self.no_thread_before.load(Ordering::Relaxed) <= self.now()
            {
                self.is_thread_wanted.store(true, SeqCst);
                self.unpark_monitor();
                return true;
            }
            if !self.put_token_back() {
                return false;
            }
        }
    }

    /// Frees the token after nobody could be woken. Gives whether a thread fell asleep meanwhile, which saw the
    /// token taken and counted on its holder, while a job waits.
    fn put_token_back(&self) -> bool {
        self.word.fetch_and(!SEARCHING, SeqCst);
        !self.places.is_empty() && self.admission.waiting() > 0
    }

    /// Makes the monitor look every tick until nothing has waited for a while.
    #[cold]
    pub(crate) fn watch(&self) {
        if !Word(self.word.fetch_or(WATCHED, SeqCst)).is_watched() {
            self.unpark_monitor();
        }
    }

    fn unpark_monitor(&self) {
        if let Some(monitor) = self.monitor.get() {
            monitor.unpark();
        }
    }

    /// Takes the wish for a thread, if there is one; the token comes with it.
    pub(crate) fn take_thread_wish(&self) -> bool {
        self.is_thread_wanted.load(SeqCst) && self.is_thread_wanted.swap(false, SeqCst)
    }

    /// Counts a thread that is about to be made, and gives its place.
    pub(crate) fn enlist(&self) -> Option<usize> {
        let index = self.places.occupy()?;
        let threads = self.threads.fetch_add(1, SeqCst) + 1;
        self.peak.fetch_max(threads, Ordering::Relaxed);
        Some(index)
    }

    /// Makes no threads for a moment, because the last one failed.
    pub(crate) fn pause_making(&self) {
        self.no_thread_before.store(self.now() + SPAWN_PAUSE, Ordering::Relaxed);
    }

    /// Takes back [`Coordination::enlist`] and frees the token, because the system refused a thread.
    pub(crate) fn thread_refused(&self, index: usize) {
        self.pause_making();
        self.places.vacate(index);
        self.threads.fetch_sub(1, SeqCst);
        self.no_place();
    }

    /// Frees the token that came with a wish for a thread that cannot be.
    pub(crate) fn no_place(&self) {
        if self.put_token_back() {
            self.wake_one();
        }
        // With the token gone, ticking is what gets jobs another try.
        if self.admission.waiting() > 0 {
            self.watch();
        }
    }

    /// Turns the token into activity.
    pub(crate) fn activate(&self) {
        self.word.fetch_add(ACTIVE - SEARCHING, SeqCst);
    }

    /// Turns activity into the token, unless somebody else has it.
    pub(crate) fn deactivate_searching(&self) -> bool {
        self.word
            .fetch_update(SeqCst, SeqCst, |word| {
                (!Word(word).is_searching()).then(|| word - ACTIVE + SEARCHING)
            })
            .is_ok()
    }

    /// Gives up activity. [`Coordination::settle`] must follow.
    pub(crate) fn deactivate(&self) {
        self.word.fetch_sub(ACTIVE, SeqCst);
    }

    /// Gives up the token. [`Coordination::settle`] must follow.
    pub(crate) fn stop_searching(&self) {
        self.word.fetch_and(!SEARCHING, SeqCst);
    }

    /// Answers for the jobs that were counted before the calling thread gave up token or activity, and tells
    /// those who wait for the end of all work.
    pub(crate) fn settle(&self) {
        match self.admission.look() {
            (0, false) => {}
            (0, true) => {
                // Under the lock, so that the news does not fall between a waiter's look and its sleep.
                drop(self.quiet.0.lock());
                self.quiet.1.notify_all();
            }
            (_, _) => self.notify(),
        }
    }

    /// Waits until no job waits and none runs; gives whether that came true before the deadline.
    pub(crate) fn wait_for_quiet(&self, limit: Duration) -> bool {
        let deadline = Instant::now().checked_add(limit);
        let mut guard = self.quiet.0.lock();
        loop {
            // In this order: a job that no longer waits was taken by a thread that was active by then.
            if self.admission.waiting() == 0 && self.word().active() == 0 {
                return true;
            }
            match deadline {
                None => self.quiet.1.wait(&mut guard),
                Some(deadline) if Instant::now() < deadline => {
                    self.quiet.1.wait_until(&mut guard, deadline);
                }
                Some(_) => return false,
            }
        }
    }

    /// Counts one thread off if it is not the last.
    pub(crate) fn try_retire(&self, index: usize) -> bool {
        if self.threads.fetch_update(SeqCst, SeqCst, |threads| (threads > 1).then(|| threads - 1)).is_err() {
            return false;
        }
        // A thread that leaves the stack is as good as one that never was: wakers pass over it.
        let has_left = self.places.leave(index);
        if !has_left {
            self.threads.fetch_add(1, SeqCst);
        }
        has_left
    }

    /// Counts one thread off for good.
    pub(crate) fn discharge(&self) {
        self.threads.fetch_sub(1, SeqCst);
    }

    /// Tells all threads to leave.
    pub(crate) fn stop(&self) {
        self.admission.close();
        self.word.fetch_or(STOPPING, SeqCst);
        while self.places.wake_one() {}
        self.unpark_monitor();
    }
}
