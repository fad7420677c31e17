//! Which service a call is for.

use std::sync::Arc;

use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::entry::Entry;
use crate::{errors, guest};

/// Finds a service by name, or by its class (3.2).
pub(super) fn find(target: &Bound<'_, PyAny>) -> PyResult<Arc<Entry>> {
    let host = guest::host().ok_or_else(|| PyKeyError::new_err("no server runs in this process"))?;
    let registry = host.registry.load();
    if let Ok(name) = target.cast::<PyString>() {
        let name = name.to_str()?;
        let plain = name.split_once('@').map_or(name, |(service, _)| service);
        return registry.get(plain).cloned().ok_or_else(|| PyKeyError::new_err(name.to_owned()));
    }
    if let Ok(class) = target.cast::<PyType>() {
        if let Some(entry) = registry.entries().find(|entry| entry.class.is(class)) {
            return Ok(entry.clone());
        }
        // A class held from before a redeployment: its successor has the same name.
        let name: String = class.call_method0("get_name")?.extract()?;
        return registry.get(&name).cloned().ok_or_else(|| PyKeyError::new_err(name));
    }
    Err(PyTypeError::new_err(format!("a service is invoked by name or class, not by {}", target.get_type())))
}

/// Returns the name of the service implemented by `module.Class`.
pub(crate) fn name_of_implementation(impl_name: &str) -> PyResult<String> {
    let host = guest::host().ok_or_else(|| PyKeyError::new_err("no server runs in this process"))?;
    let registry = host.registry.load();
    let found = registry.entries().find(|entry| entry.info.impl_name == impl_name);
    found.map(|entry| entry.info.name.clone()).ok_or_else(|| PyKeyError::new_err(impl_name.to_owned()))
}

/// Refuses a service that is not active.
pub(super) fn refuse_inactive(py: Python<'_>, entry: &Entry) -> PyResult<()> {
    let Some(host) = guest::host() else { return Ok(()) };
    match host.settings.load().by_name.get(&entry.info.name) {
        Some(setting) if !setting.is_active => {
            Err(errors::raise(py, "Inactive", (entry.info.name.as_str(),)))
        }
        _ => Ok(()),
    }
}
