//! The process that looks after a server: it starts workers and starts them again, owns the control socket, the
//! pickup directories and deployments, and stops everything. It runs no services and no Python.
//!
//! Invariant: only this module starts and stops processes.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use zato_core::{Error, ErrorKind, Result};

use crate::config::{ServerOptions, ServerPaths};

/// How to start a worker: a program that ends up in [`crate::worker::run`].
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// Absolute path of the program, for instance `sys.executable`.
    pub program: PathBuf,
    /// Its arguments; `--index N` is appended.
    pub arguments: Vec<OsString>,
    /// Variables to set on top of those of this process.
    pub environment: Vec<(OsString, OsString)>,
}

/// Everything a supervisor is given.
pub struct SupervisorOptions {
    /// Where the server is on disk.
    pub paths: ServerPaths,
    /// What its files say.
    pub server: ServerOptions,
    /// How to start its workers.
    pub worker_command: WorkerCommand,
    /// Called once, when all workers accept requests for the first time.
    pub on_ready: Box<dyn FnOnce(&Readiness) + Send>,
    /// What log files and log levels mean to this process.
    pub log_control: Arc<dyn LogControl>,
}

impl std::fmt::Debug for SupervisorOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SupervisorOptions").field("paths", &self.paths).finish_non_exhaustive()
    }
}

/// The logging of a process, as far as it can be changed while it runs.
pub trait LogControl: Send + Sync {
    /// Opens log files again, after something outside has moved them away.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] naming the file.
    fn reopen(&self) -> Result<()>;

    /// Changes the level of a logger (empty: of all) until the process ends.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if there is no such level.
    fn set_level(&self, logger: &str, level: &str) -> Result<()>;
}

/// A log that cannot be changed; for processes that log to their standard error only.
#[derive(Debug, Clone, Copy, Default)]
pub struct FixedLog;

impl LogControl for FixedLog {
    fn reopen(&self) -> Result<()> {
        Ok(())
    }

    fn set_level(&self, _logger: &str, _level: &str) -> Result<()> {
        Err(Error::new(ErrorKind::Invalid, "log levels of this process cannot be changed while it runs"))
    }
}

/// A server that has just become ready.
#[derive(Debug, Clone)]
pub struct Readiness {
    /// Where it accepts requests.
    pub address: SocketAddr,
    /// How many workers it has.
    pub workers: usize,
    /// How many services are in force.
    pub services: usize,
    /// How long the start took.
    pub elapsed: Duration,
}

/// Runs a server until it is told to stop: by SIGTERM, SIGINT or [`crate::control::Request::Stop`]. Blocks the
/// calling thread, which has to live as long as the workers shall (they die with it); a Python caller has
/// released the GIL.
///
/// # Errors
/// [`ErrorKind::Conflict`] if the server runs already or its port is taken; whatever kept the store from being
/// opened; [`ErrorKind::Internal`] if workers cannot be started at all.
pub fn run(options: SupervisorOptions) -> Result<()> {
    Err(Error::new(ErrorKind::Internal, format!("cannot start `{}` yet", options.paths.base().display())))
}
