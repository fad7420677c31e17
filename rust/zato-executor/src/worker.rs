//! The life of a thread.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::thread::sched_getcpu;

use crate::coordination::Coordination;
use crate::executor::Shared;
use crate::gate::{Gate, LONG};

/// What the thread stands for in the word, so that it can be taken back however the thread ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It has the token.
    Searching,
    /// It is counted as active.
    Active,
    /// Nothing; its place is on the stack, or was taken from it because the executor stops.
    Asleep,
    /// Nothing; its place is on the stack, it is no longer counted as a thread.
    Retired,
}

/// What a thread does after it ran out of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Work,
    Leave,
}

/// One thread of the executor.
pub(crate) struct Worker<G: Gate> {
    shared: Arc<Shared<G>>,
    index: usize,
    phase: Phase,
}

impl<G: Gate> Worker<G> {
    /// Makes the worker of the calling thread, which has the token and the place `index`.
    pub(crate) fn new(shared: Arc<Shared<G>>, index: usize) -> Self {
        shared.coordination.places.settle_in(index);
        Self { shared, index, phase: Phase::Searching }
    }

    /// Serves until the thread retires or the executor stops.
    pub(crate) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            shared.gate.attach(&mut |session| self.serve(&shared, session));
        }));
        if let Err(payload) = outcome {
            tracing::error!(reason = message(payload.as_ref()), "the guest's lock failed; its thread ends");
        } else if self.holds_something() && !shared.coordination.word().is_stopping() {
            tracing::error!("the guest's lock was not given to a thread that asked for it; the thread ends");
        }
    }

    /// Whether the thread is on its way out without having given up token or activity.
    const fn holds_something(&self) -> bool {
        matches!(self.phase, Phase::Searching | Phase::Active)
    }

    fn serve(&mut self, shared: &Shared<G>, session: G::Session<'_>) {
        let mut next = if self.phase == Phase::Searching { Next::Work } else { Next::Leave };
        while next == Next::Work {
            self.begin(&shared.coordination);
            self.drain(shared, session);
            shared.gate.flush();
            next = Next::Leave;
            shared.gate.release(session, &mut || next = self.rest(shared));
        }
    }

    /// Begins to work for the queue, having the lock and the token.
    fn begin(&mut self, coordination: &Coordination) {
        let now = coordination.now();
        // The sign of life first: a push that finds this thread active must not find that nobody is draining.
        let count = coordination.places.place(self.index).started.load(Ordering::Relaxed);
        coordination.drainer.took(self.index, count, now);
        coordination.drainer.began_on(sched_getcpu());
        coordination.activate();
        self.phase = Phase::Active;
    }

    /// Takes job after job without letting go of the lock.
    fn drain(&mut self, shared: &Shared<G>, session: G::Session<'_>) {
        let Shared { gate, queue, coordination, .. } = shared;
        let place = coordination.places.place(self.index);
        let yield_every = u64::try_from(coordination.options.yield_every.as_nanos()).unwrap_or(u64::MAX);
        let long = u64::try_from(LONG.as_nanos()).unwrap_or(u64::MAX);
        let mut now = coordination.now();
        let mut slice_began = now;
        let mut is_first = true;
        loop {
            let word = coordination.word();
            if word.is_stopping() {
                return;
            }
            if !is_first {
                let began = std::mem::replace(&mut now, coordination.now());
                if now - began > long {
                    gate.took_long();
                }
                if word.active() > 1 {
                    let is_due = yield_every > 0 && now - slice_began > yield_every;
                    if is_due && !queue.is_empty() && coordination.yields.is_due(now) {
                        let mut back = now;
                        gate.release(session, &mut || {
                            std::thread::yield_now();
                            back = coordination.now();
                        });
                        coordination.yields.took(now, back);
                        now = coordination.now();
                        slice_began = now;
                    }
                }
            }
            is_first = false;
            let Some(job) = queue.pop() else { return };
            let waiting = coordination.admission.leave();
            let count = place.started.load(Ordering::Relaxed) + 1;
            place.started.store(count, Ordering::Relaxed);
            coordination.drainer.took(self.index, count, now);
            if waiting > 0 {
                // After the count, so that a push which found the monitor awake, or counted on this thread
                // while it searched, is answered for here.
                let word = coordination.word();
                if word.is_blocking() {
                    coordination.wake_one();
                }
                if !word.is_watched() {
                    coordination.watch();
                }
            }
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| gate.run(session, job, waiting > 0))) {
                coordination.panicked.fetch_add(1, Ordering::Relaxed);
                let reason = message(payload.as_ref());
                tracing::error!(reason, "a job unwound out of the guest; its thread goes on");
            }
            place.finished.store(place.finished.load(Ordering::Relaxed) + 1, Ordering::Release);
        }
    }

    /// Finds more work, sleeps until there is some, or finds that it is time to leave.
    fn rest(&mut self, shared: &Shared<G>) -> Next {
        let Shared { queue, coordination, .. } = shared;
        // The token first: somebody who pushes right now must not find neither it nor a drainer.
        let is_searching = coordination.deactivate_searching();
        coordination.drainer.gone(self.index);
        if is_searching {
            self.phase = Phase::Searching;
            if !queue.is_empty() {
                return Next::Work;
            }
            coordination.places.lie_down(self.index);
            coordination.stop_searching();
        } else {
            coordination.places.lie_down(self.index);
            coordination.deactivate();
        }
        self.phase = Phase::Asleep;
        coordination.settle();
        self.sleep(coordination)
    }

    fn sleep(&mut self, coordination: &Coordination) -> Next {
        let retire_after = self.retire_after();
        let mut deadline = Instant::now().checked_add(retire_after);
        loop {
            // In this order: whoever stops the executor says so, then wakes threads without having the token.
            let is_awake = coordination.places.is_awake(self.index);
            if coordination.word().is_stopping() {
                // Whether on the stack or not, the place is not needed again, and neither is the token.
                return Next::Leave;
            }
            if is_awake {
                self.phase = Phase::Searching;
                return Next::Work;
            }
            match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => std::thread::park(),
                Some(Duration::ZERO) => {
                    if coordination.try_retire(self.index) {
                        self.phase = Phase::Retired;
                        return Next::Leave;
                    }
                    deadline = Instant::now().checked_add(retire_after);
                }
                Some(left) => std::thread::park_timeout(left),
            }
        }
    }

    /// From once to twice the option, spread over the places.
    fn retire_after(&self) -> Duration {
        let options = &self.shared.coordination.options;
        let share = u32::try_from(options.max_threads).unwrap_or(u32::MAX).max(1);
        let steps = u32::try_from(self.index).unwrap_or(u32::MAX);
        options.retire_after.saturating_add(options.retire_after / share * steps)
    }
}

impl<G: Gate> Drop for Worker<G> {
    fn drop(&mut self) {
        let coordination = &self.shared.coordination;
        if self.phase == Phase::Retired {
            return;
        }
        coordination.discharge();
        if self.holds_something() {
            // The executor stops, or the guest's lock failed; then the next thread will hardly fare better.
            coordination.pause_making();
            coordination.drainer.gone(self.index);
            coordination.places.vacate(self.index);
            if self.phase == Phase::Active {
                coordination.deactivate();
            } else {
                coordination.stop_searching();
            }
        }
        coordination.settle();
    }
}

/// Returns the message of a panic.
fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("the panic has no message")
}
