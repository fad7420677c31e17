//! As many threads as it takes, and no more.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use zato_executor::Options;

use crate::guest::{Guest, PATIENCE, TestExecutor, compute, push, start, wait_until};

const SLEEP: Duration = Duration::from_millis(10);

/// Runs `count` jobs that block for 10 ms, `at_once` of them in flight; gives the time that took.
fn block(executor: &Arc<TestExecutor>, count: usize, at_once: usize) -> Duration {
    fn next(executor: &Arc<TestExecutor>, left: &Arc<AtomicUsize>, done: &mpsc::Sender<()>) {
        if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            return;
        }
        let (for_job, left, done) = (Arc::clone(executor), Arc::clone(left), done.clone());
        push(executor, move |guest| {
            guest.unlocked(|| std::thread::sleep(SLEEP));
            next(&for_job, &left, &done);
            done.send(()).unwrap();
        });
    }
    let begin = Instant::now();
    let (sender, receiver) = mpsc::channel();
    let left = Arc::new(AtomicUsize::new(count));
    (0..at_once).for_each(|_| next(executor, &left, &sender));
    (0..count).for_each(|_| receiver.recv_timeout(PATIENCE).unwrap());
    begin.elapsed()
}

/// What [`block`] would take with a thread for every job in flight from the beginning.
fn block_with_plain_threads(count: usize, at_once: usize) -> Duration {
    let guest = Guest::default();
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                for _ in 0..count / at_once {
                    guest.lock();
                    guest.unlocked(|| std::thread::sleep(SLEEP));
                    guest.unlock();
                }
            });
        }
    });
    begin.elapsed()
}

#[test]
fn blocking_jobs_run_as_fast_as_with_a_thread_each() {
    const AT_ONCE: usize = 256;
    const COUNT: usize = 20 * AT_ONCE;
    let (_, executor) = start(Options::default());
    // A machine that has other things to do is as slow for plain threads, but not at the very same moment: one
    // good attempt is proof enough.
    let mut attempts = Vec::new();
    let is_good = |(time, ideal): &(Duration, Duration)| *time <= 3 * *ideal;
    while attempts.len() < 10 && !attempts.iter().any(is_good) {
        attempts.push((block(&executor, COUNT, AT_ONCE), block_with_plain_threads(COUNT, AT_ONCE)));
    }
    assert!(attempts.iter().any(is_good), "times of the executor and of plain threads: {attempts:?}");
    assert_eq!(executor.stop().stuck, 0);
}

#[test]
fn grows_until_every_blocked_job_has_a_thread() {
    let (_, executor) = start(Options::default());
    let (release, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    for _ in 0..300 {
        let gate = Arc::clone(&gate);
        push(&executor, move |guest| guest.unlocked(|| gate.lock().recv()));
    }
    wait_until("all threads there may be are blocked", || executor.statistics().started == 256);
    let statistics = executor.statistics();
    assert_eq!((statistics.queued, statistics.threads, statistics.running), (44, 256, 256));
    drop(release);
    assert!(executor.drain(PATIENCE));
    assert_eq!(executor.statistics().peak, 256);
    assert_eq!(executor.stop().stuck, 0);
}

#[test]
fn never_makes_more_threads_than_allowed() {
    let (_, executor) = start(Options { max_threads: 5, ..Options::default() });
    block(&executor, 200, 50);
    assert_eq!(executor.statistics().peak, 5);
    assert_eq!(executor.stop().stuck, 0);
}

#[test]
fn a_blocked_job_does_not_hold_up_the_next() {
    let (_, executor) = start(Options::default());
    let (release, gate) = mpsc::channel::<()>();
    let (sender, receiver) = mpsc::channel();
    push(&executor, move |guest| guest.unlocked(|| gate.recv()));
    for number in 0..100 {
        let sender = sender.clone();
        push(&executor, move |_| sender.send(number).unwrap());
        assert_eq!(receiver.recv_timeout(PATIENCE), Ok(number));
    }
    wait_until("only the blocked job is left", || executor.statistics().running == 1);
    drop(release);
    assert!(executor.drain(PATIENCE));
    assert_eq!(executor.stop().stuck, 0);
}

#[test]
fn the_monitor_finds_a_blocked_drainer_without_another_push() {
    let (guest, executor) = start(Options::default());
    let (release, gate) = mpsc::channel::<()>();
    let (sender, receiver) = mpsc::channel();
    // Both are in the queue before anything runs, and no push follows that could notice.
    guest.lock();
    push(&executor, move |guest| guest.unlocked(|| gate.recv()));
    push(&executor, move |_| sender.send(()).unwrap());
    guest.unlock();
    assert_eq!(receiver.recv_timeout(PATIENCE), Ok(()));
    drop(release);
    assert!(executor.drain(PATIENCE));
    assert_eq!(executor.stop().stuck, 0);
}

#[test]
fn computing_jobs_share_few_threads() {
    let (_, executor) = start(Options::default());
    let done = Arc::new(AtomicUsize::new(0));
    for _ in 0..300 {
        let done = Arc::clone(&done);
        push(&executor, move |_| {
            compute(Duration::from_millis(1));
            done.fetch_add(1, Ordering::SeqCst);
        });
    }
    assert!(executor.drain(PATIENCE));
    assert_eq!(done.load(Ordering::SeqCst), 300);
    let statistics = executor.statistics();
    assert!(statistics.peak <= 8, "{statistics:?}");
    assert_eq!(executor.stop().stuck, 0);
}

#[test]
fn a_long_computation_gets_company() {
    let (_, executor) = start(Options::default());
    let (sender, receiver) = mpsc::channel();
    let is_over = Arc::new(AtomicUsize::new(0));
    let until = Arc::clone(&is_over);
    // Lets others in now and then, as the interpreter does after each switch interval.
    push(&executor, move |guest| {
        while until.load(Ordering::SeqCst) == 0 {
            compute(Duration::from_millis(1));
            guest.unlocked(std::thread::yield_now);
        }
    });
    wait_until("the computation runs", || executor.statistics().started == 1);
    push(&executor, move |_| sender.send(()).unwrap());
    assert_eq!(receiver.recv_timeout(PATIENCE), Ok(()));
    is_over.store(1, Ordering::SeqCst);
    assert!(executor.drain(PATIENCE));
    assert_eq!(executor.stop().stuck, 0);
}

#[test]
fn a_job_that_comes_back_gets_the_lock_while_others_are_drained() {
    let (_, executor) = start(Options::default());
    let (sender, receiver) = mpsc::channel();
    let computed = Arc::new(AtomicUsize::new(0));
    push(&executor, move |guest| {
        guest.unlocked(|| std::thread::sleep(SLEEP));
        sender.send(()).unwrap();
    });
    for _ in 0..3_000 {
        let computed = Arc::clone(&computed);
        push(&executor, move |_| {
            compute(Duration::from_micros(300));
            computed.fetch_add(1, Ordering::SeqCst);
        });
    }
    receiver.recv_timeout(PATIENCE).unwrap();
    let before = computed.load(Ordering::SeqCst);
    assert!(before < 3_000, "the lock was kept until nothing waited");
    assert!(executor.drain(PATIENCE));
    assert_eq!(executor.stop().stuck, 0);
}

#[test]
fn idle_threads_retire_down_to_one() {
    let (guest, executor) = start(Options { retire_after: Duration::from_millis(20), ..Options::default() });
    block(&executor, 400, 50);
    assert!(executor.statistics().peak > 5, "{executor:?}");
    wait_until("all threads but one retired", || executor.statistics().threads == 1);
    wait_until("they left the guest", || {
        guest.attached.load(Ordering::SeqCst) == guest.detached.load(Ordering::SeqCst) + 1
    });
    // And grows again, in the places that became free.
    block(&executor, 400, 50);
    assert!(executor.drain(PATIENCE));
    assert_eq!(executor.stop().stuck, 0);
}

#[test]
fn threads_are_let_in_once_and_bear_the_name() {
    let (guest, executor) = start(Options { thread_name: "guest".to_owned(), ..Options::default() });
    let names = Arc::new(Mutex::new(HashSet::new()));
    for _ in 0..100 {
        let names = Arc::clone(&names);
        push(&executor, move |guest| {
            names.lock().insert(std::thread::current().name().unwrap_or_default().to_owned());
            guest.unlocked(|| std::thread::sleep(Duration::from_millis(2)));
        });
    }
    assert!(executor.drain(PATIENCE));
    assert_eq!(executor.stop().stuck, 0);
    let peak = executor.statistics().peak;
    assert_eq!(guest.attached.load(Ordering::SeqCst), peak);
    assert!(names.lock().iter().all(|name| name.starts_with("guest-")), "{names:?}");
    assert!(names.lock().len() <= peak);
}
