//! `self.response`.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyIterator, PyList, PyString, PyTuple,
};
use zato_core::Profile;

use crate::call::Call;
use crate::io::payload::Payload;
use crate::python::Parts;

/// What a service answers (reference service-api 3.3, 6.1).
#[pyclass(module = "zato._core")]
pub(crate) struct Response {
    call: Arc<Call>,
    payload: Option<Py<PyAny>>,
    /// Whether the payload is an empty model that was offered when the service read it.
    is_offered: bool,
    /// Status as the service gave it; checked when the response is made.
    #[pyo3(get, set)]
    status_code: Py<PyAny>,
    content_type: Option<String>,
    headers: Option<Py<PyAny>>,
    /// Accepted for old services; compression is the channel's choice.
    #[pyo3(get, set)]
    content_encoding: Option<String>,
    /// Used by the envelope of internal services.
    #[pyo3(get, set)]
    result: Option<String>,
    /// Used by the envelope of internal services.
    #[pyo3(get, set)]
    result_details: Option<String>,
    /// Accepted for old services.
    #[pyo3(get, set)]
    status_message: Option<String>,
}

impl Response {
    pub(crate) fn new(py: Python<'_>, call: Arc<Call>) -> Self {
        Self {
            call,
            payload: None,
            is_offered: false,
            status_code: default_status(py),
            content_type: None,
            headers: None,
            content_encoding: None,
            result: None,
            result_details: None,
            status_message: None,
        }
    }

    /// Returns what the service produced, without making anything; a model that was never filled is nothing.
    pub(crate) fn produced(&self, py: Python<'_>) -> PyResult<Option<&Py<PyAny>>> {
        let Some(payload) = &self.payload else { return Ok(None) };
        if self.is_offered
            && let Some(model) = self.output_model()
            && model.bind(py).call_method1(pyo3::intern!(py, "is_unfilled"), (payload,))?.is_truthy()?
        {
            return Ok(None);
        }
        Ok(Some(payload))
    }

    /// Sets the status without any of the rules for users.
    pub(crate) fn set_status(&mut self, py: Python<'_>, status: u16) -> PyResult<()> {
        self.status_code = status.into_pyobject(py)?.into_any().unbind();
        Ok(())
    }

    /// Returns the HTTP status.
    ///
    /// # Errors
    /// Raises `ValueError` for what is not a status known to HTTP (reference service-api 3.3), and for interim ones.
    pub(crate) fn status(&self, py: Python<'_>) -> PyResult<u16> {
        let given = self.status_code.bind(py);
        let number = if given.is_instance_of::<PyInt>() { given.extract::<u16>().ok() } else { None };
        number.filter(|status| is_known_status(*status)).ok_or_else(|| {
            let shown = given.repr().map(|text| text.to_string()).unwrap_or_default();
            let what = match number {
                Some(100..200) => "an interim status, which only the server itself may send",
                _ => "not an HTTP status",
            };
            PyValueError::new_err(format!(
                "self.response.status_code is {shown}, which is {what}; use an integer such as 200"
            ))
        })
    }

    /// Returns the content type set by the service.
    pub(crate) fn own_content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Returns headers set by the service, in their wire form.
    ///
    /// # Errors
    /// Raises `ValueError` for names or values that HTTP does not allow, naming the header.
    pub(crate) fn wire_headers(&self, py: Python<'_>) -> PyResult<Vec<(HeaderName, HeaderValue)>> {
        let mut wire = Vec::new();
        let Some(headers) = &self.headers else { return Ok(wire) };
        for pair in headers.bind(py).call_method0("items")?.try_iter()? {
            let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair?.extract()?;
            let name = match name.cast::<PyBytes>() {
                Ok(bytes) => String::from_utf8_lossy(bytes.as_bytes()).into_owned(),
                Err(_) => name.str()?.to_string(),
            };
            let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
                PyValueError::new_err(format!("`{name}` in self.response.headers is not a header name"))
            })?;
            let values = match value.cast::<PyList>() {
                Ok(list) => list.iter().collect(),
                Err(_) => vec![value],
            };
            for value in values {
                let text = match value.cast::<PyBytes>() {
                    Ok(bytes) => HeaderValue::from_bytes(bytes.as_bytes()),
                    Err(_) => HeaderValue::from_bytes(value.str()?.to_string().as_bytes()),
                };
                let text = text.map_err(|_| {
                    PyValueError::new_err(format!(
                        "the value of `{name}` in self.response.headers has line breaks or control characters"
                    ))
                })?;
                wire.push((parsed.clone(), text));
            }
        }
        Ok(wire)
    }

    /// Returns what is kept of a payload that a service assigns (reference service-api 4.2, 6.1).
    fn taken(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        // Generators and other iterators are streamed (4.1).
        if is_taken_as_it_is(value) || is_plain(value) || value.cast::<PyIterator>().is_ok() {
            return Ok(value.clone().unbind());
        }
        // Asked in this order: children of objectified elements look like attributes.
        if is_xml_element(value)? || is_row(value) {
            return Ok(value.clone().unbind());
        }
        if value.hasattr("to_zato")? {
            return Ok(value.call_method0("to_zato")?.unbind());
        }
        if value.hasattr("to_dict")? {
            // Services that call others get models by reference.
            let is_passed = slf.borrow().call.data_format() == "dict" && value.hasattr("zato_get_fields")?;
            return if is_passed {
                Ok(value.clone().unbind())
            } else {
                Ok(value.call_method0("to_dict")?.unbind())
            };
        }
        if value.hasattr("to_json")? {
            return Ok(value.call_method0("to_json")?.unbind());
        }
        if value.hasattr("__dataclass_fields__")? || value.hasattr("model_dump")? {
            return Ok(Parts::get(py)?.dump_fallback.bind(py).call1((value,))?.unbind());
        }
        let class = value.get_type();
        Err(PyException::new_err(format!("Cannot serialise value of type {class}")))
    }

    fn output_model(&self) -> Option<&Py<PyAny>> {
        self.call.entry.plan.as_ref()?.output_model.as_ref()
    }

    fn has_output(&self) -> bool {
        self.call.entry.plan.as_ref().is_some_and(|plan| plan.has_output)
    }
}

fn default_status(py: Python<'_>) -> Py<PyAny> {
    static DEFAULT: pyo3::sync::PyOnceLock<Py<PyAny>> = pyo3::sync::PyOnceLock::new();
    let status = DEFAULT.get_or_init(py, || PyInt::new(py, 200_i32).into_any().unbind());
    status.clone_ref(py)
}

/// The final ones of `http.client.responses` plus a few later ones.
fn is_known_status(status: u16) -> bool {
    (200..600).contains(&status)
        && (http::StatusCode::from_u16(status).is_ok_and(|code| code.canonical_reason().is_some())
            || matches!(status, 425 | 208 | 509 | 419))
}

#[pymethods]
impl Response {
    /// The payload: an object with declared names where output is declared, text otherwise.
    #[getter]
    fn get_payload(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        if let Some(payload) = &slf.borrow().payload {
            return Ok(payload.clone_ref(py));
        }
        let call = slf.borrow().call.clone();
        let payload =
            if let Some(model) = call.entry.plan.as_ref().and_then(|plan| plan.output_model.as_ref()) {
                slf.borrow_mut().is_offered = true;
                model.bind(py).call_method0(pyo3::intern!(py, "new"))?.unbind()
            } else if slf.borrow().has_output() {
                Py::new(py, Payload::new(py, call))?.into_any()
            } else if call.entry.profile == Profile::V4_1 {
                Parts::get(py)?.message.bind(py).call0()?.unbind()
            } else {
                PyString::intern(py, "").into_any().unbind()
            };
        slf.borrow_mut().payload = Some(payload.clone_ref(py));
        Ok(payload)
    }

    #[setter]
    fn set_payload(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let profile = slf.borrow().call.entry.profile;
        if value.is_none() {
            if profile <= Profile::V3_1 {
                return Err(PyException::new_err("None cannot be assigned to self.response.payload"));
            }
            return Ok(());
        }
        if slf.borrow().has_output() && !is_taken_as_it_is(value) && !is_xml_element(value)? {
            let payload = Self::get_payload(slf)?.into_bound(py);
            if let Ok(payload) = payload.cast::<Payload>() {
                return Payload::assign(payload, value);
            }
        }
        let taken = Self::taken(slf, value)?;
        let mut this = slf.borrow_mut();
        this.payload = Some(taken);
        this.is_offered = false;
        Ok(())
    }

    #[getter]
    fn get_content_type(&self) -> &str {
        self.content_type.as_deref().unwrap_or("text/plain")
    }

    #[setter]
    fn set_content_type(&mut self, value: String) {
        self.content_type = Some(value);
    }

    #[getter]
    fn content_type_changed(&self) -> bool {
        self.content_type.is_some()
    }

    #[getter]
    pub(crate) fn get_headers(&mut self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if let Some(headers) = &self.headers {
            return Ok(headers.clone_ref(py));
        }
        let headers = Parts::get(py)?.new_bunch(py)?.into_any().unbind();
        self.headers = Some(headers.clone_ref(py));
        Ok(headers)
    }

    #[setter]
    fn set_headers(&mut self, value: Py<PyAny>) {
        self.headers = Some(value);
    }

    #[getter]
    fn cid(&self) -> String {
        self.call.cid_text()
    }

    #[getter]
    fn data_format(&self) -> &str {
        self.call.data_format()
    }

    fn __len__(slf: &Bound<'_, Self>) -> PyResult<usize> {
        Self::get_payload(slf)?.bind(slf.py()).len()
    }
}

/// Text, bytes, lists and tuples are the response themselves, whatever was declared (reference service-api 5.7).
fn is_taken_as_it_is(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>()
        || value.is_instance_of::<PyList>()
        || (value.is_instance_of::<PyTuple>() && !is_named_tuple(value))
}

/// Whether a value is an element of lxml. Known by the module of its class, as lxml need not be there, and as asking
/// an objectified element for attributes finds its children.
pub(crate) fn is_xml_element(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let is_common = value.is_instance_of::<PyDict>()
        || value.is_instance_of::<PyString>()
        || value.is_instance_of::<Payload>()
        || value.is_instance_of::<PyList>();
    if is_common {
        return Ok(false);
    }
    let module = value.get_type().module()?;
    Ok(module.to_str()?.starts_with("lxml."))
}

/// Rows of databases and named tuples are written as dictionaries where no names are declared.
fn is_row(value: &Bound<'_, PyAny>) -> bool {
    value.hasattr("_asdict").unwrap_or(false)
}

/// Rows and other named tuples have names to take declared output from.
fn is_named_tuple(value: &Bound<'_, PyAny>) -> bool {
    value.hasattr("_fields").unwrap_or(false)
}

fn is_plain(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyDict>()
        || value.is_instance_of::<PyInt>()
        || value.is_instance_of::<PyFloat>()
        || value.is_instance_of::<PyBool>()
}
