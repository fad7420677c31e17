//! What is known about one worker.

use std::process::ExitStatus;
use std::time::Instant;

use zato_core::guest::GuestStatistics;

use crate::control::{Peer, WorkerPhase, WorkerStatus};

/// A place for a worker process; processes come and go.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) phase: WorkerPhase,
    pub(super) pid: Option<u32>,
    /// The connection to the process, once it has said hello.
    pub(super) peer: Option<Peer>,
    /// Whether it takes part in deployments.
    pub(super) has_joined: bool,
    /// The latest deployment it has loaded, see [`crate::control::Welcome::epoch`].
    pub(super) epoch: u64,
    pub(super) revision: i64,
    pub(super) starts: u64,
    /// How often in a row a process ended before it had been ready for long.
    pub(super) failures: u32,
    pub(super) ready_since: Option<Instant>,
    pub(super) last_exit: Option<String>,
    /// Why the worker says that starting it again will not help.
    pub(super) unable: Option<String>,
}

impl Seat {
    pub(super) const fn new() -> Self {
        Self {
            phase: WorkerPhase::Starting,
            pid: None,
            peer: None,
            has_joined: false,
            epoch: 0,
            revision: 0,
            starts: 0,
            failures: 0,
            ready_since: None,
            last_exit: None,
            unable: None,
        }
    }

    /// A new process was started.
    pub(super) fn started(&mut self, pid: Option<u32>) {
        self.phase = WorkerPhase::Starting;
        self.pid = pid;
        self.starts += 1;
        self.unable = None;
    }

    /// The process is gone.
    pub(super) fn ended(&mut self, how: String) {
        if let Some(peer) = self.peer.take() {
            peer.close();
        }
        self.phase = WorkerPhase::Waiting;
        self.pid = None;
        self.has_joined = false;
        self.ready_since = None;
        self.last_exit = Some(how);
    }

    pub(super) fn status(&self, index: usize, statistics: Option<GuestStatistics>) -> WorkerStatus {
        WorkerStatus {
            index,
            pid: self.pid,
            phase: self.phase,
            restarts: self.starts.saturating_sub(1),
            revision: self.revision,
            last_exit: self.last_exit.clone(),
            statistics,
        }
    }
}

/// A worker that takes part in deployments, at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Its number.
    pub(crate) index: usize,
    /// Its process ID.
    pub(crate) pid: u32,
    /// The connection to it.
    pub(crate) peer: Peer,
    /// Which process on this seat it is, counted from 1.
    pub(crate) start: u64,
}

impl Member {
    /// Whether the connection to the worker has ended, most likely with the worker.
    pub(crate) fn is_gone(&self) -> bool {
        self.peer.is_closed()
    }
}

/// Says how a process ended, for people.
pub(super) fn describe(status: &std::io::Result<ExitStatus>) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("signal {signal}{}", signal_name(signal)),
            (None, None) => status.to_string(),
        },
        Err(error) => format!("unknown end ({error})"),
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGKILL => " (killed from outside, or out of memory)",
        libc::SIGSEGV => " (crashed in native code)",
        libc::SIGABRT => " (aborted)",
        libc::SIGBUS => " (bus error)",
        libc::SIGILL => " (illegal instruction)",
        libc::SIGTERM => " (terminated)",
        _ => "",
    }
}
