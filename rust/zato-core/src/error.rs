//! The one error type of the system.

use std::fmt;

use crate::problem::Problem;

/// Shorthand used by every crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What class of failure happened; decides exit codes, HTTP statuses and Python exception classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Input that can never be accepted as it is.
    Invalid,
    /// A named thing does not exist.
    NotFound,
    /// The thing exists already, or was changed by somebody else meanwhile.
    Conflict,
    /// The caller may not do this, or a secret does not match.
    Denied,
    /// Too much work is waiting; trying later helps.
    Overloaded,
    /// The time allowed is over.
    Timeout,
    /// A file, socket or process could not be used.
    Io,
    /// The config store refused or lost a request.
    Store,
    /// Encryption or decryption failed.
    Crypto,
    /// A deployment could not be carried out.
    Deploy,
    /// The user's code failed.
    Service,
    /// A defect of ours.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 12] = [
        Self::Invalid,
        Self::NotFound,
        Self::Conflict,
        Self::Denied,
        Self::Overloaded,
        Self::Timeout,
        Self::Io,
        Self::Store,
        Self::Crypto,
        Self::Deploy,
        Self::Service,
        Self::Internal,
    ];

    /// Returns the stable code shown to users, explained in `docs/errors/`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Invalid => "Z1001",
            Self::NotFound => "Z1002",
            Self::Conflict => "Z1003",
            Self::Denied => "Z1004",
            Self::Overloaded => "Z1005",
            Self::Timeout => "Z1006",
            Self::Io => "Z2001",
            Self::Store => "Z2002",
            Self::Crypto => "Z2003",
            Self::Deploy => "Z3001",
            Self::Service => "Z3002",
            Self::Internal => "Z9001",
        }
    }

    /// Whether the same request may succeed later without being changed.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Overloaded | Self::Timeout | Self::Io | Self::Store)
    }
}

/// An error: what was attempted, on which object, why it failed, and the way out.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    problems: Vec<Problem>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Makes an error from its kind and a lower-case sentence without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, problems: Vec::new(), source: None }
    }

    /// Makes an [`ErrorKind::Invalid`] error out of everything that is wrong with an input.
    pub fn from_problems(message: impl Into<String>, problems: Vec<Problem>) -> Self {
        Self { problems, ..Self::new(ErrorKind::Invalid, message) }
    }

    /// Changes the class of the failure and keeps everything else.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// Says what the user can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the class of the failure.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the message without hint, cause and problems.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the way out, if one is known.
    #[must_use]
    pub fn get_hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns everything that is wrong with the input, if the input was at fault.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns message, causes, problems and hint, one fact a line, as the CLI prints them.
    #[must_use]
    pub fn report(&self) -> String {
        let mut lines = vec![format!("{} [{}]", self.message, self.kind.code())];
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            lines.push(format!("  caused by: {error}"));
            cause = error.source();
        }
        lines.extend(self.problems.iter().map(|problem| format!("  {problem}")));
        lines.extend(self.hint.iter().map(|hint| format!("  hint: {hint}")));
        lines.join("\n")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        for problem in &self.problems {
            write!(formatter, "; {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as &(dyn std::error::Error + 'static))
    }
}

/// Adds what was attempted to an error of another library.
pub trait Context<T> {
    /// Wraps the error in one of ours; `message` says what was attempted and on what.
    ///
    /// # Errors
    /// Returns the wrapped error, if there was one.
    fn context(self, kind: ErrorKind, message: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: std::error::Error + Send + Sync + 'static> Context<T> for std::result::Result<T, E> {
    fn context(self, kind: ErrorKind, message: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Error::new(kind, message()).source(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ErrorKind::ALL.len());
    }

    #[test]
    fn report_names_causes_problems_and_hint() {
        let cause = std::io::Error::other("disk full");
        let error =
            Error::new(ErrorKind::Io, "could not write `a.conf`").source(cause).hint("free some space");
        let report = error.report();
        assert!(report.contains("could not write `a.conf` [Z2001]"));
        assert!(report.contains("caused by: disk full"));
        assert!(report.contains("hint: free some space"));
    }
}
