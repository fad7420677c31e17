//! What happens to a request, stage by stage.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Instant;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::channel::oneshot;
use http::header::ACCEPT;
use http::request::Parts;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::time::timeout_at;
use zato_core::invocation::{Failure, FailureKind, HttpRequest, Invocation, Outcome, Reply, SecurityInfo};

use crate::body::{self, BodyError, ResponseBody};
use crate::built_in::BuiltIn;
use crate::exchange::Exchange;
use crate::link::Link;
use crate::reply::reply;
use crate::rescue::{Trouble, rescue};
use crate::router::Routed;
use crate::state::State;
use crate::strict::is_refused;
use crate::tables::{Access, Channel};

type PathParams = Vec<(Arc<str>, String)>;

/// What a request was let in to.
enum Admission {
    BuiltIn(BuiltIn),
    Channel { channel: Arc<Channel>, path_params: PathParams, security: Option<Arc<SecurityInfo>> },
}

/// Answers one request; never fails, because what goes wrong is answered too.
///
/// What needs no waiting is done before the future is made, and the future is one block: hyper moves it about
/// for each request, and every async function more would hold what it is given twice.
pub(crate) fn answer(
    state: Arc<State>,
    link: Arc<Link>,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<ResponseBody>, Infallible>> + Send {
    let (parts, body) = request.into_parts();
    let mut exchange = Exchange::begin(state, link, &parts);
    let admission = admit(&mut exchange, &parts);
    async move {
        let result = 'stages: {
            let (channel, path_params, security) = match admission {
                Ok(Admission::Channel { channel, path_params, security }) => (channel, path_params, security),
                Ok(Admission::BuiltIn(built_in)) => {
                    break 'stages Box::pin(built_in.answer(&exchange, &parts)).await;
                }
                Err(trouble) => break 'stages Err(trouble),
            };
            // Services get bodies as a whole, within the limit of their channel.
            let reading = body::read(body, channel.max_body_bytes, |bytes| exchange.reserve_body(bytes));
            let body = match reading.await {
                Ok(body) => body,
                Err(error) => break 'stages Err(body_trouble(&exchange, &channel, &error)),
            };
            // The only stage that leaves this thread.
            exchange.request_bytes = body.len() as u64;
            let waiting = submit(&mut exchange, &channel, security, path_params, parts, body);
            // Last, so that a response that cannot be sent is still answered as a failure.
            match waiting.outcome(&exchange.link).await {
                Outcome::Response(response) => reply(response, &channel.service, &channel.content_type),
                Outcome::Failure(failure) => Err(Trouble::Failure(failure)),
            }
        };
        let response = result.unwrap_or_else(|trouble| {
            exchange.note_trouble(&trouble);
            rescue(trouble, exchange.situation())
        });
        Ok(exchange.finish(response))
    }
}

/// The stages before the body is read, in their order (reference operations 17.1), each with the reason why
/// it stands where it does.
fn admit(exchange: &mut Exchange, parts: &Parts) -> Result<Admission, Trouble> {
    // First of all, because what stands in the place of refused bytes is not a request.
    refuse_violations(exchange, parts)?;

    // Before channels, so that health checks depend on no configuration.
    let tables = exchange.state.tables.load();
    if let Some(built_in) = tables.built_in(&parts.method, parts.uri.path()) {
        return Ok(Admission::BuiltIn(built_in));
    }

    // Before routing: these methods lead nowhere, whatever the path is.
    if !exchange.state.options.methods_allowed.contains(&parts.method) {
        return Err(Trouble::UnsupportedMethod);
    }

    // Everything below depends on the channel.
    let routed = tables.route(&parts.method, parts.uri.path(), parts.headers.get(ACCEPT));
    let (channel, path_params) = match routed {
        Routed::Found(channel, params) => (Arc::clone(channel), params),
        Routed::NotFound if parts.uri.path() == BuiltIn::Methods.path() => {
            return Ok(Admission::BuiltIn(BuiltIn::Methods));
        }
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
    let security = authenticate(exchange, &channel, parts)?;
    Ok(Admission::Channel { channel, path_params, security })
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

fn body_trouble(exchange: &Exchange, channel: &Channel, error: &BodyError) -> Trouble {
    match (error, exchange.link.violation()) {
        (BodyError::TooLarge, _) => {
            let message =
                format!("The request body is larger than the limit of {} bytes", channel.max_body_bytes);
            Trouble::failure(FailureKind::BodyTooLarge, message)
        }
        (BodyError::NoRoom, _) => {
            Trouble::failure(FailureKind::Overloaded, "too many bytes of request bodies are held already")
        }
        (BodyError::Broken, Some(violation)) => Trouble::Violation(violation),
        (BodyError::Broken, None) => {
            Trouble::failure(FailureKind::MalformedBody, "The request body ended early")
        }
    }
}

/// An invocation on its way.
struct Waiting {
    outcome: oneshot::Receiver<Outcome>,
    deadline: Option<Instant>,
}

/// Hands the request to the guest.
fn submit(
    exchange: &mut Exchange,
    channel: &Channel,
    security: Option<Arc<SecurityInfo>>,
    path_params: PathParams,
    parts: Parts,
    body: Bytes,
) -> Waiting {
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
        received: exchange.started,
        deadline,
        reply,
    });
    Waiting { outcome, deadline }
}

impl Waiting {
    /// Waits for the service. If the client goes away meanwhile, hyper drops this future, and with it the
    /// receiver; the guest sees an abandoned [`Reply`] and does not begin what nobody waits for.
    async fn outcome(self, link: &Arc<Link>) -> Outcome {
        let Self { mut outcome, deadline } = self;
        // The thread that answers wakes the link, and not the task itself.
        let waker = Waker::from(Arc::clone(link));
        let answered = poll_fn(move |_| outcome.poll_unpin(&mut Context::from_waker(&waker)));
        let outcome = match deadline {
            None => answered.await,
            // In a box, because channels with a timeout are few and timers are large.
            Some(deadline) => match Box::pin(timeout_at(deadline.into(), answered)).await {
                Ok(outcome) => outcome,
                Err(_) => return failure(FailureKind::Timeout, "the service took longer than it may"),
            },
        };
        // A reply that is dropped says so itself; this is for a sender that ends in some other way.
        outcome.unwrap_or_else(|_| failure(FailureKind::Lost, "the invocation ended without an outcome"))
    }
}

fn failure(kind: FailureKind, message: &str) -> Outcome {
    Outcome::Failure(Box::new(Failure::new(kind, message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_output<F: Future>(_: impl Fn(Arc<State>, Arc<Link>, Request<Incoming>) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_future_of_a_request_stays_small_enough_to_be_moved_about() {
        let size = size_of_output(answer);
        assert!(size <= 1024, "{size} bytes");
    }
}
