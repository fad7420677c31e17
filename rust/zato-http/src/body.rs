//! Bodies in both directions.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures::Stream;
use futures::channel::mpsc;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use zato_core::Error;

/// Bytes reserved on the word of a client alone, however long it says its body is.
const TRUSTED_LENGTH: u64 = 256 * 1024;

/// Why there is no request body.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// It is larger than allowed.
    TooLarge,
    /// Too many large bodies are held already.
    NoRoom,
    /// The client went away, or sent something that is not a body; the connection knows which.
    Broken,
}

/// Reads a request body as a whole. A small one that has arrived already is taken without a copy; before a
/// large one grows, `reserve` is asked whether there is room for that many bytes in all.
pub(crate) async fn read(
    mut body: Incoming,
    limit: u64,
    mut reserve: impl FnMut(usize) -> bool,
) -> Result<Bytes, BodyError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let hint = body.size_hint();
    // A declared length is refused before a byte is read, and before `100 Continue` is sent.
    if hint.lower() > limit {
        return Err(BodyError::TooLarge);
    }
    let first = next_data(&mut body).await?.unwrap_or_default();
    if first.len() as u64 > limit {
        return Err(BodyError::TooLarge);
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let Some(second) = next_data(&mut body).await? else { return Ok(first) };
    let expected = hint.exact().unwrap_or(0).min(TRUSTED_LENGTH);
    let arrived = first.len() + second.len();
    let capacity = arrived.max(usize::try_from(expected).unwrap_or(arrived));
    if !reserve(capacity) {
        return Err(BodyError::NoRoom);
    }
    let mut collected = BytesMut::with_capacity(capacity);
    collected.extend_from_slice(&first);
    drop(first);
    let mut next = Some(second);
    while let Some(data) = next {
        if (collected.len() + data.len()) as u64 > limit {
            return Err(BodyError::TooLarge);
        }
        if !reserve(collected.len() + data.len()) {
            return Err(BodyError::NoRoom);
        }
        collected.extend_from_slice(&data);
        drop(data);
        next = if body.is_end_stream() { None } else { next_data(&mut body).await? };
    }
    Ok(collected.freeze())
}

/// Gives the next piece; trailers are passed over.
async fn next_data(body: &mut Incoming) -> Result<Option<Bytes>, BodyError> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Body of a response.
pub(crate) enum ResponseBody {
    /// Known as a whole; empty when it was sent.
    Full(Bytes),
    /// Sent piece by piece.
    Stream { pieces: mpsc::Receiver<Result<Bytes, Error>>, sent: u64, on_end: Option<OnEnd> },
}

/// Called with the number of bytes sent, when a stream has ended or was given up.
pub(crate) type OnEnd = Box<dyn FnOnce(u64) + Send>;

impl ResponseBody {
    /// Makes a body of text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Full(Bytes::from(text.into()))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.get_mut() {
            Self::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Full(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Stream { pieces, sent, .. } => {
                let piece = std::task::ready!(poll_piece(pieces, context));
                Poll::Ready(piece.map(|piece| {
                    piece.map(|bytes| {
                        *sent += bytes.len() as u64;
                        Frame::data(bytes)
                    })
                }))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Full(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream { .. } => SizeHint::default(),
        }
    }
}

/// Gives the next piece that is not empty: an empty chunk would end the response.
fn poll_piece(
    pieces: &mut mpsc::Receiver<Result<Bytes, Error>>,
    context: &mut Context<'_>,
) -> Poll<Option<Result<Bytes, Error>>> {
    loop {
        match std::task::ready!(Pin::new(&mut *pieces).poll_next(context)) {
            Some(Ok(bytes)) if bytes.is_empty() => {}
            piece => return Poll::Ready(piece),
        }
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        if let Self::Stream { sent, on_end, .. } = self
            && let Some(on_end) = on_end.take()
        {
            on_end(*sent);
        }
    }
}
