//! Python objects that Rust needs all the time, looked up once.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyType};

/// Functions and classes of the Python half.
pub(crate) struct Parts {
    pub(crate) loads: Py<PyAny>,
    pub(crate) dumps: Py<PyAny>,
    pub(crate) dump_options: Py<PyAny>,
    pub(crate) pretty_dump_options: Py<PyAny>,
    pub(crate) dump_fallback: Py<PyAny>,
    pub(crate) dump_slowly: Py<PyAny>,
    pub(crate) bunch: Py<PyType>,
    pub(crate) bunchify: Py<PyAny>,
    pub(crate) service_input: Py<PyType>,
    pub(crate) input_class_for: Py<PyAny>,
    pub(crate) deep_copy: Py<PyAny>,
    pub(crate) convert_input: Py<PyAny>,
    pub(crate) convert_output: Py<PyAny>,
    pub(crate) format_exception: Py<PyAny>,
    pub(crate) utc: Py<PyAny>,
    pub(crate) parse_multipart: Py<PyAny>,
    pub(crate) parse_xml: Py<PyAny>,
    pub(crate) dump_xml: Py<PyAny>,
    pub(crate) message: Py<PyType>,
    pub(crate) exceptions: Py<PyModule>,
}

static PARTS: PyOnceLock<Parts> = PyOnceLock::new();

impl Parts {
    /// Returns the parts, importing them at the first call.
    pub(crate) fn get(py: Python<'_>) -> PyResult<&'static Self> {
        PARTS.get_or_try_init(py, || Self::import(py))
    }

    fn import(py: Python<'_>) -> PyResult<Self> {
        let orjson = py.import("orjson")?;
        let number = |name: &str| -> PyResult<i64> { orjson.getattr(name)?.extract() };
        // Dataclasses are left to the fallback, which knows models and fields that exist as defaults only.
        let options = number("OPT_NON_STR_KEYS")?
            | number("OPT_SERIALIZE_NUMPY")?
            | number("OPT_PASSTHROUGH_DATACLASS")?;
        let pretty = options | number("OPT_INDENT_2")?;
        let bunch = py.import("zato.bunch")?;
        let convert = py.import("zato.server.service._convert")?;
        let inputs = py.import("zato.server.service._input")?;
        let class = |module: &Bound<'_, PyModule>, name: &str| -> PyResult<Py<PyType>> {
            Ok(module.getattr(name)?.cast_into::<PyType>()?.unbind())
        };
        Ok(Self {
            loads: orjson.getattr("loads")?.unbind(),
            dumps: orjson.getattr("dumps")?.unbind(),
            dump_options: options.into_pyobject(py)?.into_any().unbind(),
            pretty_dump_options: pretty.into_pyobject(py)?.into_any().unbind(),
            dump_fallback: py.import("zato.common._json_fallback")?.getattr("dump_fallback")?.unbind(),
            dump_slowly: py.import("zato.common._json_fallback")?.getattr("dump_slowly")?.unbind(),
            bunch: class(&bunch, "Bunch")?,
            bunchify: bunch.getattr("bunchify")?.unbind(),
            service_input: class(&inputs, "ServiceInput")?,
            input_class_for: inputs.getattr("input_class_for")?.unbind(),
            deep_copy: py.import("copy")?.getattr("deepcopy")?.unbind(),
            convert_input: convert.getattr("convert_input")?.unbind(),
            convert_output: convert.getattr("convert_output")?.unbind(),
            format_exception: py.import("traceback")?.getattr("format_exception")?.unbind(),
            utc: py.import("datetime")?.getattr("timezone")?.getattr("utc")?.unbind(),
            parse_multipart: py.import("zato.server.service._form")?.getattr("parse_multipart")?.unbind(),
            parse_xml: py.import("zato.server.service._xml")?.getattr("parse")?.unbind(),
            dump_xml: py.import("zato.server.service._xml")?.getattr("dump")?.unbind(),
            message: class(&py.import("zato.server.service._message")?, "Message")?,
            exceptions: py.import("zato.common.exception")?.unbind(),
        })
    }

    /// Makes an empty `Bunch`.
    pub(crate) fn new_bunch<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(self.bunch.bind(py).call0()?.cast_into::<PyDict>()?)
    }

    /// Makes an empty `ServiceInput`.
    pub(crate) fn new_service_input<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(self.service_input.bind(py).call0()?.cast_into::<PyDict>()?)
    }

    /// Returns the traceback of an exception as text; nothing if the parts are not to be had.
    pub(crate) fn traceback_of(py: Python<'_>, error: &PyErr) -> String {
        Self::get(py).map(|parts| parts.traceback(py, error)).unwrap_or_default()
    }

    /// Returns the traceback of an exception as text.
    pub(crate) fn traceback(&self, py: Python<'_>, error: &PyErr) -> String {
        let text = || -> PyResult<String> {
            let parts = (error.get_type(py), error.value(py), error.traceback(py));
            let lines = self.format_exception.bind(py).call1(parts)?;
            PyString::new(py, "").call_method1("join", (lines,))?.extract()
        };
        text().unwrap_or_else(|_| error.to_string())
    }
}
