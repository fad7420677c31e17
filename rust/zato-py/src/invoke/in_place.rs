//! Runs a service inside of the call of another, on the same thread.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::call::{Call, CurrentCid};
use crate::io::output;
use crate::io::payload::Payload;
use crate::run::Progress;
use crate::service::Service;
use crate::{asyncio, run};

/// What the caller wants besides the answer.
#[derive(Default)]
pub(crate) struct Wishes {
    /// Where headers that the service set are put, also if it fails (3.2).
    pub(super) headers: Option<Py<PyAny>>,
    /// Makes the answer out of the instance that ran (`set_response_func`).
    pub(super) response_function: Option<Py<PyAny>>,
    /// Whether declared output is given as it was set: without conversion, checks and response element.
    pub(super) is_raw: bool,
}

/// What a service gave its caller.
pub(crate) struct Answer {
    /// The object itself.
    pub(crate) value: Py<PyAny>,
    /// Whether it was made of declared output; everything else is passed on untouched.
    pub(super) is_declared: bool,
}

impl From<Py<PyAny>> for Answer {
    fn from(value: Py<PyAny>) -> Self {
        Self { value, is_declared: false }
    }
}

/// Runs a service on this thread, by reference.
///
/// # Errors
/// Raises what the service raised, unchanged.
pub(super) fn run_in_place(py: Python<'_>, call: &Arc<Call>, wishes: &Wishes) -> PyResult<Answer> {
    let _cid = CurrentCid::enter(call.cid);
    let instance = run::make(py, call)?;
    let outcome = run_instance(py, &instance, call, wishes);
    if let (Some(container), Some(response)) = (&wishes.headers, instance.get().touched_response(py)) {
        container.bind(py).call_method1("update", (response.bind(py).getattr("headers")?,))?;
    }
    let Some(function) = &wishes.response_function else { return outcome };
    let options = PyDict::new(py);
    options.set_item("data_format", call.data_format())?;
    options.set_item("transport", call.transport())?;
    let made = function.bind(py).call((&instance,), Some(&options));
    // The function is called in any case; what the service raised comes first.
    outcome.and_then(|_| Ok(made?.unbind().into()))
}

/// Runs an instance that was made.
///
/// # Errors
/// Raises what the service raised, unchanged.
pub(crate) fn run_instance(
    py: Python<'_>,
    instance: &Bound<'_, Service>,
    call: &Arc<Call>,
    wishes: &Wishes,
) -> PyResult<Answer> {
    match run::begin(py, instance, call)? {
        Progress::Refused => {
            instance.get().response_view(py)?.borrow_mut(py).set_status(py, 400)?;
            return Ok(instance.get().response_view(py)?.clone_ref(py).into_any().into());
        }
        Progress::Coroutine(coroutine) => {
            asyncio::wait(py, &coroutine)?;
            run::after_handle(py, instance, call)?;
        }
        Progress::Done => {}
    }
    answer(py, instance, call, wishes.is_raw)
}

/// What the caller gets (reference service-api 4.2).
fn answer(py: Python<'_>, instance: &Bound<'_, Service>, call: &Arc<Call>, is_raw: bool) -> PyResult<Answer> {
    let touched = instance.get().touched_response(py);
    let produced = match touched {
        Some(response) => response.borrow(py).produced(py)?.map(|payload| payload.clone_ref(py)),
        None => None,
    };
    let nothing = || PyString::intern(py, "").into_any().unbind().into();
    let Some(plan) = call.entry.plan.as_ref().filter(|plan| plan.has_output) else {
        return Ok(produced.map_or_else(nothing, Answer::from));
    };
    let payload = match produced {
        Some(payload) => payload.into_bound(py),
        // A model that was never filled.
        None if plan.output_model.is_some() => return Ok(nothing()),
        None => Bound::new(py, Payload::new(py, call.clone()))?.into_any(),
    };
    let Ok(declared) = payload.cast::<Payload>() else { return Ok(payload.unbind().into()) };
    let value = if is_raw {
        match declared.get().items(py) {
            Some(items) => items.into_any(),
            None => declared.get().values(py).clone().into_any(),
        }
    } else {
        output::render(py, plan, declared.get(), true, &call.cid_text())?
    };
    Ok(Answer { value: value.unbind(), is_declared: true })
}
