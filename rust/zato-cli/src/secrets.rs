//! The keys that secrets are encrypted with.

use std::io::BufRead;

use zato_core::error::Context;
use zato_core::{ErrorKind, Secret};
use zato_server::config::secrets::SecretsFile;
use zato_server::config::{Environment, ServerPaths};
use zato_store::SecretKey;
use zeroize::Zeroizing;

use crate::exit::{ExitCode, Outcome, WithCode};

/// Returns the key a server encrypts with: that of secrets.conf, otherwise of the environment.
///
/// # Errors
/// Exits with 29 if there is none.
pub(crate) fn key_of(server: &ServerPaths) -> Outcome<SecretKey> {
    let secrets = SecretsFile::load(server, &Environment::of_process())?;
    secrets.secret_key().cloned().exit_with(ExitCode::ParameterMissing)
}

/// Reads a secret that somebody writes to a pipe: one line, without its end.
///
/// # Errors
/// Exits with 12 if nothing can be read.
pub(crate) fn read_line(source: &mut impl BufRead) -> Outcome<Secret> {
    let mut line = Zeroizing::new(String::new());
    source
        .read_line(&mut line)
        .context(ErrorKind::Io, || "could not read the secret key from standard input".to_owned())
        .exit_with(ExitCode::NoInput)?;
    Ok(Secret::new(line.trim()))
}

/// Reads a key that was given with an option.
///
/// # Errors
/// Exits with 15 if it is no key.
pub(crate) fn given_key(text: &Secret) -> Outcome<SecretKey> {
    SecretKey::parse(text).exit_with(ExitCode::InvalidInput)
}
