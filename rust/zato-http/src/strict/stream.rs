//! The checker between a socket and hyper.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Checker, Limits, Violation};
use crate::link::{Link, Phase};

/// Put in the place of refused bytes, so that the service answers it in order, after the requests before it.
const REFUSED_REQUEST: &[u8] = b"~ / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";

/// How much is thrown away at most while lingering.
const LINGER_BYTES: usize = 256 * 1024;

/// Up to this many bytes, copying buffers together is cheaper than having the kernel gather them.
const SMALL_WRITE: usize = 2048;

/// Copies buffers together if there is space for them.
fn join<'space>(buffers: &[io::IoSlice<'_>], space: &'space mut [u8]) -> Option<&'space [u8]> {
    let mut filled = 0;
    for buffer in buffers {
        space.get_mut(filled..filled + buffer.len())?.copy_from_slice(buffer);
        filled += buffer.len();
    }
    space.get(..filled)
}

/// A stream whose reads give checked bytes only. Bytes that arrive as whole heads, or inside of bodies, pass
/// without being copied; an incomplete head is held back until the rest of it is there.
#[derive(Debug)]
pub struct StrictStream<S> {
    inner: S,
    checker: Checker,
    link: Arc<Link>,
    /// Bytes that were read but not delivered.
    held: BytesMut,
    /// How many of the held bytes were checked and may be delivered.
    ready: usize,
    end: End,
    is_shut_down: bool,
    lingered: usize,
}

/// How reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    NotYet,
    /// What is held is the last that is delivered; then hyper waits for its own answer to go out.
    Refused,
    /// The body in progress is broken off with an error.
    Broken,
}

impl<S> StrictStream<S> {
    pub(crate) fn new(inner: S, limits: Limits, link: Arc<Link>) -> Self {
        Self {
            inner,
            checker: Checker::new(limits),
            link,
            held: BytesMut::new(),
            ready: 0,
            end: End::NotYet,
            is_shut_down: false,
            lingered: 0,
        }
    }

    /// Takes note of a violation. In a body the request it belongs to is with the service already, which then
    /// sees its body break off; elsewhere a request takes the place of the refused bytes.
    fn refuse(&mut self, violation: Violation) {
        self.link.set_violation(violation);
        self.held.truncate(self.ready);
        if self.checker.is_in_body() {
            self.end = End::Broken;
        } else {
            self.end = End::Refused;
            self.held.extend_from_slice(REFUSED_REQUEST);
            self.ready = self.held.len();
        }
    }

    fn note_phase(&self, has_progressed: bool) {
        let phase = if self.checker.is_in_body() {
            Phase::Body
        } else if self.held.len() > self.ready {
            Phase::Head
        } else {
            Phase::Idle
        };
        self.link.enter(phase, has_progressed);
    }

    /// Checks what was just read into the buffer of the caller, from `start`; holds back what may not pass
    /// yet.
    fn check_fresh(&mut self, buffer: &mut ReadBuf<'_>, start: usize) {
        if self.held.is_empty() {
            let fresh = &buffer.filled()[start..];
            let verdict = self.checker.advance(fresh);
            if verdict.passed < fresh.len() && verdict.violation.is_none() {
                self.held.extend_from_slice(&fresh[verdict.passed..]);
            }
            buffer.set_filled(start + verdict.passed);
            if let Some(violation) = verdict.violation {
                self.refuse(violation);
            }
        } else {
            self.held.extend_from_slice(&buffer.filled()[start..]);
            buffer.set_filled(start);
            let verdict = self.checker.advance(&self.held);
            self.ready = verdict.passed;
            if let Some(violation) = verdict.violation {
                self.refuse(violation);
            }
        }
        self.note_phase(true);
    }

    fn deliver(&mut self, buffer: &mut ReadBuf<'_>) {
        let count = self.ready.min(buffer.remaining());
        buffer.put_slice(&self.held[..count]);
        self.held.advance(count);
        self.ready -= count;
        if self.held.is_empty() {
            // Connections are many and mostly idle: what they no longer need is given back.
            self.held = BytesMut::new();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StrictStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let start = buffer.filled().len();
        loop {
            if let Some(violation) = this.link.take_late()
                && this.end == End::NotYet
            {
                this.refuse(violation);
            }
            if this.ready > 0 {
                this.deliver(buffer);
                return Poll::Ready(Ok(()));
            }
            match this.end {
                End::NotYet => {}
                End::Refused => return Poll::Pending,
                End::Broken => return Poll::Ready(Err(broken_off(&this.link))),
            }
            ready!(Pin::new(&mut this.inner).poll_read(context, buffer))?;
            if buffer.filled().len() == start {
                return Poll::Ready(Ok(()));
            }
            this.check_fresh(buffer, start);
            if buffer.filled().len() > start {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

fn broken_off(link: &Link) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, link.violation().map_or("refused", Violation::message))
}

impl<S: AsyncRead + AsyncWrite + Unpin> StrictStream<S> {
    fn note_write<T>(&self, result: &Poll<io::Result<T>>) {
        self.link.set_write_blocked(result.is_pending());
    }

    /// Throws away what the client still sends, so that closing does not reset the connection before the
    /// client has read the answer (RFC 9112 9.6).
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.link.enter(Phase::Lingering, false);
        let mut space = [std::mem::MaybeUninit::uninit(); 8192];
        while self.lingered < LINGER_BYTES {
            let mut buffer = ReadBuf::uninit(&mut space);
            match ready!(Pin::new(&mut self.inner).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => self.lingered += buffer.filled().len(),
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for StrictStream<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write(context, bytes);
        this.note_write(&result);
        result
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let mut space = [0; SMALL_WRITE];
        let result = match join(buffers, &mut space) {
            Some(bytes) => Pin::new(&mut this.inner).poll_write(context, bytes),
            None => Pin::new(&mut this.inner).poll_write_vectored(context, buffers),
        };
        this.note_write(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.is_shut_down {
            ready!(Pin::new(&mut this.inner).poll_shutdown(context))?;
            this.is_shut_down = true;
        }
        let may_be_sending = this.end != End::NotYet || this.checker.is_in_body() || !this.held.is_empty();
        if may_be_sending { this.poll_linger(context) } else { Poll::Ready(Ok(())) }
    }
}
