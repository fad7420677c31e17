//! Opening config stores with the exit codes of the command line.

use std::path::Path;

use zato_connections::{ApiKey, BasicAuth};
use zato_core::{ErrorKind, Secret};
use zato_schema::Kind;
use zato_server::config::{Environment, ServerOptions, ServerPaths};
use zato_store::{Cipher, SecretKey, Store, StoreOptions};

use crate::exit::{ExitCode, Failure, Outcome};
use crate::secrets;

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
        return Err(Failure::new(
            ExitCode::OdbExists,
            format!("there is a config store already in `{}`", path.display()),
        ));
    }
    let store = Store::open(StoreOptions::sqlite(path).create(true)).await?;
    store.migrate().await?;
    Ok(store)
}

/// Makes sure that a key is the one that the secrets of a store are encrypted with.
///
/// # Errors
/// [`ErrorKind::Crypto`] if it is not. A store without secrets goes with every key.
pub(crate) async fn check_key(store: &Store, key: &SecretKey) -> Outcome {
    let cipher = Cipher::new(key)?;
    let snapshot = store.snapshot().await?;
    let encrypted = [BasicAuth::ID, ApiKey::ID]
        .into_iter()
        .flat_map(|kind| snapshot.of_kind(kind))
        .filter_map(|object| object.spec.get("password")?.as_str())
        .find(|password| Cipher::is_encrypted(password));
    match encrypted {
        Some(password) => Ok(cipher.decrypt(password).map(drop)?),
        None => Ok(()),
    }
}

/// Returns username and password of a Basic Auth definition.
///
/// # Errors
/// Exits with 16 if there is no such definition.
pub(crate) async fn basic_auth(server: &ServerPaths, name: &str) -> Outcome<(String, Secret)> {
    let cipher = Cipher::new(&secrets::key_of(server)?)?;
    let store = open(server).await?;
    let definition = store.get(BasicAuth::ID, name).await?;
    store.close().await;
    let field = |field: &str| definition.as_ref()?.spec.get(field)?.as_str();
    let (Some(username), Some(password)) = (field("username"), field("password")) else {
        let message = format!("there is no Basic Auth definition `{name}`");
        return Err(Failure::new(ExitCode::ExceptionCaught, message)
            .hint(format!("`zato create basic-auth --name {name} --username {name}` makes one")));
    };
    Ok((username.to_owned(), cipher.decrypt(password)?))
}
