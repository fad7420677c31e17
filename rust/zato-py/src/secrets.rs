//! Encryption with the secret key of the server, for secret inputs of 3.0-3.2 and for services that ask for it
//! (reference service-api 3.6, 5.4).

use std::sync::OnceLock;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use zato_core::{Error, ErrorKind, Result, Secret};
use zato_server::config::env::SECRET_KEY;
use zato_server::config::secrets::SecretsFile;
use zato_server::config::{Environment, ServerPaths};
use zato_store::Cipher;

use crate::guest;

static CIPHER: OnceLock<Cipher> = OnceLock::new();

/// Returns the cipher of this server. The key is read when the first secret comes.
fn cipher() -> PyResult<&'static Cipher> {
    if let Some(cipher) = CIPHER.get() {
        return Ok(cipher);
    }
    let made = make().map_err(|error| {
        let hint = error.get_hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        PyRuntimeError::new_err(format!("{error}{hint}"))
    })?;
    Ok(CIPHER.get_or_init(|| made))
}

fn make() -> Result<Cipher> {
    let host =
        guest::host().ok_or_else(|| Error::new(ErrorKind::NotFound, "no server runs in this process"))?;
    let paths = ServerPaths::new(&host.options.base_dir);
    let mut environment = Environment::of_process();
    if let Some(key) = &host.options.secret_key {
        environment.set(SECRET_KEY, key.expose());
    }
    Cipher::new(SecretsFile::load(&paths, &environment)?.secret_key()?)
}

/// Encrypts a value of secret input; anything but text is written as text first.
///
/// # Errors
/// Raises `RuntimeError` if there is no secret key.
pub(crate) fn encrypt<'py>(py: Python<'py>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let text = Secret::new(value.str()?.to_str()?);
    Ok(encrypt_secret(&text)?.into_pyobject(py)?.into_any())
}

fn encrypt_secret(text: &Secret) -> PyResult<String> {
    cipher()?.encrypt(text).map_err(|error| PyRuntimeError::new_err(error.to_string()))
}

/// Encrypts text the way the config store does; `self.server.encrypt`.
#[pyfunction]
#[pyo3(name = "encrypt")]
pub(crate) fn encrypt_text(text: String) -> PyResult<String> {
    encrypt_secret(&Secret::new(text))
}

/// Encrypts text as a Fernet token; `self.crypto.encrypt`.
#[pyfunction]
pub(crate) fn fernet_encrypt(text: String) -> PyResult<String> {
    Ok(cipher()?.fernet_encrypt(&Secret::new(text)))
}

/// Decrypts what either function made; `self.server.decrypt`, `self.crypto.decrypt`.
#[pyfunction]
pub(crate) fn decrypt(text: &str) -> PyResult<String> {
    let opened = cipher()?.decrypt(text).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(opened.expose().to_owned())
}

/// Whether text has the form of an encrypted value.
#[pyfunction]
pub(crate) fn is_encrypted(text: &str) -> bool {
    Cipher::is_encrypted(text)
}

/// Hashes a secret; `self.crypto.hash_secret`. Other threads go on meanwhile.
#[pyfunction]
pub(crate) fn hash_secret(py: Python<'_>, text: String) -> PyResult<String> {
    let secret = Secret::new(text);
    py.detach(|| zato_store::hash_secret(&secret)).map_err(|error| PyRuntimeError::new_err(error.to_string()))
}

/// Whether a secret is what a hash was made of; `self.crypto.verify_hash`. Other threads go on meanwhile.
#[pyfunction]
pub(crate) fn verify_hash(py: Python<'_>, text: String, expected: &str) -> PyResult<bool> {
    let secret = Secret::new(text);
    py.detach(|| zato_store::verify_hash(&secret, expected))
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))
}
