//! One thing to be logged.

use super::Level;

/// A record on its way to the log. What is unknown is empty or absent.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// How important it is.
    pub level: Level,
    /// Who logs, for instance `zato` or the name of a service.
    pub logger: &'a str,
    /// What there is to say; may have several lines.
    pub message: &'a str,
    /// Line of source that logs; 0 if unknown.
    pub line: u32,
    /// File of source that logs.
    pub file: &'a str,
    /// Correlation ID of the invocation it belongs to.
    pub cid: Option<&'a str>,
    /// Further facts by name. Those whose names are of secrets are never written.
    pub fields: &'a [(&'static str, String)],
}

impl<'a> Record<'a> {
    /// Makes a record without a place, CID or fields.
    #[must_use]
    pub const fn new(level: Level, logger: &'a str, message: &'a str) -> Self {
        Self { level, logger, message, line: 0, file: "", cid: None, fields: &[] }
    }
}
