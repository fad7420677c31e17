//! Services whose `handle` is a coroutine; one event loop thread per worker runs them (execution model 7.10).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use zato_core::invocation::{Failure, FailureKind, Reply};

use crate::call::{Call, CurrentCid};
use crate::fork;
use crate::run::{self, Progress};
use crate::service::Service;

/// Called on the loop's thread when the coroutine of a run has ended.
#[pyclass(module = "zato._core", frozen)]
pub(crate) struct Completion {
    instance: Py<Service>,
    call: Arc<Call>,
    reply: Mutex<Option<Reply>>,
    deadline: Option<Instant>,
}

#[pymethods]
impl Completion {
    /// CID of the run, for log lines of the loop.
    #[getter]
    fn cid(&self) -> String {
        self.call.cid.to_string()
    }

    /// Takes the exception that ended the coroutine, or `None`.
    fn __call__(&self, py: Python<'_>, error: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        fork::end_child(py, error.clone().map(PyErr::from_value).as_ref());
        let Some(reply) = self.reply.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(());
        };
        let _cid = CurrentCid::enter(self.call.cid);
        let instance = self.instance.bind(py);
        let progress = match error {
            Some(error) => Err(PyErr::from_value(error)),
            None => run::after_handle(py, instance, &self.call).map(|()| Progress::Done),
        };
        run::answer(py, instance, &self.call, progress, reply, self.deadline);
        Ok(())
    }

    /// Answers the caller because the time is over; the loop cancels the coroutine.
    fn expire(&self) {
        if let Some(reply) = self.reply.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let message = format!("service `{}` took longer than it may", self.call.entry.info.name);
            reply.fail(Failure::new(FailureKind::Timeout, message));
        }
    }
}

/// Hands a coroutine to the loop; [`Completion`] answers.
pub(crate) fn start(
    py: Python<'_>,
    instance: &Bound<'_, Service>,
    call: &Arc<Call>,
    coroutine: &Bound<'_, PyAny>,
    reply: Reply,
    deadline: Option<Instant>,
) {
    let completion = Completion {
        instance: instance.clone().unbind(),
        call: call.clone(),
        reply: Mutex::new(Some(reply)),
        deadline,
    };
    let seconds = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()).as_secs_f64());
    let started = || -> PyResult<()> {
        let completion = Py::new(py, completion)?;
        let options = PyDict::new(py);
        options.set_item("timeout", seconds)?;
        py.import("zato.server._async")?.getattr("run")?.call((coroutine, completion), Some(&options))?;
        Ok(())
    };
    // The reply goes down with the completion if this fails, which reports the loss.
    if let Err(error) = started() {
        tracing::error!(target: "zato", cid = %call.cid, "the coroutine of `{}` was not started: {error}", call.entry.info.name);
    }
}

/// Runs a coroutine to its end while this thread waits; for `self.invoke` of an asynchronous service.
///
/// # Errors
/// Raises what the coroutine raised.
pub(crate) fn wait(py: Python<'_>, coroutine: &Bound<'_, PyAny>) -> PyResult<()> {
    py.import("zato.server._async")?.getattr("wait")?.call1((coroutine,)).map(drop)
}
