//! What is configured, for services that look at it: `self.odb`, `self.server.service_store`.

use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use zato_core::guest::ConfiguredObjects;
use zato_core::{ErrorKind, Result};

use crate::guest;
use crate::python::Parts;

fn objects() -> PyResult<&'static dyn ConfiguredObjects> {
    let objects = guest::host().and_then(|host| host.objects());
    objects.map(|objects| &**objects).ok_or_else(|| PyRuntimeError::new_err("no server runs in this process"))
}

/// Returns the revision of the config store that is in force in this worker.
#[pyfunction]
pub(crate) fn configuration_revision() -> PyResult<i64> {
    Ok(objects()?.revision())
}

/// Returns all objects of a kind, for instance `channel.rest`, as dictionaries with `id`, `name`, `is_active` and the
/// fields of the kind. Secrets are left out.
#[pyfunction]
pub(crate) fn list_objects<'py>(py: Python<'py>, kind: &str) -> PyResult<Bound<'py, PyAny>> {
    let objects = objects()?;
    decoded(py, py.detach(|| objects.list(kind)))
}

/// Returns the cluster as a dictionary, its `id` and `name`.
#[pyfunction]
pub(crate) fn cluster(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let objects = objects()?;
    decoded(py, py.detach(|| objects.cluster()))
}

fn decoded(py: Python<'_>, answer: Result<String>) -> PyResult<Bound<'_, PyAny>> {
    let found = answer.map_err(|error| match error.kind() {
        ErrorKind::NotFound => PyKeyError::new_err(error.to_string()),
        _ => PyRuntimeError::new_err(error.report()),
    })?;
    Parts::get(py)?.loads.bind(py).call1((found,))
}

/// Returns the services deployed in this worker, sorted by name, as dictionaries.
#[pyfunction]
pub(crate) fn list_services(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let Some(host) = guest::host() else { return Ok(PyList::empty(py)) };
    let (registry, settings) = (host.registry.load(), host.settings.load());
    let mut entries: Vec<_> = registry.entries().collect();
    entries.sort_by(|first, second| first.info.name.cmp(&second.info.name));
    let described = entries.into_iter().map(|entry| {
        let (info, service) = (&entry.info, PyDict::new(py));
        let setting = settings.by_name.get(&info.name);
        service.set_item("id", entry.id())?;
        service.set_item("name", &info.name)?;
        service.set_item("impl_name", &info.impl_name)?;
        service.set_item("is_active", setting.is_none_or(|setting| setting.is_active))?;
        service.set_item("is_internal", info.is_internal)?;
        service.set_item("service_class", &entry.class)?;
        service.set_item("source_path", &info.file)?;
        service.set_item("line", info.line)?;
        Ok(service)
    });
    PyList::new(py, described.collect::<PyResult<Vec<_>>>()?)
}
