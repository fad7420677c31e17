//! The answer to an outcome, for who runs services without a socket.

use bytes::Bytes;
use http::Response;
use zato_core::Cid;
use zato_core::invocation::{ChannelInfo, Outcome};

use crate::body::ResponseBody;
use crate::options::HttpOptions;
use crate::reply::reply;
use crate::rescue::{Situation, Trouble, rescue};

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'s> {
    /// Settings of the ingress.
    pub options: &'s HttpOptions,
    /// Correlation ID.
    pub cid: Cid,
    /// Method of the request.
    pub method: &'s str,
    /// Path of the request.
    pub path: &'s str,
    /// The channel it came through.
    pub channel: &'s ChannelInfo,
    /// The service that ran.
    pub service: &'s str,
}

/// Makes the response that a client would get, by the same code that answers clients. Of a body that comes in pieces
/// there is nothing in it: who has the pieces puts them together.
#[must_use]
pub fn answer(outcome: Outcome, asked: &Asked<'_>) -> Response<Bytes> {
    let default = asked.options.content_type_of(asked.channel.data_format);
    let content_type = asked.channel.content_type.as_ref().unwrap_or(&default);
    let made = match outcome {
        Outcome::Response(response) => reply(response, asked.service, content_type),
        Outcome::Failure(failure) => Err(Trouble::Failure(failure)),
    };
    let response = made.unwrap_or_else(|trouble| {
        let situation = Situation {
            options: asked.options,
            cid: asked.cid,
            method: asked.method,
            path: asked.path,
            channel: Some(asked.channel),
        };
        rescue(trouble, situation)
    });
    response.map(|body| match &body {
        ResponseBody::Full(bytes) => bytes.clone(),
        ResponseBody::Stream { .. } => Bytes::new(),
    })
}

#[cfg(test)]
mod tests {
    use zato_core::invocation::{Body, DataFormat, Failure, FailureKind, Response};

    use super::*;

    fn answered(outcome: Outcome) -> http::Response<Bytes> {
        let channel = ChannelInfo { data_format: DataFormat::Json, ..ChannelInfo::default() };
        let options = HttpOptions::default();
        let asked = Asked {
            options: &options,
            cid: Cid::new(),
            method: "GET",
            path: "/",
            channel: &channel,
            service: "crm.get",
        };
        answer(outcome, &asked)
    }

    #[test]
    fn a_response_is_what_a_client_gets() {
        let body = Body::Full(Bytes::from_static(b"{}"));
        let response = Response { status: 201, content_type: None, headers: Vec::new(), body };
        let response = answered(Outcome::Response(response));
        assert_eq!((response.status().as_u16(), response.body().as_ref()), (201, b"{}".as_slice()));
        assert_eq!(response.headers()["content-type"], "application/json");
    }

    #[test]
    fn a_failure_is_rescued() {
        let failure = Failure::new(FailureKind::NotFound, "no such client");
        let response = answered(Outcome::Failure(Box::new(failure)));
        assert_eq!(response.status().as_u16(), 404);
        assert!(String::from_utf8_lossy(response.body()).contains("no such client"));
    }
}
