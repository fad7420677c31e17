//! One call of a service: what it is given and what it gives back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::channel::{mpsc, oneshot};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use crate::cid::Cid;
use crate::compat::Profile;
use crate::error::Error;

/// How the body of a message is to be understood (reference service-api 1.9, `DATA_FORMAT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DataFormat {
    /// Bytes in, text out.
    #[default]
    None,
    /// JSON both ways.
    Json,
    /// URL-encoded or multipart forms in.
    Form,
    /// Rows of declared columns both ways.
    Csv,
    /// XML both ways.
    Xml,
    /// A Python object handed over as it is; calls between services.
    Dict,
}

impl DataFormat {
    /// Returns the value services see in `self.data_format`; empty for none.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Json => "json",
            Self::Form => "form",
            Self::Csv => "csv",
            Self::Xml => "xml",
            Self::Dict => "dict",
        }
    }
}

/// Which of two sources of the same parameter wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UrlParamsPriority {
    /// The query string (default).
    #[default]
    QueryStringOverPath,
    /// The path.
    PathOverQueryString,
}

/// Whether URL parameters or the body win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ParamsPriority {
    /// URL parameters (default).
    #[default]
    ChannelParamsOverMessage,
    /// The body.
    MessageOverChannelParams,
}

/// The channel an invocation arrived through, as far as services can see it (`self.channel`).
#[derive(Debug, Clone, Default)]
pub struct ChannelInfo {
    /// Identifier in the config store; 0 where there is no object behind the channel.
    pub id: i64,
    /// Name of the channel object; empty for calls between services.
    pub name: String,
    /// One of the `CHANNEL` constants, for instance `http-soap` or `invoke`.
    pub channel_type: &'static str,
    /// Format of bodies.
    pub data_format: DataFormat,
    /// `one_time`, `interval_based` or `cron_style` if a job invokes the service, empty otherwise.
    pub job_type: &'static str,
    /// Whether the channel is one of the server's own.
    pub is_internal: bool,
    /// URL path pattern.
    pub match_target: String,
    /// `plain_http` for REST, empty otherwise.
    pub transport: &'static str,
    /// Whether path and query parameters are merged into channel parameters.
    pub merges_url_params: bool,
    /// Which URL parameter wins.
    pub url_params_priority: UrlParamsPriority,
    /// Whether URL parameters win over the body.
    pub params_priority: ParamsPriority,
    /// Content type of responses if the service sets none.
    pub content_type: Option<HeaderValue>,
    /// Whether errors are always told in full (the `admin.invoke` channel; reference operations 17.1).
    pub tells_full_errors: bool,
}

/// Who called, after the credentials were verified (`self.channel.security`).
#[derive(Debug, Clone, Default)]
pub struct SecurityInfo {
    /// Identifier in the config store.
    pub id: i64,
    /// Name of the definition.
    pub name: String,
    /// `basic_auth`, `apikey`, ...
    pub security_type: &'static str,
    /// Username of the definition.
    pub username: String,
}

/// The HTTP side of an invocation; left as it came until a service asks.
#[derive(Debug)]
pub struct HttpRequest {
    /// Request method.
    pub method: Method,
    /// Request target as received.
    pub uri: Uri,
    /// Whether the request was HTTP/1.0 (otherwise 1.1).
    pub is_http_10: bool,
    /// All headers as received.
    pub headers: HeaderMap,
    /// Decoded path parameters in the order of the pattern.
    pub path_params: Vec<(Arc<str>, String)>,
    /// Peer address.
    pub remote: SocketAddr,
    /// Address the request was accepted on.
    pub local: SocketAddr,
}

/// Everything a guest needs to run one service.
#[derive(Debug)]
pub struct Invocation {
    /// Correlation ID.
    pub cid: Cid,
    /// Name of the service to run.
    pub service: Arc<str>,
    /// Where it came from.
    pub channel: Arc<ChannelInfo>,
    /// Who called.
    pub security: Option<Arc<SecurityInfo>>,
    /// The HTTP request, if there is one.
    pub http: Option<Box<HttpRequest>>,
    /// Raw body.
    pub body: Bytes,
    /// When the request arrived.
    pub received: Instant,
    /// When the caller gives up; work not started by then is not started at all.
    pub deadline: Option<Instant>,
    /// Where the outcome goes.
    pub reply: Reply,
}

/// What a service answered.
#[derive(Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Content type, unless among the headers.
    pub content_type: Option<HeaderValue>,
    /// Headers set by the service; they win over all others.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Body.
    pub body: Body,
}

/// Body of a response.
#[derive(Debug)]
pub enum Body {
    /// Known as a whole.
    Full(Bytes),
    /// Produced piece by piece (generators, server-sent events). An error breaks the response off, so that the
    /// client does not take what it got for the whole.
    Stream(mpsc::Receiver<Result<Bytes, Error>>),
}

/// Why an invocation gave no response; `http/rescue` alone turns it into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// 400, message hidden from 3.2 on unless `needs_message`.
    BadRequest,
    /// 400 naming a missing input element (500 in 2.x-3.1).
    ElementMissing,
    /// 400 because the input does not match the JSON Schema of the service (500 in 2.0 and 3.0, which have none).
    SchemaViolation,
    /// 400 because the body is not what the data format says, naming the position.
    MalformedBody,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404 raised by a service.
    NotFound,
    /// 404, the service is switched off.
    Inactive,
    /// 405.
    MethodNotAllowed,
    /// 409.
    Conflict,
    /// 413, the body is larger than the channel takes.
    BodyTooLarge,
    /// 429.
    TooManyRequests,
    /// 500 with a message meant for the caller.
    InternalServerError,
    /// An exception that carries its own status, which 4.1 sends and earlier versions make 500.
    Reported(u16),
    /// 503 raised by a service.
    ServiceUnavailable,
    /// 500, the service raised something else.
    Exception,
    /// 500 (service missing); the name is told only in the log.
    ServiceMissing,
    /// 503 with Retry-After: the queue is full.
    Overloaded,
    /// 504: the service took longer than it may.
    Timeout,
    /// 500: the invocation got lost, a defect of ours.
    Lost,
}

/// The facts of a failed invocation.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What class of failure.
    pub kind: FailureKind,
    /// Message for the caller; what of it is shown depends on kind and profile.
    pub message: String,
    /// Whether the message is shown even where the profile would hide it.
    pub needs_message: bool,
    /// `WWW-Authenticate` of a 401.
    pub challenge: Option<String>,
    /// Arguments of the exception, as JSON values, for `return_tracebacks`.
    pub arguments: Vec<serde_json::Value>,
    /// Traceback text, for the log and for 2.x-3.1 bodies.
    pub traceback: Option<String>,
    /// Headers that the service had set before it failed; they are still sent (3.2, observed).
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Profile of the service that failed, if it has one of its own.
    pub profile: Option<Profile>,
}

impl Failure {
    /// Makes a failure from its kind and a message.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            needs_message: false,
            challenge: None,
            arguments: Vec::new(),
            traceback: None,
            headers: Vec::new(),
            profile: None,
        }
    }
}

/// A response or a failure.
#[derive(Debug)]
pub enum Outcome {
    /// The service ran.
    Response(Response),
    /// It did not, or failed.
    Failure(Box<Failure>),
}

/// The way back to whoever waits. Dropping it unused reports [`FailureKind::Lost`], so that no caller hangs.
#[derive(Debug)]
pub struct Reply(Option<oneshot::Sender<Outcome>>);

impl Reply {
    /// Returns both ends.
    pub fn channel() -> (Self, oneshot::Receiver<Outcome>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Some(sender)), receiver)
    }

    /// A reply nobody waits for.
    #[must_use]
    pub fn nobody() -> Self {
        Self(None)
    }

    /// Whether the caller has gone (client disconnected, time over).
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.0.as_ref().is_some_and(oneshot::Sender::is_canceled)
    }

    /// Sends the outcome; it is dropped if the caller has gone.
    pub fn send(mut self, outcome: Outcome) {
        if let Some(sender) = self.0.take() {
            drop(sender.send(outcome));
        }
    }

    /// Sends a failure.
    pub fn fail(self, failure: Failure) {
        self.send(Outcome::Failure(Box::new(failure)));
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            let failure = Failure::new(FailureKind::Lost, "the invocation ended without an outcome");
            drop(sender.send(Outcome::Failure(Box::new(failure))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_a_reply_reports_a_loss() {
        let (reply, mut receiver) = Reply::channel();
        drop(reply);
        let Ok(Some(Outcome::Failure(failure))) = receiver.try_recv() else { panic!("no outcome") };
        assert_eq!(failure.kind, FailureKind::Lost);
    }

    #[test]
    fn a_gone_caller_is_seen() {
        let (reply, receiver) = Reply::channel();
        assert!(!reply.is_abandoned());
        drop(receiver);
        assert!(reply.is_abandoned());
    }
}
