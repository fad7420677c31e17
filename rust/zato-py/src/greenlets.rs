//! Greenlets that services have spawned and not waited for: they go on once the service has answered, on its thread,
//! as they cannot leave it. Costs one load where gevent is never imported.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyo3::prelude::*;

use crate::guest;

/// Whether gevent is there at all.
static ARE_POSSIBLE: AtomicBool = AtomicBool::new(false);

/// Told by the loader when something imports gevent for the first time.
#[pyfunction]
pub(crate) fn watch_greenlets() {
    ARE_POSSIBLE.store(true, Ordering::Relaxed);
}

/// Runs what is left on this thread. To be called between one job and the next.
pub(crate) fn go_on(py: Python<'_>) {
    if ARE_POSSIBLE.load(Ordering::Relaxed) {
        finish(py);
    }
}

#[cold]
fn finish(py: Python<'_>) {
    let Some(host) = guest::host() else { return };
    let finished = || -> PyResult<()> {
        let module = py.import("zato.server._greenlets")?;
        if module.call_method0("are_left")?.is_truthy()? {
            // The answer must not wait for them.
            host.flush();
            module.call_method1("finish", (host.options.max_threads,))?;
        }
        Ok(())
    };
    if let Err(error) = finished() {
        let traceback = crate::python::Parts::traceback_of(py, &error);
        tracing::error!(target: "zato", "greenlets could not go on\n{traceback}");
    }
}

/// Gives what is left so long to end; to be called when the worker stops.
pub(crate) fn begin_to_stop(py: Python<'_>, limit: Duration) {
    if ARE_POSSIBLE.load(Ordering::Relaxed) {
        let told = py
            .import("zato.server._greenlets")
            .and_then(|module| module.call_method1("begin_to_stop", (limit.as_secs_f64(),)));
        if let Err(error) = told {
            tracing::error!(target: "zato", "greenlets could not be told to end: {error}");
        }
    }
}
