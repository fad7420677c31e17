//! The compiled form of a declaration.

use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyString, PyTuple};
use zato_core::Profile;

use crate::python::Parts;

/// What an element holds (reference service-api 5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Boolean,
    Float,
    AsIs,
    /// Text of scalars, anything else as it is (2.0).
    ScalarText,
    /// Text that arrives encrypted (3.0-3.2).
    Secret,
    /// Converted by Python: CSV, dates, decimals, UUIDs, dictionaries.
    Other,
}

/// One declared name.
pub(crate) struct Element {
    pub(crate) name: Py<PyString>,
    pub(crate) text: String,
    pub(crate) kind: Kind,
    /// The kind's tag, for the Python converters.
    pub(crate) tag: Py<PyString>,
    pub(crate) is_required: bool,
    pub(crate) default: Option<Py<PyAny>>,
    /// The description, for the Python converters.
    pub(crate) description: Py<PyDict>,
}

/// Names that are left out if they have no value.
pub(crate) struct Skipped {
    is_all: bool,
    names: Vec<String>,
    kept: Vec<String>,
}

impl Skipped {
    fn read(given: Option<&Bound<'_, PyAny>>, kept: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let names = |value: Option<&Bound<'_, PyAny>>| value.map_or(Ok(Vec::new()), |value| value.extract());
        let is_flag = given.is_some_and(|value| value.is_instance_of::<PyBool>());
        Ok(Self {
            is_all: is_flag && given.map_or(Ok(false), |value| value.is_truthy())?,
            names: if is_flag { Vec::new() } else { names(given)? },
            kept: names(kept)?,
        })
    }

    /// Whether an element is left out if it is empty.
    pub(crate) fn has(&self, name: &str) -> bool {
        (self.is_all || self.names.iter().any(|skipped| skipped == name))
            && !self.kept.iter().any(|kept| kept == name)
    }

    /// Whether nothing is left out.
    pub(crate) const fn is_empty(&self) -> bool {
        !self.is_all && self.names.is_empty()
    }
}

/// A compiled declaration.
pub(crate) struct Plan {
    pub(crate) profile: Profile,
    pub(crate) has_input: bool,
    pub(crate) has_output: bool,
    pub(crate) input: Vec<Element>,
    /// Class of `self.request.input`, made for these elements.
    pub(crate) input_class: Py<PyAny>,
    pub(crate) output: Vec<Element>,
    /// Key around responses; none for class-level declarations.
    pub(crate) response_element: Option<Py<PyString>>,
    /// Value of missing optional input, where the declaration names one.
    pub(crate) default_input: Option<Py<PyAny>>,
    pub(crate) is_output_repeated: bool,
    pub(crate) skips_empty_keys: bool,
    pub(crate) forced_empty_keys: Vec<String>,
    pub(crate) allows_empty_required: bool,
    /// Whether the body is ignored (`use_channel_params_only`, 2.0-3.1).
    pub(crate) ignores_body: bool,
    /// Which inputs are left out if they are empty (`class SkipEmpty`, 3.2).
    pub(crate) skips_empty_input: Skipped,
    /// Reads and writes rows (`zato.server.service._csv.CSVFormat`).
    pub(crate) csv: Option<Py<PyAny>>,
    /// Reads and writes XML (`zato.server.service._xml_io.XMLFormat`).
    pub(crate) xml: Option<Py<PyAny>>,
    /// Whether XML input arrives as elements where it would be text (`use_text`, 2.0-3.1).
    pub(crate) keeps_xml_elements: bool,
    /// Makes input of models (`zato.server.service._models.ModelInput`).
    pub(crate) input_model: Option<Py<PyAny>>,
    /// Offers output that is a model (`zato.server.service._models.ModelOutput`).
    pub(crate) output_model: Option<Py<PyAny>>,
}

impl Plan {
    /// Compiles what `zato.server.service._declaration.describe_io` found.
    ///
    /// # Errors
    /// Raises `KeyError` or `ValueError` if the description is not one.
    pub(crate) fn compile(description: &Bound<'_, PyDict>, profile: Profile) -> PyResult<Self> {
        let py = description.py();
        let optional = |name: &str| -> PyResult<Option<Bound<'_, PyAny>>> {
            Ok(description.get_item(name)?.filter(|value| !value.is_none()))
        };
        let flag =
            |name: &str| -> PyResult<bool> { optional(name)?.map_or(Ok(false), |value| value.is_truthy()) };
        let elements = |name: &str| -> PyResult<Vec<Element>> {
            match optional(name)? {
                Some(list) => {
                    list.try_iter()?.map(|item| Element::compile(item?.cast::<PyDict>()?)).collect()
                }
                None => Ok(Vec::new()),
            }
        };
        let response_element = match optional("response_elem")? {
            Some(name) if name.is_truthy()? => Some(name.cast_into::<PyString>()?.unbind()),
            _ => None,
        };
        let input = elements("input")?;
        let names = PyTuple::new(py, input.iter().map(|element| &element.name))?;
        Ok(Self {
            profile,
            has_input: flag("has_input")?,
            has_output: flag("has_output")?,
            input,
            input_class: Parts::get(py)?.input_class_for.bind(py).call1((names,))?.unbind(),
            output: elements("output")?,
            response_element,
            default_input: optional("default_input")?.map(Bound::unbind),
            is_output_repeated: flag("output_repeated")?,
            skips_empty_keys: flag("skip_empty_keys")?,
            forced_empty_keys: optional("force_empty_keys")?
                .map_or(Ok(Vec::new()), |value| value.extract().or_else(|_| Ok::<_, PyErr>(Vec::new())))?,
            allows_empty_required: flag("allow_empty_required")?,
            ignores_body: flag("use_channel_params_only")? && profile <= Profile::V3_1,
            skips_empty_input: Skipped::read(
                optional("skip_empty_input")?.as_ref(),
                optional("force_empty_input")?.as_ref(),
            )?,
            csv: optional("csv")?.map(Bound::unbind),
            xml: optional("xml")?.map(Bound::unbind),
            keeps_xml_elements: flag("keeps_xml_elements")?,
            input_model: optional("input_model")?.map(Bound::unbind),
            output_model: optional("output_model")?.map(Bound::unbind),
        })
    }
}

impl Element {
    fn compile(description: &Bound<'_, PyDict>) -> PyResult<Self> {
        let py = description.py();
        let item = |name: &str| {
            description
                .get_item(name)?
                .ok_or_else(|| PyKeyError::new_err(format!("element without `{name}`")))
        };
        let text: String = item("name")?.extract()?;
        let tag: String = item("kind")?.extract()?;
        let kind = match tag.as_str() {
            "text" => Kind::Text,
            "scalar_text" => Kind::ScalarText,
            "secret" => Kind::Secret,
            "int" => Kind::Integer,
            "bool" => Kind::Boolean,
            "float" => Kind::Float,
            "as_is" => Kind::AsIs,
            "csv" | "list" | "dict" | "dict_list" | "date" | "date_time" | "decimal" | "uuid" | "utc" => {
                Kind::Other
            }
            other => {
                return Err(PyValueError::new_err(format!("element `{text}` is of unknown kind `{other}`")));
            }
        };
        let default = match description.get_item("default")? {
            Some(value) if !value.is_none() => Some(value.unbind()),
            _ => None,
        };
        Ok(Self {
            name: PyString::intern(py, &text).unbind(),
            text,
            kind,
            tag: PyString::intern(py, &tag).unbind(),
            is_required: item("is_required")?.is_truthy()?,
            default,
            description: description.clone().unbind(),
        })
    }
}
