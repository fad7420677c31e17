//! A call that is under way.

use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use zato_http_client::{Failure, FailureKind, Pending};

use super::answer::HttpAnswer;

/// A call that is under way; letting go of it ends it.
#[pyclass(module = "zato._core", frozen)]
pub(crate) struct HttpCall {
    pending: Pending,
}

impl HttpCall {
    pub(super) const fn new(pending: Pending) -> Self {
        Self { pending }
    }
}

#[pymethods]
impl HttpCall {
    /// Waits for the answer, at most for that many seconds; `None` if it has not come. Short waits in a loop let a
    /// thread notice that the time of its service is over.
    fn wait(&self, py: Python<'_>, seconds: f64) -> PyResult<Option<HttpAnswer>> {
        let limit = Duration::try_from_secs_f64(seconds)
            .map_err(|_| PyValueError::new_err(format!("{seconds} is not a number of seconds")))?;
        match py.detach(|| self.pending.wait(limit)) {
            None => Ok(None),
            Some(Ok(answer)) => Ok(Some(HttpAnswer::new(answer))),
            Some(Err(failure)) => Err(raise(py, &failure)?),
        }
    }
}

/// Makes the exception of a failure; its class depends on what is installed.
///
/// # Errors
/// Whatever keeps the exception from being made.
pub(super) fn raise(py: Python<'_>, failure: &Failure) -> PyResult<PyErr> {
    let kind = match failure.kind {
        FailureKind::ConnectTimeout => "connect-timeout",
        FailureKind::ReadTimeout => "read-timeout",
        FailureKind::Connection => "connection",
        FailureKind::Tls => "tls",
        FailureKind::Redirect => "redirect",
        FailureKind::Request => "request",
        FailureKind::Body => "body",
        FailureKind::Token => "token",
    };
    let error = py
        .import("zato.connections.http._errors")?
        .getattr("error_of")?
        .call1((kind, failure.to_string()))?;
    Ok(PyErr::from_value(error))
}
