//! From a request to declared input.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyList, PyString};
use zato_core::Profile;
use zato_core::invocation::DataFormat;

use super::convert;
use super::plan::{Element, Kind, Plan};
use crate::errors;
use crate::python::Parts;
use crate::request::Request;
use crate::service::Service;

/// Builds `self.request.input` (reference service-api 5.5).
///
/// # Errors
/// Raises the profile's error for a missing required element, and the converter's for values of a wrong type.
pub(crate) fn parse(
    py: Python<'_>,
    plan: &Plan,
    request: &Request,
    service: &Bound<'_, Service>,
    cid: &str,
) -> PyResult<Py<PyAny>> {
    let call = service.get().call()?;
    let is_xml = call.has_format(DataFormat::Xml);
    let payload = match &plan.xml {
        // Errors of XML are told already.
        Some(xml) if is_xml => {
            xml.bind(py).call_method1(pyo3::intern!(py, "read"), (request.raw_request(py)?,))?
        }
        _ => request.parse(py).map_err(|error| errors::malformed_body(py, cid, &error))?,
    };
    let channel_params = request.declared_params(py)?;
    let payload = match &plan.csv {
        Some(csv) if is_text(&payload) && call.has_format(DataFormat::Csv) => {
            let rows = csv.bind(py).call_method1(pyo3::intern!(py, "read"), (payload,))?;
            if let Some(model) = &plan.input_model {
                let read = model.bind(py).call_method1(pyo3::intern!(py, "read_rows"), (rows, service))?;
                return Ok(read.unbind());
            }
            rows
        }
        _ => payload,
    };
    if let Some(model) = &plan.input_model {
        return read_model(py, model, payload, &channel_params, service, cid);
    }
    let source = Source {
        channel_params: &channel_params,
        body_wins: plan.profile <= Profile::V3_1 && request.body_wins(),
        keeps_elements: is_xml && plan.keeps_xml_elements,
        cid,
    };
    if plan.profile == Profile::V2_0 && channel_params.is_empty() && is_empty_text(&payload)? {
        let is_required = |element: &Element| element.is_required;
        if plan.input.iter().any(is_required) {
            return Err(errors::raise(py, "ZatoException", (cid, "Missing input")));
        }
    }
    let parsed = if let Ok(list) = payload.cast::<PyList>() {
        let inputs = PyList::empty(py);
        list.iter()
            .try_for_each(|item| inputs.append(one(py, plan, &item, &source)?))
            .map(|()| inputs.into_any())
    } else {
        one(py, plan, &payload, &source).map(Bound::into_any)
    };
    Ok(parsed.map_err(|error| errors::too_deep_or(py, cid, error))?.unbind())
}

/// Where values come from besides the body.
struct Source<'source, 'py> {
    channel_params: &'source Bound<'py, PyDict>,
    /// Whether the body wins over parameters of the channel (2.0-3.1, if the channel says so).
    body_wins: bool,
    /// Whether text arrives as the element that it is in.
    keeps_elements: bool,
    cid: &'source str,
}

fn is_text(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>()
}

fn is_empty_text(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(is_text(value) && !value.is_truthy()?)
}

/// Makes input of a model (reference service-api 5.8). Text is read as JSON, also on channels without a data format:
/// a model cannot be made of anything else.
fn read_model(
    py: Python<'_>,
    model: &Py<PyAny>,
    payload: Bound<'_, PyAny>,
    channel_params: &Bound<'_, PyDict>,
    service: &Bound<'_, Service>,
    cid: &str,
) -> PyResult<Py<PyAny>> {
    let payload = if is_text(&payload) && payload.is_truthy()? && request_is_raw(service)? {
        let loads = Parts::get(py)?.loads.bind(py);
        loads.call1((payload,)).map_err(|error| errors::malformed_body(py, cid, &error))?
    } else {
        payload
    };
    let read = model.bind(py).call_method1(pyo3::intern!(py, "read"), (payload, channel_params, service));
    Ok(read.map_err(|error| errors::too_deep_or(py, cid, error))?.unbind())
}

/// Whether the body was not parsed yet: that of a JSON channel may be text because it is text in JSON, too.
fn request_is_raw(service: &Bound<'_, Service>) -> PyResult<bool> {
    Ok(service.get().call()?.data_format() != "json")
}

fn one<'py>(
    py: Python<'py>,
    plan: &Plan,
    payload: &Bound<'py, PyAny>,
    source: &Source<'_, 'py>,
) -> PyResult<Bound<'py, PyDict>> {
    let input = plan.input_class.bind(py).call0()?.cast_into::<PyDict>()?;
    let body = payload.cast::<PyDict>().ok().filter(|_| !plan.ignores_body);
    let channel_params = source.channel_params;
    for element in &plan.input {
        let name = element.name.bind(py);
        let mut found = channel_params.get_item(name)?;
        if let Some(body) = body
            && (found.is_none() || source.body_wins)
        {
            found = body.get_item(name)?.or(found);
        }
        if !plan.skips_empty_input.is_empty() && is_left_out(plan, element, found.as_ref()) {
            continue;
        }
        let value = match found {
            Some(value) if source.keeps_elements && element.kind == Kind::Text => value,
            Some(value) => convert::input(py, element, value, plan.profile, source.cid)?,
            None if element.is_required => {
                return Err(errors::element_missing(py, plan.profile, source.cid, &element.text));
            }
            None => missing(py, plan, element)?,
        };
        input.set_item(name, value)?;
    }
    if channel_params.is_empty() {
        return Ok(input);
    }
    // Parameters of the URL that were not declared are there as well (reference service-api 5.5).
    for (name, value) in channel_params {
        if !input.contains(&name)? {
            input.set_item(name, value)?;
        }
    }
    Ok(input)
}

/// Whether `class SkipEmpty` leaves an element out. One that is required must come, be it empty.
fn is_left_out(plan: &Plan, element: &Element, found: Option<&Bound<'_, PyAny>>) -> bool {
    plan.skips_empty_input.has(&element.text) && found.map_or(!element.is_required, is_nothing)
}

/// What `class SkipEmpty` leaves out: null, and text without characters.
fn is_nothing(value: &Bound<'_, PyAny>) -> bool {
    value.is_none() || value.cast::<PyString>().is_ok_and(|text| text.len().is_ok_and(|length| length == 0))
}

/// Value of an optional element that did not come (conflict table: `''` up to 3.2, `None` in 4.1).
///
/// # Errors
/// Raises what copying a default raises.
fn missing<'py>(py: Python<'py>, plan: &Plan, element: &Element) -> PyResult<Bound<'py, PyAny>> {
    if plan.profile == Profile::V4_1 {
        return Ok(py.None().into_bound(py));
    }
    if element.kind == Kind::Boolean && plan.profile == Profile::V3_2 {
        return Ok(PyBool::new(py, false).to_owned().into_any());
    }
    match element.default.as_ref().or(plan.default_input.as_ref()) {
        // One request must not see what another one put into a default.
        Some(default)
            if default.bind(py).is_instance_of::<PyList>() || default.bind(py).is_instance_of::<PyDict>() =>
        {
            Parts::get(py)?.deep_copy.bind(py).call1((default,))
        }
        Some(default) => Ok(default.bind(py).clone()),
        None => Ok(PyString::intern(py, "").into_any()),
    }
}
