//! The workers of a server: starts them, starts them again, and stops them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use zato_core::error::Context;
use zato_core::guest::GuestStatistics;
use zato_core::{Error, ErrorKind, Result};

use super::WorkerCommand;
use super::seat::{Member, Seat, describe};
use crate::config::env::SECRET_KEY;
use crate::control::{Order, Restored, WorkerPhase, WorkerStatus};

/// Shortest and longest wait before a worker is started again.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(30));

/// A worker that was ready for that long is healthy: the next wait is the shortest again.
const STABLE_AFTER: Duration = Duration::from_secs(10);

/// How often a worker may end before it was ever ready until the start of the server is given up.
const START_ATTEMPTS: u32 = 5;

/// How long a worker may take to answer what costs it nothing.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// All workers.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(super) seats: Vec<Mutex<Seat>>,
    command: WorkerCommand,
    address: SocketAddr,
    pub(super) drain_timeout: Duration,
    /// How many deployments were finished since the start.
    epoch: Mutex<u64>,
    /// Latest revision of the config store that workers were told.
    revision: AtomicI64,
    /// Counts changes of phases, for those who wait for one.
    pub(super) changes: watch::Sender<u64>,
    /// Counts runs of jobs, so that workers take turns.
    pub(super) turn: AtomicUsize,
    may_serve: watch::Sender<bool>,
    /// Whether the server has been ready at least once.
    was_ready: AtomicBool,
    /// No worker is started any more.
    pub(super) stopping: CancellationToken,
    /// Workers are killed.
    pub(super) killing: CancellationToken,
    /// Why the start of the server was given up.
    failure: Mutex<Option<Error>>,
    failed: CancellationToken,
}

impl Fleet {
    pub(super) fn new(
        workers: usize,
        command: WorkerCommand,
        address: SocketAddr,
        drain_timeout: Duration,
        revision: i64,
    ) -> Self {
        Self {
            seats: (0..workers).map(|_| Mutex::new(Seat::new())).collect(),
            command,
            address,
            drain_timeout,
            epoch: Mutex::new(0),
            revision: AtomicI64::new(revision),
            changes: watch::Sender::new(0),
            turn: AtomicUsize::new(0),
            may_serve: watch::Sender::new(false),
            was_ready: AtomicBool::new(false),
            stopping: CancellationToken::new(),
            killing: CancellationToken::new(),
            failure: Mutex::new(None),
            failed: CancellationToken::new(),
        }
    }

    /// How many workers there are.
    pub(super) fn len(&self) -> usize {
        self.seats.len()
    }

    /// Where they listen.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Keeps one worker running until the server stops.
    pub(super) async fn keep(&self, index: usize) {
        while !self.stopping.is_cancelled() {
            let ended = match self.spawn(index) {
                Ok(mut child) => describe(&self.wait(index, &mut child).await),
                Err(error) => error.report(),
            };
            let Some(pause) = self.after_exit(index, ended) else { break };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.stopping.cancelled() => {}
            }
        }
        self.seats[index].lock().phase = WorkerPhase::Stopped;
        self.changed();
    }

    fn spawn(&self, index: usize) -> Result<Child> {
        let mut command = Command::new(&self.command.program);
        command
            .args(&self.command.arguments)
            .arg("--index")
            .arg(index.to_string())
            .envs(self.command.environment.iter().cloned())
            .env_remove(SECRET_KEY)
            .stdin(self.command.standard_input()?)
            // Ctrl-C in a terminal goes to the whole foreground group; only the supervisor decides what it means.
            .process_group(0)
            .kill_on_drop(true);
        let child = command.spawn().context(ErrorKind::Io, || {
            format!("could not start a worker with `{}`", self.command.program.display())
        })?;
        self.seats[index].lock().started(child.id());
        self.changed();
        Ok(child)
    }

    async fn wait(&self, index: usize, child: &mut Child) -> std::io::Result<std::process::ExitStatus> {
        tokio::select! {
            status = child.wait() => status,
            () = self.killing.cancelled() => {
                tracing::debug!("worker {index} is killed");
                child.kill().await?;
                child.wait().await
            }
        }
    }

    /// Takes note of the end of a worker; gives how long to wait before it is started again.
    fn after_exit(&self, index: usize, how: String) -> Option<Duration> {
        let pause = {
            let mut seat = self.seats[index].lock();
            let was_ready = seat.ready_since;
            let was_asked = seat.phase == WorkerPhase::Draining;
            let pid = seat.pid;
            seat.failures = match was_ready {
                Some(since) if since.elapsed() >= STABLE_AFTER => 0,
                _ if was_asked => 0,
                _ => seat.failures.saturating_add(1),
            };
            seat.ended(how.clone());
            if self.stopping.is_cancelled() {
                return None;
            }
            let pause = if seat.unable.is_some() { BACKOFF.1 } else { backoff(seat.failures) };
            if was_asked {
                tracing::info!("worker {index} is started again");
            } else {
                tracing::error!(
                    "worker {index} (process {}) ended unexpectedly: {how}; it is started again in {} ms",
                    pid.unwrap_or_default(),
                    pause.as_millis(),
                );
            }
            self.give_up_start(index, &seat, &how);
            pause
        };
        self.changed();
        Some(pause)
    }

    /// Ends the server if a worker cannot be started when the server starts.
    fn give_up_start(&self, index: usize, seat: &Seat, how: &str) {
        if self.was_ready.load(Ordering::SeqCst) {
            return;
        }
        let error = if let Some(report) = &seat.unable {
            Error::new(ErrorKind::Internal, format!("worker {index} cannot start: {report}"))
        } else if seat.failures >= START_ATTEMPTS {
            Error::new(
                ErrorKind::Internal,
                format!(
                    "worker {index} ended {} times before it was ready, the last time with {how}",
                    seat.failures
                ),
            )
            .hint("see server.log and the output above for the reason")
        } else {
            return;
        };
        self.failure.lock().get_or_insert(error);
        self.failed.cancel();
    }

    /// Waits until the start of the server has to be given up, and says why.
    pub(super) async fn failed(&self) -> Error {
        self.failed.cancelled().await;
        let reason = self.failure.lock().take();
        reason.unwrap_or_else(|| Error::new(ErrorKind::Internal, "workers could not be started"))
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Waits until the seats are as wanted.
    pub(super) async fn until(&self, is_reached: impl Fn(&Seat) -> bool) {
        let mut changes = self.changes.subscribe();
        while !self.seats.iter().all(|seat| is_reached(&seat.lock())) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until every worker takes part in deployments, or has tried to start and could not.
    pub(crate) async fn joined(&self) {
        self.until(|seat| seat.has_joined || seat.failures > 0).await;
    }

    /// Waits until every worker accepts requests.
    pub(crate) async fn ready(&self) {
        self.until(|seat| seat.phase == WorkerPhase::Ready).await;
        self.was_ready.store(true, Ordering::SeqCst);
    }

    /// Lets workers accept requests as soon as they have loaded everything.
    pub(crate) fn allow_serving(&self) {
        self.may_serve.send_replace(true);
    }

    /// Gives the seat of a process.
    pub(super) fn index_of(&self, pid: Option<i32>) -> Option<usize> {
        let pid = u32::try_from(pid?).ok()?;
        self.seats.iter().position(|seat| seat.lock().pid == Some(pid))
    }

    /// Changes what is known about a worker.
    pub(super) fn with_seat<T>(&self, index: usize, change: impl FnOnce(&mut Seat) -> T) -> T {
        let changed = change(&mut self.seats[index].lock());
        self.changed();
        changed
    }

    /// The epoch that the store is at.
    pub(super) fn epoch(&self) -> u64 {
        *self.epoch.lock()
    }

    /// Takes a worker in that has loaded everything of an epoch; gives the epoch it should catch up to first if
    /// there was another deployment meanwhile.
    pub(super) fn join(&self, index: usize, restored: &Restored) -> Option<u64> {
        let epoch = self.epoch.lock();
        if restored.epoch < *epoch {
            return Some(*epoch);
        }
        let mut seat = self.seats[index].lock();
        seat.epoch = restored.epoch;
        seat.revision = restored.revision;
        if seat.phase == WorkerPhase::Starting {
            seat.phase = WorkerPhase::Joined;
        }
        seat.has_joined = true;
        None
    }

    /// Waits until workers may accept requests.
    pub(super) async fn serving_allowed(&self) {
        let mut may_serve = self.may_serve.subscribe();
        // The sender lives as long as this.
        drop(may_serve.wait_for(|may| *may).await);
    }

    /// Workers that take part in deployments now.
    pub(crate) fn members(&self) -> Vec<Member> {
        let member = |(index, seat): (usize, &Mutex<Seat>)| {
            let seat = seat.lock();
            let peer = seat.peer.clone().filter(|peer| seat.has_joined && !peer.is_closed())?;
            Some(Member { index, pid: seat.pid?, peer, start: seat.starts })
        };
        self.seats.iter().enumerate().filter_map(member).collect()
    }

    /// Waits for a worker that takes part in deployments; on a seat, if only that one will do.
    pub(crate) async fn wait_for_member(&self, limit: Duration, seat: Option<usize>) -> Option<Member> {
        let mut changes = self.changes.subscribe();
        let waiting = async {
            loop {
                let mut members = self.members().into_iter();
                if let Some(member) = members.find(|member| seat.is_none_or(|index| index == member.index)) {
                    return Some(member);
                }
                changes.changed().await.ok()?;
            }
        };
        tokio::time::timeout(limit, waiting).await.ok().flatten()
    }

    /// Takes note of a deployment that is in the store. Gives the epoch it began, and everybody who takes part
    /// at that moment: whoever joins later has loaded it.
    pub(crate) fn begin_epoch(&self) -> (u64, Vec<Member>) {
        let mut epoch = self.epoch.lock();
        *epoch += 1;
        (*epoch, self.members())
    }

    /// Takes note that a worker has loaded a deployment.
    pub(crate) fn note_epoch(&self, member: &Member, epoch: u64) {
        let mut seat = self.seats[member.index].lock();
        if seat.starts == member.start {
            seat.epoch = seat.epoch.max(epoch);
        }
    }

    /// Remembers how the process of a member ended, if it has.
    pub(crate) async fn exit_of(&self, member: &Member, limit: Duration) -> Option<String> {
        let mut changes = self.changes.subscribe();
        let waiting = async {
            loop {
                {
                    let seat = self.seats[member.index].lock();
                    if seat.starts > member.start || seat.pid.is_none() {
                        return seat.last_exit.clone();
                    }
                }
                changes.changed().await.ok()?;
            }
        };
        tokio::time::timeout(limit, waiting).await.ok().flatten()
    }

    /// Latest revision that workers were told, or are told when they start.
    pub(super) fn revision(&self) -> i64 {
        self.revision.load(Ordering::SeqCst)
    }

    pub(super) fn note_revision(&self, revision: i64) {
        self.revision.fetch_max(revision, Ordering::SeqCst);
    }

    /// Asks all connected workers the same; those that do not answer in time are missing.
    pub(super) async fn ask_all<T: DeserializeOwned>(&self, order: &Order) -> Vec<(usize, T)> {
        let asking = self.members().into_iter().map(|member| async move {
            let answer = tokio::time::timeout(ANSWER_LIMIT, member.peer.ask::<T>(order)).await;
            match answer {
                Ok(Ok(answer)) => Some((member.index, answer)),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "worker {} could not answer", member.index);
                    None
                }
                Err(_) => {
                    tracing::warn!(
                        "worker {} did not answer within {} s",
                        member.index,
                        ANSWER_LIMIT.as_secs()
                    );
                    None
                }
            }
        });
        join_all(asking).await.into_iter().flatten().collect()
    }

    /// The state of every worker.
    pub(super) async fn status(&self) -> Vec<WorkerStatus> {
        let statistics: Vec<(usize, GuestStatistics)> = self.ask_all(&Order::Statistics).await;
        let find = |index| statistics.iter().find(|(other, _)| *other == index).map(|(_, figures)| *figures);
        self.seats.iter().enumerate().map(|(index, seat)| seat.lock().status(index, find(index))).collect()
    }
}

/// How long to wait after so many failures in a row.
fn backoff(failures: u32) -> Duration {
    let factor = 2_u32.saturating_pow(failures.saturating_sub(1).min(20));
    BACKOFF.0.saturating_mul(factor).min(BACKOFF.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_a_tenth_of_a_second_to_half_a_minute() {
        let waits: Vec<u64> = (0..12).map(|failures| backoff(failures).as_secs()).collect();
        assert_eq!(backoff(0), Duration::from_millis(100));
        assert_eq!(backoff(1), Duration::from_millis(100));
        assert_eq!(backoff(2), Duration::from_millis(200));
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 3, 6, 12, 25, 30, 30]);
    }
}
