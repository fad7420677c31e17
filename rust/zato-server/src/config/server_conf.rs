//! server.conf and the files beside it, read as one (reference operations 4.1).

use zato_core::{Error, ErrorKind, Result};

use super::{Environment, Loaded, ServerOptions, ServerPaths};

impl ServerOptions {
    /// Reads server.conf, simple-io.conf, pickup.conf, service-sources.txt and secrets.conf of a server, and
    /// applies overrides from the environment. A file that does not exist means defaults.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with every problem of every file; [`ErrorKind::Io`] if one cannot be read.
    pub fn load(_paths: &ServerPaths, _environment: &Environment) -> Result<Loaded<Self>> {
        Err(Error::new(ErrorKind::Internal, "not there yet"))
    }
}
