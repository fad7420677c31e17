//! Calls that nobody waits for, and their callbacks.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use zato_core::Cid;

use super::arguments::Arguments;
use super::channel_type::channel_info;
use super::in_place::run_in_place;
use super::new_call::new_call;
use super::target;
use crate::call::{Call, Given};
use crate::gate::Job;
use crate::python::Parts;
use crate::service::Service;
use crate::{errors, fork, guest, json};

/// A call that nobody waits for.
pub(crate) struct AsyncCall {
    call: Arc<Call>,
    callbacks: Vec<String>,
}

/// Arguments of `invoke_async`, in the order of their positions.
const POSITIONS: [&str; 12] = [
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

/// `self.invoke_async(...)`: gives the CID the target will run with (documented; 3.2's code did not keep it).
pub(crate) fn invoke_async(
    slf: &Bound<'_, Service>,
    arguments: &Bound<'_, PyTuple>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<String> {
    let py = slf.py();
    let arguments = Arguments::sort(&POSITIONS, arguments, options)?;
    let entry = arguments.target()?;
    target::refuse_inactive(py, &entry)?;
    let caller = slf.get().call()?;
    if arguments.flag("to_json_string", false)? {
        let text = json::dumps(&arguments.payload(&POSITIONS)?, false)?;
        arguments.named.set_item("payload", PyString::new(py, &String::from_utf8_lossy(&text)))?;
    }
    let callbacks = callbacks(&arguments, caller)?;
    let call = new_call(caller, entry, &arguments, &POSITIONS, "invoke-async", Cid::new())?;
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
                Err(_) => Ok(target::find(item)?.info.name.clone()),
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
    fork::end_child(py, outcome.as_ref().err());
    let response = match outcome {
        Ok(response) => response,
        Err(error) => {
            let traceback = Parts::traceback_of(py, &error);
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
            begun: Instant::now().into(),
            foreign_cid: None,
        });
        if let Err(error) = push(py, AsyncCall { call: next, callbacks: Vec::new() }) {
            tracing::error!(target: "zato", cid = %call.cid, "callback service `{callback}` was not run: {error}");
        }
    }
}
