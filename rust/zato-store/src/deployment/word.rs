//! The words that statuses are in the store and in output.

use super::{AcknowledgementStatus, DeploymentStatus, UnitStatus};

/// Gives an enum its words; `as_str` writes them, `from_word` reads them.
macro_rules! words {
    ($type:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $type {
            /// Returns the word used in the store and in output.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            pub(crate) fn from_word(word: &str) -> Result<Self, sqlx::Error> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(sqlx::Error::Decode(format!("unknown status `{word}`").into())),
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }
    };
}

pub(crate) use words;

words!(DeploymentStatus {
    Pending => "pending",
    Deployed => "deployed",
    Partial => "partial",
    Failed => "failed",
});

words!(UnitStatus {
    Pending => "pending",
    Deployed => "deployed",
    Failed => "failed",
    Deleted => "deleted",
});

words!(AcknowledgementStatus {
    Deployed => "deployed",
    Failed => "failed",
});
