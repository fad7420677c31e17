//! Named definitions of the config store that services look up by themselves.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::{guest, json};

/// Returns definitions of one kind by name, as the store has them now; none for kinds that services do not look up.
/// Kinds with secrets are not among those.
#[pyfunction]
pub(crate) fn definitions<'py>(py: Python<'py>, kind: &str) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    let Some(host) = guest::host() else { return Ok(found) };
    let settings = host.settings.load();
    for (name, spec) in settings.definitions.get(kind).into_iter().flatten() {
        found.set_item(name, json::loads(py, spec.to_string().as_bytes())?)?;
    }
    Ok(found)
}
