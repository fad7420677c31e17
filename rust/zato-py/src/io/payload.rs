//! `self.response.payload` of services that declare output.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::{PyAttributeError, PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList, PySlice, PyString, PyTuple};
use zato_core::Profile;

use super::plan::Plan;
use crate::call::Call;
use crate::json;
use crate::python::Parts;

/// Takes declared names as attributes or items, or a list of such things (reference service-api 5.7).
#[pyclass(module = "zato._core", frozen)]
pub(crate) struct Payload {
    call: Arc<Call>,
    values: Py<PyDict>,
    items: Mutex<Option<Py<PyList>>>,
}

impl Payload {
    pub(crate) fn new(py: Python<'_>, call: Arc<Call>) -> Self {
        Self { call, values: PyDict::new(py).unbind(), items: Mutex::new(None) }
    }

    /// Returns the values set so far.
    pub(crate) fn values<'py>(&self, py: Python<'py>) -> &Bound<'py, PyDict> {
        self.values.bind(py)
    }

    /// Returns the items of a repeated response, if there are any.
    pub(crate) fn items<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyList>> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.as_ref().map(|items| items.bind(py).clone())
    }

    fn items_or_new<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.get_or_insert_with(|| PyList::empty(py).unbind()).bind(py).clone()
    }

    fn declares(&self, name: &Bound<'_, PyString>) -> bool {
        let Ok(name) = name.to_str() else { return false };
        self.plan().is_some_and(|plan| plan.output.iter().any(|element| element.text == name))
    }

    /// Returns what a declared name reads as before it is set: nothing but an empty text up to 3.1, and from 4.1 on a
    /// message that takes names of its own.
    fn unset(&self, py: Python<'_>, name: &Bound<'_, PyString>) -> PyResult<Option<Py<PyAny>>> {
        match self.call.entry.profile {
            Profile::V2_0 | Profile::V3_0 | Profile::V3_1 if self.declares(name) => {
                Ok(Some(PyString::intern(py, "").into_any().unbind()))
            }
            Profile::V4_1 if self.declares(name) => {
                let message = Parts::get(py)?.message.bind(py).call0()?;
                self.values(py).set_item(name, &message)?;
                Ok(Some(message.unbind()))
            }
            _ => Ok(None),
        }
    }

    fn plan(&self) -> Option<&Plan> {
        self.call.entry.plan.as_ref()
    }

    /// `payload = value`: a dictionary is merged (3.2) or replaces (4.1); of other objects the declared names are
    /// taken.
    pub(crate) fn assign(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        if let Ok(other) = value.cast::<Self>() {
            return json::merge(this.values(py), other.get().values(py));
        }
        let value = if value.hasattr("to_zato")? { value.call_method0("to_zato")? } else { value.clone() };
        if let Ok(list) = value.cast::<PyList>() {
            *this.items.lock().unwrap_or_else(PoisonError::into_inner) = Some(list.clone().unbind());
            return Ok(());
        }
        if this.call.entry.profile == Profile::V4_1 {
            this.values(py).clear();
        }
        if let Ok(dict) = value.cast::<PyDict>() {
            return json::merge(this.values(py), &unwrapped(dict)?);
        }
        let Some(plan) = this.plan() else { return Ok(()) };
        json::merge(this.values(py), &extract(py, plan, &value)?)
    }
}

/// A one-key dictionary named `zato..._response` is the answer of an internal service: its content is meant.
fn unwrapped<'py>(dict: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyDict>> {
    if dict.len() == 1
        && let Some((name, inner)) = dict.iter().next()
        && let Ok(name) = name.extract::<String>()
        && name.starts_with("zato")
        && name.ends_with("_response")
        && let Ok(inner) = inner.cast::<PyDict>()
    {
        return Ok(inner.clone());
    }
    Ok(dict.clone())
}

/// Takes the declared names out of one item: a dictionary, a row, or any object with attributes.
///
/// # Errors
/// Raises what reading the object raises.
pub(crate) fn extract<'py>(
    py: Python<'py>,
    plan: &Plan,
    item: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyDict>> {
    for method in ["to_zato", "asdict", "_asdict", "to_dict"] {
        if !item.is_instance_of::<PyDict>() && item.hasattr(method)? {
            let converted = item.call_method0(method)?;
            return extract(py, plan, &converted);
        }
    }
    if let Ok(dict) = item.cast::<PyDict>() {
        return Ok(dict.clone());
    }
    let values = PyDict::new(py);
    let has_get = item.hasattr("get")?;
    for element in &plan.output {
        let name = element.name.bind(py);
        let value = if has_get {
            item.call_method1("get", (name,))?
        } else {
            match item.getattr_opt(name)? {
                Some(value) => value,
                None => continue,
            }
        };
        values.set_item(name, value)?;
    }
    Ok(values)
}

#[pymethods]
impl Payload {
    fn __getattr__(&self, py: Python<'_>, name: &Bound<'_, PyString>) -> PyResult<Py<PyAny>> {
        if let Some(value) = self.values(py).get_item(name)? {
            return Ok(value.unbind());
        }
        if name.to_str()?.starts_with("__") {
            return Err(PyAttributeError::new_err(name.clone().unbind()));
        }
        match self.unset(py, name)? {
            Some(value) => Ok(value),
            None if self.call.entry.profile <= Profile::V3_1 => {
                Err(PyAttributeError::new_err(format!("`{name}` is not among the declared output elements")))
            }
            None => Err(PyKeyError::new_err(name.clone().unbind())),
        }
    }

    fn __setattr__(
        &self,
        py: Python<'_>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.__setitem__(py, name.as_any(), value)
    }

    fn __delattr__(&self, py: Python<'_>, name: &Bound<'_, PyString>) -> PyResult<()> {
        self.values(py).del_item(name)
    }

    fn __getitem__(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        if key.is_instance_of::<PySlice>() || key.is_instance_of::<pyo3::types::PyInt>() {
            return Ok(self.items_or_new(py).as_any().get_item(key)?.unbind());
        }
        if let Some(value) = self.values(py).get_item(key)? {
            return Ok(value.unbind());
        }
        let value = match key.cast::<PyString>() {
            Ok(name) => self.unset(py, name)?,
            Err(_) => None,
        };
        value.ok_or_else(|| PyKeyError::new_err(key.clone().unbind()))
    }

    fn __setitem__(&self, py: Python<'_>, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if key.is_instance_of::<PySlice>() || key.is_instance_of::<pyo3::types::PyInt>() {
            return self.items_or_new(py).as_any().set_item(key, value);
        }
        let Ok(name) = key.cast::<PyString>() else {
            return Err(PyTypeError::new_err("names in self.response.payload are strings"));
        };
        if self.call.entry.profile == Profile::V4_1 && !self.declares(name) {
            return Err(PyKeyError::new_err(name.clone().unbind()));
        }
        self.values(py).set_item(name, value)
    }

    fn __delitem__(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<()> {
        self.values(py).del_item(key)
    }

    fn __contains__(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.values(py).contains(key)
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.items(py).map_or_else(|| self.values(py).len(), |items| items.len())
    }

    fn __bool__(&self) -> bool {
        true
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        match self.items(py) {
            Some(items) => items.try_iter(),
            None => self.values(py).try_iter(),
        }
    }

    #[pyo3(signature = (name, default = None))]
    fn get(
        &self,
        py: Python<'_>,
        name: &Bound<'_, PyAny>,
        default: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        Ok(self.values(py).get_item(name)?.map(Bound::unbind).or(default).unwrap_or_else(|| py.None()))
    }

    fn append(&self, py: Python<'_>, item: &Bound<'_, PyAny>) -> PyResult<()> {
        self.items_or_new(py).append(item)
    }

    fn extend(&self, py: Python<'_>, items: &Bound<'_, PyAny>) -> PyResult<()> {
        for item in items.try_iter()? {
            self.append(py, &item?)?;
        }
        Ok(())
    }

    #[pyo3(signature = (*arguments, **options))]
    fn update(
        &self,
        py: Python<'_>,
        arguments: &Bound<'_, PyTuple>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.values(py).call_method("update", arguments, options).map(drop)
    }
}
