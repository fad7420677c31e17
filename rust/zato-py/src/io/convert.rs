//! Conversion of single values (reference service-api 5.4).

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};
use zato_core::Profile;

use super::plan::{Element, Kind};
use crate::python::Parts;

/// Converts an input value to what its element promises.
///
/// # Errors
/// Raises `ValueError` or `TypeError` naming the element.
pub(crate) fn input<'py>(
    py: Python<'py>,
    element: &Element,
    value: Bound<'py, PyAny>,
    profile: Profile,
) -> PyResult<Bound<'py, PyAny>> {
    let is_new = profile == Profile::V4_1;
    let converted = match element.kind {
        Kind::AsIs => return Ok(value),
        Kind::Text if is_new || value.is_instance_of::<PyString>() || value.is_none() => return Ok(value),
        Kind::Text => value.str().map(Bound::into_any),
        Kind::Integer if value.is_none() || value.is_exact_instance_of::<PyInt>() => return Ok(value),
        Kind::Integer if !is_new && !value.is_truthy()? => return falsy_integer(py, value, profile),
        Kind::Integer => py.get_type::<PyInt>().call1((value,)),
        Kind::Boolean => boolean(py, value, profile),
        Kind::Float if is_new => return Ok(value),
        Kind::Float if value.is_none() => return Ok(PyFloat::new(py, 0.0).into_any()),
        Kind::Float if !value.is_truthy()? => return Ok(value),
        Kind::Float => py.get_type::<PyFloat>().call1((value,)),
        Kind::Other if is_new => return Ok(value),
        Kind::Other => {
            Parts::get(py)?.convert_input.bind(py).call1((&element.tag, value, &element.description))
        }
    };
    converted.map_err(|error| named(py, element, &error))
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
        Kind::AsIs => return Ok(value),
        Kind::Text if value.is_instance_of::<PyString>() || value.is_none() => return Ok(value),
        Kind::Text => match value.cast::<pyo3::types::PyBytes>() {
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
