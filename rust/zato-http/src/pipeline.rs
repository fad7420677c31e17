//! What happens to a request, stage by stage.

use std::convert::Infallible;
use std::sync::Arc;

use http::header::ACCEPT;
use http::request::Parts;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::time::timeout_at;
use zato_core::invocation::{Failure, FailureKind, HttpRequest, Invocation, Outcome, Reply, SecurityInfo};

use crate::body::{self, BodyError, ResponseBody};
use crate::exchange::Exchange;
use crate::link::Link;
use crate::reply::reply;
use crate::rescue::{Trouble, rescue};
use crate::router::Routed;
use crate::state::State;
use crate::strict::is_refused;
use crate::tables::{Access, Channel};

type PathParams = Vec<(Arc<str>, String)>;

/// Answers one request; never fails, because what goes wrong is answered too.
pub(crate) async fn answer(
    state: Arc<State>,
    link: Arc<Link>,
    request: Request<Incoming>,
) -> Result<Response<ResponseBody>, Infallible> {
    let (parts, body) = request.into_parts();
    let mut exchange = Exchange::begin(state, link, &parts);
    let response = match stages(&mut exchange, parts, body).await {
        Ok(response) => response,
        Err(trouble) => {
            exchange.note_trouble(&trouble);
            rescue(trouble, exchange.situation())
        }
    };
    Ok(exchange.finish(response))
}

/// The stages in their order (reference operations 17.1), each with the reason why it stands where it does.
async fn stages(
    exchange: &mut Exchange,
    parts: Parts,
    body: Incoming,
) -> Result<Response<ResponseBody>, Trouble> {
    // First of all, because what stands in the place of refused bytes is not a request.
    refuse_violations(exchange, &parts)?;

    // Before channels, so that health checks depend on no configuration.
    let tables = exchange.state.tables.load();
    if let Some(built_in) = tables.built_in(&parts.method, parts.uri.path()) {
        drop(tables);
        return built_in.answer(exchange, &parts).await;
    }

    // Before routing: these methods lead nowhere, whatever the path is.
    if !exchange.state.options.methods_allowed.contains(&parts.method) {
        return Err(Trouble::UnsupportedMethod);
    }

    // Everything below depends on the channel.
    let (channel, path_params) =
        match tables.route(&parts.method, parts.uri.path(), parts.headers.get(ACCEPT)) {
            Routed::Found(channel, params) => (Arc::clone(channel), params),
            Routed::NotFound => return Err(Trouble::UrlNotFound),
            Routed::Malformed(error) => return Err(Trouble::MalformedPath(error)),
            Routed::WrongMethod { channel, allow } => {
                exchange.channel = Some(Arc::clone(channel));
                return Err(Trouble::WrongMethod { allow });
            }
        };
    drop(tables);
    exchange.channel = Some(Arc::clone(&channel));

    // Before credentials are looked at: an inactive channel answers 404 to everybody.
    if !channel.is_active {
        return Err(Trouble::InactiveChannel);
    }

    // Before the body is read: a stranger cannot make the server take in megabytes.
    let security = authenticate(exchange, &channel, &parts)?;

    // Before the invocation: services get bodies as a whole, within the limit of their channel.
    let body = read_body(exchange, &channel, body).await?;

    // The only stage that leaves this thread.
    let outcome = invoke(exchange, &channel, security, path_params, parts, body).await;

    // Last, so that a response that cannot be sent is still answered as a failure.
    match outcome {
        Outcome::Response(response) => reply(response, &channel),
        Outcome::Failure(failure) => Err(Trouble::Failure(failure)),
    }
}

fn refuse_violations(exchange: &Exchange, parts: &Parts) -> Result<(), Trouble> {
    if !is_refused(&parts.method) {
        return Ok(());
    }
    let violation = exchange.link.violation();
    Err(violation.map_or_else(
        || Trouble::failure(FailureKind::BadRequest, "The request was refused"),
        Trouble::Violation,
    ))
}

fn authenticate(
    exchange: &Exchange,
    channel: &Channel,
    parts: &Parts,
) -> Result<Option<Arc<SecurityInfo>>, Trouble> {
    let credential = match &channel.access {
        Access::Everybody => return Ok(None),
        Access::Unusable => return Err(Trouble::UnusableChannel),
        Access::Guarded(credential) => credential,
    };
    match credential.verify(&parts.headers) {
        Ok(info) => Ok(Some(Arc::clone(info))),
        Err(denial) => {
            let profile = exchange.state.options.profile;
            let failure = credential.failure(denial, profile, exchange.cid, parts.uri.path());
            Err(Trouble::Failure(Box::new(failure)))
        }
    }
}

async fn read_body(
    exchange: &mut Exchange,
    channel: &Channel,
    body: Incoming,
) -> Result<bytes::Bytes, Trouble> {
    match body::read(body, channel.max_body_bytes).await {
        Ok(bytes) => {
            exchange.request_bytes = bytes.len() as u64;
            Ok(bytes)
        }
        Err(BodyError::TooLarge) => {
            let message =
                format!("The request body is larger than the limit of {} bytes", channel.max_body_bytes);
            Err(Trouble::failure(FailureKind::BodyTooLarge, message))
        }
        Err(BodyError::Broken) => Err(match exchange.link.violation() {
            Some(violation) => Trouble::Violation(violation),
            None => Trouble::failure(FailureKind::MalformedBody, "The request body ended early"),
        }),
    }
}

/// Runs the service. If the client goes away meanwhile, hyper drops this future, and with it the receiver; the
/// guest sees an abandoned [`Reply`] and does not begin what nobody waits for.
async fn invoke(
    exchange: &Exchange,
    channel: &Channel,
    security: Option<Arc<SecurityInfo>>,
    path_params: PathParams,
    parts: Parts,
    body: bytes::Bytes,
) -> Outcome {
    exchange.log_rest_request();
    let deadline = channel.timeout.and_then(|timeout| exchange.started.checked_add(timeout));
    let (reply, outcome) = Reply::channel();
    let http = HttpRequest {
        method: parts.method,
        uri: parts.uri,
        is_http_10: exchange.is_http_10,
        headers: parts.headers,
        path_params,
        remote: exchange.remote,
        local: exchange.link.local,
    };
    exchange.state.guest.submit(Invocation {
        cid: exchange.cid,
        service: Arc::clone(&channel.service),
        channel: Arc::clone(&channel.info),
        security,
        http: Some(Box::new(http)),
        body,
        deadline,
        reply,
    });
    let outcome = match deadline {
        None => outcome.await,
        Some(deadline) => match timeout_at(deadline.into(), outcome).await {
            Ok(outcome) => outcome,
            Err(_) => return failure(FailureKind::Timeout, "the service took longer than it may"),
        },
    };
    // A reply that is dropped says so itself; this is for a sender that ends in some other way.
    outcome.unwrap_or_else(|_| failure(FailureKind::Lost, "the invocation ended without an outcome"))
}

fn failure(kind: FailureKind, message: &str) -> Outcome {
    Outcome::Failure(Box::new(Failure::new(kind, message)))
}
