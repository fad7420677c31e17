//! Calls between services (reference service-api 4).

mod arguments;
mod asynchronous;
mod caller;
mod channel_type;
mod in_place;
mod new_call;
mod target;
mod timed;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use zato_core::Profile;
use zato_core::invocation::DataFormat;

use arguments::{Argument, Arguments};
use caller::Caller;
use in_place::{Answer, run_in_place};
use new_call::new_call;
use timed::invoke_within;

pub(crate) use asynchronous::{AsyncCall, run_async, run_at_once};
pub(crate) use channel_type::channel_info;
pub(crate) use in_place::{Wishes, run_instance};
pub(crate) use new_call::new_instance;
pub(crate) use target::{name_of_id, name_of_implementation, service_name};

use crate::call::Call;
use crate::io::output;
use crate::python::Parts;
use crate::service::Service;
use crate::{errors, json};

/// Arguments of `invoke`, in the order of their positions.
const POSITIONS: [Argument; 9] = [
    Argument::Name,
    Argument::Payload,
    Argument::Channel,
    Argument::DataFormat,
    Argument::Transport,
    Argument::Serialize,
    Argument::AsBunch,
    Argument::Timeout,
    Argument::RaiseTimeout,
];

/// `self.invoke(...)`.
pub(crate) fn invoke(
    slf: &Bound<'_, Service>,
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Py<PyAny>> {
    invoke_for(slf.py(), &Caller::from(&**slf.get().call()?), arguments, options)
}

/// `self.invoke_async(...)`.
pub(crate) fn invoke_async(
    slf: &Bound<'_, Service>,
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<String> {
    asynchronous::invoke_async(slf.py(), &Caller::from(&**slf.get().call()?), arguments, options)
}

/// What patterns are built on; see [`asynchronous::start`].
pub(crate) fn start(
    slf: &Bound<'_, Service>,
    on_end: Option<Py<PyAny>>,
    is_certain: bool,
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<String> {
    let caller = Caller::from(&**slf.get().call()?);
    asynchronous::start(slf.py(), &caller, on_end, is_certain, arguments, options)
}

/// Invokes a service for no other service in particular; takes what `self.invoke` does.
#[pyfunction]
#[pyo3(signature = (*arguments, **options))]
pub(crate) fn server_invoke(
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Py<PyAny>> {
    invoke_for(arguments.py(), &Caller::server(), arguments, options)
}

/// Invokes a service later, for no other service in particular; takes what `self.invoke_async` does.
#[pyfunction]
#[pyo3(signature = (*arguments, **options))]
pub(crate) fn server_invoke_async(
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<String> {
    asynchronous::invoke_async(arguments.py(), &Caller::server(), arguments, options)
}

fn invoke_for(
    py: Python<'_>,
    caller: &Caller<'_>,
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Py<PyAny>> {
    let arguments = Arguments::sort(&POSITIONS, arguments, options)?;
    let entry = target::find(arguments.target()?)?;
    if caller.is_same(&entry) {
        let message = format!("service `{}` cannot invoke itself", entry.info.name);
        return Err(errors::raise(py, "ZatoException", (caller.cid_text(), message)));
    }
    target::refuse_inactive(py, &entry)?;
    let call = new_call(caller, entry, &arguments, "invoke", caller.cid)?;
    let object = |argument: Argument| arguments.get(argument).map(|value| value.clone().unbind());
    let is_serialized = arguments.flag(Argument::Serialize, false)?;
    let wishes = Wishes {
        headers: object(Argument::HeadersContainer),
        response_function: object(Argument::SetResponseFunction),
        is_raw: !is_serialized && caller.profile() == Profile::V3_2 && call.has_format(DataFormat::Json),
    };
    let is_made_by_caller = wishes.response_function.is_some();
    let answer = match arguments.seconds(Argument::Timeout)? {
        None => run_in_place(py, &call, &wishes)?,
        Some(seconds) => match invoke_within(py, &call, wishes, seconds)? {
            Some(answer) => answer,
            None if arguments.flag(Argument::RaiseTimeout, true)? => {
                return Err(out_of_time(py, &call, seconds));
            }
            None => return Ok(py.None()),
        },
    };
    if is_made_by_caller { Ok(answer.value) } else { shape(py, answer, &arguments, &call, is_serialized) }
}

/// The exception for a call that took longer than its caller gave it.
fn out_of_time(py: Python<'_>, call: &Call, seconds: f64) -> PyErr {
    let message = format!("service `{}` took longer than {seconds} s", call.entry.info.name);
    let made = py
        .import("zato.server.service._timeout")
        .and_then(|module| module.call_method1("invocation_timeout", (call.cid_text(), message, seconds)));
    made.map_or_else(|error| error, PyErr::from_value)
}

/// Applies `skip_response_elem` to dictionaries, and `serialize` and `as_bunch` to declared output (reference service-api
/// 4.2).
fn shape(
    py: Python<'_>,
    answer: Answer,
    arguments: &Arguments<'_>,
    call: &Call,
    is_serialized: bool,
) -> PyResult<Py<PyAny>> {
    let Answer { value, is_declared } = answer;
    let value = value.into_bound(py);
    if arguments.flag(Argument::SkipResponseElement, false)?
        && let Ok(dict) = value.cast::<PyDict>()
        && let Some(inner) = inside_of_response_element(dict)?
    {
        return Ok(inner.unbind());
    }
    if !is_declared {
        return Ok(value.unbind());
    }
    if arguments.flag(Argument::AsBunch, false)? {
        return Ok(Parts::get(py)?.bunchify.bind(py).call1((value,))?.unbind());
    }
    if is_serialized && call.has_format(DataFormat::Json) {
        let text = json::dumps(&value, false)?;
        return Ok(PyString::new(py, &String::from_utf8_lossy(&text)).into_any().unbind());
    }
    if is_serialized
        && call.has_format(DataFormat::Xml)
        && let Some(plan) = call.entry.plan.as_ref().filter(|plan| plan.has_output)
        && let Ok(dict) = value.cast::<PyDict>()
        && let Some(text) = output::xml_text(py, plan, dict, &call.cid_text())?
    {
        return Ok(text);
    }
    Ok(value.unbind())
}

/// What is in the only key of a dictionary, if that is a response element; `_meta` does not count (3.2).
fn inside_of_response_element<'py>(dict: &Bound<'py, PyDict>) -> PyResult<Option<Bound<'py, PyAny>>> {
    if dict.len() > 2 || (dict.len() == 2 && !dict.contains("_meta")?) {
        return Ok(None);
    }
    for (name, inner) in dict {
        let Ok(name) = name.cast::<PyString>() else { return Ok(None) };
        let name = name.to_cow()?;
        if name == "response" || name.starts_with("zato") {
            return Ok(Some(inner));
        }
    }
    Ok(None)
}
