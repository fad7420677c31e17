//! Calls that nobody waits for, and their callbacks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use zato_core::{Cid, Profile};

use super::arguments::{Argument, Arguments};
use super::caller::Caller;
use super::channel_type::channel_info;
use super::in_place::{Wishes, run_in_place};
use super::new_call::{REQUEST_CONTEXT, new_call};
use super::target;
use crate::call::{Call, Given};
use crate::gate::Job;
use crate::python::Parts;
use crate::{errors, fork, guest, in_process, json};

/// A call that nobody waits for.
pub(crate) struct AsyncCall {
    pub(crate) call: Arc<Call>,
    pub(crate) callbacks: Vec<String>,
    /// When it is too old to be run, and how old that is.
    expires: Option<(Instant, Duration)>,
    /// Called with the response and the exception, one of which is `None`, once the call is over.
    on_end: Option<Py<PyAny>>,
}

/// Arguments of `invoke_async`, in the order of their positions.
const POSITIONS: [Argument; 11] = [
    Argument::Name,
    Argument::Payload,
    Argument::Channel,
    Argument::DataFormat,
    Argument::Transport,
    Argument::Expiration,
    Argument::ToJsonString,
    Argument::Cid,
    Argument::Callback,
    Argument::ZatoContext,
    Argument::Environ,
];

/// For how many seconds the brokers of 2.0-3.1 kept calls that nobody had taken (`BROKER.DEFAULT_EXPIRATION`).
const DEFAULT_EXPIRATION: f64 = 15.0;

/// `self.invoke_async(...)`: gives the CID the target will run with (documented; 3.2's code did not keep it).
///
/// # Errors
/// Raises `KeyError` for an unknown service, `Inactive`, and `ServiceUnavailable` if the queue is full.
pub(super) fn invoke_async(
    py: Python<'_>,
    caller: &Caller<'_>,
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<String> {
    let call = prepare(py, caller, arguments, options)?;
    let cid = call.call.cid_text();
    push(py, call)?.map_err(|call| refused(py, &call))?;
    Ok(cid)
}

/// Like [`invoke_async`], for patterns: `on_end` is called with the response and the exception, one of which is `None`,
/// once the call is over. With `is_certain` a call that the queue refuses is run at once, on this thread.
///
/// # Errors
/// As [`invoke_async`].
pub(super) fn start(
    py: Python<'_>,
    caller: &Caller<'_>,
    on_end: Option<Py<PyAny>>,
    is_certain: bool,
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<String> {
    let mut call = prepare(py, caller, arguments, options)?;
    call.on_end = on_end;
    // What patterns promise does not depend on how long it takes, or on how callbacks of other calls are named.
    call.expires = None;
    call.callbacks.clear();
    let cid = call.call.cid_text();
    if let Err(call) = push(py, call)? {
        if !is_certain {
            return Err(refused(py, &call));
        }
        run_async(py, call);
    }
    Ok(cid)
}

fn prepare(
    py: Python<'_>,
    caller: &Caller<'_>,
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<AsyncCall> {
    let mut arguments = Arguments::sort(&POSITIONS, arguments, options)?;
    let entry = target::find(arguments.target()?)?;
    target::refuse_inactive(py, &entry)?;
    if arguments.flag(Argument::ToJsonString, false)? {
        let text = json::dumps(&arguments.payload()?, false)?;
        arguments.set_payload(PyString::new(py, &String::from_utf8_lossy(&text)).into_any());
    }
    let callbacks = callbacks(&arguments, caller)?;
    let expires = expiration(&arguments, caller)?;
    let call = new_call(caller, entry, &arguments, "invoke-async", Cid::new())?;
    Ok(AsyncCall { call, callbacks, expires, on_end: None })
}

/// When a call is too old to be run. Only brokers of up to 3.1 ever lost calls, so that from then on the default is
/// never.
fn expiration(arguments: &Arguments<'_>, caller: &Caller<'_>) -> PyResult<Option<(Instant, Duration)>> {
    let seconds = match arguments.get(Argument::Expiration) {
        Some(_) => arguments.seconds(Argument::Expiration)?,
        None => Some(DEFAULT_EXPIRATION).filter(|_| caller.profile() <= Profile::V3_1),
    };
    let age = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Ok(age.and_then(|age| Some((Instant::now().checked_add(age)?, age))))
}

/// Callback services: the argument, or `<caller>-async-callback` if there is such a service.
fn callbacks(arguments: &Arguments<'_>, caller: &Caller<'_>) -> PyResult<Vec<String>> {
    match arguments.get(Argument::Callback) {
        None => {
            let (Some(own), Some(host)) = (caller.entry, guest::host()) else { return Ok(Vec::new()) };
            let registry = host.registry.load();
            if !registry.has_async_callbacks() {
                return Ok(Vec::new());
            }
            let convention = format!("{}-async-callback", own.info.name);
            Ok(registry.get(&convention).map(|_| convention).into_iter().collect())
        }
        Some(callback) => {
            let items: Vec<Bound<'_, PyAny>> =
                if callback.is_instance_of::<PyList>() || callback.is_instance_of::<PyTuple>() {
                    callback.try_iter()?.collect::<PyResult<_>>()?
                } else {
                    vec![callback.clone()]
                };
            items.iter().map(|item| Ok(target::find(item)?.info.name.clone())).collect()
        }
    }
}

/// Queues a call; gives it back if the queue is full, or closed because the worker ends. A test takes it instead.
///
/// # Errors
/// Raises what the service raises if a test runs such calls at once.
fn push(py: Python<'_>, call: AsyncCall) -> PyResult<Result<(), AsyncCall>> {
    if let Some(session) = in_process::session() {
        return session.take(py, call).map(Ok);
    }
    let Some(host) = guest::host() else { return Ok(Err(call)) };
    Ok(match host.executor.push(Job::Async(Box::new(call))) {
        Err(Job::Async(call)) => Err(*call),
        _ => Ok(()),
    })
}

fn refused(py: Python<'_>, call: &AsyncCall) -> PyErr {
    let message = "the queue of invocations is full; try again later, or raise queue_limit in server.conf";
    errors::raise(py, "ServiceUnavailable", (call.call.cid_text(), message))
}

/// Runs an asynchronous call and then its callbacks.
pub(crate) fn run_async(py: Python<'_>, job: AsyncCall) {
    let AsyncCall { call, callbacks, expires, on_end } = job;
    let name = &call.entry.info.name;
    if let Some((moment, age)) = expires
        && moment < Instant::now()
    {
        let age = age.as_secs_f64();
        tracing::warn!(
            target: "zato", cid = %call.cid,
            "asynchronous call of service `{name}` waited longer than its expiration of {age} s, it is not run"
        );
        return;
    }
    let outcome = run_in_place(py, &call, &Wishes::default()).map(|answer| answer.value);
    fork::end_child(py, outcome.as_ref().err());
    if let Some(on_end) = &on_end {
        end(py, &call, on_end, &outcome);
    }
    match outcome {
        Ok(response) => {
            for callback in callbacks {
                call_back(py, &call, &callback, &response);
            }
        }
        // Whoever is told of the exception decides what becomes of it.
        Err(_) if on_end.is_some() => {}
        Err(error) => {
            let traceback = Parts::traceback_of(py, &error);
            tracing::error!(target: "zato", cid = %call.cid, "asynchronous call of service `{name}` failed\n{traceback}");
        }
    }
}

/// Runs an asynchronous call while its caller waits, in a process without a server; callbacks are queued as ever, and it
/// is never too old, as it is the test that says when it runs.
///
/// # Errors
/// Raises what the service raises, unless whoever started the call is told of it; then there is no answer.
pub(crate) fn run_at_once(py: Python<'_>, job: &AsyncCall) -> PyResult<Py<PyAny>> {
    let outcome = run_in_place(py, &job.call, &Wishes::default()).map(|answer| answer.value);
    if let Some(on_end) = &job.on_end {
        end(py, &job.call, on_end, &outcome);
        return Ok(outcome.unwrap_or_else(|_| py.None()));
    }
    let response = outcome?;
    for callback in &job.callbacks {
        call_back(py, &job.call, callback, &response);
    }
    Ok(response)
}

/// Tells whoever started the call how it ended.
fn end(py: Python<'_>, call: &Call, on_end: &Py<PyAny>, outcome: &PyResult<Py<PyAny>>) {
    let told = match outcome {
        Ok(response) => on_end.call1(py, (response, py.None())),
        Err(error) => {
            // With its traceback, which patterns up to 3.1 tell.
            let value = error.clone_ref(py).into_value(py);
            on_end.call1(py, (py.None(), value))
        }
    };
    if let Err(error) = told {
        let traceback = Parts::traceback_of(py, &error);
        let name = &call.entry.info.name;
        tracing::error!(target: "zato", cid = %call.cid, "what follows a call of service `{name}` failed\n{traceback}");
    }
}

/// Runs a callback with the response, later or, if the queue takes nothing any more, at once.
fn call_back(py: Python<'_>, call: &Call, callback: &str, response: &Py<PyAny>) {
    let prepared = || -> PyResult<AsyncCall> {
        let entry = guest::host()
            .and_then(|host| host.registry.load().get(callback).cloned())
            .ok_or_else(|| PyRuntimeError::new_err("it is not deployed any more"))?;
        target::refuse_inactive(py, &entry)?;
        let wsgi_environ = PyDict::new(py);
        wsgi_environ.set_item(format!("{REQUEST_CONTEXT}in_reply_to"), call.cid_text())?;
        let environ = call.given.as_ref().and_then(|given| given.environ.as_ref());
        let given = Given {
            payload: response.clone_ref(py),
            data_format: "dict".to_owned(),
            transport: String::new(),
            environ: environ.map(|environ| environ.clone_ref(py)),
            wsgi_environ: Some(wsgi_environ.into_any().unbind()),
            channel_params: None,
            channel: None,
            job_type: None,
            in_reply_to: Some(call.cid_text()),
        };
        let next = Call {
            cid: Cid::new(),
            entry,
            channel: channel_info("invoke-async-callback")?,
            security: call.security.clone(),
            http: None,
            body: Bytes::new(),
            given: Some(given),
            begun: Instant::now().into(),
            foreign_cid: None,
        };
        Ok(AsyncCall { call: Arc::new(next), callbacks: Vec::new(), expires: None, on_end: None })
    };
    match prepared().and_then(|next| push(py, next)) {
        Ok(Ok(())) => {}
        Ok(Err(next)) => run_async(py, next),
        Err(error) => {
            tracing::error!(target: "zato", cid = %call.cid, "callback service `{callback}` was not run: {error}");
        }
    }
}
