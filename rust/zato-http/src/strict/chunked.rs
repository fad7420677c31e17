//! Checks chunked bodies, byte by byte where lines are and in bulk where data is.

use super::head::check_header;
use super::{Limits, Violation};

/// A chunked body in progress.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    state: State,
    /// Bytes of the line that begins the present chunk.
    line_bytes: usize,
    extension_bytes: usize,
    trailer_bytes: usize,
    trailers: usize,
    /// The trailer line being read; everything else needs no memory of what went before.
    trailer: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Size { digits: u8, size: u64 },
    Extension { size: u64 },
    SizeLineFeed { size: u64 },
    Data { remaining: u64 },
    DataReturn,
    DataLineFeed,
    Trailer,
    TrailerLineFeed,
    Done,
}

impl Default for State {
    fn default() -> Self {
        Self::Size { digits: 0, size: 0 }
    }
}

impl Chunked {
    /// Whether the body has ended; what follows is the next message.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Goes on with the body; gives how many of the bytes belong to it. An error gives how many came before.
    pub(super) fn advance(&mut self, bytes: &[u8], limits: &Limits) -> Result<usize, (usize, Violation)> {
        let mut position = 0;
        while position < bytes.len() && self.state != State::Done {
            if let State::Data { remaining } = &mut self.state {
                let count = usize::try_from(*remaining).unwrap_or(usize::MAX).min(bytes.len() - position);
                *remaining -= count as u64;
                position += count;
                if *remaining == 0 {
                    self.state = State::DataReturn;
                }
            } else {
                self.byte(bytes[position], limits).map_err(|violation| (position, violation))?;
                position += 1;
            }
        }
        Ok(position)
    }

    fn byte(&mut self, byte: u8, limits: &Limits) -> Result<(), Violation> {
        self.state = match self.state {
            State::Size { digits, size } => self.size(byte, digits, size, limits)?,
            State::Extension { size } => {
                self.extension_bytes += 1;
                self.count_line_byte(limits)?;
                if self.extension_bytes > limits.chunk_extension_bytes {
                    return Err(Violation::ChunkLineTooLong);
                }
                match byte {
                    b'\r' => State::SizeLineFeed { size },
                    b'\n' => return Err(Violation::BareLineFeed),
                    b'\t' | b' '..=b'~' => State::Extension { size },
                    _ => return Err(Violation::InvalidChunkExtension),
                }
            }
            State::SizeLineFeed { size } => match (byte, size) {
                (b'\n', 0) => State::Trailer,
                (b'\n', remaining) => State::Data { remaining },
                _ => return Err(Violation::BareCarriageReturn),
            },
            State::DataReturn if byte == b'\r' => State::DataLineFeed,
            State::DataLineFeed if byte == b'\n' => {
                self.line_bytes = 0;
                State::default()
            }
            State::DataReturn | State::DataLineFeed => return Err(Violation::InvalidChunkEnd),
            State::Trailer => self.trailer(byte, limits)?,
            State::TrailerLineFeed if byte != b'\n' => return Err(Violation::BareCarriageReturn),
            State::TrailerLineFeed if self.trailer.is_empty() => State::Done,
            State::TrailerLineFeed => {
                self.check_trailer(limits)?;
                State::Trailer
            }
            State::Data { .. } | State::Done => self.state,
        };
        Ok(())
    }

    fn size(&mut self, byte: u8, digits: u8, size: u64, limits: &Limits) -> Result<State, Violation> {
        self.count_line_byte(limits)?;
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            b'\r' if digits > 0 => return Ok(State::SizeLineFeed { size }),
            b';' if digits > 0 => return Ok(State::Extension { size }),
            b'\n' => return Err(Violation::BareLineFeed),
            _ => return Err(Violation::InvalidChunkSize),
        };
        // Fifteen digits are over an exabyte, and cannot overflow.
        if digits >= 15 {
            return Err(Violation::InvalidChunkSize);
        }
        Ok(State::Size { digits: digits + 1, size: size << 4 | u64::from(digit) })
    }

    fn count_line_byte(&mut self, limits: &Limits) -> Result<(), Violation> {
        self.line_bytes += 1;
        if self.line_bytes > limits.chunk_line_bytes { Err(Violation::ChunkLineTooLong) } else { Ok(()) }
    }

    fn trailer(&mut self, byte: u8, limits: &Limits) -> Result<State, Violation> {
        self.trailer_bytes += 1;
        if self.trailer_bytes > limits.trailer_bytes {
            return Err(Violation::TrailersTooLarge);
        }
        match byte {
            b'\r' => Ok(State::TrailerLineFeed),
            b'\n' => Err(Violation::BareLineFeed),
            _ => {
                self.trailer.push(byte);
                Ok(State::Trailer)
            }
        }
    }

    fn check_trailer(&mut self, limits: &Limits) -> Result<(), Violation> {
        self.trailers += 1;
        if self.trailers > limits.headers {
            return Err(Violation::TooManyHeaders);
        }
        let name_length = check_header(&self.trailer)?;
        let name = &self.trailer[..name_length];
        let is_forbidden =
            [&b"content-length"[..], b"transfer-encoding", b"host", b"authorization", b"trailer"]
                .iter()
                .any(|forbidden| name.eq_ignore_ascii_case(forbidden));
        if is_forbidden {
            return Err(Violation::ForbiddenTrailer);
        }
        self.trailer.clear();
        Ok(())
    }
}
