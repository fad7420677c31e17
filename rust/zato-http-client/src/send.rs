//! Sends a call and gets its answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use reqwest::{Client, Request, Response, Url};

use crate::answer::{Answer, Body, Hop, silent_for};
use crate::call::{Call, Limits};
use crate::connecting::{Progress, Stage};
use crate::credential::Credential;
use crate::failure::{Failure, FailureKind};
use crate::redirect::{self, Step};

/// Sends a call over a client.
pub(crate) async fn send(
    client: Client,
    call: Call,
    credential: Option<&Credential>,
) -> Result<Answer, Failure> {
    let begun = Instant::now();
    let url = Url::parse(&call.url)
        .map_err(|error| Failure::new(FailureKind::Request, format!("the URL is not valid: {error}")))?;
    let mut step = Step { method: call.method, url, headers: call.headers, body: call.body };
    if let Some(credential) = credential {
        credential.apply(&mut step.headers, call.overrides.scopes.as_deref()).await?;
    }
    let own = own_header(credential);
    let mut hops = Vec::new();
    loop {
        let response = exchange(&client, &step, call.limits).await?;
        let status = response.status();
        if let Some(Credential::Bearer(bearer)) = credential
            && status == StatusCode::UNAUTHORIZED
        {
            // It may have been revoked; the next call asks for another one.
            bearer.forget().await;
        }
        if call.follows_redirects
            && let Some(to) = redirect::target(status, response.headers(), response.url())?
        {
            if hops.len() == redirect::MOST {
                let message = format!("more than {} redirects", redirect::MOST);
                return Err(Failure::new(FailureKind::Redirect, message));
            }
            hops.push(Hop { status, url: response.url().to_string(), headers: response.headers().clone() });
            redirect::follow(&mut step, status, to, own);
            continue;
        }
        return Ok(Answer {
            status,
            version: response.version(),
            headers: response.headers().clone(),
            url: response.url().to_string(),
            elapsed: begun.elapsed(),
            hops,
            body: if call.is_streamed {
                Body::stream(response, call.limits.read)
            } else {
                Body::read(response, call.limits.read).await?
            },
        });
    }
}

fn own_header(credential: Option<&Credential>) -> Option<&HeaderName> {
    match credential {
        Some(Credential::Header { name, .. }) => Some(name),
        _ => None,
    }
}

/// Sees to it that a message ends where its body does. Headers that services pass on from other requests may say
/// something else; the peer would read the next request as the rest of this one.
fn frame(headers: &mut HeaderMap, method: &Method, is_empty: bool) {
    headers.remove(TRANSFER_ENCODING);
    headers.remove(CONTENT_LENGTH);
    // Peers may refuse methods that usually have a body without it (RFC 9110 8.6); bodies bring their own length.
    if is_empty && !matches!(*method, Method::GET | Method::HEAD) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}

/// One request and the head of its response. Connecting has a limit of its own, in the client; what is limited here is
/// the silence that follows.
async fn exchange(client: &Client, step: &Step, limits: Limits) -> Result<Response, Failure> {
    let mut request = Request::new(step.method.clone(), step.url.clone());
    *request.headers_mut() = step.headers.clone();
    frame(request.headers_mut(), &step.method, step.body.is_empty());
    if !step.body.is_empty() {
        *request.body_mut() = Some(step.body.clone().into());
    }
    let sent = client.execute(request);
    let Some(read) = limits.read else {
        return sent.await.map_err(|error| Failure::of_request(&error));
    };
    let (begun, progress) = (Instant::now(), Arc::new(Progress::default()));
    let mut sent = std::pin::pin!(progress.follow(sent));
    loop {
        let (since, limit) = match progress.stage() {
            Stage::Sending => (begun, read),
            // The client ends it before, if connecting has a limit.
            Stage::Connecting => (begun, read.saturating_add(limits.connect.unwrap_or(Duration::ZERO))),
            Stage::Connected(at) => (at, read),
        };
        let left = limit.saturating_sub(since.elapsed());
        if left.is_zero() {
            return Err(Failure::new(FailureKind::ReadTimeout, silent_for(read)));
        }
        if let Ok(outcome) = tokio::time::timeout(left, &mut sent).await {
            return outcome.map_err(|error| Failure::of_request(&error));
        }
    }
}
