//! The only place where errors cross between Rust and Python.

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use zato_core::Profile;
use zato_core::invocation::{Failure, FailureKind};
use zato_core::{Error, ErrorKind};

use crate::entry::Entry;
use crate::json;
use crate::python::Parts;

/// Makes an exception of `zato.common.exception`.
pub(crate) fn raise<'py>(py: Python<'py>, class: &str, arguments: impl pyo3::call::PyCallArgs<'py>) -> PyErr {
    let made = Parts::get(py).and_then(|parts| parts.exceptions.bind(py).getattr(class)?.call1(arguments));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// Turns an exception that escaped from our own Python half into one of our errors.
pub(crate) fn to_error(py: Python<'_>, what: &str, error: &PyErr) -> Error {
    let traceback = Parts::traceback_of(py, error);
    Error::new(ErrorKind::Internal, format!("{what}: {error}")).hint(traceback)
}

/// The exception for what was asked of configuration and refused; the ones meant for callers are Zato exceptions too.
pub(crate) fn refused(py: Python<'_>, cid: &str, error: &Error) -> PyErr {
    let hint = error.get_hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    let message = format!("{error}{hint}");
    match error.kind() {
        ErrorKind::Invalid => raise(py, "BadRequest", (cid, message, true)),
        ErrorKind::NotFound => raise(py, "NotFound", (cid, message)),
        ErrorKind::Conflict => raise(py, "Conflict", (cid, message)),
        ErrorKind::Overloaded | ErrorKind::Timeout => raise(py, "ServiceUnavailable", (cid, message)),
        _ => raise(py, "ZatoException", (cid, message)),
    }
}

/// The error for a required input element that did not come (conflict table).
pub(crate) fn element_missing(py: Python<'_>, profile: Profile, cid: &str, name: &str) -> PyErr {
    match profile {
        Profile::V2_0 | Profile::V3_0 | Profile::V3_1 => {
            raise(py, "ParsingException", (cid, format!("Missing input element: `{name}`")))
        }
        Profile::V3_2 => raise(py, "ElementMissing", (name,)),
        Profile::V4_1 => {
            pyo3::exceptions::PyValueError::new_err(format!("Missing required input element: {name}"))
        }
    }
}

/// The error for a required output element that was never set.
pub(crate) fn output_missing(py: Python<'_>, cid: &str, name: &str) -> PyErr {
    let message = format!("required output element `{name}` was not set on self.response.payload");
    raise(py, "ZatoException", (cid, message))
}

/// The error for a body that is not what the data format says; the text names the position in JSON.
pub(crate) fn malformed_body(py: Python<'_>, cid: &str, error: &PyErr) -> PyErr {
    let value = error.value(py);
    let is_json = value.hasattr(pyo3::intern!(py, "lineno")).unwrap_or(false);
    let message = if is_json {
        format!("the body is not valid JSON: {value}")
    } else {
        format!("the body is not valid: {value}")
    };
    raise(py, "BadRequest", (cid, message, true))
}

/// The error for input that a JSON Schema refuses (3.1, 3.2).
pub(crate) fn schema_violation(py: Python<'_>, cid: &str, message: String) -> PyErr {
    raise(py, "ValidationException", (cid, message))
}

/// Recursion that data led to is the fault of the data; other errors stay what they are.
pub(crate) fn too_deep_or(py: Python<'_>, cid: &str, error: PyErr) -> PyErr {
    if error.is_instance_of::<pyo3::exceptions::PyRecursionError>(py) {
        raise(py, "BadRequest", (cid, "the body is nested too deeply", true))
    } else {
        error
    }
}

/// Turns an exception of a service into a failure.
pub(crate) fn to_failure(py: Python<'_>, entry: &Entry, error: &PyErr) -> Failure {
    let value = error.value(py);
    let text = |name: &str| -> Option<String> {
        value
            .getattr_opt(name)
            .ok()
            .flatten()
            .filter(|item| !item.is_none())
            .and_then(|item| item.str().ok())
            .map(|item| item.to_string())
    };
    let kind = kind_of(py, error);
    let message = match kind {
        FailureKind::Exception => value.str().map(|text| text.to_string()).unwrap_or_default(),
        _ => text("msg").unwrap_or_else(|| value.str().map(|text| text.to_string()).unwrap_or_default()),
    };
    let arguments = value
        .getattr("args")
        .ok()
        .and_then(|arguments| arguments.cast_into::<PyTuple>().ok())
        .map(|arguments| arguments.iter().map(|argument| json::to_value(&argument)).collect())
        .unwrap_or_default();
    let traceback = Parts::get(py).map(|parts| parts.traceback(py, error)).ok();
    let needs_message =
        value.getattr_opt("needs_msg").ok().flatten().is_some_and(|flag| flag.is_truthy().unwrap_or(false));
    Failure {
        needs_message,
        challenge: text("challenge").filter(|challenge| !challenge.is_empty()),
        arguments,
        traceback,
        profile: entry.has_own_profile.then_some(entry.profile),
        ..Failure::new(kind, message)
    }
}

/// Classifies an exception; subclasses count as their base.
fn kind_of(py: Python<'_>, error: &PyErr) -> FailureKind {
    const KINDS: [(&str, FailureKind); 13] = [
        ("ModelValidationError", FailureKind::ElementMissing),
        ("ValidationException", FailureKind::SchemaViolation),
        ("BadRequest", FailureKind::BadRequest),
        ("Unauthorized", FailureKind::Unauthorized),
        ("Forbidden", FailureKind::Forbidden),
        ("NotFound", FailureKind::NotFound),
        ("MethodNotAllowed", FailureKind::MethodNotAllowed),
        ("Conflict", FailureKind::Conflict),
        ("TooManyRequests", FailureKind::TooManyRequests),
        ("ServiceUnavailable", FailureKind::ServiceUnavailable),
        ("InternalServerError", FailureKind::InternalServerError),
        ("Reportable", FailureKind::Reported(500)),
        ("Inactive", FailureKind::Inactive),
    ];
    let Ok(parts) = Parts::get(py) else { return FailureKind::Exception };
    let value = error.value(py);
    let exceptions = parts.exceptions.bind(py);
    let found = KINDS.iter().find(|(name, _)| {
        exceptions.getattr(*name).is_ok_and(|class| value.is_instance(&class).unwrap_or(false))
    });
    match found {
        Some((_, FailureKind::Reported(default))) => {
            FailureKind::Reported(own_status(value).unwrap_or(*default))
        }
        Some((_, kind)) => *kind,
        None => FailureKind::Exception,
    }
}

/// The status that an exception carries, if it is one of an error.
fn own_status(value: &Bound<'_, PyAny>) -> Option<u16> {
    let status: u16 = value.getattr(pyo3::intern!(value.py(), "status")).ok()?.extract().ok()?;
    (400..600).contains(&status).then_some(status)
}
