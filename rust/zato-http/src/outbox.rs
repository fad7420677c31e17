//! Connections whose service has answered, on their way back to the I/O thread.
//!
//! Waking a task of the runtime from another thread is a system call each time. Threads that run services put the
//! connection here instead and ring once; the I/O thread then wakes all tasks from inside, which costs nothing.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crossbeam_queue::SegQueue;
use futures::task::AtomicWaker;
use zato_core::wakeups::{Wakeups, is_holding};

use crate::link::Link;

/// How long the I/O thread lets services have its CPU before it listens to sockets again, in nanoseconds.
const PATIENCE: u64 = 200_000;
/// After waiting in vain, how long it does not wait, in nanoseconds.
const DISAPPOINTMENT: u64 = 20_000_000;

/// What waits for the I/O thread.
///
/// A connection is put in the queue before the bell is looked at, and the bell is reset before the queue is: one of
/// the two sides sees what the other did.
#[derive(Debug)]
pub(crate) struct Outbox {
    links: SegQueue<Arc<Link>>,
    /// Whether the I/O thread was told since it last looked.
    is_rung: AtomicBool,
    bell: AtomicWaker,
    /// Whether the I/O thread waits for nothing but the bell.
    is_waiting: AtomicBool,
    io_thread: OnceLock<Thread>,
    /// Before when not to wait, in nanoseconds since `epoch`.
    no_wait_before: AtomicU64,
    epoch: Instant,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            links: SegQueue::new(),
            is_rung: AtomicBool::new(false),
            bell: AtomicWaker::new(),
            is_waiting: AtomicBool::new(false),
            io_thread: OnceLock::new(),
            no_wait_before: AtomicU64::new(0),
            epoch: Instant::now(),
        }
    }
}

impl Outbox {
    /// Hands over a connection; its task is woken soon.
    pub(crate) fn put(&self, link: Arc<Link>) {
        self.links.push(link);
        if !is_holding() {
            self.ring();
        }
    }

    fn ring(&self) {
        if self.is_waiting.load(SeqCst)
            && let Some(thread) = self.io_thread.get()
        {
            thread.unpark();
        } else if !self.is_rung.swap(true, SeqCst) {
            self.bell.wake();
        }
    }

    /// Wakes the tasks of all connections that are there; gives whether there were any. For the I/O thread.
    pub(crate) fn deliver(&self) -> bool {
        let mut is_any = false;
        while let Some(link) = self.links.pop() {
            link.wake_task();
            is_any = true;
        }
        is_any
    }

    /// Lets services have the CPU of the I/O thread until one has something to tell, and delivers that. Without
    /// it every request that arrives interrupts the thread that works on those before it.
    pub(crate) fn wait(&self) {
        let began = self.now();
        if began < self.no_wait_before.load(Relaxed) {
            return;
        }
        self.io_thread.get_or_init(thread::current);
        // Before the queue is looked at: whoever put something in before that is seen, whoever does later wakes
        // this thread.
        self.is_waiting.store(true, SeqCst);
        let mut left = PATIENCE;
        while self.links.is_empty() && left > 0 {
            thread::park_timeout(Duration::from_nanos(left));
            left = (began + PATIENCE).saturating_sub(self.now());
        }
        self.is_waiting.store(false, SeqCst);
        if !self.deliver() {
            self.no_wait_before.store(began + DISAPPOINTMENT, Relaxed);
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Delivers whenever the bell is rung, for ever. One task of the I/O thread does this.
    pub(crate) async fn run(&self) {
        poll_fn(|context| {
            self.bell.register(context.waker());
            self.is_rung.store(false, SeqCst);
            self.deliver();
            Poll::<()>::Pending
        })
        .await;
    }
}

impl Wakeups for Outbox {
    fn flush(&self) {
        if !self.links.is_empty() {
            self.ring();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::{Wake, Waker};

    use zato_core::wakeups::hold;

    use super::*;
    use crate::link::CoarseClock;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    /// An outbox and a link whose task counts how often it is woken.
    fn link() -> (Arc<Outbox>, Arc<Link>, Arc<Count>) {
        let outbox = Arc::<Outbox>::default();
        let address = ([127, 0, 0, 1], 1).into();
        let link = Link::new(address, address, Arc::new(CoarseClock::new()), Arc::clone(&outbox));
        let count = Arc::<Count>::default();
        link.waker.register(&Waker::from(Arc::clone(&count)));
        (outbox, Arc::new(link), count)
    }

    #[test]
    fn a_link_waits_once_until_it_is_delivered() {
        let (outbox, link, count) = link();
        let waker = Waker::from(Arc::clone(&link));
        waker.wake_by_ref();
        waker.wake_by_ref();
        assert_eq!((outbox.links.len(), count.0.load(SeqCst)), (1, 0));
        assert!(outbox.deliver());
        assert_eq!(count.0.load(SeqCst), 1);
        assert!(!outbox.deliver());
        waker.wake_by_ref();
        assert_eq!(outbox.links.len(), 1, "and may come again");
    }

    #[test]
    fn the_bell_is_rung_once_and_not_for_what_is_held_back() {
        let (outbox, link, _) = link();
        let bell = Arc::<Count>::default();
        outbox.bell.register(&Waker::from(Arc::clone(&bell)));
        hold(true);
        outbox.put(Arc::clone(&link));
        hold(false);
        assert_eq!(bell.0.load(SeqCst), 0);
        outbox.flush();
        outbox.flush();
        outbox.put(link);
        assert_eq!(bell.0.load(SeqCst), 1);
    }

    #[test]
    fn an_answer_ends_the_wait_whatever_moment_it_comes_at() {
        let (outbox, link, count) = link();
        for round in 1..=500 {
            link.waker.register(&Waker::from(Arc::clone(&count)));
            let (theirs, answered) = (Arc::clone(&outbox), Arc::clone(&link));
            let answering = thread::spawn(move || theirs.put(answered));
            while count.0.load(SeqCst) < round {
                outbox.no_wait_before.store(0, Relaxed);
                outbox.wait();
            }
            answering.join().unwrap();
        }
    }

    #[test]
    fn waiting_in_vain_is_not_repeated_at_once() {
        let (outbox, ..) = link();
        outbox.wait();
        let began = Instant::now();
        outbox.wait();
        assert!(began.elapsed() < Duration::from_nanos(PATIENCE));
    }
}
