//! Query strings, forms and path parameters as Python dictionaries.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use zato_core::invocation::{HttpRequest, UrlParamsPriority};

use crate::python::Parts;

/// Parses `application/x-www-form-urlencoded` text into a Bunch: a repeated key becomes a list, a single one a
/// string, blank values are kept (reference connections 2.4).
pub(crate) fn form<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let params = Parts::get(py)?.new_bunch(py)?;
    for (name, value) in form_urlencoded::parse(text) {
        add(&params, &name, &value)?;
    }
    Ok(params)
}

fn add(params: &Bound<'_, PyDict>, name: &str, value: &str) -> PyResult<()> {
    match params.get_item(name)? {
        None => params.set_item(name, value),
        Some(existing) => match existing.cast::<PyList>() {
            Ok(list) => list.append(value),
            Err(_) => params.set_item(name, vec![existing, value.into_pyobject(params.py())?.into_any()]),
        },
    }
}

/// Returns the query string of a request as a Bunch.
pub(crate) fn query<'py>(py: Python<'py>, request: &HttpRequest) -> PyResult<Bound<'py, PyDict>> {
    form(py, request.uri.query().unwrap_or_default().as_bytes())
}

/// Returns the path parameters of a request as a Bunch.
pub(crate) fn path<'py>(py: Python<'py>, request: &HttpRequest) -> PyResult<Bound<'py, PyDict>> {
    let params = Parts::get(py)?.new_bunch(py)?;
    for (name, value) in &request.path_params {
        params.set_item(name.as_ref(), value)?;
    }
    Ok(params)
}

/// Merges path and query string; which wins is the channel's choice (reference connections 2.4).
pub(crate) fn merged<'py>(
    py: Python<'py>,
    request: &HttpRequest,
    priority: UrlParamsPriority,
) -> PyResult<Bound<'py, PyDict>> {
    if request.uri.query().is_none() {
        return path(py, request);
    }
    let (weaker, stronger) = match priority {
        UrlParamsPriority::QueryStringOverPath => (path(py, request)?, query(py, request)?),
        UrlParamsPriority::PathOverQueryString => (query(py, request)?, path(py, request)?),
    };
    crate::json::merge(&weaker, &stronger)?;
    Ok(weaker)
}
