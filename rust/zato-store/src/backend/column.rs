//! How values are kept in columns: documents as JSON text, times as microseconds since the Unix epoch.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zato_core::error::Context as _;
use zato_core::{ErrorKind, Result};

/// Reads a document.
pub(crate) fn json_of<T: DeserializeOwned>(text: &str) -> Result<T, sqlx::Error> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// Writes a document.
pub(crate) fn json_text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .context(ErrorKind::Internal, || "could not write a value of the config store as JSON".to_owned())
}

/// Reads a time.
pub(crate) fn time_of(microseconds: i64) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_microsecond(microseconds).map_err(|error| sqlx::Error::Decode(error.into()))
}
