//! JSON between bytes and Python objects. orjson does it: above some 200 bytes it is faster than a walker of our
//! own (design, decision table), and its errors name the position.

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::python::Parts;

/// Parses JSON.
///
/// # Errors
/// Raises `json.JSONDecodeError`, whose message names line and column.
pub(crate) fn loads<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    Parts::get(py)?.loads.bind(py).call1((PyBytes::new(py, text),))
}

/// Writes JSON: compact, or indented the way 4.1 does.
///
/// # Errors
/// Raises `TypeError` for objects that have no JSON form.
pub(crate) fn dumps(value: &Bound<'_, PyAny>, is_pretty: bool) -> PyResult<Bytes> {
    let py = value.py();
    let parts = Parts::get(py)?;
    let options = if is_pretty { &parts.pretty_dump_options } else { &parts.dump_options };
    match parts.dumps.bind(py).call1((value, &parts.dump_fallback, options)) {
        Ok(bytes) if is_pretty => Ok(indented_by_four(bytes.cast::<PyBytes>()?.as_bytes()).into()),
        Ok(bytes) => Ok(Bytes::copy_from_slice(bytes.cast::<PyBytes>()?.as_bytes())),
        // What the fast writer has no way to write is left to the slow one.
        Err(error) if is_limit(py, &error) => {
            let bytes = parts.dump_slowly.bind(py).call1((value, is_pretty))?;
            Ok(Bytes::copy_from_slice(bytes.cast::<PyBytes>()?.as_bytes()))
        }
        Err(error) => Err(error),
    }
}

/// Doubles the indentation of JSON, as the writer has no other than two. Line breaks are never inside of values.
fn indented_by_four(text: &[u8]) -> Vec<u8> {
    let mut wide = Vec::with_capacity(text.len() + text.len() / 4);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let spaces = line.iter().take_while(|byte| **byte == b' ').count();
        wide.resize(wide.len() + spaces, b' ');
        wide.extend_from_slice(line);
    }
    wide
}

/// Whether orjson met one of its limits.
fn is_limit(py: Python<'_>, error: &PyErr) -> bool {
    let text = error.value(py).to_string();
    text.contains("64-bit range") || text.contains("Recursion limit")
}

/// Turns a Python object into a JSON value for error reports; what has no JSON form becomes its text.
pub(crate) fn to_value(value: &Bound<'_, PyAny>) -> serde_json::Value {
    dumps(value, false).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_else(|| {
        serde_json::Value::String(value.str().map(|text| text.to_string()).unwrap_or_default())
    })
}

/// Puts every pair of `from` into `into`.
pub(crate) fn merge(into: &Bound<'_, PyDict>, from: &Bound<'_, PyDict>) -> PyResult<()> {
    into.update(from.as_mapping())
}
