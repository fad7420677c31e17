//! The interpreter's lock, as the executor sees it.

use pyo3::prelude::*;
use zato_executor::Gate;

use crate::{greenlets, guest, invoke, pace, run};
use zato_core::invocation::Invocation;

/// What the executor's threads do while they hold the lock.
pub(crate) enum Job {
    /// A request from outside.
    Invocation(Box<Invocation>),
    /// A call from another service that does not wait for the result.
    Async(Box<invoke::AsyncCall>),
}

/// Python as a guest of the executor.
pub(crate) struct PythonGate;

impl Gate for PythonGate {
    type Job = Job;
    type Session<'a> = Python<'a>;

    fn attach(&self, body: &mut dyn FnMut(Python<'_>)) {
        Python::attach(body);
    }

    fn release(&self, session: Python<'_>, body: &mut (dyn FnMut() + Send)) {
        session.detach(body);
    }

    fn run(&self, session: Python<'_>, job: Job, has_more: bool) {
        match job {
            Job::Invocation(invocation) => run::invocation(session, *invocation, has_more),
            Job::Async(call) => {
                pace::begin(None, false);
                invoke::run_async(session, *call);
            }
        }
        greenlets::go_on(session);
    }

    fn took_long(&self) {
        pace::took_long();
    }

    fn flush(&self) {
        if let Some(host) = guest::host() {
            host.flush();
        }
    }
}
