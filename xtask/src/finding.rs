//! What a rule has to say about a place.

use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// The tree may not be merged like this.
    Error,
    /// Worth a thought.
    Warning,
}

/// One thing that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// How bad it is.
    pub(crate) severity: Severity,
    /// File, relative to the root of the repository.
    pub(crate) path: String,
    /// One-based line, if one line is at fault.
    pub(crate) line: Option<usize>,
    /// What is wrong and what to do about it.
    pub(crate) message: String,
}

impl Finding {
    /// Something that has to be repaired.
    pub(crate) fn error(path: &str, line: impl Into<Option<usize>>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, path: path.to_owned(), line: line.into(), message: message.into() }
    }

    /// Something to think about.
    pub(crate) fn warning(path: &str, line: impl Into<Option<usize>>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(path, line, message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        match self.line {
            Some(line) => write!(formatter, "{severity}: {}:{line}: {}", self.path, self.message),
            None => write!(formatter, "{severity}: {}: {}", self.path, self.message),
        }
    }
}
