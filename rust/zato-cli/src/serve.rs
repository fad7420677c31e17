//! Hands over to the engine: supervisor and workers.

use zato_core::{Error, ErrorKind};
use zato_server::config::ServerPaths;

use crate::commands::Session;
use crate::exit::Outcome;

/// Runs the supervisor of a server until it is told to stop.
pub(crate) fn supervise(_session: &Session<'_>, _server: &ServerPaths, _is_detached: bool) -> Outcome {
    Err(Error::new(ErrorKind::Internal, "the supervisor is not there yet").into())
}

/// Runs one worker of a server until the supervisor says otherwise or is gone.
pub(crate) fn work(_session: &Session<'_>, _server: &ServerPaths, _index: usize) -> Outcome {
    Err(Error::new(ErrorKind::Internal, "the worker is not there yet").into())
}
