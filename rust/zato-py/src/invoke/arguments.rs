//! Arguments of calls between services: positional and named, under the names of all versions.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

/// What a call may be given besides fields of the payload.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Argument {
    Name,
    Payload,
    Channel,
    DataFormat,
    Transport,
    Serialize,
    AsBunch,
    Timeout,
    RaiseTimeout,
    Expiration,
    ToJsonString,
    Cid,
    Callback,
    ZatoContext,
    Environ,
    WsgiEnviron,
    ChannelParams,
    ChannelInfo,
    JobType,
    SetResponseFunction,
    SkipResponseElement,
    HeadersContainer,
    InReplyTo,
    /// Known, and without a meaning here: a server runs every service itself, so there is no target to choose.
    Ignored,
}

const COUNT: usize = Argument::Ignored as usize + 1;

/// Every name; those that are not positions of a call are options of all of them.
const NAMES: [(&str, Argument); 27] = [
    ("name", Argument::Name),
    ("payload", Argument::Payload),
    ("channel", Argument::Channel),
    ("data_format", Argument::DataFormat),
    ("transport", Argument::Transport),
    ("serialize", Argument::Serialize),
    ("as_bunch", Argument::AsBunch),
    ("timeout", Argument::Timeout),
    ("raise_timeout", Argument::RaiseTimeout),
    ("expiration", Argument::Expiration),
    ("to_json_string", Argument::ToJsonString),
    ("cid", Argument::Cid),
    ("callback", Argument::Callback),
    ("zato_ctx", Argument::ZatoContext),
    ("environ", Argument::Environ),
    ("wsgi_environ", Argument::WsgiEnviron),
    ("channel_params", Argument::ChannelParams),
    ("channel_info", Argument::ChannelInfo),
    ("job_type", Argument::JobType),
    ("set_response_func", Argument::SetResponseFunction),
    ("skip_response_elem", Argument::SkipResponseElement),
    ("zato_response_headers_container", Argument::HeadersContainer),
    ("in_reply_to", Argument::InReplyTo),
    ("target", Argument::Ignored),
    ("needs_response_time", Argument::Ignored),
    ("params_priority", Argument::Ignored),
    ("url_params_pri", Argument::Ignored),
];

/// The arguments that belong to one kind of call only. Given to another kind they are fields of its payload.
const OF_SOME: [Argument; 7] = [
    Argument::Serialize,
    Argument::AsBunch,
    Argument::Timeout,
    Argument::RaiseTimeout,
    Argument::Expiration,
    Argument::ToJsonString,
    Argument::Callback,
];

/// Arguments of one call.
pub(super) struct Arguments<'py> {
    py: Python<'py>,
    given: [Option<Bound<'py, PyAny>>; COUNT],
    fields: Option<Bound<'py, PyDict>>,
}

impl<'py> Arguments<'py> {
    /// Sorts positional and named arguments; the first may be called `name` (2.0-3.1) or `zato_name` (3.2 on). Where
    /// it has been given already, `name` is a field of the payload, as in 3.2.
    ///
    /// # Errors
    /// Raises `TypeError` for too many arguments, and for one that is given twice.
    pub(super) fn sort(
        positions: &[Argument],
        arguments: &Bound<'py, PyTuple>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Self> {
        let mut sorted = Self { py: arguments.py(), given: [const { None }; COUNT], fields: None };
        for (index, value) in arguments.iter().enumerate() {
            let Some(argument) = positions.get(index) else {
                return Err(PyTypeError::new_err(format!(
                    "at most {} positional arguments are taken",
                    positions.len()
                )));
            };
            sorted.given[*argument as usize] = Some(value);
        }
        let Some(options) = options else { return Ok(sorted) };
        let mut is_target_given = !arguments.is_empty();
        if let Some(name) = options.get_item(pyo3::intern!(arguments.py(), "zato_name"))?
            && !is_target_given
        {
            sorted.given[Argument::Name as usize] = Some(name);
            is_target_given = true;
        }
        for (name, value) in options {
            let text = name.cast::<PyString>()?.to_str()?;
            let known = NAMES.iter().find(|(known, _)| *known == text).map(|(_, argument)| *argument);
            let meant = known.filter(|argument| match argument {
                Argument::Name => !is_target_given,
                argument => positions.contains(argument) || !OF_SOME.contains(argument),
            });
            match meant {
                Some(argument) => {
                    let slot = &mut sorted.given[argument as usize];
                    if slot.is_some() && argument != Argument::Ignored {
                        return Err(PyTypeError::new_err(format!("argument `{text}` is given twice")));
                    }
                    *slot = Some(value);
                }
                None if text == "zato_name" => {}
                None => sorted.fields.get_or_insert_with(|| PyDict::new(value.py())).set_item(name, value)?,
            }
        }
        Ok(sorted)
    }

    /// Returns an argument that was given and is not `None`.
    pub(super) fn get(&self, argument: Argument) -> Option<&Bound<'py, PyAny>> {
        self.given[argument as usize].as_ref().filter(|value| !value.is_none())
    }

    /// Returns an argument that is true or false.
    pub(super) fn flag(&self, argument: Argument, default: bool) -> PyResult<bool> {
        self.get(argument).map_or(Ok(default), |value| value.is_truthy())
    }

    /// Returns an argument that is a text.
    pub(super) fn text(&self, argument: Argument, default: &str) -> PyResult<String> {
        self.get(argument).map_or_else(|| Ok(default.to_owned()), |value| value.extract())
    }

    /// Returns an argument that is a number of seconds; nothing if it is zero or less, which sets no limit.
    pub(super) fn seconds(&self, argument: Argument) -> PyResult<Option<f64>> {
        let seconds: Option<f64> = self.get(argument).map(|value| value.extract()).transpose()?;
        Ok(seconds.filter(|seconds| *seconds > 0.0))
    }

    /// Returns the payload; without one, all keywords that mean nothing else are it (3.2).
    pub(super) fn payload(&self) -> PyResult<Bound<'py, PyAny>> {
        match self.get(Argument::Payload) {
            Some(given) if self.fields.is_none() || given.is_truthy()? => Ok(given.clone()),
            given => Ok(match (&self.fields, given) {
                (Some(fields), _) => fields.clone().into_any(),
                (None, Some(given)) => given.clone(),
                (None, None) => PyString::intern(self.py, "").into_any(),
            }),
        }
    }

    /// Replaces the payload.
    pub(super) fn set_payload(&mut self, payload: Bound<'py, PyAny>) {
        self.given[Argument::Payload as usize] = Some(payload);
    }

    /// Returns what names the service to call.
    ///
    /// # Errors
    /// Raises `TypeError` if nothing does.
    pub(super) fn target(&self) -> PyResult<&Bound<'py, PyAny>> {
        self.get(Argument::Name).ok_or_else(|| {
            PyTypeError::new_err("the service to invoke is missing; give its name or its class")
        })
    }
}
