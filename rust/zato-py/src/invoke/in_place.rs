//! Runs a service inside of the call of another, on the same thread or, with a limit of time, on a thread of its own.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::call::{Call, CurrentCid};
use crate::io::output;
use crate::io::payload::Payload;
use crate::run::Progress;
use crate::service::Service;
use crate::{asyncio, fork, run};

/// Runs a service on this thread, by reference; exceptions reach the caller unchanged.
pub(super) fn run_in_place(py: Python<'_>, call: &Arc<Call>) -> PyResult<Py<PyAny>> {
    run_in_place_noting(py, call, None)
}

/// Like [`run_in_place`]; headers that the service set are put into `headers`, also if it fails (3.2).
pub(super) fn run_in_place_noting(
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
    let produced = match touched {
        Some(response) => response.borrow(py).produced(py)?.map(|payload| payload.clone_ref(py)),
        None => None,
    };
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

/// Runs a service on a thread of its own and waits for it, but not longer than `seconds`.
pub(super) fn invoke_within(py: Python<'_>, call: &Arc<Call>, seconds: f64) -> PyResult<Option<Py<PyAny>>> {
    let limit = Duration::try_from_secs_f64(seconds)
        .map_err(|error| pyo3::exceptions::PyValueError::new_err(format!("timeout={seconds}: {error}")))?;
    let (sender, receiver) = std::sync::mpsc::channel();
    let call = call.clone();
    let thread = std::thread::Builder::new().name("zato-timed".to_owned()).stack_size(8 << 20);
    thread.spawn(move || {
        let result = Python::attach(|py| {
            let result = run_in_place(py, &call);
            fork::end_child(py, result.as_ref().err());
            result
        });
        drop(sender.send(result));
    })?;
    match py.detach(move || receiver.recv_timeout(limit)) {
        Ok(result) => result.map(Some),
        Err(_) => Ok(None),
    }
}
