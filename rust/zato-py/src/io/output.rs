//! From a payload with declared output to what goes out.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use zato_core::Profile;

use super::convert;
use super::payload::{Payload, extract};
use super::plan::{Element, Plan};
use crate::errors;

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
        Some(items) => {
            let rendered = PyList::empty(py);
            for item in items {
                rendered.append(one(py, plan, &extract(py, plan, &item)?, cid)?)?;
            }
            rendered.into_any()
        }
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
