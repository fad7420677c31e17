//! The executor as its users see it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_queue::SegQueue;
use parking_lot::{Condvar, Mutex};
use rustix::thread::sched_getcpu;
use zato_core::error::Context;
use zato_core::{ErrorKind, Result};

use crate::coordination::Coordination;
use crate::gate::Gate;
use crate::monitor;
use crate::options::Options;
use crate::statistics::{Statistics, Stopped};
use crate::timer_slack::{set_timer_slack, timer_slack};
use crate::worker::Worker;

/// The monitor needs next to no stack.
const MONITOR_STACK: usize = 256 << 10;

/// What threads have in common.
pub(crate) struct Shared<G: Gate> {
    pub(crate) gate: Arc<G>,
    pub(crate) queue: SegQueue<G::Job>,
    pub(crate) coordination: Coordination,
    /// Timer slack of the thread that started the executor. Threads would otherwise inherit the monitor's.
    slack: Option<Duration>,
    members: Mutex<Vec<Member>>,
    /// A member ended; goes with `members`.
    departure: Condvar,
}

/// A thread that was made and not yet joined.
struct Member {
    handle: JoinHandle<()>,
    has_ended: Arc<AtomicBool>,
}

/// Runs jobs of a guest with one big lock on as few threads as will do. Dropping it has the effect of
/// [`Executor::stop`], except that nobody waits for the threads and waiting jobs are dropped.
pub struct Executor<G: Gate> {
    shared: Arc<Shared<G>>,
    monitor: Mutex<Option<JoinHandle<()>>>,
}

impl<G: Gate> Executor<G> {
    /// Starts the monitor and the first thread. They wait for the guest's lock if the caller has it.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for options out of range, [`ErrorKind::Io`] if the system refuses a thread.
    pub fn start(gate: Arc<G>, options: Options) -> Result<Arc<Self>> {
        options.check()?;
        let name = format!("{}-mon", options.thread_name);
        let shared = Arc::new(Shared {
            gate,
            queue: SegQueue::new(),
            coordination: Coordination::new(options),
            slack: timer_slack(),
            members: Mutex::new(Vec::new()),
            departure: Condvar::new(),
        });
        let refused = |what: &'static str| {
            move || {
                format!("could not start {what} of the executor; raise the limit of processes and threads")
            }
        };
        let for_monitor = Arc::clone(&shared);
        let monitor = thread::Builder::new()
            .name(name)
            .stack_size(MONITOR_STACK)
            .spawn(move || monitor::run(&for_monitor))
            .context(ErrorKind::Io, refused("the monitor"))?;
        shared.coordination.set_monitor(monitor.thread().clone());
        // From here on an early return drops the executor, which ends the monitor.
        let executor = Arc::new(Self { shared, monitor: Mutex::new(Some(monitor)) });
        executor.shared.make_thread().context(ErrorKind::Io, refused("the first thread"))?;
        Ok(executor)
    }

    /// Queues a job and makes sure that a thread takes it. Never blocks; while a thread goes from job to job it
    /// wakes nobody. May be called from any thread, with or without the guest's lock.
    ///
    /// # Errors
    /// Gives the job back if the queue is full, or closed by [`Executor::drain`] or [`Executor::stop`].
    pub fn push(&self, job: G::Job) -> Result<(), G::Job> {
        self.enqueue(job)?;
        self.shared.coordination.notify();
        Ok(())
    }

    /// Queues a job without waking anybody, unless many wait. The calling thread must call [`Executor::flush`]
    /// before it goes to sleep; for a thread of tokio the runtime's `on_thread_park` is the place. That way
    /// all jobs of one turn of the event loop cost one wake-up.
    ///
    /// # Errors
    /// As [`Executor::push`].
    pub fn push_deferred(&self, job: G::Job) -> Result<(), G::Job> {
        let depth = self.enqueue(job)?;
        let coordination = &self.shared.coordination;
        // Jobs that block want to begin at once: begun together they end together, and the CPU is idle in between.
        if depth > coordination.options.deferred_depth as u64 || coordination.word().is_blocking() {
            coordination.notify();
        }
        Ok(())
    }

    /// Makes sure that a thread takes the jobs pushed by [`Executor::push_deferred`], whoever pushed them. May
    /// be called at any time; costs one load if nothing waits.
    pub fn flush(&self) {
        // No flag says whether there were deferred pushes: the count of jobs cannot get out of step with them.
        if self.shared.coordination.admission.waiting() > 0 {
            self.shared.coordination.notify();
        }
    }

    /// Whether jobs wait for, or run on, a thread that began on the CPU the caller runs on. While that is so, the
    /// caller keeps the jobs from running for as long as it runs itself.
    #[must_use]
    pub fn shares_cpu(&self) -> bool {
        let coordination = &self.shared.coordination;
        let word = coordination.word();
        let is_expected = word.is_searching() && coordination.admission.waiting() > 0;
        !word.is_blocking() && coordination.drainer.is_on(sched_getcpu(), is_expected)
    }

    fn enqueue(&self, job: G::Job) -> Result<u64, G::Job> {
        let coordination = &self.shared.coordination;
        let Some(depth) = coordination.admission.enter(coordination.options.queue_limit as u64) else {
            coordination.refused.fetch_add(1, Ordering::Relaxed);
            return Err(job);
        };
        self.shared.queue.push(job);
        Ok(depth)
    }

    /// Returns current figures.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let coordination = &self.shared.coordination;
        let (threads, peak) = coordination.threads();
        let mut statistics = Statistics {
            queued: usize::try_from(coordination.admission.waiting()).unwrap_or(usize::MAX),
            running: usize::try_from(coordination.word().active()).unwrap_or(usize::MAX),
            threads,
            peak,
            refused: coordination.refused.load(Ordering::Relaxed),
            panicked: coordination.panicked.load(Ordering::Relaxed),
            ..Statistics::default()
        };
        for place in coordination.places.all() {
            statistics.finished += place.finished.load(Ordering::Acquire);
            statistics.started += place.started.load(Ordering::Relaxed);
        }
        statistics
    }

    /// Takes no more jobs and waits until none waits and none runs; gives whether that came true within the
    /// limit. Blocks the calling thread, which must not be one of the executor's or hold the guest's lock. May be
    /// called again, to wait longer.
    #[must_use]
    pub fn drain(&self, limit: Duration) -> bool {
        self.shared.coordination.admission.close();
        self.flush();
        self.shared.coordination.wait_for_quiet(limit)
    }

    /// Takes no more jobs, begins no more of those that wait, and ends all threads that come out of the guest
    /// within [`Options::stop_limit`]. The caller must not be one of the executor's threads or hold the guest's lock.
    /// A second call reports the threads that were stuck at the first.
    ///
    /// With CPython the interpreter must not be finalized while threads are stuck: they would be
    /// unwound through Rust frames when they come back, which aborts the process (reference execution-model 8).
    pub fn stop(&self) -> Stopped<G::Job> {
        self.shared.coordination.stop();
        let unstarted = self.shared.take_unstarted();
        let monitor = self.monitor.lock().take();
        if monitor.is_some_and(|monitor| monitor.join().is_err()) {
            tracing::error!("the monitor of the executor had panicked");
        }
        let (joined, stuck) = self.shared.join(self.shared.coordination.options.stop_limit);
        Stopped { joined, stuck, unstarted }
    }
}

impl<G: Gate> Drop for Executor<G> {
    fn drop(&mut self) {
        self.shared.coordination.stop();
        drop(self.shared.take_unstarted());
    }
}

impl<G: Gate> fmt::Debug for Executor<G> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Executor").field(&self.statistics()).finish()
    }
}

impl<G: Gate> Shared<G> {
    /// Makes one more thread and hands it the token, which the caller has. Without a free place the token goes
    /// back.
    pub(crate) fn make_thread(self: &Arc<Self>) -> std::io::Result<()> {
        let Some(index) = self.coordination.enlist() else {
            self.coordination.no_place();
            return Ok(());
        };
        let has_ended = Arc::new(AtomicBool::new(false));
        let departure = Departure { shared: Arc::clone(self), has_ended: Arc::clone(&has_ended) };
        let options = &self.coordination.options;
        let made = thread::Builder::new()
            .name(format!("{}-{index}", options.thread_name))
            .stack_size(options.stack_size)
            .spawn(move || {
                if let Some(slack) = departure.shared.slack {
                    set_timer_slack(slack);
                }
                Worker::new(Arc::clone(&departure.shared), index).run();
            });
        match made {
            Ok(handle) => {
                let mut members = self.members.lock();
                join_ended(&mut members);
                members.push(Member { handle, has_ended });
                Ok(())
            }
            Err(error) => {
                self.coordination.thread_refused(index);
                Err(error)
            }
        }
    }

    /// Takes every job that waits out of the queue. The door must be closed.
    fn take_unstarted(&self) -> Vec<G::Job> {
        let mut jobs = Vec::new();
        // The count and not the queue: a push that was let in may still be on its way.
        while self.coordination.admission.waiting() > 0 {
            if let Some(job) = self.queue.pop() {
                self.coordination.admission.leave();
                jobs.push(job);
            } else {
                thread::yield_now();
            }
        }
        self.coordination.settle();
        jobs
    }

    /// Waits until all threads have ended, at most for `limit`; gives how many have and how many have not.
    fn join(&self, limit: Duration) -> (usize, usize) {
        let deadline = Instant::now().checked_add(limit);
        let mut members = self.members.lock();
        while members.iter().any(|member| !member.has_ended.load(Ordering::SeqCst)) {
            match deadline {
                None => self.departure.wait(&mut members),
                Some(deadline) if Instant::now() < deadline => {
                    self.departure.wait_until(&mut members, deadline);
                }
                Some(_) => break,
            }
        }
        (join_ended(&mut members), members.len())
    }
}

/// Joins the threads that have ended and takes them off the list; gives their number.
fn join_ended(members: &mut Vec<Member>) -> usize {
    let mut joined = 0;
    while let Some(position) = members.iter().position(|member| member.has_ended.load(Ordering::SeqCst)) {
        // An error would be a panic, which the thread has reported.
        members.swap_remove(position).handle.join().ok();
        joined += 1;
    }
    joined
}

/// Reports, last of all a thread does, that it has ended.
struct Departure<G: Gate> {
    shared: Arc<Shared<G>>,
    has_ended: Arc<AtomicBool>,
}

impl<G: Gate> Drop for Departure<G> {
    fn drop(&mut self) {
        let members = self.shared.members.lock();
        // Under the lock, so that the news does not fall between a look and the sleep after it, and so that
        // whoever joins the thread while having the lock does not wait for one that wants it.
        self.has_ended.store(true, Ordering::SeqCst);
        drop(members);
        self.shared.departure.notify_all();
    }
}
