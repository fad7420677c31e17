//! Opening config stores with the exit codes of the command line.

use std::path::Path;

use zato_core::{Error, ErrorKind};
use zato_server::config::{Environment, ServerOptions, ServerPaths};
use zato_server::{api, kinds};
use zato_store::{SecretKey, Store, StoreOptions};

use crate::exit::{ExitCode, Failure, Outcome};

/// Opens the config store of a server.
///
/// # Errors
/// Exits with 4 if there is none.
pub(crate) async fn open(server: &ServerPaths) -> Outcome<Store> {
    let options = ServerOptions::load(server, &Environment::of_process())?;
    open_file(&options.value.database.path).await
}

/// Opens a config store by its file.
///
/// # Errors
/// Exits with 4 if there is none.
pub(crate) async fn open_file(path: &Path) -> Outcome<Store> {
    Store::open(StoreOptions::sqlite(path)).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure { code: ExitCode::NoOdbFound, error },
        _ => Failure::from(error),
    })
}

/// Makes a config store with its tables.
///
/// # Errors
/// Exits with 1 if there is one already.
pub(crate) async fn create(path: &Path) -> Outcome<Store> {
    if path.exists() {
        let message = format!("there is a config store already in `{}`", path.display());
        return Err(Failure::new(ExitCode::OdbExists, message));
    }
    let store = Store::open(StoreOptions::sqlite(path).create(true)).await?;
    store.migrate().await?;
    Ok(store)
}

/// Makes sure that a key is the one that all secrets of a store are encrypted with.
///
/// # Errors
/// [`ErrorKind::Crypto`] if it is not. A store without secrets goes with every key.
pub(crate) async fn check_key(store: &Store, key: &SecretKey) -> Outcome {
    let closed = api::check_key(store, key, &kinds::registry()?).await?;
    if closed.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = closed.iter().map(|object| format!("`{object}`")).collect();
    let message = format!("the secret key does not decrypt the secrets of {}", names.join(", "));
    Err(Error::new(ErrorKind::Crypto, message).hint("`zato change-password` sets them anew").into())
}
