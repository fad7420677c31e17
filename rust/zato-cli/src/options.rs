//! Groups of options that several commands share (reference operations 1.3).

use std::path::{Path, PathBuf};

use clap::Args;
use zato_core::{Error, ErrorKind, Secret};
use zato_server::config::ServerPaths;

use crate::exit::{ExitCode, Failure, Outcome};
use crate::resolve;

/// Which database holds the config store.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Config store (ODB)")]
pub(crate) struct OdbOptions {
    /// Kind of database; this version has sqlite
    #[arg(long, value_name = "TYPE", default_value = "sqlite")]
    pub(crate) odb_type: String,
    /// Host of the database server
    #[arg(long, value_name = "HOST")]
    pub(crate) odb_host: Option<String>,
    /// Port of the database server
    #[arg(long, value_name = "PORT")]
    pub(crate) odb_port: Option<String>,
    /// User of the database
    #[arg(long, value_name = "USER")]
    pub(crate) odb_user: Option<String>,
    /// Name of the database; for sqlite, the path of its file
    #[arg(long, value_name = "NAME", alias = "sqlite-path")]
    pub(crate) odb_db_name: Option<String>,
    /// Password of the database
    #[arg(long, value_name = "PASSWORD", hide_env_values = true, allow_hyphen_values = true)]
    pub(crate) odb_password: Option<Secret>,
    /// Schema, for PostgreSQL
    #[arg(long, value_name = "SCHEMA")]
    pub(crate) postgresql_schema: Option<String>,
}

/// Redis. Nothing in this version needs one, so that its absence is no error.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Redis (accepted, not used by this version)")]
pub(crate) struct KvdbOptions {
    /// Host of Redis
    #[arg(long, value_name = "HOST", alias = "redis-host", hide_short_help = true)]
    pub(crate) kvdb_host: Option<String>,
    /// Port of Redis
    #[arg(long, value_name = "PORT", alias = "redis-port", hide_short_help = true)]
    pub(crate) kvdb_port: Option<u16>,
    /// Password of Redis
    #[arg(
        long,
        value_name = "PASSWORD",
        alias = "redis-password",
        hide_short_help = true,
        allow_hyphen_values = true
    )]
    pub(crate) kvdb_password: Option<Secret>,
}

impl KvdbOptions {
    /// Whether any of them was given.
    pub(crate) fn is_given(&self) -> bool {
        self.kvdb_host.is_some() || self.kvdb_port.is_some() || self.kvdb_password.is_some()
    }
}

/// TLS material of a component.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "TLS (accepted, not used by this version)")]
pub(crate) struct TlsOptions {
    /// Public key, PEM
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) pub_key_path: Option<PathBuf>,
    /// Private key, PEM
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) priv_key_path: Option<PathBuf>,
    /// Certificate, PEM
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) cert_path: Option<PathBuf>,
    /// Certificates of CAs, PEM
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) ca_certs_path: Option<PathBuf>,
}

impl TlsOptions {
    /// Whether any of them was given.
    pub(crate) fn is_given(&self) -> bool {
        [&self.pub_key_path, &self.priv_key_path, &self.cert_path, &self.ca_certs_path]
            .into_iter()
            .any(Option::is_some)
    }
}

/// How servers and schedulers of earlier versions found each other.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Scheduler (accepted, not used by this version)")]
pub(crate) struct SchedulerOptions {
    /// Address of the scheduler
    #[arg(long, value_name = "ADDRESS", hide_short_help = true)]
    pub(crate) scheduler_address_for_server: Option<String>,
    /// Address of the server, for the scheduler
    #[arg(long, value_name = "ADDRESS", hide_short_help = true)]
    pub(crate) server_address_for_scheduler: Option<String>,
    /// User the scheduler calls servers as
    #[arg(long, value_name = "USER", hide_short_help = true)]
    pub(crate) scheduler_api_client_for_server_username: Option<String>,
    /// Password the scheduler calls servers with
    #[arg(long, value_name = "PASSWORD", hide_short_help = true, allow_hyphen_values = true)]
    pub(crate) scheduler_api_client_for_server_password: Option<Secret>,
    /// User servers call the scheduler as
    #[arg(long, value_name = "USER", hide_short_help = true)]
    pub(crate) server_api_client_for_scheduler_username: Option<String>,
    /// Password servers call the scheduler with
    #[arg(long, value_name = "PASSWORD", hide_short_help = true, allow_hyphen_values = true)]
    pub(crate) server_api_client_for_scheduler_password: Option<Secret>,
    /// Host of the scheduler (deprecated)
    #[arg(long, value_name = "HOST", hide = true)]
    pub(crate) scheduler_host: Option<String>,
    /// Port of the scheduler (deprecated)
    #[arg(long, value_name = "PORT", hide = true)]
    pub(crate) scheduler_port: Option<String>,
}

impl SchedulerOptions {
    /// Whether any of them was given.
    pub(crate) fn is_given(&self) -> bool {
        let texts = [
            &self.scheduler_address_for_server,
            &self.server_address_for_scheduler,
            &self.scheduler_api_client_for_server_username,
            &self.server_api_client_for_scheduler_username,
            &self.scheduler_host,
            &self.scheduler_port,
        ];
        let secrets =
            [&self.scheduler_api_client_for_server_password, &self.server_api_client_for_scheduler_password];
        texts.into_iter().any(Option::is_some) || secrets.into_iter().any(Option::is_some)
    }
}

/// Which server a command is about.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServerOption {
    /// Directory of the server, or of an environment
    #[arg(value_name = "PATH", id = "server_path", conflicts_with = "server_path_option")]
    path: Option<PathBuf>,
    /// Directory of the server, or of an environment
    #[arg(long = "path", id = "server_path_option", value_name = "PATH")]
    path_option: Option<PathBuf>,
}

impl ServerOption {
    /// Finds the server.
    ///
    /// # Errors
    /// Exits with 29 if no path was given, else as [`resolve::server`].
    pub(crate) fn resolve(&self) -> Outcome<ServerPaths> {
        match self.path.as_ref().or(self.path_option.as_ref()) {
            Some(path) => resolve::server(path),
            None => Err(Failure::new(ExitCode::ParameterMissing, "the directory of the server is missing")
                .hint("give it with --path, for instance --path DIR/server1")),
        }
    }
}

/// Options that every command has.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Every command")]
pub(crate) struct GlobalOptions {
    /// Show details, also of errors
    #[arg(long, global = true)]
    pub(crate) verbose: bool,
    /// Also write what is printed to zato.<timestamp>.log in the current directory
    #[arg(long, global = true)]
    pub(crate) store_log: bool,
    /// Write the options given, secrets in clear, to zato.<timestamp>.config in the current directory
    #[arg(long, global = true)]
    pub(crate) store_config: bool,
}

/// Reads `true` and `false` in the spellings people use; for options such as `--is-active`.
pub(crate) fn parse_flag(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "on" | "t" | "y" => Ok(true),
        "false" | "no" | "0" | "off" | "f" | "n" => Ok(false),
        _ => Err(format!("`{text}` is neither true nor false")),
    }
}

impl OdbOptions {
    /// Returns the file of the config store, absolute; `default` is what it is if no option says so.
    ///
    /// # Errors
    /// Exits with 15 if it is another kind of database, as this version has none.
    pub(crate) fn file(&self, default: &Path) -> Outcome<PathBuf> {
        self.check()?;
        let file = self.odb_db_name.as_deref().map_or(default, Path::new);
        std::path::absolute(file).map_err(|error| {
            Error::new(ErrorKind::Io, "could not read the current directory").source(error).into()
        })
    }

    /// Refuses what is not there.
    pub(crate) fn check(&self) -> Outcome {
        match self.odb_type.as_str() {
            "sqlite" => Ok(()),
            "mysql" | "postgresql" | "oracle" => {
                let message = format!("this version has no {} config store", self.odb_type);
                Err(Failure::new(ExitCode::InvalidInput, message)
                    .hint("use `sqlite`, which is the default and needs no other server"))
            }
            other => {
                Err(Failure::new(ExitCode::InvalidInput, format!("unknown kind of config store `{other}`"))
                    .hint("use `sqlite`, which is the default"))
            }
        }
    }
}
