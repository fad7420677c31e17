//! Paths that the ingress answers itself.

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Response};
use zato_core::invocation::FailureKind;

use crate::body::ResponseBody;
use crate::exchange::Exchange;
use crate::metrics;
use crate::rescue::{self, Trouble};

/// A path without a channel behind it, unless a user makes a channel with just this path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BuiltIn {
    /// Prometheus figures, behind the Basic Auth definition `metrics`.
    Metrics,
    /// Whether the process answers at all.
    Live,
    /// Whether it should be given requests.
    Ready,
    /// Which methods it takes: `OPTIONS *` (RFC 9110, 9.3.7).
    Methods,
}

impl BuiltIn {
    /// Those that go before channels. No channel can have the path of the rest.
    pub(crate) const ALL: [Self; 3] = [Self::Metrics, Self::Live, Self::Ready];

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Metrics => "/metrics",
            Self::Live => "/zato/health/live",
            Self::Ready => "/zato/health/ready",
            Self::Methods => "*",
        }
    }
}

impl BuiltIn {
    /// Answers a request.
    pub(crate) async fn answer(
        self,
        exchange: &Exchange,
        parts: &Parts,
    ) -> Result<Response<ResponseBody>, Trouble> {
        match self {
            Self::Live => Ok(text("ok", "text/plain")),
            Self::Ready if exchange.state.takes_requests() => Ok(text("ready", "text/plain")),
            Self::Ready => Err(Trouble::NotReady),
            Self::Metrics => figures(exchange, parts).await,
            Self::Methods => Ok(methods(exchange)),
        }
    }
}

fn methods(exchange: &Exchange) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::text(""));
    response.headers_mut().extend(rescue::allow(&rescue::methods(&exchange.state.options)));
    response
}

async fn figures(exchange: &Exchange, parts: &Parts) -> Result<Response<ResponseBody>, Trouble> {
    let state = &exchange.state;
    let Some(credential) = state.tables.load().metrics_credential().cloned() else {
        return Err(Trouble::UrlNotFound);
    };
    if let Err(denial) = credential.verify(&parts.headers) {
        let failure = credential.failure(denial, state.options.profile, exchange.cid, parts.uri.path());
        return Err(Trouble::Failure(Box::new(failure)));
    }
    let own = state
        .metrics
        .render(state.guest.statistics())
        .map_err(|error| Trouble::failure(FailureKind::InternalServerError, error.report()))?;
    let all = match &state.metrics_source {
        Some(source) => source.gather(own).await,
        None => own,
    };
    Ok(text(all, metrics::CONTENT_TYPE))
}

fn text(body: impl Into<String>, content_type: &'static str) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::text(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    // What is true of now is not true of later.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
