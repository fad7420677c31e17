//! What came back.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, Version};

use crate::failure::{Failure, FailureKind};
use crate::pieces::{Pieces, pieces};

/// Largest body that is read as a whole, in bytes; larger ones have to be streamed.
pub const LARGEST_BODY: usize = 1 << 30;

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Protocol version.
    pub version: Version,
    /// Headers; those about a compression that was undone are left out.
    pub headers: HeaderMap,
    /// URL that answered, after redirects.
    pub url: String,
    /// From the request until the head of the answer was there, in total with redirects.
    pub elapsed: Duration,
    /// Redirects that were followed, the first one first.
    pub hops: Vec<Hop>,
    /// The body.
    pub body: Body,
}

/// A redirect that was followed.
#[derive(Debug, Clone)]
pub struct Hop {
    /// Its status.
    pub status: StatusCode,
    /// Its URL.
    pub url: String,
    /// Its headers.
    pub headers: HeaderMap,
}

/// The body of an answer.
#[derive(Debug)]
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// Pieces as they come.
    Streamed(Pieces),
}

impl Body {
    /// Reads all of it, within the limit of silence.
    pub(crate) async fn read(
        mut response: reqwest::Response,
        silence: Option<Duration>,
    ) -> Result<Self, Failure> {
        let announced =
            response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let mut whole = BytesMut::with_capacity(announced.min(1 << 20));
        while let Some(piece) = next_piece(&mut response, silence).await? {
            if whole.len() + piece.len() > LARGEST_BODY {
                let message = format!("the body of the answer is larger than {LARGEST_BODY} bytes");
                return Err(Failure::new(FailureKind::Body, message)
                    .hint("read it piece by piece, with `stream=True`"));
            }
            if whole.is_empty() && piece.len() == announced {
                return Ok(Self::Whole(piece));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(Self::Whole(whole.freeze()))
    }

    /// Reads it piece by piece, as far ahead as its reader allows.
    pub(crate) fn stream(mut response: reqwest::Response, silence: Option<Duration>) -> Self {
        let (feed, pieces) = pieces();
        tokio::spawn(async move {
            while feed.has_reader().await {
                let next = tokio::select! {
                    next = next_piece(&mut response, silence) => next,
                    // The socket of a silent peer would stay open for nobody.
                    () = feed.abandoned() => break,
                };
                match next {
                    Ok(Some(piece)) => feed.give(Ok(piece)),
                    Ok(None) => break,
                    Err(failure) => {
                        feed.give(Err(failure));
                        break;
                    }
                }
            }
        });
        Self::Streamed(pieces)
    }
}

async fn next_piece(
    response: &mut reqwest::Response,
    silence: Option<Duration>,
) -> Result<Option<Bytes>, Failure> {
    let piece = match silence {
        Some(limit) => tokio::time::timeout(limit, response.chunk())
            .await
            .map_err(|_| Failure::new(FailureKind::ReadTimeout, silent_for(limit)))?,
        None => response.chunk().await,
    };
    piece.map_err(|error| Failure::of_body(&error))
}

/// Says how long a peer was silent.
pub(crate) fn silent_for(limit: Duration) -> String {
    format!("the peer was silent for {} s", limit.as_secs_f64())
}
