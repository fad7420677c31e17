//! Ends workers: all of them when the server stops, one of them when it no longer does what it is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::fleet::Fleet;
use super::seat::Member;
use crate::control::{Order, WorkerPhase};

/// How long a worker may go on after its drain limit before it is killed.
const EXIT_GRACE: Duration = Duration::from_millis(400);

impl Fleet {
    /// Ends a worker that no longer does what it is told; another one takes its seat. What is in flight may be
    /// finished if the worker still can.
    pub(crate) fn recycle(self: &Arc<Self>, member: &Member, why: &str) {
        tracing::error!("worker {} (process {}) is replaced: {why}", member.index, member.pid);
        self.with_seat(member.index, |seat| {
            if seat.starts == member.start {
                // Its end is expected from here on.
                seat.phase = WorkerPhase::Draining;
            }
        });
        self.signal_member(member, rustix::process::Signal::TERM);
        let (fleet, member) = (Arc::clone(self), member.clone());
        tokio::spawn(async move {
            if fleet.exit_of(&member, fleet.drain_timeout + EXIT_GRACE).await.is_none() {
                fleet.signal_member(&member, rustix::process::Signal::KILL);
            }
        });
    }

    /// Ends a worker at once, because it cannot be expected to hear what it is told.
    pub(crate) fn kill_member(&self, member: &Member, why: &str) {
        tracing::error!("worker {} is killed: {why}", member.index);
        self.signal_member(member, rustix::process::Signal::KILL);
    }

    /// Does not hold the end of its process against a worker.
    pub(crate) fn forgive(&self, member: &Member) {
        let mut seat = self.seats[member.index].lock();
        if seat.starts == member.start {
            seat.failures = 0;
        }
    }

    /// Sends a signal to the process of a member, unless it has ended: its number may belong to another by now.
    fn signal_member(&self, member: &Member, what: rustix::process::Signal) {
        let seat = self.seats[member.index].lock();
        if seat.starts == member.start && seat.pid == Some(member.pid) {
            signal(member.pid, what);
        }
    }

    /// Sends a signal to every worker.
    pub(super) fn signal_all(&self, what: rustix::process::Signal) {
        for seat in &self.seats {
            if let Some(pid) = seat.lock().pid {
                signal(pid, what);
            }
        }
    }

    /// Stops all workers: lets them finish what is in flight, and kills those that do not end in time.
    pub(super) async fn stop(&self) {
        self.stopping.cancel();
        for index in 0..self.seats.len() {
            self.drain(index);
        }
        let gone = self.until(|seat| seat.phase == WorkerPhase::Stopped);
        let limit = self.drain_timeout + EXIT_GRACE;
        let started = Instant::now();
        tokio::select! {
            () = gone => return,
            () = tokio::time::sleep(limit) => {
                tracing::warn!("workers still run {} ms after they were told to stop; they are killed", started.elapsed().as_millis());
            }
            () = self.killing.cancelled() => {}
        }
        self.killing.cancel();
        self.until(|seat| seat.phase == WorkerPhase::Stopped).await;
    }

    /// Kills all workers at once, also while they are being stopped.
    pub(super) fn kill(&self) {
        self.stopping.cancel();
        self.killing.cancel();
    }

    fn drain(&self, index: usize) {
        let mut seat = self.seats[index].lock();
        seat.phase = WorkerPhase::Draining;
        match (seat.peer.clone(), seat.pid) {
            (Some(peer), _) => {
                tokio::spawn(async move {
                    // A worker that ends before it answers has done what it was asked for.
                    drop(peer.ask::<()>(&Order::Drain).await);
                });
            }
            // It has not connected yet, so there is nothing in flight.
            (None, Some(pid)) => signal(pid, rustix::process::Signal::TERM),
            (None, None) => {}
        }
    }
}

fn signal(pid: u32, signal: rustix::process::Signal) {
    let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) else { return };
    if let Err(error) = rustix::process::kill_process(pid, signal) {
        tracing::debug!(%error, "process {pid:?} was gone already");
    }
}
