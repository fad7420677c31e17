//! The process that looks after a server: it starts workers and starts them again, owns the control socket, the
//! pickup directories and deployments, and stops everything. It runs no services and no Python.
//!
//! Invariant: only this module starts and stops processes.

pub(crate) mod fleet;
mod notices;
mod port;
mod ready;
mod requests;
mod running;
pub(crate) mod seat;
mod signals;
mod stopping;
mod systemd;
mod user_configuration;

use std::ffi::OsString;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use zato_core::error::Context;
use zato_core::{ErrorKind, Result, Secret};

use crate::config::{Pidfile, ServerOptions, ServerPaths};

/// How to start a worker: a program that ends up in [`crate::worker::run`].
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// Absolute path of the program, for instance `sys.executable`.
    pub program: PathBuf,
    /// Its arguments; `--index N` is appended.
    pub arguments: Vec<OsString>,
    /// Variables to set on top of those of this process. The variable of the secret key is always taken away, as
    /// everything that services start would inherit it.
    pub environment: Vec<(OsString, OsString)>,
    /// The secret key if no file holds it; the only line of standard input of workers.
    pub secret_key: Option<Secret>,
}

impl WorkerCommand {
    /// What a worker reads: the secret key, or nothing.
    fn standard_input(&self) -> Result<Stdio> {
        let Some(key) = &self.secret_key else { return Ok(Stdio::null()) };
        let (reader, mut writer) = std::io::pipe()
            .context(ErrorKind::Io, || "could not make a pipe for the secret key".to_owned())?;
        // A pipe holds far more than that, so that this does not wait for the worker.
        writeln!(writer, "{}", key.expose())
            .context(ErrorKind::Io, || "could not hand the secret key to a worker".to_owned())?;
        Ok(reader.into())
    }
}

/// Everything a supervisor is given.
pub struct SupervisorOptions {
    /// Where the server is on disk.
    pub paths: ServerPaths,
    /// What its files say.
    pub server: ServerOptions,
    /// How to start its workers.
    pub worker_command: WorkerCommand,
    /// Whether SIGHUP stops the server, because it says that the terminal it runs in was closed; otherwise it is for log
    /// rotation.
    pub stops_on_hang_up: bool,
    /// Called once, when all workers accept requests for the first time.
    pub on_ready: Box<dyn FnOnce(&Readiness) + Send>,
}

impl std::fmt::Debug for SupervisorOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SupervisorOptions").field("paths", &self.paths).finish_non_exhaustive()
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
    let started = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context(ErrorKind::Io, || "could not start the runtime of the supervisor".to_owned())?;
    let pidfile = Pidfile::acquire(options.paths.pidfile())?;
    let patience = if pidfile.was_left_behind() { port::AFTER_A_CRASH } else { port::AFTER_A_STOP };
    let outcome = runtime.block_on(running::run(options, started, patience));
    // Nothing that still runs may keep the process alive.
    runtime.shutdown_background();
    drop(pidfile);
    outcome
}
