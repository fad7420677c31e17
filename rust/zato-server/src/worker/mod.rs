//! The process that serves: HTTP on an I/O thread that never runs Python, services in the guest.
//!
//! Start: hello to the supervisor, snapshot of the config store, compiled tables, guest, units in force, then the
//! port. A worker whose supervisor is gone finishes what is in flight and exits.

use std::sync::Arc;

use zato_core::guest::GuestFactory;
use zato_core::{Error, ErrorKind, Result};

use crate::config::{ServerOptions, ServerPaths};
use crate::supervisor::LogControl;

/// Everything a worker is given.
pub struct WorkerOptions {
    /// Where the server is on disk.
    pub paths: ServerPaths,
    /// What its files say.
    pub server: ServerOptions,
    /// Number of the worker, from 0.
    pub index: usize,
    /// What log files and log levels mean to this process.
    pub log_control: Arc<dyn LogControl>,
}

impl std::fmt::Debug for WorkerOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("WorkerOptions").field("index", &self.index).finish_non_exhaustive()
    }
}

/// How a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerExit {
    /// Whether everything in flight was finished; if not, services still run in threads of the guest, and the
    /// process has to be ended without waiting for them.
    pub is_clean: bool,
}

/// Exit code of a worker process that will not start however often it is tried.
pub const EXIT_UNABLE: u8 = 78;

/// Runs a worker until it is told to stop. Blocks the calling thread, on which the guest is made; a Python caller
/// has released the GIL. The process should then end with [`EXIT_UNABLE`] if there was an error.
///
/// # Errors
/// Whatever kept the worker from starting. The supervisor has been told as well.
pub fn run(options: WorkerOptions, factory: GuestFactory) -> Result<WorkerExit> {
    drop(factory);
    Err(Error::new(ErrorKind::Internal, format!("cannot start worker {} yet", options.index)))
}
