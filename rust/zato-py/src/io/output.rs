//! From a payload with declared output to what goes out.

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use zato_core::Profile;

use super::convert;
use super::payload::{Payload, extract};
use super::plan::{Element, Plan};
use crate::errors;
use crate::python::Parts;

/// Returns declared output as plain objects, inside the response element if there is one.
///
/// # Errors
/// Raises `ZatoException` naming a required element that was never set.
pub(crate) fn render<'py>(
    py: Python<'py>,
    plan: &Plan,
    payload: &Payload,
    is_wrapped: bool,
    cid: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let content = match payload.items(py) {
        Some(items) => list(py, plan, &items, cid)?.into_any(),
        None if plan.is_output_repeated && payload.values(py).is_empty() => PyList::empty(py).into_any(),
        None => one(py, plan, payload.values(py), cid)?.into_any(),
    };
    match &plan.response_element {
        Some(name) if is_wrapped => {
            let outer = PyDict::new(py);
            outer.set_item(name, content)?;
            Ok(outer.into_any())
        }
        _ => Ok(content),
    }
}

fn list<'py>(
    py: Python<'py>,
    plan: &Plan,
    items: &Bound<'py, PyList>,
    cid: &str,
) -> PyResult<Bound<'py, PyList>> {
    let rendered = PyList::empty(py);
    for item in items {
        rendered.append(one(py, plan, &extract(py, plan, &item)?, cid)?)?;
    }
    Ok(rendered)
}

/// Returns output as CSV (reference service-api 5.9); nothing if the payload is of no form that rows can be made of.
///
/// # Errors
/// Raises `ZatoException` naming a required element that was never set, `ValueError` for columns that are refused.
pub(crate) fn csv(
    py: Python<'_>,
    plan: &Plan,
    payload: &Bound<'_, PyAny>,
    cid: &str,
) -> PyResult<Option<Bytes>> {
    let Some(format) = &plan.csv else { return Ok(None) };
    let is_unset = payload
        .cast::<Payload>()
        .is_ok_and(|declared| declared.get().items(py).is_none() && declared.get().values(py).is_empty());
    let rows = if is_unset {
        // A loop over no rows sets nothing, which is no mistake here.
        PyList::empty(py).into_any()
    } else if let Some(rows) = content(py, plan, payload, cid)? {
        rows
    } else {
        return Ok(None);
    };
    let text = format.bind(py).call_method1(pyo3::intern!(py, "write"), (rows,))?;
    Ok(Some(Bytes::copy_from_slice(text.cast::<PyString>()?.to_str()?.as_bytes())))
}

/// Returns output as XML (reference service-api 5.7); nothing if the payload is of no form that a document can be made
/// of.
///
/// # Errors
/// Raises `ZatoException` naming a required element that was never set, `ValueError` for what XML has no form for.
pub(crate) fn xml(
    py: Python<'_>,
    plan: &Plan,
    payload: &Bound<'_, PyAny>,
    cid: &str,
) -> PyResult<Option<Bytes>> {
    let Some(format) = &plan.xml else { return Ok(None) };
    let Some(content) = content(py, plan, payload, cid)? else { return Ok(None) };
    let written = format.bind(py).call_method1(pyo3::intern!(py, "write"), (content, cid))?;
    Ok(Some(Bytes::copy_from_slice(written.cast::<PyBytes>()?.as_bytes())))
}

/// Returns the values of output that are written by name; nothing if the payload has none.
///
/// # Errors
/// See [`render`].
fn content<'py>(
    py: Python<'py>,
    plan: &Plan,
    payload: &Bound<'py, PyAny>,
    cid: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Ok(declared) = payload.cast::<Payload>() {
        return render(py, plan, declared.get(), false, cid).map(Some);
    }
    if plan.output_model.is_some()
        && (payload.is_instance_of::<PyList>() || payload.is_instance_of::<PyDict>())
    {
        return Ok(Some(payload.clone()));
    }
    if plan.has_output
        && let Ok(items) = payload.cast::<PyList>()
    {
        return Ok(Some(list(py, plan, items, cid)?.into_any()));
    }
    Ok(None)
}

/// Returns the result of [`render`] as XML text; nothing if the service was compiled without what writes it.
///
/// # Errors
/// Raises `ValueError` for what XML has no form for.
pub(crate) fn xml_text(
    py: Python<'_>,
    plan: &Plan,
    rendered: &Bound<'_, PyDict>,
    cid: &str,
) -> PyResult<Option<Py<PyAny>>> {
    let Some(format) = &plan.xml else { return Ok(None) };
    let content = match &plan.response_element {
        Some(name) => rendered.get_item(name)?,
        None => Some(rendered.clone().into_any()),
    };
    Ok(Some(format.bind(py).call_method1(pyo3::intern!(py, "write_text"), (content, cid))?.unbind()))
}

fn one<'py>(
    py: Python<'py>,
    plan: &Plan,
    values: &Bound<'py, PyDict>,
    cid: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let rendered = PyDict::new(py);
    for element in &plan.output {
        let name = element.name.bind(py);
        match values.get_item(name)? {
            Some(value) => {
                if plan.profile == Profile::V4_1 && is_only_looked_at(py, &value)? {
                    continue;
                }
                if is_refused_as_empty(plan, element, &value)? {
                    return Err(errors::output_missing(py, cid, &element.text));
                }
                if plan.profile <= Profile::V3_1 && is_skipped(plan, element, &value)? {
                    continue;
                }
                rendered.set_item(name, convert::output(py, element, value, plan.profile)?)?;
            }
            None if element.is_required && plan.profile <= Profile::V3_1 && plan.allows_empty_required => {
                rendered.set_item(name, PyString::intern(py, ""))?;
            }
            None if element.is_required && plan.profile != Profile::V4_1 => {
                return Err(errors::output_missing(py, cid, &element.text));
            }
            None if plan.profile <= Profile::V3_1 => {
                let empty = PyString::intern(py, "").into_any();
                if !is_skipped(plan, element, &empty)? {
                    rendered.set_item(name, empty)?;
                }
            }
            None => {}
        }
    }
    Ok(rendered)
}

/// Whether a value came into being because it was read, and nothing was put into it.
fn is_only_looked_at(py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    match value.cast::<PyDict>() {
        Ok(dict) if dict.is_empty() => Ok(dict.is_exact_instance(Parts::get(py)?.message.bind(py))),
        _ => Ok(false),
    }
}

/// Up to 3.1 an empty string counts as missing.
fn is_refused_as_empty(plan: &Plan, element: &Element, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if plan.profile > Profile::V3_1 || !element.is_required || plan.allows_empty_required {
        return Ok(false);
    }
    is_empty_text(value)
}

fn is_skipped(plan: &Plan, element: &Element, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(plan.skips_empty_keys
        && !element.is_required
        && !plan.forced_empty_keys.contains(&element.text)
        && is_empty_text(value)?)
}

fn is_empty_text(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(value.is_none() || (value.is_instance_of::<PyString>() && value.len()? == 0))
}
