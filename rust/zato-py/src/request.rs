//! `self.request`: views over bytes that stay Rust's until Python asks.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString};
use zato_core::Profile;
use zato_core::invocation::{DataFormat, ParamsPriority};

use crate::call::Call;
use crate::http_request::HttpRequestData;
use crate::python::Parts;
use crate::{json, params};

/// What a service was given (reference service-api 3.2).
#[pyclass(module = "zato._core", name = "Request", frozen)]
pub(crate) struct Request {
    call: Arc<Call>,
    raw: PyOnceLock<Py<PyAny>>,
    payload: Mutex<Option<Py<PyAny>>>,
    input: Mutex<Option<Py<PyAny>>>,
    channel_params: PyOnceLock<Py<PyDict>>,
    http: PyOnceLock<Py<HttpRequestData>>,
}

impl Request {
    pub(crate) fn new(call: Arc<Call>) -> Self {
        Self {
            call,
            raw: PyOnceLock::new(),
            payload: Mutex::new(None),
            input: Mutex::new(None),
            channel_params: PyOnceLock::new(),
            http: PyOnceLock::new(),
        }
    }

    fn kept(py: Python<'_>, slot: &Mutex<Option<Py<PyAny>>>) -> Option<Py<PyAny>> {
        slot.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|value| value.clone_ref(py))
    }

    fn keep(slot: &Mutex<Option<Py<PyAny>>>, value: Py<PyAny>) {
        let previous = slot.lock().unwrap_or_else(PoisonError::into_inner).replace(value);
        drop(previous);
    }

    /// Sets what SimpleIO made of the request.
    pub(crate) fn set_parsed_input(&self, input: Py<PyAny>) {
        Self::keep(&self.input, input);
    }

    /// Whether the channel prefers the body to parameters of the URL.
    pub(crate) fn body_wins(&self) -> bool {
        self.call.channel.params_priority == ParamsPriority::MessageOverChannelParams
    }

    /// Parses the body by the channel's data format.
    ///
    /// # Errors
    /// Raises `json.JSONDecodeError` for a body that is not JSON on a JSON channel, `BadRequest` for one that is not
    /// XML on an XML channel.
    pub(crate) fn parse<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(given) = &self.call.given {
            let payload = given.payload.bind(py);
            let is_text = payload.is_instance_of::<PyString>() || payload.is_instance_of::<PyBytes>();
            if given.data_format == "json" && is_text {
                if payload.len()? == 0 {
                    return Ok(PyString::intern(py, "").into_any());
                }
                return Parts::get(py)?.loads.bind(py).call1((payload,));
            }
            if is_text && self.call.has_format(DataFormat::Xml) {
                return Parts::get(py)?.parse_xml.bind(py).call1((payload,));
            }
            return Ok(payload.clone());
        }
        let is_empty = self.call.body.is_empty();
        match self.call.channel.data_format {
            DataFormat::Json if is_empty => Ok(PyString::intern(py, "").into_any()),
            DataFormat::Json => json::loads(py, &self.call.body),
            DataFormat::Form if self.content_type().starts_with("multipart/form-data") => {
                let body = PyBytes::new(py, &self.call.body);
                Parts::get(py)?.parse_multipart.bind(py).call1((self.content_type(), body))
            }
            DataFormat::Form if self.is_form() => {
                Ok(last_wins(&params::form(py, &self.call.body)?)?.into_any())
            }
            DataFormat::Xml => Parts::get(py)?.parse_xml.bind(py).call1((PyBytes::new(py, &self.call.body),)),
            DataFormat::None | DataFormat::Form | DataFormat::Csv | DataFormat::Dict => {
                Ok(self.raw_request(py)?.into_bound(py))
            }
        }
    }

    /// Returns the parameters that declared input is looked up in, which must not be changed. Most requests to
    /// services with declared input have none, and need no object for services to see them in.
    pub(crate) fn declared_params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let is_without = self.call.given.is_none()
            && self
                .call
                .http
                .as_deref()
                .is_none_or(|http| http.path_params.is_empty() && http.uri.query().is_none());
        if is_without && self.channel_params.get(py).is_none() {
            return Ok(PyDict::new(py));
        }
        Ok(self.channel_params(py)?.into_bound(py))
    }

    fn is_form(&self) -> bool {
        self.content_type().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
    }

    fn content_type(&self) -> &str {
        let header = self.call.http.as_ref().and_then(|http| http.headers.get(http::header::CONTENT_TYPE));
        header.and_then(|value| value.to_str().ok()).unwrap_or_default().trim_start()
    }
}

/// A `form` channel gives services the last of repeated values (reference service-api 7).
fn last_wins<'py>(form: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyDict>> {
    let plain = PyDict::new(form.py());
    for (name, value) in form {
        match value.cast::<pyo3::types::PyList>() {
            Ok(list) => plain.set_item(name, list.get_item(list.len().saturating_sub(1))?)?,
            Err(_) => plain.set_item(name, value)?,
        }
    }
    Ok(plain)
}

#[pymethods]
impl Request {
    /// Exactly what came in: bytes over HTTP, the object itself from another service.
    #[getter]
    pub(crate) fn raw_request(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if let Some(given) = &self.call.given {
            return Ok(given.payload.clone_ref(py));
        }
        let raw = self.raw.get_or_init(py, || PyBytes::new(py, &self.call.body).into_any().unbind());
        Ok(raw.clone_ref(py))
    }

    #[getter]
    fn raw(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.raw_request(py)
    }

    #[getter]
    fn text(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.raw_request(py)
    }

    /// The parsed body. A body that is not JSON on a JSON channel arrives as its bytes, as in 3.2 and 4.1.
    #[getter]
    pub(crate) fn payload(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if let Some(payload) = Self::kept(py, &self.payload) {
            return Ok(payload);
        }
        let payload = match self.parse(py) {
            Ok(payload) => payload.unbind(),
            Err(error) if error.is_instance_of::<pyo3::exceptions::PyValueError>(py) => {
                self.raw_request(py)?
            }
            Err(error) => return Err(error),
        };
        Self::keep(&self.payload, payload.clone_ref(py));
        Ok(payload)
    }

    #[setter]
    pub(crate) fn set_payload(&self, value: Py<PyAny>) {
        Self::keep(&self.payload, value);
    }

    /// Declared input, or what the profile gives services without a declaration (conflict table).
    #[getter]
    pub(crate) fn input(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if let Some(input) = Self::kept(py, &self.input) {
            return Ok(input);
        }
        let parts = Parts::get(py)?;
        let input = match self.call.entry.profile {
            Profile::V2_0 => parts.new_bunch(py)?.into_any().unbind(),
            Profile::V3_0 | Profile::V3_1 => PyDict::new(py).into_any().unbind(),
            Profile::V3_2 => py.None(),
            Profile::V4_1 => {
                let payload = self.payload(py)?.into_bound(py);
                let channel_params = self.channel_params(py)?.into_bound(py);
                match payload.cast::<PyDict>() {
                    Ok(body) => {
                        let input = parts.new_service_input(py)?;
                        json::merge(&input, body)?;
                        json::merge(&input, &channel_params)?;
                        input.into_any().unbind()
                    }
                    Err(_) if !channel_params.is_empty() && !payload.is_truthy()? => {
                        let input = parts.new_service_input(py)?;
                        json::merge(&input, &channel_params)?;
                        input.into_any().unbind()
                    }
                    Err(_) => payload.unbind(),
                }
            }
        };
        Self::keep(&self.input, input.clone_ref(py));
        Ok(input)
    }

    #[setter]
    fn set_input(&self, value: Py<PyAny>) {
        Self::keep(&self.input, value);
    }

    /// Query string and path parameters, merged.
    #[getter]
    pub(crate) fn channel_params(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        let params = self.channel_params.get_or_try_init(py, || -> PyResult<Py<PyDict>> {
            if let Some(given) = self.call.given.as_ref().and_then(|given| given.channel_params.as_ref()) {
                return Ok(given.clone_ref(py));
            }
            match self.call.http.as_deref().filter(|_| self.call.channel.merges_url_params) {
                Some(http) => Ok(params::merged(py, http, self.call.channel.url_params_priority)?.unbind()),
                None => Ok(Parts::get(py)?.new_bunch(py)?.unbind()),
            }
        })?;
        Ok(params.clone_ref(py))
    }

    #[getter]
    fn merge_channel_params(&self) -> bool {
        self.call.channel.merges_url_params
    }

    #[getter]
    fn cid(&self) -> String {
        self.call.cid_text()
    }

    #[getter]
    fn data_format(&self) -> &str {
        self.call.data_format()
    }

    #[getter]
    fn transport(&self) -> &str {
        self.call.transport()
    }

    #[getter]
    pub(crate) fn http(&self, py: Python<'_>) -> PyResult<Py<HttpRequestData>> {
        let http = self.http.get_or_try_init(py, || Py::new(py, HttpRequestData::new(self.call.clone())))?;
        Ok(http.clone_ref(py))
    }

    /// What is there for services of single versions, or for kinds of channels that are not there.
    fn __getattr__(&self, py: Python<'_>, name: &str) -> PyResult<Py<PyAny>> {
        let facts = PyDict::new(py);
        facts.set_item("service", self.call.entry.class.bind(py))?;
        facts.set_item("body_wins", self.body_wins())?;
        let find = py.import("zato.server.service._request_parts")?.getattr("find_request_part")?;
        Ok(find.call1((name, facts))?.unbind())
    }

    /// A Bunch of the raw request: a copy of a dictionary, or parsed JSON.
    fn bunchified(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let parts = Parts::get(py)?;
        let raw = self.raw_request(py)?.into_bound(py);
        let value = if raw.is_instance_of::<PyDict>() {
            parts.deep_copy.bind(py).call1((raw,))?
        } else if raw.is_instance_of::<PyBytes>() || raw.is_instance_of::<PyString>() {
            if raw.len()? == 0 { PyDict::new(py).into_any() } else { parts.loads.bind(py).call1((raw,))? }
        } else {
            raw
        };
        Ok(parts.bunchify.bind(py).call1((value,))?.unbind())
    }

    fn to_bunch(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.bunchified(py)
    }

    /// A deep copy of the payload.
    fn deepcopy(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(Parts::get(py)?.deep_copy.bind(py).call1((self.payload(py)?,))?.unbind())
    }
}
