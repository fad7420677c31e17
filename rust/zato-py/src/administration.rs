//! Configuration in the hands of services.

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zato_core::administration::AdministrationRequest;

use crate::{errors, guest};

/// Carries out a request about configuration, JSON both ways: an
/// [`AdministrationRequest`](zato_core::administration::AdministrationRequest), and what it is answered with.
///
/// # Errors
/// Raises exceptions of `zato.common.exception` for what is refused, `RuntimeError` outside of a server.
#[pyfunction]
pub(crate) fn administer<'py>(py: Python<'py>, request: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let request: AdministrationRequest = serde_json::from_slice(request)
        .map_err(|error| PyValueError::new_err(format!("the request is not understood: {error}")))?;
    let administration = guest::host()
        .and_then(|host| host.administration.get())
        .ok_or_else(|| PyRuntimeError::new_err("no server runs in this process"))?;
    let cid = request.cid.clone();
    let asking = administration.carry_out(request);
    let answer = py.detach(move || futures::executor::block_on(asking));
    let answer = answer.map_err(|error| errors::refused(py, &cid, &error))?;
    let text = serde_json::to_vec(&answer).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    Ok(PyBytes::new(py, &text))
}
