//! Asynchronous calls that wait for a test to look at them.

use pyo3::prelude::*;

use crate::invoke::{AsyncCall, run_at_once};

/// A call made with `invoke_async`.
#[pyclass(module = "zato._core", frozen)]
pub(crate) struct AsyncInvocation {
    pub(super) job: AsyncCall,
}

#[pymethods]
impl AsyncInvocation {
    /// Name of the service that is to run.
    #[getter]
    fn service(&self) -> &str {
        &self.job.call.entry.info.name
    }

    /// What it is given.
    #[getter]
    fn payload(&self, py: Python<'_>) -> Py<PyAny> {
        self.job.call.given.as_ref().map_or_else(|| py.None(), |given| given.payload.clone_ref(py))
    }

    /// The CID it will run with, which `invoke_async` gave the caller.
    #[getter]
    fn cid(&self) -> String {
        self.job.call.cid_text()
    }

    /// Type of the channel.
    #[getter]
    fn channel(&self) -> &str {
        self.job.call.channel.channel_type
    }

    /// Data format named by the caller.
    #[getter]
    fn data_format(&self) -> &str {
        self.job.call.data_format()
    }

    /// Services that are called with the result.
    #[getter]
    fn callbacks(&self) -> Vec<String> {
        self.job.callbacks.clone()
    }

    /// CID of the call that this one is the callback of.
    #[getter]
    fn in_reply_to(&self) -> Option<&str> {
        self.job.call.given.as_ref().and_then(|given| given.in_reply_to.as_deref())
    }

    /// Runs it now; gives what the service produced, raises what it raised.
    fn run(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        run_at_once(py, &self.job)
    }

    fn __repr__(&self) -> String {
        format!("<asynchronous invocation of `{}`, cid {}>", self.service(), self.cid())
    }
}
