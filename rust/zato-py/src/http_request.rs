//! `self.request.http`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use zato_core::invocation::{DataFormat, HttpRequest};

use crate::call::Call;
use crate::params;
use crate::python::Parts;

/// The HTTP side of a request; everything is empty for calls that did not come over HTTP.
#[pyclass(module = "zato._core", name = "HTTPRequestData", frozen)]
pub(crate) struct HttpRequestData {
    call: Arc<Call>,
    query: PyOnceLock<Py<PyDict>>,
    form: PyOnceLock<Py<PyDict>>,
    path: PyOnceLock<Py<PyDict>>,
    headers: PyOnceLock<Py<PyDict>>,
}

impl HttpRequestData {
    pub(crate) fn new(call: Arc<Call>) -> Self {
        Self {
            call,
            query: PyOnceLock::new(),
            form: PyOnceLock::new(),
            path: PyOnceLock::new(),
            headers: PyOnceLock::new(),
        }
    }

    /// The request, where the channel lets URL parameters through.
    fn merging(&self) -> Option<&HttpRequest> {
        self.call.http.as_deref().filter(|_| self.call.channel.merges_url_params)
    }

    fn bunch<'py>(
        py: Python<'py>,
        cell: &PyOnceLock<Py<PyDict>>,
        make: impl FnOnce() -> PyResult<Bound<'py, PyDict>>,
    ) -> PyResult<Py<PyDict>> {
        cell.get_or_try_init(py, || make().map(Bound::unbind)).map(|dict| dict.clone_ref(py))
    }
}

#[pymethods]
impl HttpRequestData {
    #[getter]
    fn method(&self, py: Python<'_>) -> Option<String> {
        self.call.method(py)
    }

    #[getter]
    #[pyo3(name = "GET")]
    fn get_query(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        Self::bunch(py, &self.query, || match self.merging() {
            Some(http) => params::query(py, http),
            None => Parts::get(py)?.new_bunch(py),
        })
    }

    #[getter]
    #[pyo3(name = "POST")]
    fn get_form(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        Self::bunch(py, &self.form, || match self.merging() {
            Some(_) if self.call.channel.data_format == DataFormat::None => params::form(py, &self.call.body),
            _ => Parts::get(py)?.new_bunch(py),
        })
    }

    /// Path parameters.
    #[getter]
    fn path(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        Self::bunch(py, &self.path, || match self.merging() {
            Some(http) => params::path(py, http),
            None => Parts::get(py)?.new_bunch(py),
        })
    }

    /// Path parameters; 3.2 was observed to leave the query string out.
    #[getter]
    fn params(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        self.path(py)
    }

    #[getter]
    fn user_agent(&self) -> String {
        let header = self.call.http.as_ref().and_then(|http| http.headers.get(http::header::USER_AGENT));
        header.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
    }

    /// Headers under lower-case, dashed names; repeated ones are joined by commas (RFC 9110, 5.3).
    #[getter]
    fn headers(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        Self::bunch(py, &self.headers, || {
            let headers = Parts::get(py)?.new_bunch(py)?;
            for name in self.call.http.iter().flat_map(|http| http.headers.keys()) {
                let values = self.call.http.iter().flat_map(|http| http.headers.get_all(name));
                let texts: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
                headers.set_item(name.as_str(), texts.join(", "))?;
            }
            Ok(headers)
        })
    }

    /// The body as a URL-encoded form, whatever the channel's data format.
    fn get_form_data(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        Ok(params::form(py, &self.call.body)?.unbind())
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let facts = PyDict::new(py);
        facts.set_item("method", self.method(py))?;
        facts.set_item("GET", self.get_query(py)?)?;
        facts.set_item("POST", self.get_form(py)?)?;
        facts.set_item("path", self.path(py)?)?;
        facts.set_item("params", self.params(py)?)?;
        facts.set_item("headers", self.headers(py)?)?;
        facts.set_item("user_agent", self.user_agent())?;
        Ok(facts)
    }
}
