//! Lines of the access log (reference operations 4.8).

use std::cell::RefCell;
use std::io::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use parking_lot::Mutex;
use rustix::time::{ClockId, clock_gettime};
use zato_core::Cid;

/// Takes lines of the access log; the server writes them to a rotating file.
pub trait AccessLog: Send + Sync {
    /// Writes one or more whole lines, each with its line end. Must not block.
    fn write(&self, lines: &[u8]);
}

/// What one line says.
pub(crate) struct Entry<'e> {
    pub(crate) remote: IpAddr,
    pub(crate) cid: Cid,
    pub(crate) duration: Duration,
    /// Empty if no channel was found.
    pub(crate) channel: &'e str,
    pub(crate) method: &'e str,
    /// Path without the query string, which may hold secrets.
    pub(crate) path: &'e str,
    pub(crate) is_http_10: bool,
    pub(crate) status: u16,
    pub(crate) size: u64,
    pub(crate) agent: Option<&'e HeaderValue>,
}

/// Lines are handed over when there are so many bytes of them.
const ENOUGH: usize = 4096;

/// Lines on their way to the log. Handing over each by itself would cost as much as making it.
pub(crate) struct Lines {
    log: Arc<dyn AccessLog>,
    /// Locked by the I/O thread alone, so that nobody ever waits.
    waiting: Mutex<Vec<u8>>,
}

impl Lines {
    pub(crate) fn new(log: Arc<dyn AccessLog>) -> Self {
        Self { log, waiting: Mutex::new(Vec::with_capacity(2 * ENOUGH)) }
    }

    /// Adds a line.
    pub(crate) fn add(&self, entry: &Entry<'_>) {
        let mut waiting = self.waiting.lock();
        entry.format(&mut waiting);
        if waiting.len() >= ENOUGH {
            self.log.write(&waiting);
            waiting.clear();
        }
    }

    /// Hands over what waits.
    pub(crate) fn flush(&self) {
        let mut waiting = self.waiting.lock();
        if !waiting.is_empty() {
            self.log.write(&waiting);
            waiting.clear();
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.flush();
    }
}

thread_local! {
    static STAMP: RefCell<Stamp> = const { RefCell::new(Stamp { second: 0, text: String::new() }) };
}

/// The time of the current second, as text.
struct Stamp {
    second: i64,
    text: String,
}

impl Entry<'_> {
    fn format(&self, line: &mut Vec<u8>) {
        extend_with_address(self.remote, line);
        line.push(b' ');
        line.extend_from_slice(&self.cid.digits());
        line.push(b'/');
        line.extend_from_slice(itoa::Buffer::new().format(self.duration.as_secs()).as_bytes());
        line.push(b'.');
        // A million more than there are makes seven digits of them; the first says nothing.
        let micros = 1_000_000 + self.duration.subsec_micros();
        line.extend_from_slice(&itoa::Buffer::new().format(micros).as_bytes()[1..]);
        line.extend_from_slice(b" \"");
        escape(self.channel.as_bytes(), line);
        line.extend_from_slice(b"\" [");
        extend_with_now(line);
        line.extend_from_slice(b"] \"");
        escape(self.method.as_bytes(), line);
        line.push(b' ');
        escape(self.path.as_bytes(), line);
        line.extend_from_slice(if self.is_http_10 { b" HTTP/1.0\" " } else { b" HTTP/1.1\" " });
        line.extend_from_slice(itoa::Buffer::new().format(self.status).as_bytes());
        line.push(b' ');
        line.extend_from_slice(itoa::Buffer::new().format(self.size).as_bytes());
        line.extend_from_slice(b" \"-\" \"");
        match self.agent {
            Some(agent) => escape(agent.as_bytes(), line),
            None => line.push(b'-'),
        }
        line.extend_from_slice(b"\"\n");
    }
}

fn extend_with_address(address: IpAddr, line: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => {
            for (index, octet) in address.octets().into_iter().enumerate() {
                if index > 0 {
                    line.push(b'.');
                }
                line.extend_from_slice(itoa::Buffer::new().format(octet).as_bytes());
            }
        }
        IpAddr::V6(address) => {
            // Writing to a vector cannot fail.
            let _ = write!(line, "{address}");
        }
    }
}

/// Appends text that came from a client so that it can neither end a line or a quoted field nor control a
/// terminal: everything but printable ASCII and letters of other alphabets becomes `\xNN`.
pub(crate) fn escape(text: &[u8], line: &mut Vec<u8>) {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if text.iter().all(is_plain) {
        line.extend_from_slice(text);
        return;
    }
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            let is_harmless = if character.is_ascii() {
                u8::try_from(character).is_ok_and(|byte| is_plain(&byte))
            } else {
                character.is_alphanumeric()
            };
            let mut space = [0; 4];
            let bytes = character.encode_utf8(&mut space).as_bytes();
            if is_harmless {
                line.extend_from_slice(bytes);
            } else {
                escape_bytes(bytes, line);
            }
        }
        escape_bytes(chunk.invalid(), line);
    }
}

fn escape_bytes(bytes: &[u8], line: &mut Vec<u8>) {
    for byte in bytes {
        let _ = write!(line, "\\x{byte:02x}");
    }
}

fn extend_with_now(line: &mut Vec<u8>) {
    // The coarse clock is off by a few milliseconds and costs a fifth.
    let second = clock_gettime(ClockId::RealtimeCoarse).tv_sec;
    STAMP.with_borrow_mut(|stamp| {
        if stamp.second != second || stamp.text.is_empty() {
            stamp.second = second;
            stamp.text = jiff::Zoned::now().strftime("%d/%b/%Y:%H:%M:%S %z").to_string();
        }
        line.extend_from_slice(stamp.text.as_bytes());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(path: &str, agent: Option<&'static [u8]>) -> String {
        let agent = agent.map(|agent| HeaderValue::from_bytes(agent).unwrap());
        let entry = Entry {
            remote: IpAddr::from([127, 0, 0, 1]),
            cid: Cid::new(),
            duration: Duration::from_micros(1_234_567),
            channel: "crm.get",
            method: "GET",
            path,
            is_http_10: false,
            status: 200,
            size: 17,
            agent: agent.as_ref(),
        };
        let mut line = Vec::new();
        entry.format(&mut line);
        let line = String::from_utf8(line).unwrap();
        line.replace(&entry.cid.to_string(), "CID")
    }

    #[test]
    fn has_the_historical_form() {
        let line = format("/crm/1", Some(b"curl/8.0"));
        let (before, after) = line.split_once('[').unwrap();
        assert_eq!(before, "127.0.0.1 CID/1.234567 \"crm.get\" ");
        let (stamp, after) = after.split_once("] ").unwrap();
        assert_eq!(after, "\"GET /crm/1 HTTP/1.1\" 200 17 \"-\" \"curl/8.0\"\n");
        assert_eq!(stamp.len(), "21/Nov/2026:14:03:02 +0000".len(), "{stamp}");
    }

    #[test]
    fn clients_cannot_forge_lines() {
        let line = format("/a\"b\\c", Some(b"x\" 200\tz\x80\xc3\xa9\xc2\x9b"));
        assert!(line.contains("\"GET /a\\x22b\\x5cc HTTP/1.1\""), "{line}");
        assert!(line.ends_with("\"x\\x22 200\\x09z\\x80é\\xc2\\x9b\"\n"), "{line}");
        assert_eq!(line.matches('\n').count(), 1);
        assert!(format("/", None).ends_with("\"-\" \"-\"\n"));
    }
}
