//! `zato encrypt` and `zato decrypt`: Fernet tokens, as Zato 3.x makes them (reference operations 1.4).

use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use zato_core::error::Context;
use zato_core::{ErrorKind, Secret};
use zato_store::Cipher;

use super::Session;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::{resolve, secrets, terminal};

/// Options of `encrypt` and `decrypt`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of a component whose key is used
    #[arg(value_name = "PATH", conflicts_with_all = ["path_option", "secret_key"])]
    path: Option<PathBuf>,
    /// Directory of a component whose key is used
    #[arg(long = "path", id = "path_option", value_name = "PATH", conflicts_with = "secret_key")]
    path_option: Option<PathBuf>,
    /// The key itself; `-` reads it from standard input
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    secret_key: Option<Secret>,
    /// What to encrypt or decrypt; asked for if it is missing
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, alias = "secret")]
    data: Option<Secret>,
}

/// Prints the data as a token.
pub(crate) fn encrypt(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let cipher = cipher(arguments)?;
    session.output.data(cipher.fernet_encrypt(&data(arguments)?));
    Ok(())
}

/// Prints what is in a token; values of the config store are understood too.
pub(crate) fn decrypt(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let cipher = cipher(arguments)?;
    let data = data(arguments)?;
    let text = data.expose().trim();
    let secret = if Cipher::is_encrypted(text) { cipher.decrypt(text) } else { cipher.fernet_decrypt(text) }?;
    session.output.secret_data(secret.expose(), "******");
    Ok(())
}

fn cipher(arguments: &Arguments) -> Outcome<Cipher> {
    let key = match (&arguments.secret_key, arguments.path.as_ref().or(arguments.path_option.as_ref())) {
        (Some(key), _) if key.expose() == "-" => secrets::given_key(&read_standard_input()?)?,
        (Some(key), _) => secrets::given_key(key)?,
        (None, Some(path)) => secrets::key_of(&resolve::server(path)?)?,
        (None, None) => {
            return Err(Failure::new(ExitCode::ParameterMissing, "there is no key to work with")
                .hint("give the directory of a server with --path, or the key with --secret-key"));
        }
    };
    Ok(Cipher::new(&key)?)
}

fn data(arguments: &Arguments) -> Outcome<Secret> {
    match &arguments.data {
        Some(data) => Ok(data.clone()),
        None => terminal::ask_for_secret("Data", "--data"),
    }
}

fn read_standard_input() -> Outcome<Secret> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context(ErrorKind::Io, || "could not read the key from standard input".to_owned())?;
    Ok(Secret::new(text))
}
