//! Every job runs, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use zato_executor::Options;

use crate::guest::{Job, PATIENCE, TestExecutor, job, push, start, wait_until, without_monitor};

/// A thread of an executor that the test did not stop would go on for as long as the tests run.
fn stop(executor: &TestExecutor) {
    assert!(executor.drain(PATIENCE), "work is left: {executor:?}");
    let stopped = executor.stop();
    assert_eq!(stopped.stuck, 0);
    assert!(stopped.unstarted.is_empty());
    assert_eq!(executor.statistics().threads, 0);
}

fn run_from_many_pushers(options: Options) {
    const PUSHERS: usize = 8;
    const EACH: usize = 10_000;
    let (_, executor) = start(options);
    let runs: Arc<Vec<AtomicU8>> = Arc::new((0..PUSHERS * EACH).map(|_| AtomicU8::new(0)).collect());
    std::thread::scope(|scope| {
        for pusher in 0..PUSHERS {
            let (executor, runs) = (&executor, &runs);
            scope.spawn(move || {
                for number in pusher * EACH..(pusher + 1) * EACH {
                    let runs = Arc::clone(runs);
                    push(executor, move |_| runs[number].fetch_add(1, Ordering::SeqCst));
                }
            });
        }
    });
    assert!(executor.drain(PATIENCE), "{executor:?}");
    assert!(runs.iter().all(|count| count.load(Ordering::SeqCst) == 1));
    let statistics = executor.statistics();
    assert_eq!(statistics.started, (PUSHERS * EACH) as u64);
    assert_eq!(statistics.finished, (PUSHERS * EACH) as u64);
    stop(&executor);
    let statistics = executor.statistics();
    assert_eq!((statistics.queued, statistics.running, statistics.refused), (0, 0, 0));
}

#[test]
fn runs_every_job_of_many_pushers_exactly_once() {
    run_from_many_pushers(without_monitor());
}

/// One job at a time from each of some threads, each waiting for its end: a wake-up a job, and all the races of
/// threads going to sleep while the next job comes.
fn ping(options: Options, pingers: usize, rounds: usize, submit: fn(&TestExecutor, Job)) {
    let (_, executor) = start(options);
    std::thread::scope(|scope| {
        for _ in 0..pingers {
            scope.spawn(|| {
                let (sender, receiver) = mpsc::channel();
                for round in 0..rounds {
                    let sender = sender.clone();
                    submit(&executor, job(move |_| sender.send(round).unwrap()));
                    let answer = receiver.recv_timeout(PATIENCE);
                    assert_eq!(answer, Ok(round), "a wake-up was lost: {executor:?}");
                    // Different moments of the thread's way to sleep.
                    (0..round % 7).for_each(|_| std::thread::yield_now());
                }
            });
        }
    });
    stop(&executor);
}

fn submit(executor: &TestExecutor, job: Job) {
    assert!(executor.push(job).is_ok());
}

fn submit_deferred(executor: &TestExecutor, job: Job) {
    assert!(executor.push_deferred(job).is_ok());
    executor.flush();
}

#[test]
fn wakes_up_for_each_of_many_single_jobs() {
    ping(without_monitor(), 1, 5_000, submit);
}

#[test]
fn wakes_up_for_single_jobs_of_several_pushers() {
    ping(without_monitor(), 4, 3_000, submit);
}

#[test]
fn wakes_up_where_there_is_only_one_thread() {
    ping(Options { max_threads: 1, ..without_monitor() }, 3, 3_000, submit);
}

#[test]
fn wakes_up_after_each_flush() {
    ping(without_monitor(), 3, 3_000, submit_deferred);
}

#[test]
fn wakes_up_while_threads_retire() {
    let options = Options { retire_after: Duration::from_micros(20), ..without_monitor() };
    ping(options, 3, 3_000, submit);
}

#[test]
fn runs_jobs_pushed_by_jobs() {
    fn descend(executor: &Arc<TestExecutor>, depth: u32, done: &Arc<AtomicUsize>) {
        let (for_job, for_done) = (Arc::clone(executor), Arc::clone(done));
        push(executor, move |_| {
            for_done.fetch_add(1, Ordering::SeqCst);
            if depth > 0 {
                descend(&for_job, depth - 1, &for_done);
                descend(&for_job, depth - 1, &for_done);
            }
        });
    }
    let (_, executor) = start(without_monitor());
    let done = Arc::new(AtomicUsize::new(0));
    descend(&executor, 11, &done);
    wait_until("all descendants ran", || done.load(Ordering::SeqCst) == (1 << 12) - 1);
    stop(&executor);
}

#[test]
fn keeps_the_order_of_one_pusher_where_nothing_blocks() {
    let (_, executor) = start(Options { max_threads: 1, ..without_monitor() });
    let (sender, receiver) = mpsc::channel();
    for number in 0..1_000 {
        let sender = sender.clone();
        push(&executor, move |_| sender.send(number).unwrap());
    }
    drop(sender);
    assert_eq!(receiver.iter().collect::<Vec<_>>(), (0..1_000).collect::<Vec<_>>());
    stop(&executor);
}

#[test]
fn deferred_jobs_wait_for_the_flush_unless_there_are_many() {
    let (_, executor) = start(Options { deferred_depth: 4, ..without_monitor() });
    let (sender, receiver) = mpsc::channel();
    let defer = |count: usize| {
        for number in 0..count {
            let sender = sender.clone();
            assert!(executor.push_deferred(job(move |_| sender.send(number).unwrap())).is_ok());
        }
    };
    // A thread that is not asleep yet takes jobs, flush or no flush; a later attempt finds it asleep.
    wait_until("deferred jobs wait for the flush", || {
        defer(4);
        let early = receiver.recv_timeout(Duration::from_millis(50));
        executor.flush();
        executor.flush();
        for number in usize::from(early.is_ok())..4 {
            assert_eq!(receiver.recv_timeout(PATIENCE), Ok(number));
        }
        early.is_err()
    });
    defer(5);
    for number in 0..5 {
        assert_eq!(receiver.recv_timeout(PATIENCE), Ok(number), "nothing flushes, there are many");
    }
    stop(&executor);
}

#[test]
fn tokio_flushes_whenever_a_thread_of_it_parks() {
    const TASKS: usize = 64;
    const ROUNDS: usize = 200;
    let (_, executor) = start(without_monitor());
    let for_park = Arc::clone(&executor);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_park(move || for_park.flush())
        .build()
        .unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let executor = Arc::clone(&executor);
                tokio::spawn(async move {
                    for round in 0..ROUNDS {
                        let (sender, receiver) = tokio::sync::oneshot::channel();
                        let send = job(move |_| sender.send((task, round)).unwrap());
                        assert!(executor.push_deferred(send).is_ok());
                        let answer = tokio::time::timeout(PATIENCE, receiver).await;
                        assert_eq!(answer.expect("a wake-up was lost"), Ok((task, round)));
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    stop(&executor);
    assert_eq!(executor.statistics().finished, (TASKS * ROUNDS) as u64);
}

#[test]
fn every_accepted_job_runs_when_the_door_closes_under_pushers() {
    for _ in 0..50 {
        let (_, executor) = start(without_monitor());
        let (accepted, done) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    loop {
                        let done = Arc::clone(&done);
                        if executor.push(job(move |_| done.fetch_add(1, Ordering::SeqCst))).is_err() {
                            return;
                        }
                        accepted.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            wait_until("some jobs ran", || done.load(Ordering::SeqCst) > 20);
            assert!(executor.drain(PATIENCE), "{executor:?}");
            let done_at_the_end = done.load(Ordering::SeqCst);
            assert_eq!(executor.statistics().finished, done_at_the_end as u64);
        });
        assert_eq!(accepted.load(Ordering::SeqCst), done.load(Ordering::SeqCst));
        stop(&executor);
    }
}

#[test]
fn refuses_what_is_more_than_the_limit_and_gives_it_back() {
    let (guest, executor) = start(Options { queue_limit: 3, ..without_monitor() });
    guest.lock();
    let (sender, receiver) = mpsc::channel();
    let send = |number: usize| {
        let sender = sender.clone();
        job(move |_| sender.send(number).unwrap())
    };
    (0..3).for_each(|number| assert!(executor.push(send(number)).is_ok()));
    let Err(refused) = executor.push(send(3)) else { panic!("there is no room for a fourth") };
    assert!(executor.push_deferred(send(4)).is_err());
    let statistics = executor.statistics();
    assert_eq!((statistics.queued, statistics.running, statistics.refused), (3, 0, 2));
    guest.unlock();
    (0..3).for_each(|number| assert_eq!(receiver.recv_timeout(PATIENCE), Ok(number)));
    assert!(executor.push(refused).is_ok());
    assert_eq!(receiver.recv_timeout(PATIENCE), Ok(3));
    stop(&executor);
}
