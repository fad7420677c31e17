//! The files that `create server` writes.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};
use zato_store::SecretKey;

use super::{ServerPaths, secrets};

/// The shipped server.conf, with places in braces.
const SERVER_CONF: &str = include_str!("templates/server.conf");
/// The shipped logging.conf.
pub const LOGGING_CONF: &str = include_str!("templates/logging.conf");
/// The shipped simple-io.conf.
pub const SIMPLE_IO_CONF: &str = include_str!("templates/simple-io.conf");
/// The shipped pickup.conf.
pub const PICKUP_CONF: &str = include_str!("templates/pickup.conf");
/// The shipped service-sources.txt.
pub const SERVICE_SOURCES: &str = include_str!("templates/service-sources.txt");
/// The shipped secrets.conf, with a place in braces.
pub(super) const SECRETS_CONF: &str = include_str!("templates/secrets.conf");

/// What a new server is told.
#[derive(Debug, Clone)]
pub struct NewServer {
    /// Name of the cluster.
    pub cluster_name: String,
    /// Name of the server.
    pub server_name: String,
    /// Address to listen on, for instance `0.0.0.0:17010`.
    pub bind: String,
    /// Number of workers, or `auto`.
    pub workers: String,
    /// File of the SQLite database, as it is to be written into server.conf; relative ones are below `config/repo`.
    pub database: String,
    /// The secret key; if absent, it has to be passed in the environment.
    pub secret_key: Option<SecretKey>,
}

/// Makes the directories of a server and writes its files. The marker is left to the caller, who writes it when
/// everything else is done.
///
/// # Errors
/// [`ErrorKind::Conflict`] if one of the files exists already; [`ErrorKind::Invalid`] if a name cannot be
/// written into server.conf; [`ErrorKind::Io`] if something cannot be written.
pub fn create_server(paths: &ServerPaths, server: &NewServer) -> Result<()> {
    let content = render_server_conf(server)?;
    paths.create_directories()?;
    secrets::write(&paths.secrets_conf(), server.secret_key.as_ref())?;
    write_new(&paths.logging_conf(), LOGGING_CONF)?;
    write_new(&paths.simple_io_conf(), SIMPLE_IO_CONF)?;
    write_new(&paths.pickup_conf(), PICKUP_CONF)?;
    write_new(&paths.service_sources(), SERVICE_SOURCES)?;
    write_new(&paths.server_conf(), &content)
}

/// Returns the server.conf of a new server.
///
/// # Errors
/// [`ErrorKind::Invalid`] if a value cannot be written into it.
pub fn render_server_conf(server: &NewServer) -> Result<String> {
    let values = [
        ("{bind}", &server.bind),
        ("{workers}", &server.workers),
        ("{database}", &server.database),
        ("{cluster_name}", &server.cluster_name),
        ("{server_name}", &server.server_name),
    ];
    let mut content = SERVER_CONF.to_owned();
    for (place, value) in values {
        content = content.replace(place, &quoted(value)?);
    }
    Ok(content)
}

/// Writes a value so that it is read back as it is.
fn quoted(value: &str) -> Result<String> {
    let is_plain = |letter: char| letter.is_alphanumeric() || "._-/:[]*+@~".contains(letter);
    if !value.is_empty() && value.chars().all(is_plain) && !value.starts_with("Zato_") {
        return Ok(value.to_owned());
    }
    let quote = ['"', '\''].into_iter().find(|quote| !value.contains(*quote));
    match quote.filter(|_| !value.contains(char::is_control) && !value.starts_with('$')) {
        Some(quote) => Ok(format!("{quote}{value}{quote}")),
        None => Err(Error::new(ErrorKind::Invalid, format!("`{value}` cannot be written into server.conf"))
            .hint("leave out quotes, control characters and a leading $")),
    }
}

fn write_new(path: &Path, content: &str) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| {
        let kind = if error.kind() == std::io::ErrorKind::AlreadyExists {
            ErrorKind::Conflict
        } else {
            ErrorKind::Io
        };
        Error::new(kind, format!("could not create `{}`", path.display())).source(error)
    })?;
    file.write_all(content.as_bytes())
        .context(ErrorKind::Io, || format!("could not write `{}`", path.display()))
}
