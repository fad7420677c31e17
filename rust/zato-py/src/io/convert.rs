//! Conversion of single values (reference service-api 5.4).

use pyo3::exceptions::{PyRecursionError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString};
use zato_core::Profile;

use super::plan::{Element, Kind};
use crate::python::Parts;
use crate::{errors, secrets};

/// Converts an input value to what its element promises.
///
/// # Errors
/// Raises `ValueError` or `TypeError` naming the element.
pub(crate) fn input<'py>(
    py: Python<'py>,
    element: &Element,
    value: Bound<'py, PyAny>,
    profile: Profile,
    cid: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let is_new = profile == Profile::V4_1;
    let converted = match element.kind {
        Kind::AsIs if profile == Profile::V3_2 => nested(py, value),
        Kind::AsIs => return Ok(value),
        Kind::ScalarText if is_scalar(&value) => value.str().map(Bound::into_any),
        Kind::ScalarText => return Ok(value),
        Kind::Secret if !value.is_truthy()? => return Ok(py.None().into_bound(py)),
        Kind::Secret => secrets::encrypt(py, &value),
        Kind::Text if is_new || value.is_instance_of::<PyString>() || value.is_none() => return Ok(value),
        Kind::Text if value.is_instance_of::<PyBytes>() => decoded(element, &value),
        Kind::Text => value.str().map(Bound::into_any),
        Kind::Integer if value.is_none() || value.is_exact_instance_of::<PyInt>() => return Ok(value),
        Kind::Integer if is_new && value.is_instance_of::<PyBool>() => return Ok(value),
        Kind::Integer if !is_new && !value.is_truthy()? => return falsy_integer(py, value, profile),
        Kind::Integer => integer(py, element, value, cid),
        Kind::Boolean => boolean(py, value, profile),
        Kind::Float if is_new => return Ok(value),
        Kind::Float if profile <= Profile::V3_1 => py.get_type::<PyFloat>().call1((value,)),
        Kind::Float if value.is_none() => return Ok(PyFloat::new(py, 0.0).into_any()),
        Kind::Float if !value.is_truthy()? => return Ok(value),
        Kind::Float => py.get_type::<PyFloat>().call1((value,)),
        Kind::Other if is_new => return Ok(value),
        Kind::Other => {
            Parts::get(py)?.convert_input.bind(py).call1((&element.tag, value, &element.description))
        }
    };
    converted.map_err(|error| refused(py, element, error, profile, cid))
}

/// Dictionaries are bunches at any depth (3.2, reference service-api 5.6).
fn nested<'py>(py: Python<'py>, value: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if value.is_instance_of::<PyDict>() || value.is_instance_of::<PyList>() {
        Parts::get(py)?.bunchify.bind(py).call1((value,))
    } else {
        Ok(value)
    }
}

fn is_scalar(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>()
}

fn decoded<'py>(element: &Element, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    match element.description.bind(py).get_item(pyo3::intern!(py, "encoding"))? {
        Some(encoding) => value.call_method1(pyo3::intern!(py, "decode"), (encoding,)),
        None => value.call_method0(pyo3::intern!(py, "decode")),
    }
}

/// The JSON parser makes floats of integers beyond 64 bits, whose digits are lost; Python reads up to 4,300 digits.
fn integer<'py>(
    py: Python<'py>,
    element: &Element,
    value: Bound<'py, PyAny>,
    cid: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let is_inexact =
        value.cast::<PyFloat>().is_ok_and(|float| float.value().abs() >= 9_223_372_036_854_775_808.0);
    if is_inexact || value.cast::<PyString>().is_ok_and(|text| text.len().is_ok_and(|length| length > 4300)) {
        let message = format!("element `{}`: the integer has too many digits", element.text);
        return Err(errors::raise(py, "BadRequest", (cid, message, true)));
    }
    py.get_type::<PyInt>().call1((value,))
}

/// Errors of conversion: those of Python name the element, up to 3.1 they are `ParsingException`, and 400 for floats
/// in 3.0 and 3.1. What is meant for callers, and recursion that the data led to, stays what it is.
fn refused(py: Python<'_>, element: &Element, error: PyErr, profile: Profile, cid: &str) -> PyErr {
    let is_reportable = || {
        let class = Parts::get(py).and_then(|parts| parts.exceptions.bind(py).getattr("ZatoException"));
        class.is_ok_and(|class| error.value(py).is_instance(&class).unwrap_or(false))
    };
    if error.is_instance_of::<PyRecursionError>(py) || is_reportable() {
        return error;
    }
    if profile > Profile::V3_1 {
        return named(py, element, &error);
    }
    let message = format!("element `{}`: {}", element.text, error.value(py));
    if element.kind == Kind::Float && profile != Profile::V2_0 {
        errors::raise(py, "BadRequest", (cid, message, true))
    } else {
        errors::raise(py, "ParsingException", (cid, message))
    }
}

/// 2.0 makes falsy integers 0; later versions leave them as they are.
fn falsy_integer<'py>(
    py: Python<'py>,
    value: Bound<'py, PyAny>,
    profile: Profile,
) -> PyResult<Bound<'py, PyAny>> {
    if profile == Profile::V2_0 { Ok(PyInt::new(py, 0_i32).into_any()) } else { Ok(value) }
}

fn boolean<'py>(py: Python<'py>, value: Bound<'py, PyAny>, profile: Profile) -> PyResult<Bound<'py, PyAny>> {
    let Ok(text) = value.cast::<PyString>() else {
        if profile == Profile::V4_1 && value.is_none() {
            return Ok(value);
        }
        return Ok(PyBool::new(py, value.is_truthy()?).to_owned().into_any());
    };
    let lower = text.to_str()?.trim().to_ascii_lowercase();
    let parsed = if profile == Profile::V4_1 {
        matches!(lower.as_str(), "true" | "1" | "yes")
    } else {
        match lower.as_str() {
            "true" | "yes" | "on" | "y" | "t" | "1" => true,
            "false" | "no" | "off" | "n" | "f" | "0" | "" => false,
            other => return Err(PyValueError::new_err(format!("`{other}` is neither true nor false"))),
        }
    };
    Ok(PyBool::new(py, parsed).to_owned().into_any())
}

/// Converts an output value for the wire.
///
/// # Errors
/// Raises `ValueError` or `TypeError` naming the element.
pub(crate) fn output<'py>(
    py: Python<'py>,
    element: &Element,
    value: Bound<'py, PyAny>,
    profile: Profile,
) -> PyResult<Bound<'py, PyAny>> {
    if profile == Profile::V4_1 {
        return Ok(value);
    }
    let converted = match element.kind {
        Kind::AsIs | Kind::ScalarText => return Ok(value),
        Kind::Text | Kind::Secret if value.is_instance_of::<PyString>() || value.is_none() => {
            return Ok(value);
        }
        Kind::Text | Kind::Secret => match value.cast::<pyo3::types::PyBytes>() {
            Ok(bytes) => Ok(PyString::new(py, &String::from_utf8_lossy(bytes.as_bytes())).into_any()),
            Err(_) => value.str().map(Bound::into_any),
        },
        Kind::Integer if value.is_none() || value.is_exact_instance_of::<PyInt>() => return Ok(value),
        Kind::Integer if !value.is_truthy()? => return Ok(value),
        Kind::Integer => py.get_type::<PyInt>().call1((value,)),
        Kind::Boolean => boolean(py, value, profile),
        Kind::Float if value.is_none() || value.is_exact_instance_of::<PyFloat>() => return Ok(value),
        Kind::Float if !value.is_truthy()? => return Ok(value),
        Kind::Float => py.get_type::<PyFloat>().call1((value,)),
        Kind::Other => {
            Parts::get(py)?.convert_output.bind(py).call1((&element.tag, value, &element.description))
        }
    };
    converted.map_err(|error| named(py, element, &error))
}

/// Says which element the value was for; the class of the error stays.
fn named(py: Python<'_>, element: &Element, error: &PyErr) -> PyErr {
    let message = format!("element `{}`: {}", element.text, error.value(py));
    PyErr::from_type(error.get_type(py), (message.clone(),)).pipe_if_failed(py, message)
}

/// Exceptions whose constructor takes something else than one message fall back to `ValueError`.
trait FallBack {
    fn pipe_if_failed(self, py: Python<'_>, message: String) -> Self;
}

impl FallBack for PyErr {
    fn pipe_if_failed(self, py: Python<'_>, message: String) -> Self {
        let is_message = self.value(py).str().is_ok_and(|text| text.to_string_lossy().contains(&message));
        if is_message { self } else { PyValueError::new_err(message) }
    }
}
