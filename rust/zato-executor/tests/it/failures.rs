//! Jobs that panic, guests that fail, options that are wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use zato_core::ErrorKind;
use zato_executor::{Executor, Gate, MOST_THREADS, Options};

use crate::guest::{Guest, PATIENCE, push, start, wait_until};

#[test]
fn a_panic_costs_neither_the_thread_nor_a_count() {
    let (guest, executor) = start(Options { max_threads: 1, ..Options::default() });
    let (sender, receiver) = mpsc::channel();
    for number in 0..100 {
        let sender = sender.clone();
        push(&executor, move |_| {
            assert!(number % 2 == 0, "job {number} fails on purpose");
            sender.send(number).unwrap();
        });
    }
    (0..100).step_by(2).for_each(|number| assert_eq!(receiver.recv_timeout(PATIENCE), Ok(number)));
    assert!(executor.drain(PATIENCE));
    let statistics = executor.statistics();
    assert_eq!((statistics.started, statistics.finished, statistics.panicked), (100, 100, 50));
    assert_eq!((statistics.queued, statistics.threads), (0, 1));
    assert_eq!(guest.attached.load(Ordering::SeqCst), 1);
    assert_eq!(executor.stop().stuck, 0);
    assert_eq!(executor.statistics().running, 0);
}

/// A guest that does not let the first few threads in, by panicking or by doing nothing.
struct Reluctant {
    asked: AtomicUsize,
    guest: Guest,
}

impl Gate for Reluctant {
    type Job = Box<dyn FnOnce() + Send>;
    type Session<'a> = &'a Guest;

    fn attach(&self, body: &mut dyn FnMut(&Guest)) {
        match self.asked.fetch_add(1, Ordering::SeqCst) {
            0 => panic!("not today"),
            1 => {}
            _ => self.guest.attach(body),
        }
    }

    fn release(&self, session: &Guest, body: &mut (dyn FnMut() + Send)) {
        self.guest.release(session, body);
    }

    fn run(&self, _: &Guest, job: Self::Job, _: bool) {
        job();
    }
}

#[test]
fn tries_again_after_the_guest_lets_a_thread_down() {
    let guest = Arc::new(Reluctant { asked: AtomicUsize::new(0), guest: Guest::default() });
    let executor = Executor::start(Arc::clone(&guest), Options::default()).unwrap();
    wait_until("the first thread was turned away", || executor.statistics().threads == 0);
    let (sender, receiver) = mpsc::channel();
    assert!(executor.push(Box::new(move || sender.send(()).unwrap())).is_ok());
    assert_eq!(receiver.recv_timeout(PATIENCE), Ok(()));
    assert_eq!(guest.asked.load(Ordering::SeqCst), 3);
    assert!(executor.drain(PATIENCE));
    assert_eq!(executor.stop().stuck, 0);
}

#[test]
fn rejects_options_out_of_range() {
    let wrong = [
        (Options { max_threads: 0, ..Options::default() }, "max_threads is 0"),
        (Options { max_threads: MOST_THREADS + 1, ..Options::default() }, "max_threads is 4097"),
        (Options { queue_limit: 0, ..Options::default() }, "queue_limit"),
        (Options { tick: std::time::Duration::ZERO, ..Options::default() }, "tick"),
        (Options { thread_name: "a\0b".to_owned(), ..Options::default() }, "thread_name"),
    ];
    for (options, expected) in wrong {
        let error = Executor::start(Arc::new(Guest::default()), options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains(expected), "{error}");
    }
}
