//! `zato check-config PATH` (reference operations 1.4): whether a server could be started.

use std::net::{TcpListener, ToSocketAddrs};
use std::path::PathBuf;

use clap::Args;
use zato_core::{Error, ErrorKind};
use zato_server::config::{Environment, Pidfile, ServerOptions, ServerPaths};
use zato_server::logging::LoggingOptions;

use super::{Session, block_on};
use crate::exit::{ExitCode, Failure, Outcome, WithCode};
use crate::{resolve, secrets, store};

/// Options of `check-config`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of the server, or of an environment
    path: PathBuf,
}

/// Checks one thing after another and prints one line for each that is in order.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let servers = match resolve::locate(&arguments.path)? {
        resolve::Target::Server(server) => vec![server],
        resolve::Target::Environment { servers, .. } => servers,
        resolve::Target::Other(component, path) => return Err(resolve::not_a_server(component, &path)),
    };
    servers.iter().try_for_each(|server| check(session, server))
}

fn check(session: &Session<'_>, server: &ServerPaths) -> Outcome {
    let environment = Environment::of_process();
    let loaded = ServerOptions::load(server, &environment).exit_with(ExitCode::ValidationError)?;
    let logging = LoggingOptions::load(server, loaded.value.log_format, &environment)
        .exit_with(ExitCode::ValidationError)?;
    for warning in loaded.warnings.iter().chain(&logging.warnings) {
        session.output.warning(warning.to_string());
    }
    session.output.line("OK, configuration files");
    let unwritable = logging.value.unwritable();
    if !unwritable.is_empty() {
        return Err(Error::from_problems("log files cannot be written", unwritable).into());
    }
    session.output.line("OK, log files");
    let key = secrets::key_of(server)?;
    session.output.line("OK, secret key");
    block_on(async {
        let store = store::open(server).await?;
        let report = store.check().await?;
        if !report.problems.is_empty() {
            return Err(Error::from_problems("the config store is damaged", report.problems).into());
        }
        store::check_key(&store, &key).await?;
        store.close().await;
        Ok(())
    })?;
    session.output.line("OK, SQL ODB connection");
    if Pidfile::remove_stale(&server.pidfile())? {
        session.output.line("OK, removed a stale pidfile");
    }
    if let Some(pid) = Pidfile::holder(&server.pidfile())? {
        let message = format!("server `{}` is running as process {pid}", server.base().display());
        return Err(Failure::new(ExitCode::AlreadyRunning, message));
    }
    session.output.line("OK, no pidfile of a running process");
    check_port(&loaded.value)?;
    session.output.line(format!("OK, {} is free", loaded.value.bind));
    Ok(())
}

/// Binds as the server would, and lets go at once.
fn check_port(options: &ServerOptions) -> Outcome {
    let bind = &options.bind;
    let refuse = |error: std::io::Error| {
        let error = Error::new(ErrorKind::Io, format!("cannot listen on {bind}"))
            .source(error)
            .hint("another program listens there, or the address is not one of this machine");
        Failure { code: ExitCode::FailedToStart, error }
    };
    let addresses: Vec<_> = (bind.host.as_str(), bind.port).to_socket_addrs().map_err(refuse)?.collect();
    TcpListener::bind(addresses.as_slice()).map(drop).map_err(refuse)
}
