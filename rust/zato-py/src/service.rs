//! The native base of every service. A Rust base makes instances several times cheaper than attributes set one
//! by one (execution model, section 6); everything it offers is built at the first touch.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use zato_core::Profile;

use crate::call::Call;
use crate::channel::Channel;
use crate::history::{History, milliseconds};
use crate::request::Request;
use crate::response::Response;
use crate::{invoke, wsgi};

/// Native base class; users derive from `zato.server.service.Service`, which derives from this.
#[pyclass(module = "zato._core", subclass, frozen)]
pub(crate) struct Service {
    call: OnceLock<Arc<Call>>,
    request: PyOnceLock<Py<Request>>,
    response: PyOnceLock<Py<Response>>,
    channel: PyOnceLock<Py<Channel>>,
    wsgi_environ: PyOnceLock<Py<PyAny>>,
    environ: Mutex<Option<Py<PyAny>>>,
    history: OnceLock<Box<History>>,
}

impl Service {
    /// Ties a new instance to the call it is made for.
    pub(crate) fn bind(&self, call: Arc<Call>) {
        drop(self.call.set(call));
    }

    /// Returns the call.
    ///
    /// # Errors
    /// Raises `AttributeError` on instances made by hand, which belong to no call.
    pub(crate) fn call(&self) -> PyResult<&Arc<Call>> {
        self.call.get().ok_or_else(|| {
            PyAttributeError::new_err(
                "this service instance belongs to no invocation; use self.invoke or self.new_instance to run services",
            )
        })
    }

    /// Takes note of what is counted when the invocation begins (2.0-3.1).
    pub(crate) fn begin_history(&self, history: History) {
        // An instance is run once.
        drop(self.history.set(Box::new(history)));
    }

    /// Returns what the invocation knows of itself (2.0-3.1).
    pub(crate) fn history(&self) -> Option<&History> {
        self.history.get().map(|history| &**history)
    }

    /// Returns when `handle` and its hooks were done.
    ///
    /// # Errors
    /// Raises `AttributeError` before that, and in profiles from 3.2 on, as these versions do.
    fn returned_at(&self, name: &str) -> PyResult<Timestamp> {
        let returned = self.history().and_then(|history| history.returned.get());
        returned.copied().ok_or_else(|| {
            PyAttributeError::new_err(format!(
                "{name} is there in finalize_handle, in services of compat profiles 2.0-3.1"
            ))
        })
    }

    /// Returns the request view.
    pub(crate) fn request_view(&self, py: Python<'_>) -> PyResult<&Py<Request>> {
        self.request.get_or_try_init(py, || Py::new(py, Request::new(self.call()?.clone())))
    }

    /// Returns the response, if the service touched it.
    pub(crate) fn touched_response(&self, py: Python<'_>) -> Option<&Py<Response>> {
        self.response.get(py)
    }

    /// Returns the response.
    pub(crate) fn response_view(&self, py: Python<'_>) -> PyResult<&Py<Response>> {
        self.response.get_or_try_init(py, || Py::new(py, Response::new(py, self.call()?.clone())))
    }
}

#[pymethods]
impl Service {
    #[new]
    #[pyo3(signature = (*_arguments, **_options))]
    fn new(_arguments: &Bound<'_, PyTuple>, _options: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            call: OnceLock::new(),
            request: PyOnceLock::new(),
            response: PyOnceLock::new(),
            channel: PyOnceLock::new(),
            wsgi_environ: PyOnceLock::new(),
            environ: Mutex::new(None),
            history: OnceLock::new(),
        }
    }

    #[pyo3(signature = (*_arguments, **_options))]
    fn __init__(&self, _arguments: &Bound<'_, PyTuple>, _options: Option<&Bound<'_, PyDict>>) {}

    /// `Service[Model]` is the class itself: what is in the brackets tells type checkers what the input is.
    #[classmethod]
    fn __class_getitem__(cls: &Bound<'_, PyType>, _input: &Bound<'_, PyAny>) -> Py<PyType> {
        cls.clone().unbind()
    }

    #[getter]
    fn cid(&self) -> PyResult<String> {
        Ok(self.call()?.cid_text())
    }

    #[getter]
    fn name(&self) -> PyResult<&str> {
        Ok(&self.call()?.entry.info.name)
    }

    #[getter]
    fn impl_name(&self) -> PyResult<&str> {
        Ok(&self.call()?.entry.info.impl_name)
    }

    #[getter]
    fn request(&self, py: Python<'_>) -> PyResult<Py<Request>> {
        Ok(self.request_view(py)?.clone_ref(py))
    }

    #[getter]
    fn response(&self, py: Python<'_>) -> PyResult<Py<Response>> {
        Ok(self.response_view(py)?.clone_ref(py))
    }

    /// Where the call came from, or what the calling service passed as `channel_info`.
    #[getter]
    fn channel(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let call = self.call()?;
        if let Some(given) = call.given.as_ref().and_then(|given| given.channel.as_ref()) {
            return Ok(given.clone_ref(py));
        }
        let channel = self.channel.get_or_try_init(py, || {
            Py::new(
                py,
                Channel::new(call.channel.clone(), call.security.clone(), call.data_format().to_owned()),
            )
        })?;
        Ok(channel.clone_ref(py).into_any())
    }

    #[getter]
    fn chan(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.channel(py)
    }

    #[getter]
    fn data_format(&self) -> PyResult<&str> {
        Ok(self.call()?.data_format())
    }

    #[getter]
    fn transport(&self) -> PyResult<&str> {
        Ok(self.call()?.transport())
    }

    /// Data that travels with the invocation; the server itself does not read it.
    #[getter]
    fn environ(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let call = self.call()?;
        let mut slot = self.environ.lock().unwrap_or_else(PoisonError::into_inner);
        let value = match slot.take() {
            Some(value) => value,
            None => match call.given.as_ref().and_then(|given| given.environ.as_ref()) {
                Some(given) => given.clone_ref(py),
                None => PyDict::new(py).into_any().unbind(),
            },
        };
        *slot = Some(value.clone_ref(py));
        Ok(value)
    }

    #[setter]
    fn set_environ(&self, value: Py<PyAny>) {
        let previous = self.environ.lock().unwrap_or_else(PoisonError::into_inner).replace(value);
        drop(previous);
    }

    #[getter]
    fn wsgi_environ(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let environ = self.wsgi_environ.get_or_try_init(py, || -> PyResult<Py<PyAny>> {
            let call = self.call()?;
            if let Some(given) = call.given.as_ref().and_then(|given| given.wsgi_environ.as_ref()) {
                return Ok(given.clone_ref(py));
            }
            let headers = self.response_view(py)?.borrow_mut(py).get_headers(py)?;
            Ok(wsgi::environ(py, call, self.request_view(py)?, &headers)?.into_any().unbind())
        })?;
        Ok(environ.clone_ref(py))
    }

    /// Type of the job that invoked the service; without one empty, or `None` in 2.0 and 3.0.
    #[getter]
    fn job_type(&self) -> PyResult<Option<&str>> {
        let call = self.call()?;
        let job_type = call.job_type();
        Ok(if job_type.is_empty() && call.entry.profile <= Profile::V3_0 { None } else { Some(job_type) })
    }

    /// Correlation ID of the asynchronous call that this one answers; `wsgi_environ` may say so as well.
    #[getter]
    fn in_reply_to<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(given) = self.call()?.given.as_ref() else { return Ok(None) };
        if let Some(cid) = &given.in_reply_to {
            return Ok(Some(PyString::new(py, cid).into_any()));
        }
        let environ = given.wsgi_environ.as_ref().and_then(|environ| environ.bind(py).cast::<PyDict>().ok());
        environ
            .map_or(Ok(None), |environ| environ.get_item(pyo3::intern!(py, "zato.request_ctx.in_reply_to")))
    }

    /// When the invocation began: UTC, without a time zone, as in 2.0-3.2.
    #[getter]
    fn invocation_time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        utc_time(py, self.call()?.begun_at())
    }

    /// How often the service was invoked in this worker, this invocation included (2.0-3.1); otherwise 0.
    #[getter]
    fn usage(&self) -> u64 {
        self.history().map_or(0, |history| history.usage)
    }

    /// When `handle` and its hooks were done: UTC, without a time zone (2.0-3.1).
    #[getter]
    fn handle_return_time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        utc_time(py, self.returned_at("handle_return_time")?)
    }

    /// How long the invocation took, as a `timedelta` (2.0-3.1).
    #[getter]
    fn processing_time_raw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let returned = self.returned_at("processing_time_raw")?;
        let options = PyDict::new(py);
        let microseconds = returned.duration_since(self.call()?.begun_at()).as_micros();
        options.set_item("microseconds", i64::try_from(microseconds).unwrap_or(i64::MAX))?;
        py.import(pyo3::intern!(py, "datetime"))?.call_method(
            pyo3::intern!(py, "timedelta"),
            (),
            Some(&options),
        )
    }

    /// How long the invocation took, in milliseconds; 0 for up to one (2.0-3.1).
    #[getter]
    fn processing_time(&self) -> PyResult<i64> {
        let returned = self.returned_at("processing_time")?;
        Ok(milliseconds(returned.duration_since(self.call()?.begun_at())))
    }

    /// Runs another service on this thread and returns what it produced (reference service-api 4.1, 4.2).
    #[pyo3(signature = (*arguments, **options))]
    fn invoke(
        slf: &Bound<'_, Self>,
        arguments: &Bound<'_, PyTuple>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        invoke::invoke(slf, arguments, options)
    }

    /// Runs another service later, on any thread, and returns the CID it will run with.
    #[pyo3(signature = (*arguments, **options))]
    fn invoke_async(
        slf: &Bound<'_, Self>,
        arguments: &Bound<'_, PyTuple>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<String> {
        invoke::invoke_async(slf, arguments, options)
    }

    /// Like `invoke`, by implementation name (`module.Class`).
    #[pyo3(signature = (impl_name, *arguments, **options))]
    fn invoke_by_impl_name(
        slf: &Bound<'_, Self>,
        impl_name: &str,
        arguments: &Bound<'_, PyTuple>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        invoke_named(slf, &invoke::name_of_implementation(impl_name)?, arguments, options)
    }

    /// Like `invoke`, by identifier of the service (reference service-api 4.3).
    #[pyo3(signature = (service_id, *arguments, **options))]
    fn invoke_by_id(
        slf: &Bound<'_, Self>,
        service_id: &Bound<'_, PyAny>,
        arguments: &Bound<'_, PyTuple>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        invoke_named(slf, &invoke::name_of_id(service_id)?, arguments, options)
    }

    /// Like `invoke_async`, for patterns: `on_end` is called with the response and the exception, one of which is
    /// `None`, once the call is over. With `is_certain` a call that the queue refuses is run at once, on this thread.
    #[pyo3(signature = (on_end, is_certain, *arguments, **options))]
    fn _zato_start(
        slf: &Bound<'_, Self>,
        on_end: Option<Py<PyAny>>,
        is_certain: bool,
        arguments: &Bound<'_, PyTuple>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<String> {
        invoke::start(slf, on_end, is_certain, arguments, options)
    }

    /// Makes an instance of another service that shares this one's request, without running it.
    #[pyo3(signature = (service_name, *_arguments, **_options))]
    fn new_instance(
        slf: &Bound<'_, Self>,
        service_name: &Bound<'_, PyAny>,
        _arguments: &Bound<'_, PyTuple>,
        _options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        invoke::new_instance(slf, service_name)
    }
}

/// A time in UTC, without a time zone.
fn utc_time(py: Python<'_>, at: Timestamp) -> PyResult<Bound<'_, PyAny>> {
    let parts = crate::python::Parts::get(py)?;
    let seconds = at.as_second() as f64 + f64::from(at.subsec_nanosecond()) / 1e9;
    let class = py.import(pyo3::intern!(py, "datetime"))?.getattr(pyo3::intern!(py, "datetime"))?;
    let aware = class.call_method1(pyo3::intern!(py, "fromtimestamp"), (seconds, &parts.utc))?;
    let options = PyDict::new(py);
    options.set_item("tzinfo", py.None())?;
    aware.call_method("replace", (), Some(&options))
}

/// Invokes the service of a name with the arguments that came after something else that says which it is.
fn invoke_named(
    slf: &Bound<'_, Service>,
    name: &str,
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Py<PyAny>> {
    let mut all = vec![PyString::new(slf.py(), name).into_any()];
    all.extend(arguments.iter());
    invoke::invoke(slf, &PyTuple::new(slf.py(), all)?, options)
}
