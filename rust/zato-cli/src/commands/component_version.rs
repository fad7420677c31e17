//! `zato component-version PATH`: what the marker file says (reference operations 1.4).

use std::path::PathBuf;

use clap::Args;
use zato_server::config::Marker;

use super::Session;
use crate::exit::{ExitCode, Failure, Outcome, WithCode};

/// Options of `component-version`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of a component
    path: PathBuf,
}

/// Prints the content of the marker file.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    if !arguments.path.exists() {
        let message = format!("no such path `{}`", arguments.path.display());
        return Err(Failure::new(ExitCode::NoSuchPath, message));
    }
    let marker = Marker::read(&arguments.path).exit_with(ExitCode::NotAComponent)?;
    let text = serde_json::to_string_pretty(&marker).map_err(|error| {
        zato_core::Error::new(zato_core::ErrorKind::Internal, "could not write the marker as JSON")
            .source(error)
    })?;
    session.output.data(text);
    Ok(())
}
