//! The process that serves: HTTP on a thread of its own that never runs Python, what the supervisor orders on
//! another one, services in threads of the guest.
//!
//! Start: hello to the supervisor, snapshot of the config store, compiled tables, guest, units in force, then the
//! port. A worker whose supervisor is gone finishes what is in flight and exits.

mod administration;
mod configuration;
mod import;
mod ingress;
mod job;
mod life;
mod objects;
mod orders;
mod parent;
mod standstill;
mod startup_services;
mod units;

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::oneshot;
use zato_core::error::Context;
use zato_core::guest::{Guest, GuestOptions, ImportListener, ServiceFilter};
use zato_core::{Error, ErrorKind, Result, Secret};
use zato_http_client::Connections;

use crate::config::env::SECRET_KEY;
use crate::config::{Environment, ServerOptions, ServerPaths};
use crate::deploy::import_note::ImportNote;
use crate::logging::AccessLogFile;

/// Outgoing connections in force in this process; services call them without going through the server.
pub type OutgoingConnections = Arc<ArcSwap<Connections>>;

/// Makes the guest of a worker. The composition root passes it down so that nothing else knows Python.
pub type GuestFactory =
    Arc<dyn Fn(GuestOptions, OutgoingConnections) -> Result<Arc<dyn Guest>> + Send + Sync>;

/// Everything a worker is given.
pub struct WorkerOptions {
    /// Where the server is on disk.
    pub paths: ServerPaths,
    /// What its files say.
    pub server: ServerOptions,
    /// Number of the worker, from 0.
    pub index: usize,
    /// Variables that options of the server may come from, the secret key among them.
    pub environment: Environment,
    /// Where lines of the access log go.
    pub access_log: Option<AccessLogFile>,
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

/// Exit code of a worker process that will not start however often it is tried (`EX_CONFIG` of sysexits).
pub const EXIT_UNABLE: u8 = 78;

/// Runs a worker until it is told to stop. Blocks the calling thread, on which the guest is made; a Python caller
/// has released the GIL. The process should then end with [`EXIT_UNABLE`] if there was an error.
///
/// # Errors
/// Whatever kept the worker from starting. The supervisor has been told as well.
pub fn run(options: WorkerOptions, factory: GuestFactory) -> Result<WorkerExit> {
    parent::die_with_parent()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context(ErrorKind::Io, || "could not make the control runtime of the worker".to_owned())?;
    let guest_options = guest_options(&options);
    let outgoing = OutgoingConnections::default();
    let in_force = Arc::clone(&outgoing);
    let (sender, receiver) = oneshot::channel();
    let control = std::thread::Builder::new()
        .name("zato-control".to_owned())
        .spawn(move || {
            let outcome = runtime.block_on(life::live(options, in_force, receiver));
            // Nothing that still runs may keep the process alive.
            runtime.shutdown_background();
            outcome
        })
        .context(ErrorKind::Io, || "could not start the control thread of the worker".to_owned())?;
    // The control thread may have ended already, then it says why.
    drop(sender.send(factory(guest_options, outgoing)));
    control
        .join()
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "the control thread of the worker failed")))
}

fn guest_options(options: &WorkerOptions) -> GuestOptions {
    let server = &options.server;
    let note = ImportNote::of_worker(&options.paths, options.index);
    let allowed = server.hot_deploy.allowed.clone();
    GuestOptions {
        base_dir: options.paths.base().to_path_buf(),
        server_name: server.server_name.clone(),
        cluster_name: server.cluster_name.clone(),
        worker_index: options.index,
        profile: server.runtime.profile,
        on_import: ImportListener(Arc::new(move |key| note.write(key))),
        max_threads: server.runtime.max_threads,
        queue_limit: server.runtime.queue_limit,
        switch_interval: server.runtime.switch_interval,
        simple_io: server.simple_io.clone(),
        secret_key: options.environment.get(SECRET_KEY).map(Secret::new),
        invoker_allows_internal: server.invoker_allows_internal.clone(),
        static_directories: server.user_directories.constant.clone(),
        is_service_allowed: ServiceFilter(Arc::new(move |service| allowed.allows_service(service))),
        has_old_module_names: server.runtime.has_old_module_names,
    }
}
