//! One run of a service, in the order of reference service-api 2.5.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::channel::mpsc;
use http::HeaderValue;
use pyo3::exceptions::{PySystemExit, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyIterator, PyList, PyString};
use zato_core::Profile;
use zato_core::invocation::{Body, DataFormat, Failure, FailureKind, Invocation, Outcome, Reply, Response};

use crate::call::{Call, CurrentCid};
use crate::io::payload::Payload;
use crate::io::{input, output};
use crate::job::{self, Side};
use crate::python::Parts;
use crate::response::is_xml_element;
use crate::service::Service;
use crate::watchdog::Watch;
use crate::{asyncio, errors, fork, guest, json, pace, stream};

/// How far a run got.
pub(crate) enum Progress<'py> {
    /// `handle` is done, and so are the hooks after it.
    Done,
    /// `accept` said no.
    Refused,
    /// `handle` gave a coroutine that has yet to run.
    Coroutine(Bound<'py, PyAny>),
}

/// Runs what came from outside and answers. `has_more` says that other jobs wait, so that the answer need not
/// be told at once.
pub(crate) fn invocation(py: Python<'_>, invocation: Invocation, has_more: bool) {
    let Invocation { cid, service, channel, security, http, body, received, deadline, reply } = invocation;
    if reply.is_abandoned() {
        return;
    }
    if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        reply.fail(Failure::new(
            FailureKind::Timeout,
            "the time allowed was over before the service could start",
        ));
        return;
    }
    let Some(host) = guest::host() else { return };
    let registry = host.registry.load();
    let Some(entry) = registry.get(&service) else {
        reply.fail(Failure::new(FailureKind::ServiceMissing, format!("service `{service}` is not deployed")));
        return;
    };
    let settings = host.settings.load();
    let setting = settings.by_name.get(&*service);
    if setting.is_some_and(|setting| !setting.is_active) {
        reply.fail(Failure::new(FailureKind::Inactive, format!("service `{service}` is inactive")));
        return;
    }
    let entry = entry.clone();
    pace::begin(Some(&entry), has_more);
    let given = match job::given(py, &channel, &body) {
        Ok(given) => given,
        Err(error) => return reply.fail(errors::to_failure(py, &entry, &error)),
    };
    let call = Arc::new(Call {
        cid,
        entry,
        channel,
        security,
        http,
        body,
        given,
        begun: received.into(),
        foreign_cid: None,
    });
    let limit = setting.and_then(|setting| setting.timeout).or(settings.default_timeout);
    let deadline = match (deadline, limit.map(|limit| Instant::now() + limit)) {
        (Some(given), Some(own)) => Some(given.min(own)),
        (given, own) => given.or(own),
    };
    let slow = setting.and_then(|setting| setting.slow_threshold);
    let started = slow.map(|_| Instant::now());
    run_and_answer(py, &call, reply, deadline);
    if let (Some(threshold), Some(started)) = (slow, started)
        && started.elapsed() > threshold
    {
        tracing::warn!(
            target: "zato",
            cid = %call.cid,
            "slow response from service `{}`: {} ms, threshold {} ms",
            call.entry.info.name,
            started.elapsed().as_millis(),
            threshold.as_millis()
        );
    }
}

fn run_and_answer(py: Python<'_>, call: &Arc<Call>, reply: Reply, deadline: Option<Instant>) {
    let _cid = CurrentCid::enter(call.cid);
    let instance = match make(py, call) {
        Ok(instance) => instance,
        Err(error) => {
            fork::end_child(py, Some(&error));
            return reply.fail(errors::to_failure(py, &call.entry, &error));
        }
    };
    let watch = deadline.map(|deadline| Watch::begin(py, deadline, &call.entry.info.name));
    let (reply, guard) = match watch {
        Some(watch) => (watch.keep(reply), Some(watch)),
        None => (Some(reply), None),
    };
    let progress = begin(py, &instance, call);
    fork::end_child(py, progress.as_ref().err());
    let reply = match guard {
        // Whoever comes first answers: this thread or the watchdog.
        Some(watch) => watch.end(py),
        None => reply,
    };
    let Some(reply) = reply else { return };
    match progress {
        Ok(Progress::Coroutine(coroutine)) => {
            asyncio::start(py, &instance, call, &coroutine, reply, deadline)
        }
        Ok(progress) => answer(py, &instance, call, Ok(progress), reply, deadline),
        Err(error) => answer(py, &instance, call, Err(error), reply, deadline),
    }
}

/// Sends the outcome of a run that is over, and until the deadline what it goes on to make.
pub(crate) fn answer(
    py: Python<'_>,
    instance: &Bound<'_, Service>,
    call: &Arc<Call>,
    progress: PyResult<Progress<'_>>,
    reply: Reply,
    deadline: Option<Instant>,
) {
    match progress.and_then(|progress| response_to(py, instance, call, &progress)) {
        Ok((response, None)) => reply.send(Outcome::Response(response)),
        Ok((response, Some((pieces, sender)))) => {
            reply.send(Outcome::Response(response));
            stream::send(py, call, &pieces, sender, deadline);
        }
        Err(error) => reply.fail(failure(py, instance, call, &error)),
    }
}

/// What a run that did not fail gives whoever called from outside.
pub(crate) fn response_to<'py>(
    py: Python<'py>,
    instance: &Bound<'py, Service>,
    call: &Arc<Call>,
    progress: &Progress<'py>,
) -> PyResult<(Response, Pieces<'py>)> {
    match progress {
        Progress::Refused => Ok((refusal(), None)),
        _ => response(py, instance, call),
    }
}

/// What a run that failed gives; headers that the service had set are part of it.
pub(crate) fn failure(py: Python<'_>, instance: &Bound<'_, Service>, call: &Call, error: &PyErr) -> Failure {
    let mut failure = errors::to_failure(py, &call.entry, error);
    if let Some(touched) = instance.get().touched_response(py) {
        failure.headers = touched.bind(py).borrow().wire_headers(py).unwrap_or_default();
    }
    failure
}

/// `accept()` said no: 400 without a body.
fn refusal() -> Response {
    Response { status: 400, content_type: None, headers: Vec::new(), body: Body::Full(Bytes::new()) }
}

/// Makes the instance. The class is called without arguments, so that a user's `__init__` runs.
pub(crate) fn make<'py>(py: Python<'py>, call: &Arc<Call>) -> PyResult<Bound<'py, Service>> {
    let instance = call.entry.class.bind(py).call0()?.cast_into::<Service>()?;
    instance.get().bind(call.clone());
    Ok(instance)
}

/// Parses input and runs everything up to and including `handle`, and the hooks after it unless `handle` is a
/// coroutine.
pub(crate) fn begin<'py>(
    py: Python<'py>,
    instance: &Bound<'py, Service>,
    call: &Arc<Call>,
) -> PyResult<Progress<'py>> {
    let entry = &call.entry;
    if let Some(schema) = &entry.schema {
        schema.check(py, call, instance)?;
    }
    if let Some(usage) = &entry.usage {
        instance.get().begin_history(usage.begin());
    }
    if let Some(plan) = &entry.plan
        && plan.has_input
    {
        let request = instance.get().request_view(py)?.get();
        let parsed = input::parse(py, plan, request, instance, &call.cid_text())?;
        request.set_parsed_input(parsed);
    } else if entry.profile <= Profile::V3_1 && call.channel.data_format == DataFormat::Json {
        let request = instance.get().request_view(py)?.get();
        request.parse(py).map_err(|error| errors::malformed_body(py, &call.cid_text(), &error))?;
    }
    if entry.hooks.accept && !instance.call_method0(pyo3::intern!(py, "accept"))?.is_truthy()? {
        return Ok(Progress::Refused);
    }
    job::hooks(py, instance, call, Side::Before);
    if entry.hooks.before_handle {
        swallow(py, instance, call, "before_handle");
    }
    if entry.hooks.validate_input {
        instance.call_method0(pyo3::intern!(py, "validate_input"))?;
    }
    let handled = if entry.verbs.is_empty() || !dispatches_on_verb(call) {
        instance.call_method0(pyo3::intern!(py, "handle"))?
    } else {
        match verb_method(py, call) {
            Some(method) => instance.call_method0(method.bind(py))?,
            None => {
                let response = instance.get().response_view(py)?;
                response.borrow_mut(py).set_status(py, 405)?;
                py.None().into_bound(py)
            }
        }
    };
    if entry.is_async && !handled.is_none() {
        return Ok(Progress::Coroutine(handled));
    }
    after_handle(py, instance, call)?;
    Ok(Progress::Done)
}

/// Runs the hooks after `handle`.
pub(crate) fn after_handle(py: Python<'_>, instance: &Bound<'_, Service>, call: &Arc<Call>) -> PyResult<()> {
    let hooks = call.entry.hooks;
    if hooks.validate_output {
        instance.call_method0(pyo3::intern!(py, "validate_output"))?;
    }
    if hooks.after_handle {
        swallow(py, instance, call, "after_handle");
    }
    job::hooks(py, instance, call, Side::After);
    if let Some(history) = instance.get().history() {
        history.note_return();
    }
    if hooks.finalize_handle {
        swallow(py, instance, call, "finalize_handle");
    }
    Ok(())
}

/// Channels on which `handle_GET` and the like are used (reference service-api 2.6).
fn dispatches_on_verb(call: &Call) -> bool {
    matches!(call.channel.channel_type, "http-soap" | "invoke")
}

fn verb_method<'call>(py: Python<'_>, call: &'call Call) -> Option<&'call Py<PyString>> {
    let method = call.method(py)?;
    let find = |wanted: &str| call.entry.verbs.iter().find(|(verb, _)| verb == wanted).map(|(_, name)| name);
    // The body of what a GET gets is left out on the way (RFC 9110, 9.3.2).
    find(&method).or_else(|| if method == "HEAD" { find("GET") } else { None })
}

/// Runs a hook whose exceptions are logged and otherwise ignored.
pub(crate) fn swallow(py: Python<'_>, instance: &Bound<'_, Service>, call: &Call, hook: &str) {
    if let Err(error) = instance.call_method0(hook) {
        if error.is_instance_of::<PySystemExit>(py) {
            fork::end_child(py, Some(&error));
        }
        let traceback = Parts::traceback_of(py, &error);
        tracing::error!(
            target: "zato",
            cid = %call.cid,
            "{hook} of service `{}` failed, the invocation goes on\n{traceback}",
            call.entry.info.name
        );
    }
}

/// What a response in pieces is made from, and where the pieces go.
pub(crate) type Pieces<'py> = Option<(Bound<'py, PyAny>, mpsc::Sender<stream::Piece>)>;

/// Turns what the service produced into a response.
fn response<'py>(
    py: Python<'py>,
    instance: &Bound<'py, Service>,
    call: &Arc<Call>,
) -> PyResult<(Response, Pieces<'py>)> {
    let Some(touched) = instance.get().touched_response(py) else {
        let body = match &call.entry.plan {
            Some(plan) if plan.has_output => body(py, call, None)?,
            _ => Bytes::new(),
        };
        return Ok((
            Response { status: 200, content_type: None, headers: Vec::new(), body: Body::Full(body) },
            None,
        ));
    };
    let touched = touched.bind(py).borrow();
    let headers = touched.wire_headers(py)?;
    let has_header = headers.iter().any(|(name, _)| name == http::header::CONTENT_TYPE);
    let content_type = match touched.own_content_type() {
        Some(text) if !has_header => Some(HeaderValue::from_str(text).map_err(|_| {
            pyo3::exceptions::PyValueError::new_err(format!(
                "self.response.content_type is {text:?}, which is not a header value"
            ))
        })?),
        _ => None,
    };
    let status = touched.status(py)?;
    let produced = touched.produced(py)?.map(|payload| payload.bind(py).clone());
    drop(touched);
    let content_type = match (content_type, &produced) {
        (None, Some(payload))
            if !has_header && call.channel.content_type.is_none() && is_xml_element(payload)? =>
        {
            Some(HeaderValue::from_static("application/xml"))
        }
        (content_type, _) => content_type,
    };
    if let Some(pieces) = produced.as_ref().filter(|payload| is_iterator(payload)) {
        let (sender, receiver) = mpsc::channel(16);
        let response = Response { status, content_type, headers, body: Body::Stream(receiver) };
        return Ok((response, Some((pieces.clone(), sender))));
    }
    let body =
        if status == 405 && produced.is_none() { Bytes::new() } else { body(py, call, produced.as_ref())? };
    Ok((Response { status, content_type, headers, body: Body::Full(body) }, None))
}

fn is_iterator(payload: &Bound<'_, PyAny>) -> bool {
    payload.cast::<PyIterator>().is_ok()
}

/// Serializes a payload for the wire (reference service-api 5.7, 6.1).
fn body(py: Python<'_>, call: &Arc<Call>, payload: Option<&Bound<'_, PyAny>>) -> PyResult<Bytes> {
    let is_pretty = call.entry.profile == Profile::V4_1;
    let empty;
    let payload = match payload {
        Some(payload) => payload,
        None => match &call.entry.plan {
            Some(plan) if plan.has_output => {
                empty = Bound::new(py, Payload::new(py, call.clone()))?.into_any();
                &empty
            }
            _ => return Ok(Bytes::new()),
        },
    };
    if let Ok(text) = payload.cast::<PyString>() {
        return Ok(Bytes::copy_from_slice(text.to_str()?.as_bytes()));
    }
    if let Ok(bytes) = payload.cast::<PyBytes>() {
        return Ok(Bytes::copy_from_slice(bytes.as_bytes()));
    }
    if payload.is_instance_of::<PyByteArray>() {
        return Ok(Bytes::from(payload.extract::<Vec<u8>>()?));
    }
    if is_xml_element(payload)? {
        let written = match call.entry.plan.as_ref().and_then(|plan| plan.xml.as_ref()) {
            Some(format) => format.bind(py).call_method1(pyo3::intern!(py, "dump"), (payload,))?,
            None => Parts::get(py)?.dump_xml.bind(py).call1((payload,))?,
        };
        return Ok(Bytes::copy_from_slice(written.cast::<PyBytes>()?.as_bytes()));
    }
    if let Some(plan) = &call.entry.plan {
        if call.channel.data_format == DataFormat::Xml
            && let Some(document) = output::xml(py, plan, payload, &call.cid_text())?
        {
            return Ok(document);
        }
        if call.channel.data_format == DataFormat::Csv
            && let Some(rows) = output::csv(py, plan, payload, &call.cid_text())?
        {
            return Ok(rows);
        }
        if let Ok(declared) = payload.cast::<Payload>() {
            let rendered = output::render(py, plan, declared.get(), true, &call.cid_text())?;
            return json::dumps(&rendered, is_pretty);
        }
    }
    if !payload.is_truthy()? {
        let is_object = payload.is_instance_of::<PyDict>() && call.channel.data_format == DataFormat::Json;
        // A list of models that is empty is still a list.
        let has_model = call.entry.plan.as_ref().is_some_and(|plan| plan.output_model.is_some());
        return Ok(match (is_object, has_model && payload.is_instance_of::<PyList>()) {
            (true, _) => Bytes::from_static(b"{}"),
            (_, true) => Bytes::from_static(b"[]"),
            _ => Bytes::new(),
        });
    }
    if call.channel.data_format == DataFormat::Xml {
        let class = payload.get_type();
        return Err(PyTypeError::new_err(format!(
            "self.response.payload is {class}, which has no XML form; assign text or an element of lxml, or declare the \
             output of service `{}`",
            call.entry.info.name
        )));
    }
    json::dumps(payload, is_pretty)
}
