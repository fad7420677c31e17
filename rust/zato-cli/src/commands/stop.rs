//! `zato stop PATH` (reference operations 1.4).

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use zato_core::ErrorKind;
use zato_server::config::{Component, Pidfile, ServerPaths};

use super::Session;
use super::wait::parse_seconds;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::process::{self, Process};
use crate::resolve::{self, Target};

/// How often to look whether a process is gone.
const INTERVAL: Duration = Duration::from_millis(20);

/// Pidfiles of helper processes of earlier versions.
const AUXILIARY_PIDFILES: [&str; 3] = ["pidfile-ibm-mq", "pidfile-sftp", "pidfile-zato-events"];

/// Options of `stop`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of a component, or of an environment to stop everything in it
    path: PathBuf,
    /// Seconds to wait until the process is gone
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = parse_seconds)]
    timeout: Duration,
}

/// Asks processes to stop and waits until they are gone.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    match resolve::locate(&arguments.path)? {
        Target::Server(server) => {
            let process = signal(session, &server)?.ok_or_else(|| not_running(server.base()))?;
            wait(&server, process, arguments.timeout)?;
        }
        Target::Environment { path, servers, .. } => stop_all(session, &path, &servers, arguments.timeout)?,
        Target::Other(component, path) => return Err(without_process(component, &path)),
    }
    session.output.line("OK");
    Ok(())
}

/// Stops all servers at once; those that do not run are left out, unless none runs.
pub(crate) fn stop_all(
    session: &Session<'_>,
    environment: &Path,
    servers: &[ServerPaths],
    timeout: Duration,
) -> Outcome {
    let mut running = Vec::new();
    for server in servers {
        if let Some(process) = signal(session, server)? {
            running.push((server, process));
        }
    }
    if running.is_empty() {
        return Err(not_running(environment));
    }
    running.into_iter().try_for_each(|(server, process)| wait(server, process, timeout))
}

/// Sends SIGTERM to the server, if it runs; gives its process.
fn signal(session: &Session<'_>, server: &ServerPaths) -> Outcome<Option<Process>> {
    for name in AUXILIARY_PIDFILES {
        remove_if_there(&server.base().join(name))?;
    }
    let Some(pid) = Pidfile::holder(&server.pidfile())? else {
        Pidfile::remove_stale(&server.pidfile())?;
        return Ok(None);
    };
    session.output.line(format!("Server `{}` shutting down", server.base().display()));
    let running = Process::find(pid);
    match process::terminate(pid) {
        Ok(()) => Ok(Some(running)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Some(running)),
        Err(error) => Err(error.into()),
    }
}

fn remove_if_there(path: &Path) -> Outcome {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => {
            let message = format!("could not remove `{}`", path.display());
            Err(zato_core::Error::new(ErrorKind::Io, message).source(error).into())
        }
    }
}

fn wait(server: &ServerPaths, process: Process, timeout: Duration) -> Outcome {
    let deadline = Instant::now() + timeout;
    let pid = process.pid;
    // The pidfile goes a moment before the process does.
    while Pidfile::holder(&server.pidfile())? == Some(pid) || process.is_alive() {
        if Instant::now() >= deadline {
            let message =
                format!("`{}` is still running after {} s", server.base().display(), timeout.as_secs_f64());
            return Err(Failure::new(ExitCode::ServerTimeout, message)
                .hint(format!("`kill -9 {pid}` ends it at once; requests in flight are lost then")));
        }
        std::thread::sleep(INTERVAL);
    }
    Ok(())
}

fn not_running(path: &Path) -> Failure {
    Failure::new(ExitCode::NoPidFound, format!("no pid found, nothing is running in `{}`", path.display()))
}

/// The failure of commands about processes that this version does not have.
pub(crate) fn without_process(component: Component, path: &Path) -> Failure {
    let message = format!(
        "no pid found: `{}` is a {}, which has no process in this version",
        path.display(),
        component.label().to_lowercase()
    );
    Failure::new(ExitCode::NoPidFound, message)
}
