//! What is remembered of one request from its arrival until its response is on the way: for error bodies, the
//! logs and the figures.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{SERVER, USER_AGENT};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response, Uri, Version};
use http_body::Body as _;
use zato_core::invocation::{Failure, FailureKind};
use zato_core::{Cid, Profile};

use crate::access_log::Entry;
use crate::body::ResponseBody;
use crate::client_address;
use crate::link::Link;
use crate::metrics::ChannelMetrics;
use crate::rescue::{Situation, Trouble};
use crate::state::State;
use crate::strict::is_refused;
use crate::tables::{Channel, is_below};

/// Bodies up to this size need no room to be made for them: counting would cost more than it saves.
const FREE_BYTES: u64 = 64 * 1024;

const X_ZATO_CID: HeaderName = HeaderName::from_static("x-zato-cid");

/// One request. The incoming `X-Zato-CID`, if any, is not believed: whoever sends it could make two requests
/// look like one in the logs.
pub(crate) struct Exchange {
    pub(crate) state: Arc<State>,
    pub(crate) link: Arc<Link>,
    pub(crate) cid: Cid,
    pub(crate) started: Instant,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) is_http_10: bool,
    /// The client; behind a trusted proxy, what that says.
    pub(crate) remote: SocketAddr,
    agent: Option<HeaderValue>,
    pub(crate) channel: Option<Arc<Channel>>,
    pub(crate) request_bytes: u64,
    /// Room taken for the request body.
    reserved: u64,
    is_rest_logged: bool,
    is_answered: bool,
}

impl Exchange {
    pub(crate) fn begin(state: Arc<State>, link: Arc<Link>, parts: &Parts) -> Self {
        link.set_busy(true);
        Self {
            cid: Cid::new(),
            started: Instant::now(),
            // Copies of these are counted references; the originals go to the guest.
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            is_http_10: parts.version == Version::HTTP_10,
            remote: client_address::resolve(link.remote, &parts.headers, &state.options),
            agent: parts.headers.get(USER_AGENT).cloned(),
            channel: None,
            request_bytes: 0,
            reserved: 0,
            is_rest_logged: false,
            is_answered: false,
            state,
            link,
        }
    }

    /// Returns what an error body depends on.
    pub(crate) fn situation(&self) -> Situation<'_> {
        Situation {
            options: &self.state.options,
            cid: self.cid,
            method: self.method.as_str(),
            path: self.uri.path(),
            channel: self.channel.as_ref().map(|channel| &*channel.info),
        }
    }

    /// Makes room for a request body of that many bytes in all; small ones need none.
    pub(crate) fn reserve_body(&mut self, bytes: usize) -> bool {
        let wanted = bytes as u64;
        if wanted <= FREE_BYTES || wanted <= self.reserved {
            return true;
        }
        let has_room = self.state.reserve(wanted - self.reserved);
        if has_room {
            self.reserved = wanted;
        }
        has_room
    }

    /// Logs and counts what went wrong; how much depends on whose fault it is.
    pub(crate) fn note_trouble(&self, trouble: &Trouble) {
        let Self { cid, remote, .. } = self;
        let channel = self.channel.as_ref().map_or("", |channel| channel.info.name.as_str());
        match trouble {
            Trouble::Violation(violation) => {
                self.state.metrics.refuse(violation.label());
                tracing::info!(target: "zato", %cid, %remote, "refused: {}", violation.message());
            }
            Trouble::UrlNotFound => {
                let (method, path) = (&self.method, self.uri.path());
                tracing::info!(target: "zato", %cid, %remote, "no channel for {method} {path:?}");
            }
            Trouble::UnusableChannel => {
                tracing::error!(
                    target: "zato", %cid, "channel `{channel}` cannot be used, why was said when it was loaded"
                );
            }
            Trouble::Failure(failure) => self.note_failure(failure, channel),
            Trouble::UnsupportedMethod
            | Trouble::MalformedPath(_)
            | Trouble::WrongMethod { .. }
            | Trouble::InactiveChannel
            | Trouble::NotReady => {}
        }
    }

    fn note_failure(&self, failure: &Failure, channel: &str) {
        let Self { cid, remote, .. } = self;
        // Messages may repeat what a client sent: quoted, they stay on one line.
        let message = failure.message.as_str();
        match failure.kind {
            FailureKind::Overloaded => {
                self.state.metrics.refuse("overloaded");
                if self.state.may_log_overload() {
                    tracing::warn!(target: "zato", %cid, "requests are refused: {message}");
                }
            }
            FailureKind::BodyTooLarge => {
                self.state.metrics.refuse("body_too_large");
                tracing::info!(target: "zato", %cid, %remote, "channel `{channel}`: {message:?}");
            }
            FailureKind::Unauthorized => {
                tracing::info!(target: "zato", %cid, %remote, "channel `{channel}`: unauthorized");
            }
            FailureKind::Exception | FailureKind::InternalServerError | FailureKind::Lost => {
                let traceback = failure.traceback.as_deref().unwrap_or(message);
                tracing::error!(target: "zato", %cid, "channel `{channel}`: the service failed\n{traceback}");
            }
            kind => tracing::warn!(target: "zato", %cid, "channel `{channel}`: {kind:?} {message:?}"),
        }
    }

    /// Adds the headers every response has, and logs and counts the response: at once, or when its stream
    /// ends.
    pub(crate) fn finish(mut self, mut response: Response<ResponseBody>) -> Response<ResponseBody> {
        self.is_answered = true;
        let options = &self.state.options;
        let headers = response.headers_mut();
        if let Some(server) = &options.server_header
            && !headers.contains_key(SERVER)
        {
            headers.insert(SERVER, server.clone());
        }
        let has_cid = options.needs_x_zato_cid || options.profile < Profile::V3_2;
        if has_cid && let Ok(cid) = HeaderValue::from_bytes(&self.cid.digits()) {
            headers.insert(X_ZATO_CID, cid);
        }
        let status = response.status().as_u16();
        let is_head = self.method == Method::HEAD;
        match response.body_mut() {
            ResponseBody::Stream { on_end, .. } => {
                *on_end = Some(Box::new(move |sent| self.end(status, sent)))
            }
            full @ ResponseBody::Full(_) => {
                let size = if is_head { 0 } else { full.size_hint().lower() };
                self.end(status, size);
            }
        }
        response
    }

    fn end(&self, status: u16, size: u64) {
        let duration = self.started.elapsed();
        self.metrics().record(status, duration, self.request_bytes, size);
        self.log_rest_response(status, duration, size);
        let Some(log) = &self.state.access_log else { return };
        let is_logged = match &self.channel {
            Some(channel) => channel.is_access_logged,
            None => !is_below(self.uri.path(), &self.state.options.access_log_ignore),
        };
        if is_logged {
            // Of a refused request nothing is certain enough to be written down.
            let (method, path) =
                if is_refused(&self.method) { ("-", "-") } else { (self.method.as_str(), self.uri.path()) };
            let entry = Entry {
                remote: self.remote.ip(),
                cid: self.cid,
                duration,
                channel: self.channel.as_ref().map_or("", |channel| &channel.info.name),
                method,
                path,
                is_http_10: self.is_http_10,
                status,
                size,
                agent: self.agent.as_ref(),
            };
            log.add(&entry);
        }
    }

    fn metrics(&self) -> &ChannelMetrics {
        match &self.channel {
            Some(channel) => channel.metrics.get_or_init(|| self.state.metrics.channel(&channel.info.name)),
            None => &self.state.unrouted,
        }
    }

    /// Writes the line of an invocation that begins (reference operations 4.8).
    pub(crate) fn log_rest_request(&mut self) {
        let Some(channel) = &self.channel else { return };
        self.is_rest_logged = channel.is_rest_logged && self.state.are_rest_lines_wanted();
        if self.is_rest_logged {
            let agent = self.agent.as_ref().map(HeaderValue::as_bytes).unwrap_or_default();
            tracing::info!(
                target: "zato_rest",
                "REST cha → cid={}; {} {} name={}; len={}; agent={}; remote-addr={}",
                self.cid,
                self.method,
                self.uri,
                channel.info.name,
                self.request_bytes,
                agent.escape_ascii(),
                self.remote
            );
        }
    }

    fn log_rest_response(&self, status: u16, duration: Duration, size: u64) {
        if self.is_rest_logged {
            tracing::info!(
                target: "zato_rest",
                "REST cha ← cid={}; {status} time={}.{:06}; len={size}",
                self.cid,
                duration.as_secs(),
                duration.subsec_micros()
            );
        }
    }
}

/// Status under which requests are counted and logged whose client went away before the answer; nobody is
/// sent it.
const CLIENT_GONE: u16 = 499;

impl Drop for Exchange {
    fn drop(&mut self) {
        self.link.set_busy(false);
        if self.reserved > 0 {
            self.state.release(self.reserved);
        }
        if !self.is_answered {
            self.end(CLIENT_GONE, 0);
        }
    }
}
