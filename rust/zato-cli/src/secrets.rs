//! The keys that secrets are encrypted with.

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

/// Reads a key that was given with an option.
///
/// # Errors
/// Exits with 15 if it is no key.
pub(crate) fn given_key(text: &Secret) -> Outcome<SecretKey> {
    SecretKey::parse(text).exit_with(ExitCode::InvalidInput)
}
