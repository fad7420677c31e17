//! The only place where something that went wrong becomes a response.
//!
//! Status, body and content type depend on the compat profile and on the data format of the channel
//! (reference service-api 6.3 and 6.4, operations 17.2). Conflict is 409 and ServiceUnavailable 503 in every
//! profile, as documented, although upstream before 4.1 answers 500.

use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use hyper::ext::ReasonPhrase;
use serde_json::Value;
use zato_core::invocation::{ChannelInfo, DataFormat, Failure, FailureKind};
use zato_core::{Cid, Profile};

use crate::body::ResponseBody;
use crate::options::HttpOptions;
use crate::reply::is_framing_header;
use crate::router::PathError;
use crate::strict::Violation;

/// What went wrong.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The bytes of the request were refused.
    Violation(Violation),
    /// The server does not serve the method at all.
    UnsupportedMethod,
    /// The path cannot be understood.
    MalformedPath(PathError),
    /// No channel has the path.
    UrlNotFound,
    /// The channel does not take the method.
    WrongMethod { allow: String },
    /// The channel is switched off.
    InactiveChannel,
    /// The channel has a security definition that cannot be used.
    UnusableChannel,
    /// The server is not ready, as `/zato/health/ready` tells.
    NotReady,
    /// The invocation failed, or was refused before it began.
    Failure(Box<Failure>),
}

impl Trouble {
    /// Makes a failure that is not from the guest.
    pub(crate) fn failure(kind: FailureKind, message: impl Into<String>) -> Self {
        Self::Failure(Box::new(Failure::new(kind, message)))
    }
}

/// What an answer depends on beside the trouble.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'s> {
    pub(crate) options: &'s HttpOptions,
    pub(crate) cid: Cid,
    pub(crate) method: &'s str,
    pub(crate) path: &'s str,
    /// The channel, once it is known.
    pub(crate) channel: Option<&'s ChannelInfo>,
}

/// How long clients are asked to wait while the server is overloaded, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// Tells users of the admin channel what went wrong without parsing (reference operations 17.1).
const X_ZATO_MESSAGE: HeaderName = HeaderName::from_static("x-zato-message");

/// Longest `X-Zato-Message`, in characters.
const LONGEST_MESSAGE: usize = 500;

/// An answer before it is written down.
struct Draft {
    status: StatusCode,
    details: Value,
    is_json: bool,
    headers: Vec<(HeaderName, HeaderValue)>,
    profile: Profile,
}

/// Makes the response.
pub(crate) fn rescue(trouble: Trouble, situation: Situation<'_>) -> Response<ResponseBody> {
    let profile = situation.options.profile;
    let on_json_channel = situation.channel.is_some_and(|channel| channel.data_format == DataFormat::Json);
    let draft = |status: StatusCode, details: String| Draft {
        status,
        details: Value::String(details),
        is_json: on_json_channel,
        headers: Vec::new(),
        profile,
    };
    let draft = match trouble {
        Trouble::Violation(violation) => Draft {
            headers: vec![(CONNECTION, HeaderValue::from_static("close"))],
            ..draft(violation.status(), violation.message().to_owned())
        },
        // JSON although there is no channel: upstream answers so (reference connections 2.2).
        Trouble::UnsupportedMethod => Draft {
            is_json: true,
            headers: allow(&methods(situation.options)),
            ..draft(StatusCode::METHOD_NOT_ALLOWED, "Unsupported HTTP method".to_owned())
        },
        Trouble::MalformedPath(error) => draft(StatusCode::BAD_REQUEST, error.message().to_owned()),
        Trouble::UrlNotFound => draft(StatusCode::NOT_FOUND, url_not_found(profile, situation)),
        Trouble::WrongMethod { allow: methods } => Draft {
            headers: allow(&methods),
            ..draft(
                StatusCode::METHOD_NOT_ALLOWED,
                format!("Method `{}` is not allowed for this URL, use {methods}", situation.method),
            )
        },
        Trouble::InactiveChannel => draft(StatusCode::NOT_FOUND, "Channel inactive".to_owned()),
        Trouble::UnusableChannel => draft(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("The channel is not usable, the reason is in the server's log (CID:{})", situation.cid),
        ),
        Trouble::NotReady => draft(StatusCode::SERVICE_UNAVAILABLE, "not ready".to_owned()),
        Trouble::Failure(failure) => from_failure(*failure, situation, on_json_channel),
    };
    draft.finish(situation)
}

/// Lists what the server serves, for `Allow`.
pub(crate) fn methods(options: &HttpOptions) -> String {
    options.methods_allowed.iter().map(http::Method::as_str).collect::<Vec<_>>().join(", ")
}

/// Makes the header `Allow`.
pub(crate) fn allow(methods: &str) -> Vec<(HeaderName, HeaderValue)> {
    HeaderValue::from_str(methods).map(|value| vec![(ALLOW, value)]).unwrap_or_default()
}

fn url_not_found(profile: Profile, situation: Situation<'_>) -> String {
    let Situation { cid, path, .. } = situation;
    if profile.has_zato_env_errors() {
        format!("CID:`{cid}` Unknown URL:`{path}` or SOAP action:``")
    } else {
        format!("URL not found (CID:{cid})")
    }
}

fn from_failure(failure: Failure, situation: Situation<'_>, on_json_channel: bool) -> Draft {
    let profile = failure.profile.unwrap_or(situation.options.profile);
    let tells_all = situation.channel.is_some_and(|channel| channel.tells_full_errors);
    let status = status(failure.kind, profile);
    let details = if failure.kind == FailureKind::SchemaViolation && on_json_channel {
        // What 3.1 and 3.2 document; their code answers 500.
        let cid = situation.cid.to_string();
        serde_json::json!({"is_ok": false, "cid": cid, "message": failure.message})
    } else {
        details(&failure, situation.options, profile, tells_all, on_json_channel)
    };
    // What the service said about its body is not true of ours.
    let is_kept = |(name, _): &(HeaderName, HeaderValue)| {
        !is_framing_header(name) && !name.as_str().starts_with("content-")
    };
    let mut headers: Vec<_> = failure.headers.into_iter().filter(is_kept).collect();
    if let Some(challenge) = failure.challenge.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
        headers.push((WWW_AUTHENTICATE, challenge));
    }
    match failure.kind {
        FailureKind::Overloaded => headers.push((RETRY_AFTER, RETRY_AFTER_SECONDS)),
        // What is left of the body is not read, so the connection cannot be used again.
        FailureKind::BodyTooLarge => headers.push((CONNECTION, HeaderValue::from_static("close"))),
        _ => {}
    }
    if tells_all {
        let message = failure.message.chars().map(|character| match character {
            ' '..='~' => character,
            _ => ' ',
        });
        let message: String = message.take(LONGEST_MESSAGE).collect();
        headers.extend(HeaderValue::from_str(&message).ok().map(|value| (X_ZATO_MESSAGE, value)));
    }
    Draft { status, details, is_json: on_json_channel, headers, profile }
}

fn status(kind: FailureKind, profile: Profile) -> StatusCode {
    match kind {
        FailureKind::ElementMissing if profile.has_zato_env_errors() => StatusCode::INTERNAL_SERVER_ERROR,
        FailureKind::SchemaViolation if profile < Profile::V3_1 => StatusCode::INTERNAL_SERVER_ERROR,
        FailureKind::BadRequest
        | FailureKind::ElementMissing
        | FailureKind::SchemaViolation
        | FailureKind::MalformedBody => StatusCode::BAD_REQUEST,
        FailureKind::Unauthorized => StatusCode::UNAUTHORIZED,
        FailureKind::Forbidden => StatusCode::FORBIDDEN,
        FailureKind::NotFound | FailureKind::Inactive => StatusCode::NOT_FOUND,
        FailureKind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        FailureKind::Conflict => StatusCode::CONFLICT,
        FailureKind::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        FailureKind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        FailureKind::ServiceUnavailable | FailureKind::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        FailureKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        FailureKind::Reported(status) if profile == Profile::V4_1 => {
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        }
        FailureKind::InternalServerError
        | FailureKind::Reported(_)
        | FailureKind::Exception
        | FailureKind::ServiceMissing
        | FailureKind::Lost => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Decides how much the client is told.
fn details(
    failure: &Failure,
    options: &HttpOptions,
    profile: Profile,
    tells_all: bool,
    on_json_channel: bool,
) -> Value {
    let text = |default: &str| {
        Value::String(if failure.message.is_empty() { default.to_owned() } else { failure.message.clone() })
    };
    match failure.kind {
        FailureKind::BadRequest => {
            let is_told = tells_all || failure.needs_message || profile.has_zato_env_errors();
            if is_told { text("Bad request") } else { Value::from("Bad request") }
        }
        FailureKind::ElementMissing => text("Element missing"),
        FailureKind::SchemaViolation => text("The input is not valid"),
        FailureKind::MalformedBody => text("The request body is malformed"),
        FailureKind::Unauthorized => text("Unauthorized"),
        FailureKind::Forbidden => text("You are not allowed to access this resource"),
        FailureKind::NotFound => text("Not found"),
        FailureKind::Inactive if tells_all => text("Service inactive"),
        FailureKind::Inactive => Value::from("Service inactive"),
        FailureKind::MethodNotAllowed => text("Method not allowed"),
        FailureKind::Conflict => text("Conflict"),
        FailureKind::BodyTooLarge => text("The request body is too large"),
        FailureKind::TooManyRequests => text("Too many requests"),
        FailureKind::InternalServerError | FailureKind::Reported(_) => text("Internal server error"),
        FailureKind::ServiceUnavailable => text("Service unavailable"),
        FailureKind::Overloaded => Value::from("The server is overloaded, try again later"),
        FailureKind::Timeout => Value::from("The service took too long to respond"),
        FailureKind::Exception => exception(failure, options, profile, tells_all, on_json_channel),
        FailureKind::ServiceMissing | FailureKind::Lost if tells_all => text(&options.default_error_message),
        FailureKind::ServiceMissing | FailureKind::Lost => Value::from(options.default_error_message.clone()),
    }
}

/// Says of an exception its traceback (2.x-3.1), its arguments (from 3.2 on), or nothing.
fn exception(
    failure: &Failure,
    options: &HttpOptions,
    profile: Profile,
    tells_all: bool,
    on_json_channel: bool,
) -> Value {
    if !options.return_tracebacks && !tells_all {
        return Value::from(options.default_error_message.clone());
    }
    if tells_all || profile.has_zato_env_errors() {
        return Value::from(failure.traceback.clone().unwrap_or_else(|| failure.message.clone()));
    }
    if on_json_channel {
        return Value::from(failure.arguments.clone());
    }
    let arguments = failure.arguments.iter().map(|argument| match argument {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let text = arguments.collect::<Vec<_>>().join(", ");
    Value::from(if text.is_empty() { options.default_error_message.clone() } else { text })
}

impl Draft {
    fn finish(self, situation: Situation<'_>) -> Response<ResponseBody> {
        let body = if self.is_json {
            json_body(self.profile, situation.cid, &self.details)
        } else {
            match self.details {
                Value::String(text) => text,
                other => other.to_string(),
            }
        };
        let overridden = situation.options.status_overrides.get(&self.status.as_u16());
        let content_type = if self.is_json {
            situation.options.json_content_type.clone()
        } else {
            let overridden = overridden.and_then(|status| status.content_type.clone());
            overridden.unwrap_or_else(|| HeaderValue::from_static("text/plain"))
        };
        let mut response = Response::new(ResponseBody::text(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        headers.insert(CONTENT_TYPE, content_type);
        let reason = overridden.and_then(|status| status.message.as_deref());
        if let Some(reason) = reason.and_then(|text| ReasonPhrase::try_from(text.as_bytes()).ok()) {
            response.extensions_mut().insert(reason);
        }
        response
    }
}

fn json_body(profile: Profile, cid: Cid, details: &Value) -> String {
    let mut fields = serde_json::Map::new();
    let result = if profile.has_zato_env_errors() { "ZATO_ERROR" } else { "Error" };
    fields.insert("result".to_owned(), result.into());
    fields.insert("cid".to_owned(), cid.to_string().into());
    if profile.has_zato_env_errors() {
        fields.insert("details".to_owned(), details.clone());
        return serde_json::json!({"zato_env": fields}).to_string();
    }
    let is_empty = match details {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    if !is_empty {
        fields.insert("details".to_owned(), details.clone());
    }
    let body = Value::Object(fields);
    if profile < Profile::V4_1 {
        return body.to_string();
    }
    // 4.1 indents by four.
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    match serde::Serialize::serialize(&body, &mut serializer) {
        Ok(()) => String::from_utf8(text).unwrap_or_else(|_| body.to_string()),
        Err(_) => body.to_string(),
    }
}
