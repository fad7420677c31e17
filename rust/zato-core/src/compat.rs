//! Compatibility profiles.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

/// Which Zato version decides in the few places where versions truly conflict (reference service-api,
/// conflict table and section 10). Set by `[compat] profile` in server.conf, or per service by `zato_compat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Profile {
    /// Zato 2.0.
    #[serde(rename = "2.0")]
    V2_0,
    /// Zato 3.0.
    #[serde(rename = "3.0")]
    V3_0,
    /// Zato 3.1.
    #[serde(rename = "3.1")]
    V3_1,
    /// Zato 3.2, the default.
    #[default]
    #[serde(rename = "3.2")]
    V3_2,
    /// Zato 4.1.
    #[serde(rename = "4.1")]
    V4_1,
}

impl Profile {
    /// Every profile, oldest first.
    pub const ALL: [Self; 5] = [Self::V2_0, Self::V3_0, Self::V3_1, Self::V3_2, Self::V4_1];

    /// Returns the version as it is written in configuration, for instance `3.2`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2_0 => "2.0",
            Self::V3_0 => "3.0",
            Self::V3_1 => "3.1",
            Self::V3_2 => "3.2",
            Self::V4_1 => "4.1",
        }
    }

    /// Whether JSON errors have the `zato_env` shape of 2.0-3.1 (reference service-api 6.4).
    #[must_use]
    pub fn has_zato_env_errors(self) -> bool {
        self <= Self::V3_1
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wanted = text.trim();
        Self::ALL.into_iter().find(|profile| profile.as_str() == wanted).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, format!("unknown compat profile `{wanted}`"))
                .hint("use one of 2.0, 3.0, 3.1, 3.2, 4.1")
        })
    }
}
