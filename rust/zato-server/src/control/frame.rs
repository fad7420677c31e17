//! One line of the protocol, and errors on their way through it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zato_core::{Error, ErrorKind, Problem};

/// One line, either way.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Frame {
    /// A question of the sender.
    Ask {
        /// Version of the protocol.
        version: u32,
        /// Chosen by the sender; the answer repeats it.
        id: u64,
        /// The question.
        body: Value,
    },
    /// The answer to a question of the receiver.
    Answer {
        /// Which question.
        id: u64,
        /// The answer.
        body: Value,
    },
    /// The answer to a question of the receiver that could not be answered.
    Refuse {
        /// Which question.
        id: u64,
        /// Why not.
        error: WireError,
    },
}

/// An [`Error`] as it crosses a process boundary.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct WireError {
    code: String,
    message: String,
    hint: Option<String>,
    causes: Vec<String>,
    problems: Vec<Problem>,
}

impl From<&Error> for WireError {
    fn from(error: &Error) -> Self {
        let mut causes = Vec::new();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            causes.push(inner.to_string());
            cause = inner.source();
        }
        Self {
            code: error.kind().code().to_owned(),
            message: error.message().to_owned(),
            hint: error.get_hint().map(str::to_owned),
            causes,
            problems: error.problems().to_vec(),
        }
    }
}

impl From<WireError> for Error {
    fn from(wire: WireError) -> Self {
        let kind =
            ErrorKind::ALL.into_iter().find(|kind| kind.code() == wire.code).unwrap_or(ErrorKind::Internal);
        let mut error = Self::from_problems(wire.message, wire.problems).with_kind(kind);
        if let Some(hint) = wire.hint {
            error = error.hint(hint);
        }
        if !wire.causes.is_empty() {
            error = error.source(wire.causes.join(": "));
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_journey() {
        let error = Error::from_problems("bad unit", vec![Problem::new("no such name").file("a.py").line(3)])
            .with_kind(ErrorKind::Deploy)
            .source("inner")
            .hint("fix it");
        let text = serde_json::to_string(&WireError::from(&error)).unwrap();
        let back = Error::from(serde_json::from_str::<WireError>(&text).unwrap());
        assert_eq!(back.report(), error.report());
        assert_eq!(back.kind(), ErrorKind::Deploy);
    }
}
