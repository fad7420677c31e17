//! The facts of one run of one service, shared by the views that Python sees.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use jiff::Timestamp;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use zato_core::Cid;
use zato_core::invocation::{ChannelInfo, DataFormat, HttpRequest, SecurityInfo};

use crate::entry::Entry;
use crate::in_process;

thread_local! {
    static CURRENT_CID: Cell<Option<Cid>> = const { Cell::new(None) };
}

/// One run of one service.
pub(crate) struct Call {
    /// Correlation ID.
    pub(crate) cid: Cid,
    /// The service that runs.
    pub(crate) entry: Arc<Entry>,
    /// Where the call came from.
    pub(crate) channel: Arc<ChannelInfo>,
    /// Who called.
    pub(crate) security: Option<Arc<SecurityInfo>>,
    /// The HTTP request behind it, if any.
    pub(crate) http: Option<Box<HttpRequest>>,
    /// Raw body of an HTTP request.
    pub(crate) body: Bytes,
    /// What another service passed.
    pub(crate) given: Option<Given>,
    /// When it began; requests begin when they arrive.
    pub(crate) begun: Begun,
    /// The correlation ID as a calling service gave it, if it is not one of ours.
    pub(crate) foreign_cid: Option<String>,
}

/// What a calling service passed along.
pub(crate) struct Given {
    /// The payload, by reference.
    pub(crate) payload: Py<PyAny>,
    /// Data format named by the caller.
    pub(crate) data_format: String,
    /// Transport named by the caller.
    pub(crate) transport: String,
    /// `environ` argument.
    pub(crate) environ: Option<Py<PyAny>>,
    /// `wsgi_environ` argument.
    pub(crate) wsgi_environ: Option<Py<PyAny>>,
    /// `channel_params` argument.
    pub(crate) channel_params: Option<Py<PyDict>>,
    /// What `self.channel` is to be.
    pub(crate) channel: Option<Py<PyAny>>,
    /// Kind of the scheduled job that the call is for.
    pub(crate) job_type: Option<String>,
    /// CID of the asynchronous call that this one answers.
    pub(crate) in_reply_to: Option<String>,
}

/// When a call began.
pub(crate) struct Begun {
    instant: Instant,
    at: OnceLock<Timestamp>,
}

impl From<Instant> for Begun {
    fn from(instant: Instant) -> Self {
        Self { instant, at: OnceLock::new() }
    }
}

impl Call {
    /// Returns the data format services see.
    pub(crate) fn data_format(&self) -> &str {
        match &self.given {
            Some(given) => &given.data_format,
            None => self.channel.data_format.as_str(),
        }
    }

    /// Returns the transport services see.
    pub(crate) fn transport(&self) -> &str {
        self.given.as_ref().map_or(self.channel.transport, |given| given.transport.as_str())
    }

    /// Returns the type of the job behind the call; empty if there is none.
    pub(crate) fn job_type(&self) -> &str {
        let given = self.given.as_ref().and_then(|given| given.job_type.as_deref());
        given.filter(|job_type| !job_type.is_empty()).unwrap_or(self.channel.job_type)
    }

    /// Whether the data format is this one.
    pub(crate) fn has_format(&self, format: DataFormat) -> bool {
        match &self.given {
            Some(given) => given.data_format == format.as_str(),
            None => self.channel.data_format == format,
        }
    }

    /// Returns the HTTP method: of the request, or of the `wsgi_environ` that a calling service passed.
    pub(crate) fn method(&self, py: Python<'_>) -> Option<String> {
        if let Some(http) = &self.http {
            return Some(http.method.as_str().to_owned());
        }
        let environ = self.given.as_ref()?.wsgi_environ.as_ref()?.bind(py).cast::<PyDict>().ok()?.clone();
        environ.get_item("REQUEST_METHOD").ok()??.extract().ok()
    }

    /// Returns when it began on the clock of the wall, in UTC. Few ask, so that nobody looks at that clock before.
    pub(crate) fn begun_at(&self) -> Timestamp {
        *self.begun.at.get_or_init(|| {
            in_process::frozen_time().unwrap_or_else(|| Timestamp::now() - self.begun.instant.elapsed())
        })
    }

    /// Returns the correlation ID as services see it.
    pub(crate) fn cid_text(&self) -> String {
        // Not through the formatting machinery: every declared input and output passes here.
        self.foreign_cid.clone().unwrap_or_else(|| self.cid.digits().map(char::from).iter().collect())
    }
}

/// Remembers the CID of the call this thread works on for as long as the value lives.
pub(crate) struct CurrentCid(Option<Cid>);

impl CurrentCid {
    /// Makes `cid` current on this thread.
    pub(crate) fn enter(cid: Cid) -> Self {
        Self(CURRENT_CID.replace(Some(cid)))
    }

    /// Returns the CID that is current on this thread.
    pub(crate) fn get() -> Option<Cid> {
        CURRENT_CID.get()
    }
}

impl Drop for CurrentCid {
    fn drop(&mut self) {
        CURRENT_CID.set(self.0);
    }
}
