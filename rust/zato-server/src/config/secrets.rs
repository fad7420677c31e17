//! secrets.conf: the secret key and values that server.conf refers to (reference operations 4.5).

use std::path::Path;

use zato_core::{Error, ErrorKind, Result, Secret};

/// What secrets.conf holds.
#[derive(Debug, Clone, Default)]
pub struct SecretsFile {
    /// `[secret_keys] key1`: the secret key of the store; absent if it is passed another way.
    pub key: Option<Secret>,
    /// `[zato]`: name and value, for instance `server_conf.odb.password`.
    pub values: Vec<(String, Secret)>,
}

impl SecretsFile {
    /// Reads secrets.conf.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::Io`] or [`ErrorKind::Invalid`] naming file and line.
    pub fn read(_path: &Path) -> Result<Self> {
        Err(Error::new(ErrorKind::Internal, "not there yet"))
    }

    /// Writes secrets.conf, readable by its owner only.
    ///
    /// # Errors
    /// [`ErrorKind::Io`].
    pub fn write(&self, _path: &Path) -> Result<()> {
        Err(Error::new(ErrorKind::Internal, "not there yet"))
    }
}
