//! Refuses request shapes that two HTTP implementations could read differently (request smuggling), before
//! hyper sees a byte of them.
//!
//! hyper is a good parser, but a lenient one: it accepts bare line feeds, and a request with both
//! `Content-Length` and `Transfer-Encoding`, whose length it drops before anyone could notice (reference
//! anchors 3.4). So [`Checker`] reads the raw bytes first. It follows the framing of messages and does no
//! I/O; [`StrictStream`] puts it between a socket and hyper.
//!
//! Invariant: what a [`Checker`] lets pass, hyper frames in the same way.

mod chunked;
mod head;
mod stream;
#[cfg(test)]
mod tests;
mod violation;

use chunked::Chunked;
use head::Head;
use http::Method;
pub use stream::StrictStream;
pub use violation::Violation;

/// How large the parts of a request that are not its body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Request line and headers, in bytes.
    pub head_bytes: usize,
    /// Number of headers.
    pub headers: usize,
    /// Request target, in bytes.
    pub target_bytes: usize,
    /// One line that begins a chunk, in bytes.
    pub chunk_line_bytes: usize,
    /// All chunk extensions of a message, in bytes. hyper's own limit is twice the default.
    pub chunk_extension_bytes: usize,
    /// All trailers of a message, in bytes. hyper's own limit is twice the default.
    pub trailer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 64 * 1024,
            headers: 100,
            target_bytes: 16 * 1024,
            chunk_line_bytes: 1024,
            chunk_extension_bytes: 8 * 1024,
            trailer_bytes: 8 * 1024,
        }
    }
}

/// What a [`Checker`] says about a run of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// How many bytes, from the first one given, may pass.
    pub passed: usize,
    /// What is wrong with the bytes after them. `None`: nothing so far, they are an incomplete head.
    pub violation: Option<Violation>,
}

/// Follows the requests of one connection.
#[derive(Debug)]
pub struct Checker {
    limits: Limits,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Inside of a head, or between two messages.
    Head(Head),
    /// Inside of a body of known length.
    Body { remaining: u64 },
    /// Inside of a chunked body.
    Chunked(Box<Chunked>),
    /// After a violation nothing passes any more.
    Refused { violation: Violation, was_in_body: bool },
}

/// How the body after a head is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
}

impl Checker {
    /// Starts with a new connection.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, state: State::Head(Head::default()) }
    }

    /// Looks at the bytes that have not passed yet: those held back last time, followed by new ones. Gives
    /// how many may pass now. If some are left and there is no violation, they are an incomplete head; they
    /// have to be given again, in front of what arrives next.
    pub fn advance(&mut self, bytes: &[u8]) -> Verdict {
        let mut passed = 0;
        loop {
            match self.step(&bytes[passed..]) {
                Ok(0) => return Verdict { passed, violation: None },
                Ok(count) => passed += count,
                Err((count, violation)) => {
                    self.state = State::Refused { violation, was_in_body: self.is_in_body() };
                    return Verdict { passed: passed + count, violation: Some(violation) };
                }
            }
        }
    }

    /// Whether the next byte belongs to a body; after a violation, whether that was in a body.
    #[must_use]
    pub fn is_in_body(&self) -> bool {
        match self.state {
            State::Head(_) => false,
            State::Body { .. } | State::Chunked(_) => true,
            State::Refused { was_in_body, .. } => was_in_body,
        }
    }

    /// Passes on as much of one message as is there; an error says how much passes before the violation.
    fn step(&mut self, bytes: &[u8]) -> Result<usize, (usize, Violation)> {
        match &mut self.state {
            State::Head(head) => {
                let Some((length, framing)) =
                    head.advance(bytes, &self.limits).map_err(|violation| (0, violation))?
                else {
                    return Ok(0);
                };
                self.state = match framing {
                    Framing::Length(0) => State::Head(Head::default()),
                    Framing::Length(remaining) => State::Body { remaining },
                    Framing::Chunked => State::Chunked(Box::default()),
                };
                Ok(length)
            }
            State::Body { remaining } => {
                let count = usize::try_from(*remaining).unwrap_or(usize::MAX).min(bytes.len());
                *remaining -= count as u64;
                if *remaining == 0 {
                    self.state = State::Head(Head::default());
                }
                Ok(count)
            }
            State::Chunked(chunked) => {
                let count = chunked.advance(bytes, &self.limits)?;
                if chunked.is_done() {
                    self.state = State::Head(Head::default());
                }
                Ok(count)
            }
            State::Refused { violation, .. } => Err((0, *violation)),
        }
    }
}

/// Whether a request is the one that [`StrictStream`] puts in the place of refused bytes. No client can send
/// it.
pub(crate) fn is_refused(method: &Method) -> bool {
    method.as_str() == head::REFUSED_METHOD
}

/// Checks a whole connection at once, with the default limits; for tests and fuzzing.
#[must_use]
pub fn check(bytes: &[u8]) -> Verdict {
    Checker::new(Limits::default()).advance(bytes)
}

/// Checks a connection that arrives in pieces, each of the given lengths in turn and the rest at last; for
/// tests and fuzzing. Gives the same as [`check`] for every split of the same bytes.
#[must_use]
pub fn check_in_pieces(bytes: &[u8], lengths: impl IntoIterator<Item = usize>) -> Verdict {
    let mut checker = Checker::new(Limits::default());
    let (mut passed, mut arrived) = (0, 0);
    for length in lengths.into_iter().chain([bytes.len()]) {
        arrived = (arrived + length).min(bytes.len());
        let verdict = checker.advance(&bytes[passed..arrived]);
        passed += verdict.passed;
        if verdict.violation.is_some() {
            return Verdict { passed, ..verdict };
        }
    }
    Verdict { passed, violation: None }
}
