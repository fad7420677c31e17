//! The blocking end of a connection, for threads that run services.

use std::io::{ErrorKind as IoErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};

use super::protocol::{ANSWER_LIMIT, Answer, QUESTION_LIMIT, Question, from_bytes, to_frame};

/// How long an answer may take that nobody has to wait for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much is read at once; most answers are shorter.
const CHUNK: usize = 4096;

/// One connection, on which one question is asked at a time.
#[derive(Debug)]
pub(super) struct Wire {
    stream: UnixStream,
    /// What was read and is not a whole answer yet.
    buffer: Vec<u8>,
}

impl Wire {
    pub(super) fn connect(path: &Path) -> Result<Self> {
        let stream = UnixStream::connect(path).context(ErrorKind::Io, || {
            format!("could not reach the caches and locks of the server on `{}`", path.display())
        })?;
        let wire = Self { stream, buffer: Vec::new() };
        wire.set_read_limit(PATIENCE)?;
        wire.stream.set_write_timeout(Some(PATIENCE)).context(ErrorKind::Io, limit_message)?;
        Ok(wire)
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&mut self, question: &Question) -> Result<Answer> {
        self.send(question)?;
        self.receive()?.ok_or_else(|| {
            let message = format!("the supervisor did not answer within {} s", PATIENCE.as_secs());
            Error::new(ErrorKind::Timeout, message).hint("it may be suspended; see `zato info`")
        })
    }

    pub(super) fn send(&mut self, question: &Question) -> Result<()> {
        let frame = to_frame(question)?;
        if frame.len() > QUESTION_LIMIT {
            let message = format!("a value of {} bytes is too large to be shared", frame.len());
            return Err(Error::new(ErrorKind::Invalid, message).hint(format!("the most is {QUESTION_LIMIT}")));
        }
        self.stream.write_all(&frame).map_err(|error| lost().source(error))
    }

    /// Waits for an answer; nothing if there is none within the limit for reading.
    pub(super) fn receive(&mut self) -> Result<Option<Answer>> {
        loop {
            if let Some(answer) = self.take_answer()? {
                return Ok(Some(answer));
            }
            let start = self.buffer.len();
            self.buffer.resize(start + self.missing().max(CHUNK), 0);
            let read = self.stream.read(&mut self.buffer[start..]);
            self.buffer.truncate(start + read.as_ref().copied().unwrap_or(0));
            match read {
                Ok(0) => return Err(lost()),
                Ok(_) => {}
                Err(error) if error.kind() == IoErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), IoErrorKind::WouldBlock | IoErrorKind::TimedOut) => {
                    return Ok(None);
                }
                Err(error) => return Err(lost().source(error)),
            }
        }
    }

    /// How long [`Self::receive`] waits.
    pub(super) fn set_read_limit(&self, limit: Duration) -> Result<()> {
        let limit = limit.max(Duration::from_millis(1));
        self.stream.set_read_timeout(Some(limit)).context(ErrorKind::Io, limit_message)
    }

    /// Takes the usual limit again.
    pub(super) fn reset_read_limit(&self) -> Result<()> {
        self.set_read_limit(PATIENCE)
    }

    /// Says that nothing more will be asked; answers can still be read.
    pub(super) fn hang_up(&self) -> Result<()> {
        self.stream.shutdown(Shutdown::Write).map_err(|error| lost().source(error))
    }

    fn length(&self) -> Option<usize> {
        let header: [u8; 4] = self.buffer.get(..4)?.try_into().ok()?;
        Some(u32::from_be_bytes(header) as usize)
    }

    /// How many bytes of the answer are not there yet, as far as known.
    fn missing(&self) -> usize {
        self.length().map_or(0, |length| (length + 4).saturating_sub(self.buffer.len()).min(1 << 20))
    }

    fn take_answer(&mut self) -> Result<Option<Answer>> {
        let Some(length) = self.length() else { return Ok(None) };
        if length > ANSWER_LIMIT {
            return Err(Error::new(ErrorKind::Internal, "an answer is longer than answers are"));
        }
        let Some(content) = self.buffer.get(4..4 + length) else { return Ok(None) };
        let answer = from_bytes(content)?;
        self.buffer.clear();
        self.buffer.shrink_to(CHUNK);
        Ok(Some(answer))
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::Io, "the connection to the caches and locks of the server was lost")
}

fn limit_message() -> String {
    "could not limit the time to wait for caches and locks".to_owned()
}
