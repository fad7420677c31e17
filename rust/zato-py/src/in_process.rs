//! Services in a process without a server, for tests of users: what runs them is what runs them in a server, on the
//! thread that asks. `python/zato/testing` is built on it.
//!
//! A server never has a session, so that all it pays is one load where a service is not found, where a call is
//! asynchronous, and where a service asks for the time of its invocation.

mod captured;
mod facts;
mod session;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use jiff::Timestamp;
use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use zato_core::Profile;
use zato_core::invocation::{Body, Outcome, Response};
use zato_http::{Asked, HttpOptions};
use zato_server::worker::OutgoingConnections;

use crate::call::{Call, CurrentCid};
use crate::entry::{Entry, Registry};
use crate::invoke::Wishes;
use crate::python::Parts;
use crate::run::{self, Progress};
use crate::service::Service;
use crate::{asyncio, errors, guest, invoke, stream};

pub(crate) use captured::AsyncInvocation;
use facts::{CallFacts, RequestFacts};
pub(crate) use session::{Session, frozen_time, register, session};

/// A service instance, unless it could not be made, and the exception that ended the run, if one did.
type Ran = (Option<Py<Service>>, Option<Py<PyAny>>);

/// Runs services until it is closed; a process has one at a time.
#[pyclass(module = "zato._core", frozen)]
pub(crate) struct InProcess {
    session: Arc<Session>,
}

#[pymethods]
impl InProcess {
    /// `find` is called with names and classes that are not registered and says whether they are now; `take` is
    /// called with each [`AsyncInvocation`].
    #[new]
    #[pyo3(signature = (*, profile, find, take))]
    fn new(py: Python<'_>, profile: &str, find: Py<PyAny>, take: Py<PyAny>) -> PyResult<Self> {
        static IS_STARTED: AtomicBool = AtomicBool::new(false);
        let profile: Profile = profile
            .parse()
            .map_err(|error: zato_core::Error| pyo3::exceptions::PyValueError::new_err(error.to_string()))?;
        if !IS_STARTED.load(Ordering::SeqCst) {
            start(py)?;
            IS_STARTED.store(true, Ordering::SeqCst);
        }
        let session = Session::begin(profile, find, take)?;
        Ok(Self { session })
    }

    /// Registers a service the way the loader describes it; it takes the place of another with its name.
    fn register(&self, description: &Bound<'_, PyDict>) -> PyResult<()> {
        let entry = Arc::new(Entry::from_description(description, "", false, self.session.profile)?);
        let host = host()?;
        let known = host.registry.load_full();
        host.registry.store(Arc::new(Registry::new(known.entries().cloned().chain([entry]))));
        Ok(())
    }

    /// Holds the clock of invocations still at a time in seconds since 1970, or lets it go on.
    fn set_time(&self, seconds: Option<f64>) -> PyResult<()> {
        let time = seconds.map(|seconds| {
            jiff::SignedDuration::try_from_secs_f64(seconds).and_then(Timestamp::from_duration)
        });
        self.session.set_time(time.transpose().map_err(|error| PyRuntimeError::new_err(error.to_string()))?);
        Ok(())
    }

    /// Runs a service like a request to a REST channel. Gives the instance, the exception if there was one, and the
    /// status, headers and body that a client would get.
    #[expect(clippy::type_complexity, reason = "the result is a Python tuple")]
    fn request(
        &self,
        py: Python<'_>,
        service: &str,
        facts: RequestFacts,
    ) -> PyResult<(Ran, (u16, Vec<(String, String)>, Py<PyBytes>))> {
        let call = facts.into_call(entry(service)?)?;
        let (ran, outcome) = respond(py, &call);
        let options = HttpOptions { profile: self.session.profile, ..HttpOptions::default() };
        let http = call.http.as_deref();
        let asked = Asked {
            options: &options,
            cid: call.cid,
            method: http.map_or("", |http| http.method.as_str()),
            path: http.map_or("", |http| http.uri.path()),
            channel: &call.channel,
            service: &call.entry.info.name,
        };
        let response = zato_http::answer(outcome, &asked);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
        let body = PyBytes::new(py, response.body()).unbind();
        Ok((ran, (response.status().as_u16(), headers, body)))
    }

    /// Runs a service like a call by another service, or from a channel that hands over objects. Gives the instance,
    /// the exception if there was one, and what the caller gets.
    fn call(&self, py: Python<'_>, service: &str, facts: CallFacts) -> PyResult<(Ran, Py<PyAny>)> {
        let call = facts.into_call(entry(service)?)?;
        let _cid = CurrentCid::enter(call.cid);
        let instance = match run::make(py, &call) {
            Ok(instance) => instance,
            Err(error) => return Ok(((None, Some(error.into_value(py).into_any())), py.None())),
        };
        let outcome = invoke::run_instance(py, &instance, &call, &Wishes::default());
        let instance = Some(instance.unbind());
        Ok(match outcome {
            Ok(answer) => ((instance, None), answer.value),
            Err(error) => ((instance, Some(error.into_value(py).into_any())), py.None()),
        })
    }

    /// Forgets all services and lets another session begin.
    fn close(&self) -> PyResult<()> {
        if self.session.end() {
            host()?.registry.store(Arc::new(Registry::default()));
        }
        Ok(())
    }
}

/// Makes the host of the process; nothing of it is ever asked to do anything by itself.
fn start(py: Python<'_>) -> PyResult<()> {
    let failed = |error: zato_core::Error| PyRuntimeError::new_err(error.to_string());
    py.import("threading")?;
    Parts::get(py)?;
    let directory = std::env::current_dir()?;
    let options = session::options(directory).map_err(failed)?;
    guest::Host::start(options, OutgoingConnections::default()).map_err(failed)?;
    zato_server::logging::listen(session::hear);
    Ok(())
}

fn host() -> PyResult<&'static Arc<guest::Host>> {
    guest::host().ok_or_else(|| PyRuntimeError::new_err("this process was forked and cannot run services"))
}

fn entry(name: &str) -> PyResult<Arc<Entry>> {
    host()?.registry.load().get(name).cloned().ok_or_else(|| PyKeyError::new_err(name.to_owned()))
}

/// Runs a call as `run::invocation` does, and waits where that would hand over to the event loop or to the connection.
fn respond(py: Python<'_>, call: &Arc<Call>) -> (Ran, Outcome) {
    let _cid = CurrentCid::enter(call.cid);
    let instance = match run::make(py, call) {
        Ok(instance) => instance,
        Err(error) => {
            let failure = errors::to_failure(py, &call.entry, &error);
            let ran = (None, Some(error.into_value(py).into_any()));
            return (ran, Outcome::Failure(Box::new(failure)));
        }
    };
    let response = complete(py, &instance, call);
    match response {
        Ok(response) => ((Some(instance.unbind()), None), Outcome::Response(response)),
        Err(error) => {
            let failure = run::failure(py, &instance, call, &error);
            let ran = (Some(instance.unbind()), Some(error.into_value(py).into_any()));
            (ran, Outcome::Failure(Box::new(failure)))
        }
    }
}

fn complete(py: Python<'_>, instance: &Bound<'_, Service>, call: &Arc<Call>) -> PyResult<Response> {
    let mut progress = run::begin(py, instance, call)?;
    if let Progress::Coroutine(coroutine) = &progress {
        asyncio::wait(py, coroutine)?;
        run::after_handle(py, instance, call)?;
        progress = Progress::Done;
    }
    let (response, pieces) = run::response_to(py, instance, call, &progress)?;
    let body = match pieces {
        Some((pieces, _)) => Body::Full(stream::collect(&pieces)?),
        None => match response.body {
            Body::Full(bytes) => Body::Full(bytes),
            Body::Stream(_) => Body::Full(Bytes::new()),
        },
    };
    Ok(Response { body, ..response })
}
