//! Services in force, as an immutable table that is swapped as a whole.

use std::path::PathBuf;
use std::sync::Arc;

use foldhash::HashMap;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyType};
use zato_core::Profile;
use zato_core::guest::ServiceInfo;

use crate::history::Usage;
use crate::io::plan::Plan;
use crate::job::JobHooks;
use crate::pace::Pace;
use crate::schema::InputSchema;

/// Which hooks a service overrides; the others are not called at all (reference service-api 2.5).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hooks {
    pub(crate) accept: bool,
    pub(crate) before_handle: bool,
    pub(crate) validate_input: bool,
    pub(crate) validate_output: bool,
    pub(crate) after_handle: bool,
    pub(crate) finalize_handle: bool,
}

/// A service in force.
pub(crate) struct Entry {
    /// What the server knows about it.
    pub(crate) info: ServiceInfo,
    /// The class.
    pub(crate) class: Py<PyType>,
    /// Compiled input and output declaration.
    pub(crate) plan: Option<Plan>,
    /// What input has to be like before anything of the service runs.
    pub(crate) schema: Option<InputSchema>,
    /// Overridden hooks.
    pub(crate) hooks: Hooks,
    /// Overridden hooks of jobs.
    pub(crate) job_hooks: JobHooks,
    /// HTTP verb to method name, for `handle_GET` and the like.
    pub(crate) verbs: Vec<(String, Py<PyString>)>,
    /// Whether `handle` is a coroutine function.
    pub(crate) is_async: bool,
    /// Compat profile.
    pub(crate) profile: Profile,
    /// Whether the class names a profile of its own.
    pub(crate) has_own_profile: bool,
    /// Counts invocations (2.0-3.1).
    pub(crate) usage: Option<Usage>,
    /// How fast it has been so far.
    pub(crate) pace: Pace,
}

impl Entry {
    /// Returns the identifier that services are invoked by: the same on every worker and server for as long as the name
    /// is the same. It is derived from the name (FNV-1a), and has no more than 53 bits, which JSON numbers hold.
    pub(crate) fn id(&self) -> i64 {
        let hash = self.info.name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (hash >> 11).cast_signed()
    }

    /// Reads what the Python loader says about a class.
    pub(crate) fn from_description(
        description: &Bound<'_, PyDict>,
        unit: &str,
        is_internal: bool,
        default_profile: Profile,
    ) -> PyResult<Self> {
        let py = description.py();
        let item = |name: &str| -> PyResult<Bound<'_, PyAny>> {
            description
                .get_item(name)?
                .ok_or_else(|| pyo3::exceptions::PyKeyError::new_err(format!("the loader left out `{name}`")))
        };
        let mut hooks = Hooks::default();
        let mut job_hooks = JobHooks::default();
        for name in item("hooks")?.try_iter()? {
            match name?.extract::<String>()?.as_str() {
                "accept" => hooks.accept = true,
                "before_handle" => hooks.before_handle = true,
                "validate_input" => hooks.validate_input = true,
                "validate_output" => hooks.validate_output = true,
                "after_handle" => hooks.after_handle = true,
                "finalize_handle" => hooks.finalize_handle = true,
                name => job_hooks.add(name),
            }
        }
        let class: Py<PyType> = item("cls")?.cast_into::<PyType>()?.unbind();
        if let Ok(wants_hooks) = class.bind(py).getattr(pyo3::intern!(py, "call_hooks"))
            && !wants_hooks.is_truthy()?
        {
            hooks.before_handle = false;
            hooks.after_handle = false;
            job_hooks = JobHooks::default();
        }
        let mut verbs = Vec::new();
        for (verb, method) in item("verbs")?.cast_into::<PyDict>()? {
            let method: String = method.extract()?;
            verbs.push((verb.extract()?, PyString::intern(py, &method).unbind()));
        }
        let own: Option<String> = item("profile")?.extract()?;
        let profile = match &own {
            Some(text) => text.parse().map_err(|error: zato_core::Error| {
                pyo3::exceptions::PyValueError::new_err(error.to_string())
            })?,
            None => default_profile,
        };
        let name: String = item("name")?.extract()?;
        let usage = (profile <= Profile::V3_1).then(|| Usage::of(&name));
        let io = item("io")?;
        let plan = if io.is_none() { None } else { Some(Plan::compile(io.cast::<PyDict>()?, profile)?) };
        let schema = match description.get_item("schema")?.filter(|schema| !schema.is_none()) {
            Some(schema) => {
                let (file, text): (PathBuf, String) = schema.extract()?;
                Some(InputSchema::compile(&file, &text)?)
            }
            None => None,
        };
        Ok(Self {
            info: ServiceInfo {
                name,
                impl_name: item("impl_name")?.extract()?,
                unit: unit.to_owned(),
                file: item("file")?.extract()?,
                line: item("line")?.extract()?,
                is_internal,
            },
            class,
            plan,
            schema,
            hooks,
            job_hooks,
            verbs,
            is_async: item("is_async")?.extract()?,
            profile,
            has_own_profile: own.is_some(),
            usage,
            pace: Pace::new(),
        })
    }
}

/// Says why a service that the Python loader has described could not be deployed, by compiling it and throwing it away;
/// none if it could. For checks outside of a server.
#[pyfunction]
pub(crate) fn check_description(description: &Bound<'_, PyDict>, profile: &str) -> PyResult<Option<String>> {
    let profile = profile
        .parse()
        .map_err(|error: zato_core::Error| pyo3::exceptions::PyValueError::new_err(error.to_string()))?;
    Ok(Entry::from_description(description, "", false, profile)
        .err()
        .map(|error| error.value(description.py()).to_string()))
}

/// Services in force, by name.
#[derive(Default)]
pub(crate) struct Registry {
    by_name: HashMap<Arc<str>, Arc<Entry>>,
    has_async_callbacks: bool,
}

impl Registry {
    /// Makes a table out of entries; of two with one name the later wins.
    pub(crate) fn new(entries: impl IntoIterator<Item = Arc<Entry>>) -> Self {
        let by_name: HashMap<Arc<str>, Arc<Entry>> =
            entries.into_iter().map(|entry| (Arc::from(entry.info.name.as_str()), entry)).collect();
        let has_async_callbacks = by_name.keys().any(|name| name.ends_with("-async-callback"));
        Self { by_name, has_async_callbacks }
    }

    /// Whether any service may be the callback of another by its name alone.
    pub(crate) fn has_async_callbacks(&self) -> bool {
        self.has_async_callbacks
    }

    /// Finds a service.
    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Entry>> {
        self.by_name.get(name)
    }

    /// Returns every service.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.by_name.values()
    }

    /// Returns how many services there are.
    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }
}
