//! `zato crypto create-secret-key`, also as `zato create secret-key`.

use clap::{Args, Subcommand};
use zato_store::SecretKey;

use super::Session;
use crate::exit::Outcome;

/// Commands below `zato crypto`.
#[derive(Debug, Subcommand)]
pub(crate) enum CryptoCommand {
    /// Print a new key for secrets
    CreateSecretKey(CreateSecretKeyArguments),
}

/// Options of `create-secret-key`; there are none.
#[derive(Debug, Args)]
pub(crate) struct CreateSecretKeyArguments {}

/// Runs a command of the group.
pub(crate) fn run(session: &Session<'_>, command: &CryptoCommand) -> Outcome {
    match command {
        CryptoCommand::CreateSecretKey(_) => create_secret_key(session),
    }
}

/// Prints a new key, in the form that Zato 3.x uses.
pub(crate) fn create_secret_key(session: &Session<'_>) -> Outcome {
    let key = SecretKey::generate()?.to_text();
    session.output.secret_data(key.expose(), "******");
    Ok(())
}
