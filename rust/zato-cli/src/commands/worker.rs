//! `zato worker DIR --index N`: one worker process; the supervisor starts it.

use std::path::PathBuf;

use clap::Args;

use super::Session;
use crate::exit::Outcome;
use crate::{resolve, serve};

/// Options of `worker`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of the server
    path: PathBuf,
    /// Number of the worker, from 0
    #[arg(long)]
    pub(crate) index: usize,
    /// Whether the server runs in the background
    #[arg(long)]
    pub(crate) detached: bool,
    /// Whether the first line of standard input is the secret key
    #[arg(long)]
    pub(crate) key_on_stdin: bool,
}

/// Works until the supervisor says otherwise or is gone.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    serve::work(session, &resolve::server(&arguments.path)?, arguments)
}
