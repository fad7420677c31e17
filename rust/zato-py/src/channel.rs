//! `self.channel` and `self.channel.security`.

use std::sync::Arc;

use pyo3::basic::CompareOp;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use zato_core::invocation::{ChannelInfo, SecurityInfo};

/// The channel a call came through. Equal to its type string, as 2.0 had it (reference service-api 3.1).
#[pyclass(module = "zato._core", name = "ChannelInfo", frozen)]
pub(crate) struct Channel {
    pub(crate) info: Arc<ChannelInfo>,
    pub(crate) security: Option<Arc<SecurityInfo>>,
    pub(crate) data_format: String,
}

#[pymethods]
impl Channel {
    #[getter]
    fn id(&self) -> i64 {
        self.info.id
    }

    #[getter]
    fn name(&self) -> &str {
        &self.info.name
    }

    #[getter]
    fn r#type(&self) -> &str {
        self.info.channel_type
    }

    #[getter]
    fn data_format(&self) -> &str {
        &self.data_format
    }

    #[getter]
    fn is_internal(&self) -> bool {
        self.info.is_internal
    }

    #[getter]
    fn match_target(&self) -> &str {
        &self.info.match_target
    }

    #[getter]
    fn security(&self) -> ChannelSecurity {
        ChannelSecurity { info: self.security.clone() }
    }

    #[getter]
    fn sec(&self) -> ChannelSecurity {
        self.security()
    }

    #[pyo3(name = "to_dict")]
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let facts = PyDict::new(py);
        facts.set_item("id", self.info.id)?;
        facts.set_item("name", &self.info.name)?;
        facts.set_item("type", self.info.channel_type)?;
        facts.set_item("data_format", &self.data_format)?;
        facts.set_item("is_internal", self.info.is_internal)?;
        facts.set_item("match_target", &self.info.match_target)?;
        facts.set_item("security", self.security().to_dict(py, false)?)?;
        Ok(facts)
    }

    fn __richcmp__(&self, other: &Bound<'_, PyAny>, operation: CompareOp) -> PyResult<bool> {
        let is_equal = match other.cast::<PyString>() {
            Ok(text) => text.to_str()? == self.info.channel_type,
            Err(_) => match other.cast::<Self>() {
                Ok(channel) => Arc::ptr_eq(&channel.get().info, &self.info),
                Err(_) => false,
            },
        };
        match operation {
            CompareOp::Eq => Ok(is_equal),
            CompareOp::Ne => Ok(!is_equal),
            _ => Err(pyo3::exceptions::PyTypeError::new_err("channels have no order")),
        }
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        PyString::new(py, self.info.channel_type).hash()
    }

    fn __str__(&self) -> &str {
        self.info.channel_type
    }

    fn __repr__(&self) -> String {
        format!("<ChannelInfo {} `{}`>", self.info.channel_type, self.info.name)
    }
}

/// Who called.
#[pyclass(module = "zato._core", name = "ChannelSecurityInfo", frozen)]
pub(crate) struct ChannelSecurity {
    info: Option<Arc<SecurityInfo>>,
}

#[pymethods]
impl ChannelSecurity {
    #[getter]
    fn id(&self) -> Option<i64> {
        self.info.as_ref().map(|info| info.id)
    }

    #[getter]
    fn name(&self) -> Option<&str> {
        self.info.as_ref().map(|info| info.name.as_str())
    }

    #[getter]
    fn r#type(&self) -> Option<&str> {
        self.info.as_ref().map(|info| info.security_type)
    }

    #[getter]
    fn username(&self) -> Option<&str> {
        self.info.as_ref().map(|info| info.username.as_str())
    }

    /// The definition's implementation object; there is none to see here.
    #[getter]
    fn r#impl(&self) -> Option<Py<PyAny>> {
        None
    }

    #[pyo3(signature = (needs_impl = false))]
    fn to_dict<'py>(&self, py: Python<'py>, needs_impl: bool) -> PyResult<Bound<'py, PyDict>> {
        let facts = PyDict::new(py);
        facts.set_item("id", self.id())?;
        facts.set_item("name", self.name())?;
        facts.set_item("type", self.r#type())?;
        facts.set_item("username", self.username())?;
        if needs_impl {
            facts.set_item("impl", py.None())?;
        }
        Ok(facts)
    }

    fn __bool__(&self) -> bool {
        self.info.is_some()
    }
}
