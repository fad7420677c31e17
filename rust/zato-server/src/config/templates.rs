//! The files that `create server` writes.

use zato_core::{Error, ErrorKind, Result, Secret};

use super::ServerPaths;

/// The shipped logging.conf.
pub const LOGGING_CONF: &str = include_str!("templates/logging.conf");

/// What a new server is told.
#[derive(Debug, Clone)]
pub struct NewServer {
    /// Name of the cluster.
    pub cluster_name: String,
    /// Name of the server.
    pub server_name: String,
    /// Address to listen on, for instance `0.0.0.0:17010`.
    pub bind: String,
    /// Number of workers, or `auto`.
    pub workers: String,
    /// File of the SQLite database, as it is to be written into server.conf.
    pub database: String,
    /// The secret key; if absent, secrets.conf says how to pass it.
    pub secret_key: Option<Secret>,
}

/// Makes the directories of a server and writes its files; files that exist already are refused.
///
/// # Errors
/// [`ErrorKind::Conflict`] if the directory holds a server already, [`ErrorKind::Io`] if something cannot be
/// written.
pub fn create_server(_paths: &ServerPaths, _server: &NewServer) -> Result<()> {
    Err(Error::new(ErrorKind::Internal, "not there yet"))
}
