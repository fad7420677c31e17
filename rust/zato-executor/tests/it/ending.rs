//! Draining and stopping.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use zato_executor::Options;

use crate::guest::{PATIENCE, job, push, start, wait_until};

#[test]
fn draining_waits_for_what_waits_and_runs() {
    let (_, executor) = start(Options::default());
    let done = Arc::new(AtomicUsize::new(0));
    for _ in 0..30 {
        let done = Arc::clone(&done);
        push(&executor, move |guest| {
            guest.unlocked(|| std::thread::sleep(Duration::from_millis(5)));
            done.fetch_add(1, Ordering::SeqCst);
        });
    }
    assert!(executor.drain(PATIENCE));
    assert_eq!(done.load(Ordering::SeqCst), 30);
    assert!(executor.push(Box::new(|_| ())).is_err(), "the door is closed");
    assert!(executor.drain(PATIENCE), "and nothing is left");
    assert_eq!(executor.stop().stuck, 0);
}

#[test]
fn draining_takes_deferred_jobs_along() {
    let (_, executor) = start(Options::default());
    let done = Arc::new(AtomicUsize::new(0));
    let for_job = Arc::clone(&done);
    assert!(executor.push_deferred(job(move |_| for_job.fetch_add(1, Ordering::SeqCst))).is_ok());
    assert!(executor.drain(PATIENCE));
    assert_eq!(done.load(Ordering::SeqCst), 1);
    assert_eq!(executor.stop().stuck, 0);
}

#[test]
fn draining_gives_up_at_the_limit() {
    let (_, executor) = start(Options::default());
    let (release, gate) = mpsc::channel::<()>();
    push(&executor, move |guest| guest.unlocked(|| gate.recv()));
    let begin = Instant::now();
    assert!(!executor.drain(Duration::from_millis(50)));
    assert!(begin.elapsed() >= Duration::from_millis(50));
    drop(release);
    assert!(executor.drain(PATIENCE), "a second call waits for the rest");
    assert_eq!(executor.stop().stuck, 0);
}

#[test]
fn stopping_joins_all_threads() {
    let (guest, executor) = start(Options::default());
    for _ in 0..50 {
        push(&executor, |guest| guest.unlocked(|| std::thread::sleep(Duration::from_millis(10))));
    }
    wait_until("there are several threads", || executor.statistics().threads > 3);
    assert!(executor.drain(PATIENCE));
    let stopped = executor.stop();
    assert_eq!((stopped.joined, stopped.stuck), (executor.statistics().peak, 0));
    assert!(stopped.unstarted.is_empty());
    assert_eq!(executor.statistics().threads, 0);
    assert_eq!(guest.attached.load(Ordering::SeqCst), guest.detached.load(Ordering::SeqCst));
    let again = executor.stop();
    assert_eq!((again.joined, again.stuck), (0, 0));
}

#[test]
fn stopping_reports_stuck_threads_and_gives_waiting_jobs_back() {
    let options = Options { stop_limit: Duration::from_millis(100), max_threads: 2, ..Options::default() };
    let (_, executor) = start(options);
    let (release, gate) = mpsc::channel::<()>();
    let gate = Arc::new(parking_lot::Mutex::new(gate));
    for _ in 0..2 {
        let gate = Arc::clone(&gate);
        push(&executor, move |guest| guest.unlocked(|| gate.lock().recv()));
    }
    wait_until("both threads are blocked", || executor.statistics().started == 2);
    let (sender, receiver) = mpsc::channel();
    for number in 0..3 {
        let sender = sender.clone();
        push(&executor, move |_| sender.send(number).unwrap());
    }
    let stopped = executor.stop();
    assert_eq!((stopped.joined, stopped.stuck), (0, 2));
    assert_eq!(stopped.unstarted.len(), 3);
    drop((stopped, sender));
    assert!(receiver.recv().is_err(), "none of them ran");
    drop(release);
    wait_until("the threads ended by themselves", || executor.statistics().threads == 0);
    let again = executor.stop();
    assert_eq!((again.joined, again.stuck), (2, 0));
}

#[test]
fn stopping_does_not_begin_waiting_jobs() {
    let (guest, executor) = start(Options { max_threads: 1, ..Options::default() });
    guest.lock();
    let done = Arc::new(AtomicUsize::new(0));
    for _ in 0..10 {
        let done = Arc::clone(&done);
        push(&executor, move |_| done.fetch_add(1, Ordering::SeqCst));
    }
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| executor.stop());
        wait_until("the queue is empty", || executor.statistics().queued == 0);
        guest.unlock();
        let stopped = stopping.join().unwrap();
        assert_eq!((stopped.joined, stopped.stuck), (1, 0));
        assert_eq!(stopped.unstarted.len(), 10);
    });
    assert_eq!(done.load(Ordering::SeqCst), 0);
}

#[test]
fn dropping_the_executor_ends_its_threads() {
    let (guest, executor) = start(Options::default());
    for _ in 0..20 {
        push(&executor, |guest| guest.unlocked(|| std::thread::sleep(Duration::from_millis(5))));
    }
    drop(executor);
    wait_until("all threads left the guest", || {
        guest.attached.load(Ordering::SeqCst) == guest.detached.load(Ordering::SeqCst)
            && Arc::strong_count(&guest) == 1
    });
}

#[test]
fn starts_and_stops_over_and_over_under_load() {
    for round in 0..200_u32 {
        let (_, executor) = start(Options::default());
        let done = Arc::new(AtomicUsize::new(0));
        let mut accepted = 0;
        for number in 0..round % 40 {
            let done = Arc::clone(&done);
            push(&executor, move |guest| {
                if number % 3 == 0 {
                    guest.unlocked(|| std::thread::sleep(Duration::from_micros(100)));
                }
                done.fetch_add(1, Ordering::SeqCst);
            });
            accepted += 1;
        }
        let stopped = executor.stop();
        assert_eq!(stopped.stuck, 0, "round {round}: {executor:?}");
        assert_eq!(done.load(Ordering::SeqCst) + stopped.unstarted.len(), accepted);
        assert_eq!(executor.statistics().threads, 0);
    }
}
