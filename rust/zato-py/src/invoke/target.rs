//! Which service a call is for.

use std::sync::Arc;

use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::entry::Entry;
use crate::guest::{self, Host};
use crate::{errors, in_process, service::Service};

/// Finds a service by name, by its class (3.2), or by one of its instances.
///
/// # Errors
/// Raises `KeyError` for a service that is not deployed, `TypeError` for what names none.
pub(super) fn find(target: &Bound<'_, PyAny>) -> PyResult<Arc<Entry>> {
    if let Some(entry) = deployed(target)? {
        return Ok(entry);
    }
    if let Ok(service) = target.cast::<Service>() {
        return Ok(service.get().call()?.entry.clone());
    }
    if in_process::register(target)?
        && let Some(entry) = deployed(target)?
    {
        return Ok(entry);
    }
    if let Ok(name) = target.cast::<PyString>() {
        return Err(PyKeyError::new_err(name.to_str()?.to_owned()));
    }
    if let Ok(class) = target.cast::<PyType>()
        && class.hasattr("get_name")?
    {
        // A class held from before a redeployment: its successor has the same name.
        let name: String = class.call_method0("get_name")?.extract()?;
        return host()?.registry.load().get(&name).cloned().ok_or_else(|| PyKeyError::new_err(name));
    }
    Err(PyTypeError::new_err(format!("a service is invoked by name or class, not by {}", target.get_type())))
}

/// Finds a service by name or by its class, as it is deployed.
fn deployed(target: &Bound<'_, PyAny>) -> PyResult<Option<Arc<Entry>>> {
    let registry = host()?.registry.load();
    if let Ok(name) = target.cast::<PyString>() {
        let name = name.to_str()?;
        // `name@target`: every server runs every service, so all targets are this one.
        let plain = || name.split_once('@').and_then(|(service, _)| registry.get(service));
        return Ok(registry.get(name).or_else(plain).cloned());
    }
    let Ok(class) = target.cast::<PyType>() else { return Ok(None) };
    Ok(registry.entries().find(|entry| entry.class.is(class)).cloned())
}

fn host() -> PyResult<&'static Arc<Host>> {
    guest::host().ok_or_else(|| PyKeyError::new_err("no server runs in this process"))
}

/// Gives the name of the service that a name, a class or an instance stands for; raises `KeyError` if it is not
/// deployed.
#[pyfunction]
pub(crate) fn service_name(target: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(find(target)?.info.name.clone())
}

/// Returns the name of the service implemented by `module.Class`.
///
/// # Errors
/// Raises `KeyError` if there is none.
pub(crate) fn name_of_implementation(impl_name: &str) -> PyResult<String> {
    let registry = host()?.registry.load();
    let found = registry.entries().find(|entry| entry.info.impl_name == impl_name);
    found.map(|entry| entry.info.name.clone()).ok_or_else(|| PyKeyError::new_err(impl_name.to_owned()))
}

/// Returns the name of the service with an identifier: a number, or a text of its digits.
///
/// # Errors
/// Raises `KeyError` if there is none.
pub(crate) fn name_of_id(id: &Bound<'_, PyAny>) -> PyResult<String> {
    let number: Option<i64> = match id.cast::<PyString>() {
        Ok(text) => text.to_str()?.trim().parse().ok(),
        Err(_) => id.extract().ok(),
    };
    let registry = host()?.registry.load();
    let found = number.and_then(|number| registry.entries().find(|entry| entry.id() == number));
    found.map(|entry| entry.info.name.clone()).ok_or_else(|| PyKeyError::new_err(id.clone().unbind()))
}

/// Refuses a service that is not active.
///
/// # Errors
/// Raises `Inactive`.
pub(super) fn refuse_inactive(py: Python<'_>, entry: &Entry) -> PyResult<()> {
    let Some(host) = guest::host() else { return Ok(()) };
    match host.settings.load().by_name.get(&entry.info.name) {
        Some(setting) if !setting.is_active => {
            Err(errors::raise(py, "Inactive", (entry.info.name.as_str(),)))
        }
        _ => Ok(()),
    }
}
