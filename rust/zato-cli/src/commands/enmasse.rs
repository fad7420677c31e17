//! `zato enmasse PATH` (reference operations 19).

use std::path::PathBuf;

use clap::Args;

use super::Session;
use crate::exit::Outcome;

/// Options of `enmasse`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of the server, or of an environment
    path: PathBuf,
}

/// Imports or exports.
pub(crate) fn run(_session: &Session<'_>, _arguments: &Arguments) -> Outcome {
    Err(zato_core::Error::new(zato_core::ErrorKind::Internal, "enmasse is not there yet").into())
}
