//! What was found wrong, with the code of earlier versions.

use std::fmt;

use serde::Serialize;
use zato_core::Problem;

/// The codes of earlier versions (reference operations 19.1). Those starting with E stop an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "each is explained by `meaning`")]
pub enum Code {
    W01,
    W02,
    W04,
    E01,
    E03,
    E04,
    E05,
    E06,
    E08,
    E09,
    E10,
    E11,
    E13,
    E14,
}

impl Code {
    /// Returns the code as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::W01 => "W01",
            Self::W02 => "W02",
            Self::W04 => "W04",
            Self::E01 => "E01",
            Self::E03 => "E03",
            Self::E04 => "E04",
            Self::E05 => "E05",
            Self::E06 => "E06",
            Self::E08 => "E08",
            Self::E09 => "E09",
            Self::E10 => "E10",
            Self::E11 => "E11",
            Self::E13 => "E13",
            Self::E14 => "E14",
        }
    }

    /// Returns what the code stands for, in the words of earlier versions.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::W01 => "noted",
            Self::W02 => "service missing",
            Self::W04 => "definition missing, object left out",
            Self::E01 => "included more than once",
            Self::E03 => "cannot be parsed",
            Self::E04 => "type missing",
            Self::E05 => "invalid input",
            Self::E06 => "unrecognized element",
            Self::E08 => "missing key",
            Self::E09 => "invalid security type",
            Self::E10 => "invalid key",
            Self::E11 => "service name missing",
            Self::E13 => "dependency missing",
            Self::E14 => "include not found",
        }
    }

    /// Whether an import goes on all the same.
    #[must_use]
    pub const fn is_warning(self) -> bool {
        matches!(self, Self::W01 | Self::W02 | Self::W04)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A problem and its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The code.
    pub code: Code,
    /// What is wrong, where, and what to do.
    #[serde(flatten)]
    pub problem: Problem,
}

impl Finding {
    pub(super) const fn new(code: Code, problem: Problem) -> Self {
        Self { code, problem }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.code, self.problem)
    }
}
