//! `zato from-config FILE`: runs what `--store-config` recorded.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use zato_core::ErrorKind;

use super::Session;
use crate::arguments::Cli;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::record;

/// Options of `from-config`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// File written with --store-config
    file: PathBuf,
}

/// Runs the recorded command as if it had been typed.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let mut command = Cli::command();
    command.build();
    let words = record::read_config(&command, &arguments.file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure { code: ExitCode::FileMissing, error },
        _ => Failure::from(error),
    })?;
    if words.first().is_some_and(|word| word == "from-config") {
        return Err(Failure::new(
            ExitCode::InvalidInput,
            "a recorded command cannot be `from-config` itself",
        ));
    }
    super::parse_and_run(&words, session)
}
