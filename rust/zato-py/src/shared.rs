//! What all workers share, as services see it: `self.cache` and `self.lock`.
//!
//! The supervisor keeps it; here is the way to it, and what Python values are to it. Without a server in the process, for
//! instance in a unit test, the process keeps it itself.

pub(crate) mod cache;
mod codec;
pub(crate) mod lock;
mod references;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwapOption;
use pyo3::exceptions::{PyConnectionError, PyKeyError, PyRuntimeError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use zato_core::{Error, ErrorKind};
use zato_server::config::ServerPaths;
use zato_server::shared_state::{Client, socket_path};

static SOCKET: OnceLock<PathBuf> = OnceLock::new();
static CLIENT: ArcSwapOption<Client> = ArcSwapOption::const_empty();
static MAKING: Mutex<()> = Mutex::new(());

/// Says which server this process belongs to.
pub(crate) fn belongs_to(server: &Path) {
    if let Some(path) = socket_path(&ServerPaths::new(server)) {
        // A process belongs to one server.
        drop(SOCKET.set(path));
    }
}

/// The socket that connections of this process lead to, if it has a server.
pub(crate) fn socket() -> Option<&'static Path> {
    SOCKET.get().map(PathBuf::as_path)
}

/// Called in a forked child, which would talk on the connections of its parent.
pub(crate) fn forget_in_child() {
    // A thread that is not there any more may have been about to use it; nothing of it can be touched.
    std::mem::forget(CLIENT.swap(None));
    references::forget_in_child();
}

fn client() -> Arc<Client> {
    if let Some(client) = CLIENT.load_full() {
        return client;
    }
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(client) = CLIENT.load_full() {
        return client;
    }
    let made = Arc::new(SOCKET.get().map_or_else(Client::of_process, |path| Client::of_server(path.clone())));
    CLIENT.store(Some(Arc::clone(&made)));
    made
}

fn to_exception(error: &Error) -> PyErr {
    let mut message = error.to_string();
    if let Some(cause) = std::error::Error::source(error) {
        message = format!("{message}: {cause}");
    }
    if let Some(hint) = error.get_hint() {
        message = format!("{message}; {hint}");
    }
    match error.kind() {
        ErrorKind::NotFound => PyKeyError::new_err(message),
        ErrorKind::Invalid => PyValueError::new_err(message),
        ErrorKind::Timeout => PyTimeoutError::new_err(message),
        ErrorKind::Io => PyConnectionError::new_err(message),
        _ => PyRuntimeError::new_err(message),
    }
}
