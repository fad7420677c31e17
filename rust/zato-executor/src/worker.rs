//! The life of a thread.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::coordination::Coordination;
use crate::cpu_clock::CpuClock;
use crate::executor::Shared;
use crate::gate::Gate;

/// How long a thread that steps back sleeps between two looks.
const GLANCE: Duration = Duration::from_micros(100);

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

/// A computing job of another thread that this thread took the lock from.
#[derive(Debug, Clone, Copy)]
struct Rival {
    place: usize,
    /// Jobs ended in that place when the lock was taken.
    finished: u64,
}

/// One thread of the executor.
pub(crate) struct Worker<G: Gate> {
    shared: Arc<Shared<G>>,
    index: usize,
    clock: Option<CpuClock>,
    phase: Phase,
    rival: Option<Rival>,
}

impl<G: Gate> Worker<G> {
    /// Makes the worker of the calling thread, which has the token and the place `index`.
    pub(crate) fn new(shared: Arc<Shared<G>>, index: usize) -> Self {
        let clock = CpuClock::of_this_thread();
        shared.coordination.places.settle_in(index);
        if let Some(clock) = clock {
            shared.coordination.places.place(index).clock.store(clock.number(), Ordering::Relaxed);
        }
        Self { shared, index, clock, phase: Phase::Searching, rival: None }
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
            next = Next::Leave;
            shared.gate.release(session, &mut || next = self.rest(shared));
        }
    }

    /// Begins to work for the queue, having the lock and the token.
    fn begin(&mut self, coordination: &Coordination) {
        let now = coordination.now();
        self.note_rival(coordination, now);
        // The sign of life first: a push that finds this thread active must not find that nobody is draining.
        let count = coordination.places.place(self.index).started.load(Ordering::Relaxed);
        coordination.drainer.took(self.index, self.clock, count, now);
        coordination.activate();
        self.phase = Phase::Active;
    }

    /// Takes job after job without letting go of the lock.
    fn drain(&mut self, shared: &Shared<G>, session: G::Session<'_>) {
        let Shared { gate, queue, coordination, .. } = shared;
        let place = coordination.places.place(self.index);
        let yield_every = u64::try_from(coordination.options.yield_every.as_nanos()).unwrap_or(u64::MAX);
        let mut now = coordination.now();
        let mut slice_began = now;
        let mut is_first = true;
        loop {
            let word = coordination.word();
            if word.is_stopping() {
                return;
            }
            if !is_first {
                now = coordination.now();
                if word.active() > 1 {
                    if self.is_rival_running() {
                        return;
                    }
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
            coordination.drainer.took(self.index, self.clock, count, now);
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
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| gate.run(session, job))) {
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
            if !queue.is_empty() && self.is_rival_running() {
                self.step_back(coordination);
                return Next::Work;
            }
            if coordination.hope(|| !queue.is_empty()) {
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

    /// Remembers whom this thread took the lock from, if that thread was computing and experiments are on.
    fn note_rival(&mut self, coordination: &Coordination, now: u64) {
        if coordination.options.step_back.is_zero() {
            return;
        }
        let drainer = coordination.drainer.pulse().thread();
        if let Some(place) = drainer.filter(|place| *place != self.index)
            && !coordination.drainer.is_blocked(now)
        {
            let finished = coordination.places.place(place).finished.load(Ordering::Acquire);
            self.rival = Some(Rival { place, finished });
        }
    }

    fn is_rival_running(&mut self) -> bool {
        let places = &self.shared.coordination.places;
        self.rival = self
            .rival
            .filter(|rival| places.place(rival.place).finished.load(Ordering::Acquire) == rival.finished);
        self.rival.is_some()
    }

    /// Leaves the lock to the rival for a while, at most until its job ends or blocks. The token stays taken, so
    /// that nobody else is woken to do what this thread does not.
    fn step_back(&mut self, coordination: &Coordination) {
        let Some(rival) = self.rival else { return };
        let clock =
            CpuClock::from_number(coordination.places.place(rival.place).clock.load(Ordering::Relaxed));
        let used_before = clock.read();
        let began = Instant::now();
        loop {
            std::thread::sleep(GLANCE);
            let elapsed = began.elapsed();
            if coordination.word().is_stopping() || !self.is_rival_running() {
                return;
            }
            if elapsed >= coordination.options.step_back {
                let used =
                    clock.read().zip(used_before).map_or(0, |(now, before)| now.saturating_sub(before));
                if 2 * u128::from(used) < elapsed.as_nanos() {
                    self.rival = None;
                }
                return;
            }
        }
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
