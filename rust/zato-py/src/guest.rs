//! Python as the server's guest.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use futures::FutureExt;
use futures::future::BoxFuture;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use zato_core::administration::Administration;
use zato_core::guest::{
    ConfiguredObjects, Guest, GuestOptions, GuestStatistics, NamePatterns, PreparedUnit, ServiceInfo,
    ServiceSettings, Standstill, UnitChanges, UserConfiguration,
};
use zato_core::invocation::{Failure, FailureKind, Invocation};
use zato_core::{Error, ErrorKind, Result, Wakeups};
use zato_executor::{Executor, Options};
use zato_server::worker::OutgoingConnections;

use crate::deploy::Deployer;
use crate::entry::Registry;
use crate::gate::{Job, PythonGate};
use crate::python::Parts;
use crate::{errors, fork, greenlets, in_process, shared, stacks, watchdog};

static HOST: OnceLock<Arc<Host>> = OnceLock::new();
static IS_FORKED: AtomicBool = AtomicBool::new(false);

/// What services of this process share.
pub(crate) struct Host {
    pub(crate) options: GuestOptions,
    pub(crate) registry: ArcSwap<Registry>,
    pub(crate) settings: ArcSwap<ServiceSettings>,
    pub(crate) executor: Arc<Executor<PythonGate>>,
    outgoing: OutgoingConnections,
    /// What is configured, once that is known.
    objects: OnceLock<Arc<dyn ConfiguredObjects>>,
    /// Version of the configuration files of users in force.
    user_configuration: Mutex<u64>,
    /// The I/O thread, once it serves.
    wakeups: OnceLock<Arc<dyn Wakeups>>,
    /// Whether threads that are stuck are not waited for.
    has_given_up: AtomicBool,
    /// Configuration, once the worker has read it.
    pub(crate) administration: OnceLock<Arc<dyn Administration>>,
}

impl Host {
    /// Makes the host of this process.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if the process has one already.
    pub(crate) fn start(options: GuestOptions, outgoing: OutgoingConnections) -> Result<Arc<Self>> {
        let executor = Executor::start(
            Arc::new(PythonGate),
            Options {
                max_threads: options.max_threads,
                queue_limit: options.queue_limit,
                thread_name: "zato-service".to_owned(),
                ..Options::default()
            },
        )?;
        let host = Arc::new(Self {
            options,
            registry: ArcSwap::from_pointee(Registry::default()),
            settings: ArcSwap::from_pointee(ServiceSettings::default()),
            executor,
            outgoing,
            objects: OnceLock::new(),
            user_configuration: Mutex::new(0),
            wakeups: OnceLock::new(),
            has_given_up: AtomicBool::new(false),
            administration: OnceLock::new(),
        });
        if HOST.set(host.clone()).is_err() {
            return Err(Error::new(ErrorKind::Conflict, "this process runs a server already"));
        }
        Ok(host)
    }

    /// Returns what services may look at of what is configured.
    pub(crate) fn objects(&self) -> Option<&Arc<dyn ConfiguredObjects>> {
        self.objects.get()
    }

    /// Tells the I/O thread of answers that were held back.
    pub(crate) fn flush(&self) {
        if let Some(wakeups) = self.wakeups.get() {
            wakeups.flush();
        }
    }
}

/// Returns the host of this process; nothing in a forked child, which has none of its threads.
pub(crate) fn host() -> Option<&'static Arc<Host>> {
    if is_forked() { None } else { HOST.get() }
}

/// Returns outgoing connections in force; none outside of a server. A forked child has them as well.
pub(crate) fn outgoing() -> Option<&'static OutgoingConnections> {
    HOST.get().map(|host| &host.outgoing)
}

/// Whether this process is a forked child of a worker.
pub(crate) fn is_forked() -> bool {
    IS_FORKED.load(Ordering::Relaxed)
}

/// Called in a forked child.
pub(crate) fn forget_in_child() {
    IS_FORKED.store(true, Ordering::SeqCst);
}

/// The guest of a worker.
pub(crate) struct PythonGuest {
    host: Arc<Host>,
    deployer: Deployer,
}

impl PythonGuest {
    /// Prepares the interpreter and deploys the server's own services.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] if the Python half of the wheel is broken, [`ErrorKind::Conflict`] if the process
    /// has a guest already.
    pub(crate) fn make(options: GuestOptions, outgoing: OutgoingConnections) -> Result<Arc<dyn Guest>> {
        let host = Host::start(options, outgoing)?;
        let prepared = Python::attach(|py| -> PyResult<()> {
            py.import("threading")?;
            Parts::get(py)?;
            py.import("sys")?
                .call_method1("setswitchinterval", (host.options.switch_interval.as_secs_f64(),))?;
            py.import("zato.server._logging")?.call_method0("install")?;
            // Children should not have to import anything.
            py.import("zato.server._fork")?;
            let child = PyDict::new(py);
            child.set_item("after_in_child", py.import("zato._core")?.getattr("after_in_child")?)?;
            py.import("os")?.call_method("register_at_fork", (), Some(&child))?;
            Ok(())
        });
        if let Err(error) = prepared {
            return Err(Python::attach(|py| {
                errors::to_error(py, "could not prepare Python for services", &error)
            }));
        }
        shared::belongs_to(&host.options.base_dir);
        let deployer = Deployer::start(host.clone())?;
        Ok(Arc::new(Self { host, deployer }))
    }
}

impl Guest for PythonGuest {
    fn submit(&self, invocation: Invocation) {
        if let Err(Job::Invocation(refused)) =
            self.host.executor.push_deferred(Job::Invocation(Box::new(invocation)))
        {
            let message = "too many invocations are waiting";
            refused.reply.fail(Failure::new(FailureKind::Overloaded, message));
        }
    }

    fn on_administration(&self, administration: Arc<dyn Administration>) {
        // A worker has one.
        drop(self.host.administration.set(administration));
    }

    fn on_listening(&self, port: u16) {
        fork::remember_port(port);
    }

    fn on_io_park(&self) -> bool {
        self.host.executor.flush();
        self.host.executor.shares_cpu()
    }

    fn on_serving(&self, wakeups: Arc<dyn Wakeups>) {
        // A process serves once.
        drop(self.host.wakeups.set(wakeups));
    }

    fn services(&self) -> Vec<ServiceInfo> {
        let mut services: Vec<_> =
            self.host.registry.load().entries().map(|entry| entry.info.clone()).collect();
        services.sort_by(|first, second| first.name.cmp(&second.name));
        services
    }

    fn has_service(&self, name: &str) -> bool {
        self.host.registry.load().get(name).is_some()
    }

    fn prepare(
        &self,
        deployment: i64,
        changes: UnitChanges,
    ) -> BoxFuture<'static, Result<Vec<PreparedUnit>>> {
        self.deployer.prepare(deployment, changes)
    }

    fn commit(&self, deployment: i64, units: Vec<String>) -> BoxFuture<'static, Result<Vec<ServiceInfo>>> {
        self.deployer.commit(deployment, units)
    }

    fn abort(&self, deployment: i64) -> BoxFuture<'static, Result<()>> {
        self.deployer.abort(deployment)
    }

    fn preparing(&self) -> Option<String> {
        self.deployer.preparing()
    }

    fn write_stacks(&self) {
        stacks::write();
    }

    fn statistics(&self) -> GuestStatistics {
        let figures = self.host.executor.statistics();
        let overdue = watchdog::overdue().runs();
        GuestStatistics {
            queued: figures.queued,
            running: figures.running,
            threads: figures.threads,
            overdue,
            refused: figures.refused,
            services: self.host.registry.load().len(),
        }
    }

    fn standstill(&self) -> Option<Standstill> {
        let overdue = watchdog::overdue();
        let most = self.host.options.max_threads;
        let held = if overdue.is_interpreter_held {
            "the interpreter".to_owned()
        } else if overdue.runs() < most {
            return None;
        } else if most == 1 {
            "the only thread".to_owned()
        } else {
            format!("all {most} threads")
        };
        Some(Standstill { held, services: overdue.services })
    }

    fn give_up(&self) {
        self.host.has_given_up.store(true, Ordering::SeqCst);
        let host = self.host.clone();
        // Stopping waits a little for threads.
        let stopping = std::thread::Builder::new().name("zato-give-up".to_owned());
        let spawned = stopping.spawn(move || refuse(host.executor.stop().unstarted));
        if let Err(error) = spawned {
            tracing::error!(target: "zato", "no thread could be started to answer what waits: {error}");
        }
    }

    fn configure(&self, settings: Arc<ServiceSettings>) {
        self.host.settings.store(settings);
    }

    fn configure_user(&self, configuration: Arc<UserConfiguration>) -> BoxFuture<'static, Result<()>> {
        let host = self.host.clone();
        let (sender, receiver) = futures::channel::oneshot::channel();
        // The deployment thread may be importing something, which would hold this up.
        let applying = std::thread::Builder::new().name("zato-user-conf".to_owned());
        let spawned = applying.spawn(move || sender.send(configure_user(&host, &configuration)).is_ok());
        async move {
            let failed =
                || Error::new(ErrorKind::Internal, "could not put configuration files of services in force");
            spawned.map_err(|error| failed().source(error))?;
            receiver.await.unwrap_or_else(|_| Err(failed()))
        }
        .boxed()
    }

    fn on_configured(&self, objects: Arc<dyn ConfiguredObjects>) {
        // A process is configured by one store.
        drop(self.host.objects.set(objects));
    }

    fn drain(&self, limit: Duration) -> BoxFuture<'static, bool> {
        let host = self.host.clone();
        let (sender, receiver) = futures::channel::oneshot::channel();
        let waiting = std::thread::Builder::new().name("zato-drain".to_owned());
        let spawned = waiting.spawn(move || sender.send(drain(&host, limit)).is_ok());
        async move { spawned.is_ok() && receiver.await.unwrap_or(false) }.boxed()
    }
}

/// Answers what will not be run.
fn refuse(jobs: Vec<Job>) {
    let mut lost = 0;
    for job in jobs {
        match job {
            Job::Invocation(invocation) => {
                let message = "nothing can run in this worker, another one takes its place";
                invocation.reply.fail(Failure::new(FailureKind::Overloaded, message));
            }
            Job::Async(_) => lost += 1,
        }
    }
    if lost > 0 {
        tracing::error!(target: "zato", "{lost} calls by invoke_async are lost, nothing could run them");
    }
}

/// Hands files to Python, unless what it has is newer.
fn configure_user(host: &Host, configuration: &UserConfiguration) -> Result<()> {
    let mut version = host.user_configuration.lock().unwrap_or_else(PoisonError::into_inner);
    if configuration.version < *version {
        return Ok(());
    }
    Python::attach(|py| {
        let replace =
            py.import("zato.server.service._user_config").and_then(|module| module.getattr("replace"));
        replace.and_then(|replace| replace.call1((&configuration.content,))).map(drop).map_err(|error| {
            errors::to_error(py, "could not put configuration files of services in force", &error)
        })
    })?;
    *version = configuration.version;
    Ok(())
}

/// Ends what waits for its time, if anything ever did: nothing will run when it comes.
fn end_delays() {
    let ended = Python::attach(|py| -> PyResult<()> {
        let modules = py.import("sys")?.getattr("modules")?;
        let delays = modules.call_method1("get", ("zato.server._delays",))?;
        if !delays.is_none() {
            delays.call_method0("close")?;
        }
        Ok(())
    });
    if let Err(error) = ended {
        tracing::error!(target: "zato", "could not end what waits for its time: {error}");
    }
}

/// Waits for coroutines and for threads.
fn drain(host: &Host, limit: Duration) -> bool {
    let begun = Instant::now();
    end_delays();
    let coroutines = Python::attach(|py| -> PyResult<bool> {
        // The other half is for what they hold up.
        greenlets::begin_to_stop(py, limit / 2);
        py.import("zato.server._async")?.call_method1("drain", (limit.as_secs_f64(),))?.is_truthy()
    });
    let are_coroutines_done = coroutines.unwrap_or_else(|error| {
        tracing::error!(target: "zato", "could not wait for coroutines: {error}");
        false
    });
    // Threads that are stuck would use up all of the limit, and nobody waits for what they do.
    !host.has_given_up.load(Ordering::SeqCst)
        && host.executor.drain(limit.saturating_sub(begun.elapsed()))
        && are_coroutines_done
}

/// What `self.server` and the Python half want to know about the server of this process.
#[pyfunction]
pub(crate) fn server_facts(py: Python<'_>) -> PyResult<Option<Bound<'_, PyDict>>> {
    let Some(host) = host() else { return Ok(None) };
    let facts = PyDict::new(py);
    let path = |path: &PathBuf| path.to_string_lossy().into_owned();
    facts.set_item("name", &host.options.server_name)?;
    facts.set_item("cluster_name", &host.options.cluster_name)?;
    facts.set_item("base_dir", path(&host.options.base_dir))?;
    facts.set_item("worker_index", host.options.worker_index)?;
    let profile = in_process::session().map_or(host.options.profile, |session| session.profile);
    facts.set_item("profile", profile.as_str())?;
    facts.set_item("pid", std::process::id())?;
    let constant = host.options.static_directories.iter().map(path).collect::<Vec<_>>();
    facts.set_item("static_directories", constant)?;
    facts.set_item("invoker_allows_internal", host.options.invoker_allows_internal.clone())?;
    facts.set_item("simple_io", simple_io(py, host)?)?;
    Ok(Some(facts))
}

/// Name inference as the Python half wants it (reference operations 4.3).
pub(crate) fn simple_io<'py>(py: Python<'py>, host: &Host) -> PyResult<Bound<'py, PyDict>> {
    let stanza = |patterns: &NamePatterns| -> PyResult<Bound<'py, PyDict>> {
        let stanza = PyDict::new(py);
        stanza.set_item("exact", patterns.exact.clone())?;
        stanza.set_item("prefix", patterns.prefixes.clone())?;
        stanza.set_item("suffix", patterns.suffixes.clone())?;
        Ok(stanza)
    };
    let options = PyDict::new(py);
    options.set_item("bool", stanza(&host.options.simple_io.boolean)?)?;
    options.set_item("int", stanza(&host.options.simple_io.integer)?)?;
    options.set_item("secret", stanza(&host.options.simple_io.secret)?)?;
    options.set_item("response_elem", &host.options.simple_io.response_element)?;
    options.set_item("skip_empty_input", host.options.simple_io.skips_empty_input)?;
    Ok(options)
}
