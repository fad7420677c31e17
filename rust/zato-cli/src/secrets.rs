//! The keys that secrets are encrypted with.

use std::io::{BufRead, IsTerminal};
use std::sync::mpsc;
use std::time::Duration;

use zato_core::error::Context;
use zato_core::{ErrorKind, Secret};
use zato_server::config::secrets::SecretsFile;
use zato_server::config::{Environment, ServerPaths};
use zato_store::SecretKey;
use zeroize::Zeroizing;

use crate::exit::{ExitCode, Failure, Outcome, WithCode};

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

/// How long whoever is to write the key to standard input may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads a key from standard input, unless that is a terminal; none if nothing is there. Only to be called where nothing
/// can be done without a key, as input that is meant for somebody else would be lost.
///
/// # Errors
/// Exits with 15 if it is no key, with 12 if nothing can be read.
pub(crate) fn key_on_stdin() -> Outcome<Option<Secret>> {
    if std::io::stdin().is_terminal() {
        return Ok(None);
    }
    // On a thread of its own, as a pipe that nobody writes to must not keep the command waiting for ever.
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || drop(sender.send(read_line(&mut std::io::stdin().lock()))));
    let Ok(line) = receiver.recv_timeout(PATIENCE) else { return Ok(None) };
    let line = line?;
    if line.is_empty() {
        return Ok(None);
    }
    given_key(&line)?;
    Ok(Some(line))
}

/// Refuses an empty password: it comes from a variable that is not set more often than it is meant.
///
/// # Errors
/// Exits with 15.
pub(crate) fn not_empty<'s>(given: Option<&'s Secret>, option: &str) -> Outcome<Option<&'s Secret>> {
    match given {
        Some(secret) if secret.is_empty() => {
            Err(Failure::new(ExitCode::InvalidInput, format!("what {option} was given is empty"))
                .hint(format!("leave out {option} for a random one")))
        }
        other => Ok(other),
    }
}

/// Reads a key that was given with an option.
///
/// # Errors
/// Exits with 15 if it is no key.
pub(crate) fn given_key(text: &Secret) -> Outcome<SecretKey> {
    SecretKey::parse(text).exit_with(ExitCode::InvalidInput)
}
