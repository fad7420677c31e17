//! Makes an HTTP response out of what a service answered.

use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use zato_core::invocation::{self, Body, FailureKind};

use crate::body::ResponseBody;
use crate::rescue::Trouble;

/// Makes the response. The content type comes from, in this order: the headers the service set, the content
/// type it set, `content_type`, which is that of the channel or of its data format (reference service-api 6.2).
pub(crate) fn reply(
    response: invocation::Response,
    service: &str,
    content_type: &HeaderValue,
) -> Result<Response<ResponseBody>, Trouble> {
    let status = StatusCode::from_u16(response.status).ok().filter(|status| !status.is_informational());
    let Some(status) = status.filter(|status| status.as_u16() < 600) else {
        // Interim responses are the business of this server, and others do not exist.
        let message = format!("service `{service}` set the status {}, which is not one", response.status);
        return Err(Trouble::failure(FailureKind::Exception, message));
    };
    let mut headers = HeaderMap::with_capacity(response.headers.len() + 4);
    headers.insert(CONTENT_TYPE, response.content_type.unwrap_or_else(|| content_type.clone()));
    let mut has_own_content_type = false;
    for (name, value) in response.headers {
        if name == CONTENT_TYPE && !has_own_content_type {
            has_own_content_type = true;
            headers.insert(name, value);
        } else if !is_framing_header(&name) {
            headers.append(name, value);
        }
    }
    let body = match response.body {
        Body::Full(bytes) => ResponseBody::Full(bytes),
        Body::Stream(pieces) => ResponseBody::Stream { pieces, sent: 0, on_end: None },
    };
    let mut made = Response::new(body);
    *made.status_mut() = status;
    *made.headers_mut() = headers;
    Ok(made)
}

/// Whether a header says how the message is framed or what becomes of the connection. Services cannot set
/// these: a wrong one would let a client take part of a body for the next response.
pub(crate) fn is_framing_header(name: &HeaderName) -> bool {
    const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
    const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
    matches!(*name, CONNECTION | CONTENT_LENGTH | TE | TRAILER | TRANSFER_ENCODING | UPGRADE)
        || *name == KEEP_ALIVE
        || *name == PROXY_CONNECTION
}
