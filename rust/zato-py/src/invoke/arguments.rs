//! Arguments of calls between services: positional and named, under the names of all versions.

use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::target;
use crate::entry::Entry;

/// Keywords that are never part of a payload given as keywords.
const OPTIONS: [&str; 16] = [
    "environ",
    "wsgi_environ",
    "channel_params",
    "channel_info",
    "job_type",
    "set_response_func",
    "target",
    "skip_response_elem",
    "zato_response_headers_container",
    "in_reply_to",
    "cid",
    "needs_response_time",
    "params_priority",
    "url_params_pri",
    "zato_ctx",
    "zato_name",
];

/// Arguments of one call by their names.
pub(super) struct Arguments<'py> {
    pub(super) named: Bound<'py, PyDict>,
}

impl<'py> Arguments<'py> {
    /// Sorts positional and named arguments; the first may be called `name` (2.0-3.1) or `zato_name` (3.2 on).
    pub(super) fn sort(
        positions: &[&str],
        arguments: &Bound<'py, PyTuple>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Self> {
        let named = PyDict::new(arguments.py());
        for (index, value) in arguments.iter().enumerate() {
            let Some(name) = positions.get(index) else {
                return Err(PyTypeError::new_err(format!(
                    "at most {} positional arguments are taken",
                    positions.len()
                )));
            };
            named.set_item(name, value)?;
        }
        if let Some(options) = options {
            let is_target_given = !arguments.is_empty();
            for (name, value) in options {
                if name.extract::<&str>()? == "zato_name" && !is_target_given {
                    named.set_item("name", value)?;
                } else if !(is_target_given && name.extract::<&str>()? == "name") {
                    named.set_item(name, value)?;
                } else {
                    // A payload field called `name`, as 3.2 allows.
                    named.set_item("\0name", value)?;
                }
            }
        }
        Ok(Self { named })
    }

    /// An argument that was given and is not `None`.
    pub(super) fn get(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.named.get_item(name)?.filter(|value| !value.is_none()))
    }

    /// An argument that is true or false.
    pub(super) fn flag(&self, name: &str, default: bool) -> PyResult<bool> {
        self.get(name)?.map_or(Ok(default), |value| value.is_truthy())
    }

    /// An argument that is a text.
    pub(super) fn text(&self, name: &str, default: &str) -> PyResult<String> {
        self.get(name)?.map_or(Ok(default.to_owned()), |value| value.extract())
    }

    /// The payload; without one, all keywords that mean nothing else are it (3.2).
    pub(super) fn payload(&self, positions: &[&str]) -> PyResult<Bound<'py, PyAny>> {
        let py = self.named.py();
        let given = self.get("payload")?.unwrap_or_else(|| PyString::intern(py, "").into_any());
        if given.is_truthy()? {
            return Ok(given);
        }
        let fields = PyDict::new(py);
        for (name, value) in &self.named {
            let text: String = name.extract()?;
            if text == "\0name" {
                fields.set_item("name", value)?;
            } else if !positions.contains(&text.as_str()) && !OPTIONS.contains(&text.as_str()) {
                fields.set_item(name, value)?;
            }
        }
        Ok(if fields.is_empty() { given } else { fields.into_any() })
    }

    /// The service to call.
    pub(super) fn target(&self) -> PyResult<Arc<Entry>> {
        let Some(target) = self.get("name")? else {
            return Err(PyTypeError::new_err("the service to invoke is missing; give its name or its class"));
        };
        target::find(&target)
    }
}
