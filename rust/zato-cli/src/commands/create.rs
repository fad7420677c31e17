//! `zato create ...`: components and security definitions.

pub(crate) mod cluster;
mod odb;
mod security;
pub(crate) mod server;

use clap::{Args, Subcommand};

use super::{Session, crypto};
use crate::exit::Outcome;

/// Commands below `zato create`.
#[derive(Debug, Subcommand)]
pub(crate) enum CreateCommand {
    /// Make a config store
    Odb(odb::Arguments),
    /// Give a config store its cluster, with the channels and definitions that every cluster has
    Cluster(Box<cluster::Arguments>),
    /// Make a server
    Server(Box<server::Arguments>),
    /// Print a new key for secrets
    SecretKey(SecretKeyArguments),
    /// Make a Basic Auth definition
    BasicAuth(security::BasicAuthArguments),
    /// Make an API key
    #[command(alias = "apikey")]
    ApiKey(security::ApiKeyArguments),
}

/// Options of `create secret-key`.
#[derive(Debug, Args)]
pub(crate) struct SecretKeyArguments {
    /// Accepted for compatibility
    #[arg(hide = true)]
    path: Option<std::path::PathBuf>,
}

/// Runs a command of the group.
pub(crate) fn run(session: &Session<'_>, command: &CreateCommand) -> Outcome {
    match command {
        CreateCommand::Odb(arguments) => odb::run(session, arguments),
        CreateCommand::Cluster(arguments) => cluster::run(session, arguments),
        CreateCommand::Server(arguments) => server::run(session, arguments),
        CreateCommand::SecretKey(_) => crypto::create_secret_key(session),
        CreateCommand::BasicAuth(arguments) => security::create_basic_auth(session, arguments),
        CreateCommand::ApiKey(arguments) => security::create_api_key(session, arguments),
    }
}
