//! Checks request heads, line by line as they arrive.

use http::Uri;
use memchr::memchr;

use super::{Framing, Limits, Violation};

/// The method of the request that [`super::StrictStream`] puts in the place of refused bytes. No client can
/// send it: heads with it are refused themselves.
pub(super) const REFUSED_METHOD: &str = "~";

/// A head in progress. All positions count from its first byte.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Where the search for the next line end goes on.
    scanned: usize,
    /// Where the line being read starts.
    line_start: usize,
    blank_lines: usize,
    has_request_line: bool,
    headers: usize,
    is_http_10: bool,
    /// Authority of an absolute-form target.
    authority: Option<(usize, usize)>,
    host: Option<(usize, usize)>,
    has_authorization: bool,
    content_length: Option<u64>,
    is_chunked: bool,
}

impl Head {
    /// Goes on with the head that starts at the first of the bytes. Gives its length and what follows, once
    /// it is there as a whole.
    pub(super) fn advance(
        &mut self,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Option<(usize, Framing)>, Violation> {
        while let Some(offset) = memchr(b'\n', &bytes[self.scanned..]) {
            let line_feed = self.scanned + offset;
            self.scanned = line_feed + 1;
            self.check_size(self.scanned, limits)?;
            if line_feed == self.line_start || bytes[line_feed - 1] != b'\r' {
                return Err(Violation::BareLineFeed);
            }
            let (start, end) = (self.line_start, line_feed - 1);
            self.line_start = line_feed + 1;
            if end > start {
                if self.has_request_line {
                    self.header(bytes, start, end, limits)?;
                } else {
                    self.request_line(bytes, start, end, limits)?;
                }
            } else if self.has_request_line {
                return Ok(Some((self.scanned, self.finish(bytes)?)));
            } else {
                // RFC 9112 2.2 asks to ignore at least one; clients of old send it after a body.
                self.blank_lines += 1;
                if self.blank_lines > 1 {
                    return Err(Violation::LeadingBlankLines);
                }
            }
        }
        self.scanned = bytes.len();
        self.check_size(self.scanned, limits)?;
        Ok(None)
    }

    fn check_size(&self, size: usize, limits: &Limits) -> Result<(), Violation> {
        // Method, version and spaces need some room beside the target.
        if !self.has_request_line && size > limits.target_bytes.saturating_add(64) {
            return Err(Violation::TargetTooLong);
        }
        if size > limits.head_bytes { Err(Violation::HeadTooLarge) } else { Ok(()) }
    }

    fn request_line(
        &mut self,
        bytes: &[u8],
        start: usize,
        end: usize,
        limits: &Limits,
    ) -> Result<(), Violation> {
        let line = &bytes[start..end];
        let method_length = token_length(line);
        match line.get(method_length) {
            Some(b' ') if method_length > 0 => {}
            Some(b'\r') => return Err(Violation::BareCarriageReturn),
            Some(b' ') | None => return Err(Violation::InvalidRequestLine),
            Some(_) => return Err(Violation::InvalidMethod),
        }
        let method = &line[..method_length];
        let rest = &line[method_length + 1..];
        let Some(target_length) = memchr(b' ', rest) else {
            return Err(if rest.contains(&b'\r') {
                Violation::BareCarriageReturn
            } else {
                Violation::InvalidRequestLine
            });
        };
        let target = &rest[..target_length];
        match &rest[target_length + 1..] {
            b"HTTP/1.1" => {}
            b"HTTP/1.0" => self.is_http_10 = true,
            [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
                if major.is_ascii_digit() && minor.is_ascii_digit() =>
            {
                return Err(Violation::UnsupportedVersion);
            }
            _ => return Err(Violation::InvalidRequestLine),
        }
        if method == REFUSED_METHOD.as_bytes() {
            return Err(Violation::InvalidMethod);
        }
        if method == b"CONNECT" {
            return Err(Violation::ConnectMethod);
        }
        if target.len() > limits.target_bytes {
            return Err(Violation::TargetTooLong);
        }
        let authority = check_target(method, target)?;
        let target_start = start + method_length + 1;
        self.authority = authority.map(|(from, to)| (target_start + from, target_start + to));
        self.has_request_line = true;
        Ok(())
    }

    fn header(&mut self, bytes: &[u8], start: usize, end: usize, limits: &Limits) -> Result<(), Violation> {
        self.headers += 1;
        if self.headers > limits.headers {
            return Err(Violation::TooManyHeaders);
        }
        let line = &bytes[start..end];
        let name_length = check_header(line)?;
        let name = &line[..name_length];
        let (from, to) = trim(line, name_length + 1);
        let value = &line[from..to];
        match name_length {
            4 if name.eq_ignore_ascii_case(b"host") => {
                if self.host.replace((start + from, start + to)).is_some() {
                    return Err(Violation::DuplicateHost);
                }
                if !value.iter().copied().all(is_host_byte) {
                    return Err(Violation::InvalidHost);
                }
            }
            13 if name.eq_ignore_ascii_case(b"authorization") => {
                let is_second = std::mem::replace(&mut self.has_authorization, true);
                if is_second {
                    return Err(Violation::DuplicateAuthorization);
                }
            }
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                let earlier = self.content_length.replace(parse_length(value)?);
                if earlier.is_some() {
                    return Err(Violation::DuplicateContentLength);
                }
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                if !value.eq_ignore_ascii_case(b"chunked") {
                    return Err(Violation::UnknownTransferEncoding);
                }
                if std::mem::replace(&mut self.is_chunked, true) {
                    return Err(Violation::DuplicateTransferEncoding);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Decides what only the whole head can tell.
    fn finish(&self, bytes: &[u8]) -> Result<Framing, Violation> {
        if self.is_chunked && self.is_http_10 {
            return Err(Violation::TransferEncodingInHttp10);
        }
        if self.is_chunked && self.content_length.is_some() {
            return Err(Violation::LengthAndTransferEncoding);
        }
        let host = self.host.map(|(from, to)| &bytes[from..to]);
        if host.is_none() && !self.is_http_10 {
            return Err(Violation::MissingHost);
        }
        if let (Some((from, to)), Some(host)) = (self.authority, host) {
            let authority = &bytes[from..to];
            if !without_default_port(authority).eq_ignore_ascii_case(without_default_port(host)) {
                return Err(Violation::HostMismatch);
            }
        }
        if self.is_chunked {
            Ok(Framing::Chunked)
        } else {
            Ok(Framing::Length(self.content_length.unwrap_or(0)))
        }
    }
}

/// Checks a header or trailer line without its line end; gives the length of the name.
pub(super) fn check_header(line: &[u8]) -> Result<usize, Violation> {
    let name_length = token_length(line);
    match line.get(name_length) {
        Some(b':') if name_length > 0 => {}
        Some(b':') => return Err(Violation::EmptyHeaderName),
        Some(b' ' | b'\t') if name_length == 0 => return Err(Violation::FoldedHeader),
        Some(b' ' | b'\t') if line.contains(&b':') => return Err(Violation::SpaceBeforeColon),
        Some(b'\r') => return Err(Violation::BareCarriageReturn),
        Some(_) if line.contains(&b':') => return Err(Violation::IllegalHeaderName),
        Some(_) | None => return Err(Violation::MissingColon),
    }
    let value = &line[name_length + 1..];
    if has_control(value) {
        // Tabs are legal and rare, so they are told apart only here.
        if value.contains(&b'\r') {
            return Err(Violation::BareCarriageReturn);
        }
        if value.iter().any(|byte| *byte != b'\t' && byte.is_ascii_control()) {
            return Err(Violation::ControlCharacter);
        }
    }
    Ok(name_length)
}

/// Checks a request target; gives where the authority is in an absolute-form one.
fn check_target(method: &[u8], target: &[u8]) -> Result<Option<(usize, usize)>, Violation> {
    if target == b"*" {
        return if method == b"OPTIONS" { Ok(None) } else { Err(Violation::InvalidTarget) };
    }
    let is_plain = target.iter().all(|byte| TARGET_BYTE[usize::from(*byte)]);
    let is_origin_form = target.first() == Some(&b'/');
    if is_plain && is_origin_form {
        return Ok(None);
    }
    // hyper would cut a fragment off silently, and answer everything else it does not take without saying
    // why.
    if target.contains(&b'#') || Uri::try_from(target).is_err() {
        return Err(Violation::InvalidTarget);
    }
    if is_origin_form {
        return Ok(None);
    }
    let scheme = [&b"http://"[..], b"https://"]
        .into_iter()
        .find(|scheme| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let from = scheme.ok_or(Violation::InvalidTarget)?.len();
    let rest = &target[from..];
    let length = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    if length == 0 || !rest[..length].iter().copied().all(is_host_byte) {
        return Err(Violation::InvalidTarget);
    }
    Ok(Some((from, from + length)))
}

/// Parses a length: digits only. What overflows 64 bits (less one: hyper keeps the largest for itself) is
/// refused.
fn parse_length(value: &[u8]) -> Result<u64, Violation> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Violation::InvalidContentLength);
    }
    value
        .iter()
        .try_fold(0_u64, |length, digit| length.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
        .filter(|length| *length <= u64::MAX >> 1)
        .ok_or(Violation::InvalidContentLength)
}

/// Whether the byte may stand in `Host`: a name, an address, brackets, a port. Not `@`, commas or white
/// space.
fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']' | b'~' | b'%')
}

fn without_default_port(authority: &[u8]) -> &[u8] {
    authority.strip_suffix(b":80").or_else(|| authority.strip_suffix(b":443")).unwrap_or(authority)
}

/// Returns where the value is, from a position after the colon, without white space around it.
fn trim(line: &[u8], mut from: usize) -> (usize, usize) {
    let mut to = line.len();
    while from < to && matches!(line[from], b' ' | b'\t') {
        from += 1;
    }
    while to > from && matches!(line[to - 1], b' ' | b'\t') {
        to -= 1;
    }
    (from, to)
}

/// Whether there is any control character, tabs included; written so that the compiler vectorizes it.
fn has_control(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |found, byte| found | (*byte < 0x20) | (*byte == 0x7f))
}

/// Returns how many bytes at the start may stand in a token (RFC 9110 5.6.2).
fn token_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !TOKEN_BYTE[usize::from(*byte)]).unwrap_or(bytes.len())
}

const TOKEN_BYTE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop ends at 256")]
        let character = byte as u8;
        table[byte] = character.is_ascii_alphanumeric()
            || matches!(
                character,
                b'!' | b'#'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'\''
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'.'
                    | b'^'
                    | b'_'
                    | b'`'
                    | b'|'
                    | b'~'
            );
        byte += 1;
    }
    table
};

/// Bytes that every parser takes in paths and queries; others are looked at more closely.
const TARGET_BYTE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop ends at 256")]
        let character = byte as u8;
        table[byte] = character.is_ascii_alphanumeric()
            || matches!(
                character,
                b'/' | b'-'
                    | b'.'
                    | b'_'
                    | b'~'
                    | b'!'
                    | b'$'
                    | b'&'
                    | b'\''
                    | b'('
                    | b')'
                    | b'*'
                    | b'+'
                    | b','
                    | b';'
                    | b'='
                    | b':'
                    | b'@'
                    | b'%'
                    | b'?'
            );
        byte += 1;
    }
    table
};
