//! `self.channel` and `self.channel.security`.

use std::sync::Arc;

use pyo3::basic::CompareOp;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use zato_core::invocation::{ChannelInfo, SecurityInfo};

use crate::invoke::channel_info;

/// Constants of `SEC_DEF_TYPE` (reference service-api 1.9), and none.
const SECURITY_TYPES: [&str; 11] = [
    "",
    "apikey",
    "aws",
    "basic_auth",
    "jwt",
    "ntlm",
    "oauth",
    "tls_channel_sec",
    "tls_key_cert",
    "wss",
    "xpath_sec",
];

/// The channel a call came through. Equal to its type string, as 2.0 had it (reference service-api 3.1).
#[pyclass(module = "zato._core", name = "ChannelInfo", frozen)]
pub(crate) struct Channel {
    info: Arc<ChannelInfo>,
    security: Security,
    data_format: String,
    implementation: Option<Py<PyAny>>,
}

/// Who called, as the server knows it or as a service said.
enum Security {
    Known(Option<Arc<SecurityInfo>>),
    Given(Py<PyAny>),
}

impl Channel {
    /// The channel of a call.
    pub(crate) fn new(
        info: Arc<ChannelInfo>,
        security: Option<Arc<SecurityInfo>>,
        data_format: String,
    ) -> Self {
        Self { info, security: Security::Known(security), data_format, implementation: None }
    }
}

#[pymethods]
impl Channel {
    /// Made by services that pass it on as `channel_info`.
    #[new]
    #[pyo3(signature = (
        id = 0, name = String::new(), r#type = "invoke", data_format = String::new(), is_internal = false,
        match_target = String::new(), r#impl = None, security = None,
    ))]
    #[expect(clippy::too_many_arguments, reason = "the constructor is that of earlier versions")]
    fn make(
        id: i64,
        name: String,
        r#type: &str,
        data_format: String,
        is_internal: bool,
        match_target: String,
        r#impl: Option<Py<PyAny>>,
        security: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let known = channel_info(r#type)?;
        let info = ChannelInfo { id, name, is_internal, match_target, ..(*known).clone() };
        let security = security.map_or(Security::Known(None), Security::Given);
        Ok(Self { info: Arc::new(info), security, data_format, implementation: r#impl })
    }

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

    /// The channel's implementation object, if a service gave it one.
    #[getter]
    fn r#impl(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.implementation.as_ref().map(|implementation| implementation.clone_ref(py))
    }

    #[getter]
    fn security(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match &self.security {
            Security::Known(info) => {
                Ok(Py::new(py, ChannelSecurity { info: info.clone(), implementation: None })?.into_any())
            }
            Security::Given(given) => Ok(given.clone_ref(py)),
        }
    }

    #[getter]
    fn sec(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.security(py)
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
        facts.set_item("security", self.security(py)?.call_method0(py, "to_dict")?)?;
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
    implementation: Option<Py<PyAny>>,
}

#[pymethods]
impl ChannelSecurity {
    /// Made by services that make a channel of their own.
    #[new]
    #[pyo3(signature = (id = 0, name = String::new(), r#type = "", username = String::new(), r#impl = None))]
    fn make(
        id: i64,
        name: String,
        r#type: &str,
        username: String,
        r#impl: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let security_type = SECURITY_TYPES.into_iter().find(|known| *known == r#type).ok_or_else(|| {
            PyValueError::new_err(format!(
                "security type `{type}` is unknown; use one of {}",
                SECURITY_TYPES.join(", ")
            ))
        })?;
        let info = SecurityInfo { id, name, security_type, username };
        Ok(Self { info: Some(Arc::new(info)), implementation: r#impl })
    }

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

    /// The definition's implementation object, if a service gave it one.
    #[getter]
    fn r#impl(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.implementation.as_ref().map(|implementation| implementation.clone_ref(py))
    }

    #[pyo3(signature = (needs_impl = false))]
    fn to_dict<'py>(&self, py: Python<'py>, needs_impl: bool) -> PyResult<Bound<'py, PyDict>> {
        let facts = PyDict::new(py);
        facts.set_item("id", self.id())?;
        facts.set_item("name", self.name())?;
        facts.set_item("type", self.r#type())?;
        facts.set_item("username", self.username())?;
        if needs_impl {
            facts.set_item("impl", self.r#impl(py))?;
        }
        Ok(facts)
    }

    fn __bool__(&self) -> bool {
        self.info.is_some()
    }
}
