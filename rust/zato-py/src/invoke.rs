//! Calls between services (reference service-api 4).

use std::sync::{Arc, OnceLock};

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple, PyType};
use zato_core::Cid;
use zato_core::invocation::{ChannelInfo, DataFormat};

use crate::call::{Call, CurrentCid, Given};
use crate::entry::Entry;
use crate::gate::Job;
use crate::io::output;
use crate::io::payload::Payload;
use crate::python::Parts;
use crate::run::Progress;
use crate::service::Service;
use crate::{asyncio, errors, guest, json, run};

/// A call that nobody waits for.
pub(crate) struct AsyncCall {
    call: Arc<Call>,
    callbacks: Vec<String>,
}

/// Arguments of `invoke`, in the order of their positions.
const POSITIONS: [&str; 9] = [
    "name",
    "payload",
    "channel",
    "data_format",
    "transport",
    "serialize",
    "as_bunch",
    "timeout",
    "raise_timeout",
];

/// Arguments of `invoke_async`, in the order of their positions.
const ASYNC_POSITIONS: [&str; 12] = [
    "name",
    "payload",
    "channel",
    "data_format",
    "transport",
    "expiration",
    "to_json_string",
    "cid",
    "callback",
    "zato_ctx",
    "environ",
    "_",
];

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

struct Arguments<'py> {
    named: Bound<'py, PyDict>,
}

impl<'py> Arguments<'py> {
    /// Sorts positional and named arguments; the first may be called `name` (2.0-3.1) or `zato_name` (3.2 on).
    fn sort(
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

    fn get(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.named.get_item(name)?.filter(|value| !value.is_none()))
    }

    fn flag(&self, name: &str, default: bool) -> PyResult<bool> {
        self.get(name)?.map_or(Ok(default), |value| value.is_truthy())
    }

    fn text(&self, name: &str, default: &str) -> PyResult<String> {
        self.get(name)?.map_or(Ok(default.to_owned()), |value| value.extract())
    }

    /// The payload; without one, all keywords that mean nothing else are it (3.2).
    fn payload(&self, positions: &[&str]) -> PyResult<Bound<'py, PyAny>> {
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

    fn target(&self) -> PyResult<Arc<Entry>> {
        let Some(target) = self.get("name")? else {
            return Err(PyTypeError::new_err("the service to invoke is missing; give its name or its class"));
        };
        find(&target)
    }
}

/// Finds a service by name, or by its class (3.2).
fn find(target: &Bound<'_, PyAny>) -> PyResult<Arc<Entry>> {
    let host = guest::host().ok_or_else(|| PyKeyError::new_err("no server runs in this process"))?;
    let registry = host.registry.load();
    if let Ok(name) = target.cast::<PyString>() {
        let name = name.to_str()?;
        let plain = name.split_once('@').map_or(name, |(service, _)| service);
        return registry.get(plain).cloned().ok_or_else(|| PyKeyError::new_err(name.to_owned()));
    }
    if let Ok(class) = target.cast::<PyType>() {
        if let Some(entry) = registry.entries().find(|entry| entry.class.is(class)) {
            return Ok(entry.clone());
        }
        // A class held from before a redeployment: its successor has the same name.
        let name: String = class.call_method0("get_name")?.extract()?;
        return registry.get(&name).cloned().ok_or_else(|| PyKeyError::new_err(name));
    }
    Err(PyTypeError::new_err(format!("a service is invoked by name or class, not by {}", target.get_type())))
}

/// Returns the name of the service implemented by `module.Class`.
pub(crate) fn name_of_implementation(impl_name: &str) -> PyResult<String> {
    let host = guest::host().ok_or_else(|| PyKeyError::new_err("no server runs in this process"))?;
    let registry = host.registry.load();
    let found = registry.entries().find(|entry| entry.info.impl_name == impl_name);
    found.map(|entry| entry.info.name.clone()).ok_or_else(|| PyKeyError::new_err(impl_name.to_owned()))
}

/// `self.invoke(...)`.
pub(crate) fn invoke(
    slf: &Bound<'_, Service>,
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<Py<PyAny>> {
    let py = slf.py();
    let arguments = Arguments::sort(&POSITIONS, arguments, options)?;
    let entry = arguments.target()?;
    let caller = slf.get().call()?;
    if entry.info.impl_name == caller.entry.info.impl_name {
        let message = format!("service `{}` cannot invoke itself", entry.info.name);
        return Err(errors::raise(py, "ZatoException", (caller.cid_text(), message)));
    }
    refuse_inactive(py, &entry)?;
    let call = new_call(caller, entry, &arguments, &POSITIONS, "invoke", caller.cid)?;
    let timeout: Option<f64> = arguments.get("timeout")?.map(|value| value.extract()).transpose()?;
    let result = match timeout.filter(|seconds| *seconds > 0.0) {
        Some(seconds) => match invoke_within(py, &call, seconds)? {
            Some(result) => result,
            None if arguments.flag("raise_timeout", true)? => {
                let message = format!("service `{}` took longer than {seconds} s", call.entry.info.name);
                return Err(errors::raise(py, "TimeoutException", (call.cid_text(), message)));
            }
            None => return Ok(py.None()),
        },
        None => run_in_place_noting(py, &call, arguments.get("zato_response_headers_container")?.as_ref())?,
    };
    shape(py, result, &arguments)
}

fn refuse_inactive(py: Python<'_>, entry: &Entry) -> PyResult<()> {
    let Some(host) = guest::host() else { return Ok(()) };
    match host.settings.load().by_name.get(&entry.info.name) {
        Some(setting) if !setting.is_active => {
            Err(errors::raise(py, "Inactive", (entry.info.name.as_str(),)))
        }
        _ => Ok(()),
    }
}

fn new_call(
    caller: &Arc<Call>,
    entry: Arc<Entry>,
    arguments: &Arguments<'_>,
    positions: &[&str],
    default_channel: &str,
    cid: Cid,
) -> PyResult<Arc<Call>> {
    let channel = arguments.text("channel", default_channel)?;
    let given = Given {
        payload: arguments.payload(positions)?.unbind(),
        data_format: arguments.text("data_format", "dict")?,
        transport: arguments.text("transport", "")?,
        environ: arguments.get("environ")?.map(Bound::unbind),
        wsgi_environ: arguments.get("wsgi_environ")?.map(Bound::unbind),
        channel_params: match arguments.get("channel_params")? {
            Some(params) => Some(params.cast_into::<PyDict>()?.unbind()),
            None => None,
        },
        in_reply_to: None,
    };
    let foreign = match arguments.get("cid")? {
        Some(given) => Some(given.str()?.to_string()),
        None => caller.foreign_cid.clone().filter(|_| cid == caller.cid),
    };
    let own = foreign.as_deref().and_then(Cid::parse);
    Ok(Arc::new(Call {
        cid: own.unwrap_or(cid),
        entry,
        channel: channel_info(&channel),
        security: caller.security.clone(),
        http: None,
        body: Bytes::new(),
        given: Some(given),
        begun: Timestamp::now(),
        foreign_cid: foreign.filter(|_| own.is_none()),
    }))
}

/// Channel of calls between services; the type is one of the `CHANNEL` constants.
fn channel_info(channel_type: &str) -> Arc<ChannelInfo> {
    const TYPES: [&str; 22] = [
        "invoke",
        "invoke-async",
        "invoke-async-callback",
        "scheduler",
        "scheduler-after-one-time",
        "fanout-call",
        "fanout-on-target",
        "fanout-on-final",
        "parallel-exec-call",
        "parallel-exec-on-target",
        "publish",
        "startup-service",
        "worker",
        "new-instance",
        "service",
        "amqp",
        "http-soap",
        "zmq",
        "websphere-mq",
        "web-socket",
        "ipc",
        "json-rpc",
    ];
    static CHANNELS: OnceLock<Vec<Arc<ChannelInfo>>> = OnceLock::new();
    let channels = CHANNELS.get_or_init(|| {
        let channel = |channel_type: &'static str| {
            Arc::new(ChannelInfo { channel_type, data_format: DataFormat::Dict, ..ChannelInfo::default() })
        };
        TYPES.into_iter().map(channel).collect()
    });
    let index = TYPES.iter().position(|known| *known == channel_type).unwrap_or(0);
    channels[index].clone()
}

/// Runs a service on this thread, by reference; exceptions reach the caller unchanged.
pub(crate) fn run_in_place(py: Python<'_>, call: &Arc<Call>) -> PyResult<Py<PyAny>> {
    run_in_place_noting(py, call, None)
}

/// Like [`run_in_place`]; headers that the service set are put into `headers`, also if it fails (3.2).
fn run_in_place_noting(
    py: Python<'_>,
    call: &Arc<Call>,
    headers: Option<&Bound<'_, PyAny>>,
) -> PyResult<Py<PyAny>> {
    let _cid = CurrentCid::enter(call.cid);
    let instance = run::make(py, call)?;
    let outcome = run_instance(py, &instance, call);
    if let (Some(container), Some(response)) = (headers, instance.get().touched_response(py)) {
        container.call_method1("update", (response.bind(py).getattr("headers")?,))?;
    }
    outcome
}

fn run_instance(py: Python<'_>, instance: &Bound<'_, Service>, call: &Arc<Call>) -> PyResult<Py<PyAny>> {
    match run::begin(py, instance, call)? {
        Progress::Refused => {
            instance.get().response_view(py)?.borrow_mut(py).set_status(py, 400)?;
            Ok(instance.get().response_view(py)?.clone_ref(py).into_any())
        }
        Progress::Coroutine(coroutine) => {
            asyncio::wait(py, &coroutine)?;
            run::after_handle(py, instance, call)?;
            result(py, instance, call)
        }
        Progress::Done => result(py, instance, call),
    }
}

/// What the caller gets (reference service-api 4.2).
fn result(py: Python<'_>, instance: &Bound<'_, Service>, call: &Arc<Call>) -> PyResult<Py<PyAny>> {
    let touched = instance.get().touched_response(py);
    let produced =
        touched.and_then(|response| response.borrow(py).produced().map(|payload| payload.clone_ref(py)));
    let Some(plan) = call.entry.plan.as_ref().filter(|plan| plan.has_output) else {
        return Ok(produced.unwrap_or_else(|| PyString::intern(py, "").into_any().unbind()));
    };
    match produced {
        None => {
            let empty = Bound::new(py, Payload::new(py, call.clone()))?;
            Ok(output::render(py, plan, empty.get(), true, &call.cid_text())?.unbind())
        }
        Some(payload) => match payload.bind(py).cast::<Payload>() {
            Ok(declared) => Ok(output::render(py, plan, declared.get(), true, &call.cid_text())?.unbind()),
            Err(_) => Ok(payload),
        },
    }
}

/// Applies `serialize`, `as_bunch` and `skip_response_elem`.
fn shape(py: Python<'_>, result: Py<PyAny>, arguments: &Arguments<'_>) -> PyResult<Py<PyAny>> {
    let value = result.bind(py);
    let Ok(dict) = value.cast::<PyDict>() else { return Ok(result) };
    if arguments.flag("skip_response_elem", false)?
        && dict.len() == 1
        && let Some((name, inner)) = dict.iter().next()
        && let Ok(name) = name.extract::<String>()
        && (name == "response" || name.starts_with("zato"))
    {
        return Ok(inner.unbind());
    }
    if arguments.flag("as_bunch", false)? {
        return Ok(Parts::get(py)?.bunchify.bind(py).call1((dict,))?.unbind());
    }
    if arguments.flag("serialize", false)? && arguments.text("data_format", "dict")? == "json" {
        let text = json::dumps(value, false)?;
        return Ok(PyString::new(py, &String::from_utf8_lossy(&text)).into_any().unbind());
    }
    Ok(result)
}

/// Runs a service on a thread of its own and waits for it, but not longer than `seconds`.
fn invoke_within(py: Python<'_>, call: &Arc<Call>, seconds: f64) -> PyResult<Option<Py<PyAny>>> {
    let limit = Duration::try_from_secs_f64(seconds)
        .map_err(|error| pyo3::exceptions::PyValueError::new_err(format!("timeout={seconds}: {error}")))?;
    let (sender, receiver) = std::sync::mpsc::channel();
    let call = call.clone();
    let thread = std::thread::Builder::new().name("zato-timed".to_owned()).stack_size(8 << 20);
    thread.spawn(move || {
        let result = Python::attach(|py| run_in_place(py, &call));
        drop(sender.send(result));
    })?;
    match py.detach(move || receiver.recv_timeout(limit)) {
        Ok(result) => result.map(Some),
        Err(_) => Ok(None),
    }
}

/// `self.invoke_async(...)`: gives the CID the target will run with (documented; 3.2's code did not keep it).
pub(crate) fn invoke_async(
    slf: &Bound<'_, Service>,
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<String> {
    let py = slf.py();
    let arguments = Arguments::sort(&ASYNC_POSITIONS, arguments, options)?;
    let entry = arguments.target()?;
    refuse_inactive(py, &entry)?;
    let caller = slf.get().call()?;
    if arguments.flag("to_json_string", false)? {
        let text = json::dumps(&arguments.payload(&ASYNC_POSITIONS)?, false)?;
        arguments.named.set_item("payload", PyString::new(py, &String::from_utf8_lossy(&text)))?;
    }
    let callbacks = callbacks(&arguments, caller)?;
    let call = new_call(caller, entry, &arguments, &ASYNC_POSITIONS, "invoke-async", Cid::new())?;
    let cid = call.cid_text();
    push(py, AsyncCall { call, callbacks })?;
    Ok(cid)
}

/// Callback services: the argument, or `<caller>-async-callback` if there is such a service.
fn callbacks(arguments: &Arguments<'_>, caller: &Call) -> PyResult<Vec<String>> {
    let own_name = &caller.entry.info.name;
    match arguments.get("callback")? {
        None => {
            let convention = format!("{own_name}-async-callback");
            let exists = guest::host().is_some_and(|host| host.registry.load().get(&convention).is_some());
            Ok(if exists { vec![convention] } else { Vec::new() })
        }
        Some(callback) => {
            let items: Vec<Bound<'_, PyAny>> = match callback.cast::<PyList>() {
                Ok(list) => list.iter().collect(),
                Err(_) => vec![callback],
            };
            let name = |item: &Bound<'_, PyAny>| match item.cast::<Service>() {
                Ok(service) => Ok(service.get().call()?.entry.info.name.clone()),
                Err(_) => Ok(find(item)?.info.name.clone()),
            };
            items.iter().map(name).collect()
        }
    }
}

fn push(py: Python<'_>, call: AsyncCall) -> PyResult<()> {
    let cid = call.call.cid;
    let accepted = guest::host().is_some_and(|host| host.executor.push(Job::Async(Box::new(call))).is_ok());
    if accepted {
        return Ok(());
    }
    let message = "the queue of invocations is full; try again later, or raise queue_limit in server.conf";
    Err(errors::raise(py, "ServiceUnavailable", (cid.to_string(), message)))
}

/// Runs an asynchronous call and then its callbacks.
pub(crate) fn run_async(py: Python<'_>, job: AsyncCall) {
    let AsyncCall { call, callbacks } = job;
    let outcome = run_in_place(py, &call);
    let response = match outcome {
        Ok(response) => response,
        Err(error) => {
            let traceback = Parts::get(py).map(|parts| parts.traceback(py, &error)).unwrap_or_default();
            let name = &call.entry.info.name;
            tracing::error!(target: "zato", cid = %call.cid, "asynchronous call of service `{name}` failed\n{traceback}");
            return;
        }
    };
    for callback in callbacks {
        let Some(entry) = guest::host().and_then(|host| host.registry.load().get(&callback).cloned()) else {
            tracing::error!(target: "zato", cid = %call.cid, "callback service `{callback}` is not deployed any more");
            continue;
        };
        let given = Given {
            payload: response.clone_ref(py),
            data_format: "dict".to_owned(),
            transport: String::new(),
            environ: call
                .given
                .as_ref()
                .and_then(|given| given.environ.as_ref().map(|environ| environ.clone_ref(py))),
            wsgi_environ: None,
            channel_params: None,
            in_reply_to: Some(call.cid_text()),
        };
        let next = Arc::new(Call {
            cid: Cid::new(),
            entry,
            channel: channel_info("invoke-async-callback"),
            security: call.security.clone(),
            http: None,
            body: Bytes::new(),
            given: Some(given),
            begun: Timestamp::now(),
            foreign_cid: None,
        });
        if let Err(error) = push(py, AsyncCall { call: next, callbacks: Vec::new() }) {
            tracing::error!(target: "zato", cid = %call.cid, "callback service `{callback}` was not run: {error}");
        }
    }
}

/// `self.new_instance(name)`.
pub(crate) fn new_instance(slf: &Bound<'_, Service>, name: &str) -> PyResult<Py<PyAny>> {
    let py = slf.py();
    let caller = slf.get().call()?;
    let entry = find(PyString::new(py, name).as_any())?;
    let payload = match &caller.given {
        Some(given) => given.payload.clone_ref(py),
        None => PyBytes::new(py, &caller.body).into_any().unbind(),
    };
    let given = Given {
        payload,
        data_format: caller.data_format().to_owned(),
        transport: String::new(),
        environ: caller
            .given
            .as_ref()
            .and_then(|given| given.environ.as_ref().map(|environ| environ.clone_ref(py))),
        wsgi_environ: Some(slf.getattr("wsgi_environ")?.unbind()),
        channel_params: None,
        in_reply_to: None,
    };
    let call = Arc::new(Call {
        cid: caller.cid,
        entry,
        channel: channel_info("new-instance"),
        security: caller.security.clone(),
        http: None,
        body: Bytes::new(),
        given: Some(given),
        begun: Timestamp::now(),
        foreign_cid: None,
    });
    Ok(run::make(py, &call)?.into_any().unbind())
}
