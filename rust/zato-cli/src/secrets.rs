//! Keys and passwords: where they are and how new ones are made.

use uuid::Uuid;
use zato_core::Secret;
use zato_server::config::secrets::SecretsFile;
use zato_server::config::{Environment, ServerPaths};
use zato_store::SecretKey;

use crate::exit::{ExitCode, Outcome, WithCode};

/// Returns the key a server encrypts with: that of secrets.conf, otherwise of the environment.
///
/// # Errors
/// Exits with 29 if there is none.
pub(crate) fn key_of(server: &ServerPaths) -> Outcome<SecretKey> {
    let secrets = SecretsFile::load(server, &Environment::of_process())?;
    secrets.secret_key().cloned().exit_with(ExitCode::ParameterMissing)
}

/// Makes a password that nobody guesses: 122 random bits as a UUID, the form of Zato 3.x.
pub(crate) fn new_password() -> Secret {
    Secret::new(Uuid::new_v4().to_string())
}
