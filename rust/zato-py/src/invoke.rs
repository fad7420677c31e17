//! Calls between services (reference service-api 4).

mod arguments;
mod asynchronous;
mod channel_type;
mod in_place;
mod new_call;
mod target;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use zato_core::invocation::DataFormat;

use arguments::Arguments;
use in_place::{invoke_within, run_in_place_noting};
use new_call::new_call;

pub(crate) use asynchronous::{AsyncCall, invoke_async, run_async};
pub(crate) use new_call::new_instance;
pub(crate) use target::name_of_implementation;

use crate::call::Call;
use crate::io::output;
use crate::python::Parts;
use crate::service::Service;
use crate::{errors, json};

/// Arguments of `invoke`, in the order of their positions.
const POSITIONS: [&str; 9] = [
    "name",
    "payload",
    "channel",
    "data_format",
    "transport",
    "serialize",
    "as_bunch",
    "timeout",
    "raise_timeout",
];

/// `self.invoke(...)`.
pub(crate) fn invoke(
    slf: &Bound<'_, Service>,
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Py<PyAny>> {
    let py = slf.py();
    let arguments = Arguments::sort(&POSITIONS, arguments, options)?;
    let entry = arguments.target()?;
    let caller = slf.get().call()?;
    if entry.info.impl_name == caller.entry.info.impl_name {
        let message = format!("service `{}` cannot invoke itself", entry.info.name);
        return Err(errors::raise(py, "ZatoException", (caller.cid_text(), message)));
    }
    target::refuse_inactive(py, &entry)?;
    let call = new_call(caller, entry, &arguments, &POSITIONS, "invoke", caller.cid)?;
    let timeout: Option<f64> = arguments.get("timeout")?.map(|value| value.extract()).transpose()?;
    let result = match timeout.filter(|seconds| *seconds > 0.0) {
        Some(seconds) => match invoke_within(py, &call, seconds)? {
            Some(result) => result,
            None if arguments.flag("raise_timeout", true)? => {
                let message = format!("service `{}` took longer than {seconds} s", call.entry.info.name);
                return Err(errors::raise(py, "TimeoutException", (call.cid_text(), message)));
            }
            None => return Ok(py.None()),
        },
        None => run_in_place_noting(py, &call, arguments.get("zato_response_headers_container")?.as_ref())?,
    };
    shape(py, result, &arguments, &call)
}

/// Applies `serialize`, `as_bunch` and `skip_response_elem`.
fn shape(py: Python<'_>, result: Py<PyAny>, arguments: &Arguments<'_>, call: &Call) -> PyResult<Py<PyAny>> {
    let value = result.bind(py);
    let Ok(dict) = value.cast::<PyDict>() else { return Ok(result) };
    if arguments.flag("skip_response_elem", false)?
        && dict.len() == 1
        && let Some((name, inner)) = dict.iter().next()
        && let Ok(name) = name.extract::<String>()
        && (name == "response" || name.starts_with("zato"))
    {
        return Ok(inner.unbind());
    }
    if arguments.flag("as_bunch", false)? {
        return Ok(Parts::get(py)?.bunchify.bind(py).call1((dict,))?.unbind());
    }
    if !arguments.flag("serialize", false)? {
        return Ok(result);
    }
    if call.has_format(DataFormat::Json) {
        let text = json::dumps(value, false)?;
        return Ok(PyString::new(py, &String::from_utf8_lossy(&text)).into_any().unbind());
    }
    if call.has_format(DataFormat::Xml)
        && let Some(plan) = call.entry.plan.as_ref().filter(|plan| plan.has_output)
    {
        return Ok(output::xml_text(py, plan, dict, &call.cid_text())?.unwrap_or(result));
    }
    Ok(result)
}
