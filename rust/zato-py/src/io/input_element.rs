//! A declared name as an attribute of `self.request.input`.

use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// Descriptor that looks its name up in the dictionary it is asked of. Without it each `input.name` would fail as
/// an ordinary attribute first, which makes an exception, and then run `__getattr__`.
#[pyclass(module = "zato._core", frozen)]
pub(crate) struct InputElement {
    name: Py<PyString>,
}

#[pymethods]
impl InputElement {
    #[new]
    fn new(name: Py<PyString>) -> Self {
        Self { name }
    }

    /// An element that was removed is an `AttributeError`, after which Python asks `__getattr__`.
    fn __get__<'py>(
        slf: &Bound<'py, Self>,
        instance: &Bound<'py, PyAny>,
        _owner: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Ok(values) = instance.cast::<PyDict>() else { return Ok(slf.clone().into_any()) };
        let name = slf.get().name.bind(slf.py());
        values.get_item(name)?.ok_or_else(|| PyAttributeError::new_err(name.clone().unbind()))
    }
}
