//! Carries lines from the threads that log to the files, so that nobody waits for a disk or a terminal.

use std::io::Write;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use zato_core::error::Context;
use zato_core::{ErrorKind, Result};

use super::file::LogFile;

/// Most bytes that wait for one output; lines that come when it is full are dropped and counted.
const BUFFER_LIMIT: usize = 8 * 1024 * 1024;
/// How many bytes waiting for a lazy output make the writer look at once.
const LAZY_LIMIT: usize = 64 * 1024;
/// How long lazy outputs wait for more.
const LAZY_DELAY: Duration = Duration::from_millis(100);
/// How long other outputs wait for more, so that a burst of lines is one system call.
const EAGER_DELAY: Duration = Duration::from_millis(2);
/// How long a flush waits for the writer before it gives up, as the disk may be gone for good.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Where lines end up.
#[derive(Debug)]
pub(super) enum Destination {
    /// A file.
    File(LogFile),
    /// Standard error of this process.
    Console,
}

impl Destination {
    fn write(&mut self, lines: &[u8]) -> std::io::Result<()> {
        match self {
            Self::File(file) => file.append(lines),
            Self::Console => std::io::stderr().lock().write_all(lines),
        }
    }
}

/// How soon lines are to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Haste {
    /// At once, as the line is about a failure.
    Urgent,
    /// Within milliseconds.
    Soon,
    /// Within a tenth of a second; for lines that come by the thousand.
    Lazy,
}

#[derive(Debug, Default)]
struct Buffer {
    bytes: Vec<u8>,
    dropped: u64,
}

#[derive(Debug, Default)]
struct Signal {
    /// When the writer has to look next.
    due: Option<Instant>,
    flushes_wanted: u64,
    flushes_done: u64,
    is_closing: bool,
    is_done: bool,
}

#[derive(Debug)]
struct Shared {
    buffers: Vec<Mutex<Buffer>>,
    signal: Mutex<Signal>,
    wake: Condvar,
    flushed: Condvar,
}

/// A thread that writes to some outputs, and the way to it. Dropping it writes what is left.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(name: &str, mut destinations: Vec<Destination>) -> Result<Self> {
        let shared = Arc::new(Shared {
            buffers: destinations.iter().map(|_| Mutex::default()).collect(),
            signal: Mutex::default(),
            wake: Condvar::new(),
            flushed: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || theirs.run(&mut destinations))
            .context(ErrorKind::Internal, || "could not start the thread that writes the log".to_owned())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Hands over whole lines for an output.
    pub(super) fn push(&self, output: usize, lines: &[u8], haste: Haste) {
        let Some(buffer) = self.shared.buffers.get(output) else { return };
        let (was_empty, length) = {
            let mut buffer = buffer.lock();
            if buffer.bytes.len() + lines.len() > BUFFER_LIMIT {
                buffer.dropped += 1;
                return;
            }
            let was_empty = buffer.bytes.is_empty();
            buffer.bytes.extend_from_slice(lines);
            (was_empty, buffer.bytes.len())
        };
        let delay = match haste {
            Haste::Urgent => Duration::ZERO,
            Haste::Soon if was_empty => EAGER_DELAY,
            Haste::Lazy if was_empty => LAZY_DELAY,
            Haste::Lazy if length >= LAZY_LIMIT && length - lines.len() < LAZY_LIMIT => Duration::ZERO,
            // Whoever found the buffer empty has told the writer already.
            Haste::Soon | Haste::Lazy => return,
        };
        self.shared.wake_in(delay);
    }

    /// Waits until everything handed over so far is written, or for a while.
    pub(super) fn flush(&self) {
        let mut signal = self.shared.signal.lock();
        signal.flushes_wanted += 1;
        let wanted = signal.flushes_wanted;
        self.shared.wake.notify_one();
        let is_pending = |signal: &mut Signal| signal.flushes_done < wanted && !signal.is_closing;
        self.shared.flushed.wait_while_for(&mut signal, is_pending, FLUSH_TIMEOUT);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let mut signal = self.shared.signal.lock();
        signal.is_closing = true;
        self.shared.wake.notify_one();
        // A terminal that nobody reads, or a disk that is gone, must not keep the process from ending.
        self.shared.flushed.wait_while_for(&mut signal, |signal| !signal.is_done, FLUSH_TIMEOUT);
        let is_done = signal.is_done;
        drop(signal);
        if let Some(thread) = self.thread.take().filter(|_| is_done) {
            // A writer that panicked has nothing more to say.
            drop(thread.join());
        }
    }
}

impl Shared {
    fn wake_in(&self, delay: Duration) {
        let due = Instant::now() + delay;
        let mut signal = self.signal.lock();
        if signal.due.is_none_or(|earlier| due < earlier) {
            signal.due = Some(due);
            self.wake.notify_one();
        }
    }

    fn run(&self, destinations: &mut [Destination]) {
        let mut scratch = Vec::new();
        let mut is_failing = vec![false; destinations.len()];
        loop {
            let (flushes, is_closing) = self.wait();
            for ((buffer, destination), is_failing) in
                self.buffers.iter().zip(&mut *destinations).zip(&mut is_failing)
            {
                let dropped = {
                    let mut buffer = buffer.lock();
                    std::mem::swap(&mut buffer.bytes, &mut scratch);
                    std::mem::take(&mut buffer.dropped)
                };
                if dropped > 0 {
                    let note = format!(
                        "{dropped} lines were dropped here as the log could not be written fast enough\n"
                    );
                    scratch.extend_from_slice(note.as_bytes());
                }
                if !scratch.is_empty() {
                    report(destination.write(&scratch), destination, is_failing);
                    scratch.clear();
                }
            }
            // A burst is over; do not keep its memory.
            scratch.shrink_to(LAZY_LIMIT * 4);
            let mut signal = self.signal.lock();
            signal.flushes_done = flushes;
            signal.is_done = is_closing;
            drop(signal);
            self.flushed.notify_all();
            if is_closing {
                return;
            }
        }
    }

    /// Sleeps until something is due; gives the flushes that looking now satisfies, and whether this is the end.
    fn wait(&self) -> (u64, bool) {
        let mut signal = self.signal.lock();
        loop {
            if signal.is_closing || signal.flushes_wanted > signal.flushes_done {
                break;
            }
            match signal.due {
                None => self.wake.wait(&mut signal),
                Some(due) if due <= Instant::now() => break,
                Some(due) => {
                    self.wake.wait_until(&mut signal, due);
                }
            }
        }
        signal.due = None;
        (signal.flushes_wanted, signal.is_closing)
    }
}

/// Says once that an output fails, and once that it works again, on standard error, as the log is not there.
fn report(outcome: std::io::Result<()>, destination: &Destination, is_failing: &mut bool) {
    let Destination::File(file) = destination else { return };
    let message = match (outcome, *is_failing) {
        (Err(error), false) => format!("could not write to log file `{}`: {error}\n", file.path().display()),
        (Ok(()), true) => format!("log file `{}` can be written again\n", file.path().display()),
        _ => return,
    };
    *is_failing = !*is_failing;
    // Without standard error nobody can be told.
    drop(std::io::stderr().write_all(message.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait_for(condition: impl Fn() -> bool) {
        let start = Instant::now();
        while !condition() {
            assert!(start.elapsed() < Duration::from_secs(10), "it never happened");
            std::thread::yield_now();
        }
    }

    #[test]
    fn lines_arrive_without_a_flush_and_a_flush_makes_them_arrive() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.log");
        let read = || std::fs::read_to_string(&path).unwrap_or_default();
        let writer = Writer::start("log", vec![Destination::File(LogFile::new(path.clone(), 0, 0))]).unwrap();
        writer.push(0, b"soon\n", Haste::Soon);
        wait_for(|| read() == "soon\n");
        writer.push(0, b"lazy\n", Haste::Lazy);
        wait_for(|| read() == "soon\nlazy\n");
        writer.push(0, b"flushed\n", Haste::Lazy);
        writer.flush();
        assert_eq!(read(), "soon\nlazy\nflushed\n");
        writer.push(0, b"last\n", Haste::Lazy);
        drop(writer);
        assert!(read().ends_with("last\n"));
    }

    #[test]
    fn lines_that_find_no_room_are_counted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.log");
        let writer = Writer::start("log", vec![Destination::File(LogFile::new(path.clone(), 0, 0))]).unwrap();
        writer.push(0, &vec![b'x'; BUFFER_LIMIT + 1], Haste::Lazy);
        writer.push(0, b"small\n", Haste::Lazy);
        drop(writer);
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(written.starts_with("small\n1 lines were dropped"), "{written}");
    }

    #[test]
    fn an_output_that_cannot_be_written_stops_nobody() {
        let directory = tempfile::tempdir().unwrap();
        let good = directory.path().join("good.log");
        let outputs = vec![
            Destination::File(LogFile::new(directory.path().to_path_buf(), 0, 0)),
            Destination::File(LogFile::new(good.clone(), 0, 0)),
        ];
        let writer = Writer::start("log", outputs).unwrap();
        writer.push(0, b"lost\n", Haste::Urgent);
        writer.push(1, b"kept\n", Haste::Urgent);
        writer.flush();
        assert_eq!(std::fs::read_to_string(good).unwrap(), "kept\n");
    }
}
