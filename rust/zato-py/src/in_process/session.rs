//! What the runs of one test share.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use zato_core::guest::{GuestOptions, ImportListener, ServiceFilter};
use zato_core::{Profile, Result};
use zato_server::config::simple_io;
use zato_server::logging::Record;
use zato_store::SecretKey;

use super::AsyncInvocation;
use crate::invoke::AsyncCall;

static SESSION: ArcSwapOption<Session> = ArcSwapOption::const_empty();

/// One test.
pub(crate) struct Session {
    /// Compat profile of services that name none of their own.
    pub(crate) profile: Profile,
    find: Py<PyAny>,
    take: Py<PyAny>,
    time: Mutex<Option<Timestamp>>,
}

impl Session {
    pub(super) fn begin(profile: Profile, find: Py<PyAny>, take: Py<PyAny>) -> PyResult<Arc<Self>> {
        let session = Arc::new(Self { profile, find, take, time: Mutex::new(None) });
        let none: Option<Arc<Self>> = None;
        if SESSION.compare_and_swap(&none, Some(session.clone())).is_some() {
            return Err(PyRuntimeError::new_err(
                "services run in this process already; close the other runner first",
            ));
        }
        Ok(session)
    }

    /// Ends it; returns whether it was the one going on.
    pub(super) fn end(self: &Arc<Self>) -> bool {
        let none: Option<Arc<Self>> = None;
        SESSION.compare_and_swap(self, none).as_ref().is_some_and(|current| Arc::ptr_eq(current, self))
    }

    pub(super) fn set_time(&self, time: Option<Timestamp>) {
        *self.time.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    /// Hands over a call that nobody waits for.
    ///
    /// # Errors
    /// Raises what the service raises if the test runs such calls at once.
    pub(crate) fn take(&self, py: Python<'_>, job: AsyncCall) -> PyResult<()> {
        self.take.call1(py, (AsyncInvocation { job },)).map(drop)
    }
}

/// Returns the session of this process, which servers do not have.
pub(crate) fn session() -> Option<Arc<Session>> {
    SESSION.load_full()
}

/// Asks the test to register a service that is not known by its name or class; whether there was one.
///
/// # Errors
/// Raises what is wrong with the class.
pub(crate) fn register(target: &Bound<'_, PyAny>) -> PyResult<bool> {
    match session() {
        Some(session) => session.find.bind(target.py()).call1((target,))?.is_truthy(),
        None => Ok(false),
    }
}

/// Returns the time at which a test holds the clock still.
pub(crate) fn frozen_time() -> Option<Timestamp> {
    *session()?.time.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a fresh server would have, with a secret key of its own.
pub(super) fn options(base_dir: PathBuf) -> Result<GuestOptions> {
    Ok(GuestOptions {
        base_dir,
        server_name: "test".to_owned(),
        cluster_name: "test".to_owned(),
        worker_index: 0,
        profile: Profile::default(),
        on_import: ImportListener(Arc::new(|_| {})),
        max_threads: 1,
        queue_limit: 1,
        switch_interval: Duration::from_millis(5),
        simple_io: simple_io::defaults(),
        secret_key: Some(SecretKey::generate()?.to_text()),
        invoker_allows_internal: Vec::new(),
        static_directories: Vec::new(),
        is_service_allowed: ServiceFilter(Arc::new(|_| true)),
        has_old_module_names: false,
    })
}

/// Gives what the native part has to say to Python's `logging`.
pub(super) fn hear(record: &Record<'_>) {
    // A process that ends has nobody to tell.
    let told = Python::try_attach(|py| -> PyResult<()> {
        let logger = py.import("logging")?.call_method1("getLogger", (record.logger,))?;
        logger.call_method1("log", (record.level.number(), "%s", record.message)).map(drop)
    });
    if let Some(Err(error)) = told {
        Python::attach(|py| error.print(py));
    }
}
