//! The log: who may write what, how it looks, and where it goes (reference operations 4.8).
//!
//! There is one log in a process. Everything that is logged, by this code through `tracing` and by services
//! through Python's `logging`, becomes a [`Record`] and goes through [`emit_record`]. Before the log is started,
//! warnings and errors go to standard error.

mod access;
mod engine;
mod file;
mod layer;
mod legacy;
mod level;
mod options;
mod pattern;
mod record;
mod redact;
mod source;
mod writer;

pub use access::AccessLogFile;
pub use engine::Logging;
pub use layer::LogLayer;
pub use level::Level;
pub use options::{ACCESS_LOGGER, Handler, LoggerOptions, LoggingOptions, Output};
pub use pattern::{DEFAULT_FORMAT, Pattern, TextPattern};
pub use record::Record;

use std::borrow::Cow;

use zato_core::Result;

/// Logs one message; what Python's `logging` is bridged to. `level` is Python's number, `line` that of the source,
/// 0 if unknown. Does nothing if the logger does not write this level. Neither blocks nor fails.
pub fn emit(level: i64, logger: &str, message: &str, line: u32, cid: Option<&str>) {
    emit_record(&Record { line, cid, ..Record::new(Level::from_number(level), logger, message) });
}

/// Logs one record; see [`emit`].
pub fn emit_record(record: &Record<'_>) {
    engine::emit(record);
}

/// Tells a listener of warnings and errors, for a process that runs services but has no log of its own. The first
/// listener stays; it hears nothing once a log is started.
pub fn listen(listener: fn(&Record<'_>)) {
    engine::listen(listener);
}

/// Whether a logger writes a level, which is Python's number. Cheap enough to ask before every message.
#[must_use]
pub fn is_enabled(logger: &str, level: i64) -> bool {
    engine::is_enabled(logger, Level::from_number(level))
}

/// Changes the level of a logger, and of those below it that have none of their own, while the server runs; none
/// takes the level back. The root is the empty name.
///
/// # Errors
/// [`zato_core::ErrorKind::Internal`] if the log is not started.
pub fn set_level(logger: &str, level: Option<Level>) -> Result<()> {
    engine::set_level(logger, level)
}

/// Returns the loggers that have a level of their own, sorted by name.
#[must_use]
pub fn levels() -> Vec<(String, Level)> {
    engine::levels()
}

/// Whether a field of this name is never written.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    redact::is_secret_name(name)
}

/// Returns a text as the log would show it: values of secrets are replaced. Nothing needs this to log something, only
/// who shortens a text before that.
#[must_use]
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    redact::text(text)
}

/// Waits until everything logged so far is written.
pub fn flush() {
    engine::flush();
}

/// To be called in a process made by `fork` without `exec`, which a service may do: the threads that write the
/// log are not there, so that from then on lines are written by whoever logs.
pub fn after_fork() {
    engine::after_fork();
}
