//! The clock behind the drainer: finds out that it is blocked when no push does, and makes threads.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::executor::Shared;
use crate::gate::Gate;
use crate::timer_slack::set_timer_slack;

/// How long the monitor goes on ticking after the last job that waited.
const LINGER: Duration = Duration::from_millis(50);
/// By how much the kernel may delay the ticks; its default of 50 µs is a lot for a tick of 1 ms.
const SLACK: Duration = Duration::from_micros(1);
/// So many ticks are one where nothing has blocked for long: pushes find most blocked drainers, and on a busy CPU
/// each tick takes the place of a request.
const CALM: u32 = 4;
/// How often it is worth telling that the system refuses threads.
const COMPLAINT: Duration = Duration::from_secs(10);

/// Runs until the executor stops. Threads are made here and not where the need is seen, because that is
/// an I/O thread, or one that holds the guest's lock, and neither has the time.
pub(crate) fn run<G: Gate>(shared: &Arc<Shared<G>>) {
    set_timer_slack(SLACK);
    let coordination = &shared.coordination;
    let mut looked = Instant::now();
    let mut idle_since: Option<Instant> = None;
    let mut complained: Option<Instant> = None;
    while !coordination.word().is_stopping() {
        if coordination.take_thread_wish()
            && let Err(error) = shared.make_thread()
            && complained.is_none_or(|at| at.elapsed() > COMPLAINT)
        {
            complained = Some(Instant::now());
            let threads = coordination.threads().0;
            tracing::warn!(%error, threads, "could not make one more thread; jobs wait for those there are");
        }
        if !coordination.word().is_watched() {
            thread::park();
            continue;
        }
        let rest = (coordination.options.tick * if coordination.is_calm() { CALM } else { 1 })
            .saturating_sub(looked.elapsed());
        if !rest.is_zero() {
            // An unpark in between means that a thread is wanted, or the end.
            thread::park_timeout(rest);
            continue;
        }
        looked = Instant::now();
        let is_blocking = coordination.expire_blocking();
        let is_needed = coordination.look() || is_blocking;
        shared.gate.flush();
        let idle_for = looked.duration_since(*idle_since.get_or_insert(looked));
        if is_needed || (idle_for >= LINGER && coordination.stop_watching()) {
            idle_since = None;
        }
    }
}
