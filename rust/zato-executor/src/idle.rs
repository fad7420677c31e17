//! Places for threads, and the stack of those that sleep.

use std::sync::atomic::{AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::thread::Thread;

use crossbeam_utils::CachePadded;
use parking_lot::Mutex;

use crate::task::Task;

/// No thread has the place.
const VACANT: u8 = 0;
/// A thread has the place and is not on the stack.
const AWAKE: u8 = 1;
/// The thread is on the stack.
const ASLEEP: u8 = 2;
/// The place is on the stack, the thread has left; whoever takes it from the stack makes it vacant.
const LEFT: u8 = 3;

/// The place of one thread.
#[derive(Debug)]
pub(crate) struct Place {
    state: AtomicU8,
    /// The thread to wake. Locked by the thread itself before it sleeps for the first time, then by the one
    /// that took the place from the stack, so nobody ever waits for this lock.
    thread: Mutex<Option<Thread>>,
    /// The number of the thread's [`Task`].
    task: AtomicI32,
    /// Jobs begun in this place, by all threads that had it. Only the thread that has it writes.
    pub(crate) started: AtomicU64,
    /// Jobs ended in this place, likewise.
    pub(crate) finished: AtomicU64,
}

/// All places and a lock-free stack of the sleeping ones: last in, first out, so that the threads at the bottom
/// stay idle long enough to retire and those at the top are warm.
#[derive(Debug)]
pub(crate) struct Places {
    places: Box<[CachePadded<Place>]>,
    /// For a place on the stack: the one below, one-based, or zero.
    below: Box<[AtomicU32]>,
    /// Upper half: a number that changes with every operation, so that a place that was taken and put back is
    /// not mistaken for one that never moved (ABA). Lower half: the place on top, one-based, or zero.
    top: CachePadded<AtomicU64>,
}

fn place_on_top(top: u64) -> u32 {
    top as u32
}

fn next_top(top: u64, place: u32) -> u64 {
    ((top >> 32).wrapping_add(1) << 32) | u64::from(place)
}

impl Places {
    /// Makes `count` vacant places.
    pub(crate) fn new(count: usize) -> Self {
        let place = |_| {
            CachePadded::new(Place {
                state: AtomicU8::new(VACANT),
                thread: Mutex::new(None),
                task: AtomicI32::new(0),
                started: AtomicU64::new(0),
                finished: AtomicU64::new(0),
            })
        };
        Self {
            places: (0..count).map(place).collect(),
            below: (0..count).map(|_| AtomicU32::new(0)).collect(),
            top: CachePadded::new(AtomicU64::new(0)),
        }
    }

    /// Returns one place.
    pub(crate) fn place(&self, index: usize) -> &Place {
        &self.places[index]
    }

    /// Returns all places.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().map(|place| &**place)
    }

    /// Takes a vacant place for a thread that is about to be made.
    pub(crate) fn occupy(&self) -> Option<usize> {
        self.places.iter().position(|place| {
            place.state.compare_exchange(VACANT, AWAKE, Ordering::SeqCst, Ordering::Relaxed).is_ok()
        })
    }

    /// Gives back the place of a thread that is awake.
    pub(crate) fn vacate(&self, index: usize) {
        let state = &self.places[index].state;
        state.compare_exchange(AWAKE, VACANT, Ordering::SeqCst, Ordering::Relaxed).ok();
    }

    /// Says that the calling thread is the one to wake at this place.
    pub(crate) fn settle_in(&self, index: usize) {
        *self.places[index].thread.lock() = Some(std::thread::current());
        self.places[index].task.store(Task::of_this_thread().number(), Ordering::Relaxed);
    }

    /// Returns the thread that has a place, as the system sees it.
    pub(crate) fn task(&self, index: usize) -> Task {
        Task::from_number(self.places[index].task.load(Ordering::Relaxed))
    }

    /// Puts the calling thread's place on the stack; the thread may be woken from now on, even before it
    /// really sleeps.
    pub(crate) fn lie_down(&self, index: usize) {
        self.places[index].state.store(ASLEEP, Ordering::SeqCst);
        let number = index as u32 + 1;
        let mut top = self.top.load(Ordering::SeqCst);
        loop {
            self.below[index].store(place_on_top(top), Ordering::Relaxed);
            // SeqCst, like taking from the stack: the other half of the handshakes in `coordination`.
            match self.top.compare_exchange(top, next_top(top, number), Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return,
                Err(changed) => top = changed,
            }
        }
    }

    /// Whether the stack is empty.
    pub(crate) fn is_empty(&self) -> bool {
        place_on_top(self.top.load(Ordering::SeqCst)) == 0
    }

    /// Wakes the thread that fell asleep last; gives whether there was one. Places that were left are cleared
    /// away on the way.
    pub(crate) fn wake_one(&self) -> bool {
        while let Some(index) = self.take() {
            let place = &self.places[index];
            match place.state.compare_exchange(ASLEEP, AWAKE, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => {
                    // Cloned, so that the lock is free again before the thread runs.
                    let thread = place.thread.lock().clone();
                    thread.inspect(Thread::unpark);
                    return true;
                }
                Err(_) => place.state.store(VACANT, Ordering::SeqCst),
            }
        }
        false
    }

    fn take(&self) -> Option<usize> {
        let mut top = self.top.load(Ordering::SeqCst);
        loop {
            let number = place_on_top(top);
            let index = usize::try_from(number.checked_sub(1)?).ok()?;
            // May be out of date if another thread takes the place right now; then `top` has changed.
            let below = self.below[index].load(Ordering::Relaxed);
            match self.top.compare_exchange(top, next_top(top, below), Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return Some(index),
                Err(changed) => top = changed,
            }
        }
    }

    /// Whether somebody woke the thread of this place.
    pub(crate) fn is_awake(&self, index: usize) -> bool {
        self.places[index].state.load(Ordering::SeqCst) == AWAKE
    }

    /// Leaves a place that is on the stack, unless somebody woke the thread first. The caller must not touch
    /// the place after this gave true: another thread may have it.
    pub(crate) fn leave(&self, index: usize) -> bool {
        let state = &self.places[index].state;
        state.compare_exchange(ASLEEP, LEFT, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn wakes_the_thread_that_fell_asleep_last() {
        let places = Places::new(3);
        for index in 0..3 {
            assert_eq!(places.occupy(), Some(index));
        }
        assert_eq!(places.occupy(), None);
        places.lie_down(1);
        places.lie_down(0);
        places.lie_down(2);
        for expected in [2, 0, 1] {
            assert!(!places.is_awake(expected));
            assert!(places.wake_one());
            assert!(places.is_awake(expected));
        }
        assert!(!places.wake_one());
        assert!(places.is_empty());
    }

    #[test]
    fn skips_and_frees_places_that_were_left() {
        let places = Places::new(2);
        for index in [0, 1] {
            places.occupy();
            places.lie_down(index);
        }
        assert!(places.leave(1));
        assert_eq!(places.occupy(), None, "still on the stack");
        assert!(places.wake_one());
        assert!(places.is_awake(0));
        assert_eq!(places.occupy(), Some(1));
    }

    #[test]
    fn cannot_be_left_once_woken() {
        let places = Places::new(1);
        places.occupy();
        places.lie_down(0);
        places.wake_one();
        assert!(!places.leave(0));
    }

    #[test]
    fn every_sleeper_is_woken_exactly_once_by_competing_wakers() {
        const SLEEPERS: usize = 4;
        const ROUNDS: usize = 5_000;
        let places = Places::new(SLEEPERS);
        let woken = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..SLEEPERS {
                let index = places.occupy().unwrap();
                let places = &places;
                scope.spawn(move || {
                    places.settle_in(index);
                    for _ in 0..ROUNDS {
                        places.lie_down(index);
                        while !places.is_awake(index) {
                            std::thread::park();
                        }
                    }
                });
            }
            for _ in 0..3 {
                scope.spawn(|| {
                    while woken.load(Ordering::SeqCst) < SLEEPERS * ROUNDS {
                        if places.wake_one() {
                            woken.fetch_add(1, Ordering::SeqCst);
                        } else {
                            std::thread::yield_now();
                        }
                    }
                });
            }
        });
        assert_eq!(woken.load(Ordering::SeqCst), SLEEPERS * ROUNDS);
        assert!(places.is_empty());
    }
}
