//! Hands over to the engine: supervisor and workers.

use std::ffi::OsString;
use std::path::Path;

use zato_core::{ErrorKind, Problem, Secret};
use zato_server::config::{Environment, Pidfile, ServerOptions, ServerPaths, env};
use zato_server::logging::{Logging, LoggingOptions};
use zato_server::supervisor::{self, Readiness, SupervisorOptions, WorkerCommand};
use zato_server::worker::{self, WorkerOptions};

use crate::commands::Session;
use crate::commands::worker::Arguments;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::Output;
use crate::{secrets, terminal};

/// Runs the supervisor of a server until it is told to stop.
///
/// # Errors
/// Exits with 9 if the server runs already, with 18 if it does not start, with 21 if its files are not in order.
pub(crate) fn supervise(session: &Session<'_>, paths: &ServerPaths, is_detached: bool) -> Outcome {
    let variables = Environment::of_process();
    let (server, logging) =
        prepare(paths, &variables, !is_detached, true).map_err(|failure| match failure.error.kind() {
            ErrorKind::Io => Failure { code: ExitCode::FailedToStart, ..failure },
            _ => failure,
        })?;
    let secret_key = variables.get(env::SECRET_KEY).filter(|key| !key.trim().is_empty()).map(Secret::new);
    let worker_command = WorkerCommand {
        program: session.runtime.python_executable.clone(),
        arguments: worker_arguments(paths.base(), is_detached, secret_key.is_some()),
        environment: server
            .environment
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value.expose())))
            .collect(),
        secret_key,
    };
    let pickup = server.hot_deploy.directories.first().map(|directory| directory.path.clone());
    let output = session.output.clone();
    let environment = paths.environment().to_path_buf();
    let on_ready = Box::new(move |readiness: &Readiness| {
        if !is_detached {
            announce(&output, readiness, pickup.as_deref(), &environment);
        }
    });
    let stopped = supervisor::run(SupervisorOptions {
        paths: paths.clone(),
        server,
        worker_command,
        stops_on_hang_up: !is_detached && terminal::is_attached(),
        on_ready,
    });
    logging.flush();
    stopped.map_err(|error| {
        let is_running = Pidfile::holder(&paths.pidfile()).is_ok_and(|holder| holder.is_some());
        let code = match error.kind() {
            ErrorKind::Conflict if is_running => ExitCode::AlreadyRunning,
            ErrorKind::NotFound if !paths.server_conf().exists() => ExitCode::NotAServer,
            _ => ExitCode::FailedToStart,
        };
        Failure { code, error }
    })
}

/// Runs one worker of a server until the supervisor says otherwise or is gone.
///
/// # Errors
/// Exits with [`ExitCode::WorkerUnable`], upon which the supervisor does not try again.
pub(crate) fn work(session: &Session<'_>, paths: &ServerPaths, arguments: &Arguments) -> Outcome {
    let mut environment = Environment::of_process();
    if arguments.key_on_stdin {
        // Not a variable, which services and all that they start could read.
        let key = secrets::read_line(&mut std::io::stdin().lock())?;
        environment.set(env::SECRET_KEY, key.expose());
    }
    let unable = |failure: Failure| Failure { code: ExitCode::WorkerUnable, error: failure.error };
    let (server, logging) = prepare(paths, &environment, !arguments.detached, false).map_err(unable)?;
    let access_log = Some(logging.access_log());
    let paths = paths.clone();
    let options = WorkerOptions { paths, server, index: arguments.index, environment, access_log };
    let ended = worker::run(options, session.runtime.guest_factory.clone());
    logging.flush();
    // The composition root ends the process without waiting for threads that still run services, clean or not.
    ended.map(drop).map_err(|error| unable(error.into()))
}

/// Reads the files of a server and starts the log; what is odd about them is logged, by one of the processes.
fn prepare(
    paths: &ServerPaths,
    environment: &Environment,
    is_foreground: bool,
    is_first: bool,
) -> Outcome<(ServerOptions, Logging)> {
    let server = ServerOptions::load(paths, environment)?;
    let options = LoggingOptions::load(paths, server.value.log_format, environment)?;
    let logging = Logging::start(&options.value, is_foreground, environment)?;
    if is_first {
        server.warnings.iter().chain(&options.warnings).for_each(warn);
    }
    Ok((server.value, logging))
}

fn warn(problem: &Problem) {
    tracing::warn!(target: "zato", "{problem}");
}

/// Words after the program. The composition root knows workers by the first of them after the module.
fn worker_arguments(base: &Path, is_detached: bool, has_key_on_stdin: bool) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["-m", "zato", "worker"].map(OsString::from).to_vec();
    arguments.push(base.into());
    if is_detached {
        arguments.push("--detached".into());
    }
    if has_key_on_stdin {
        arguments.push("--key-on-stdin".into());
    }
    arguments
}

/// Tells whoever started the server in the foreground what there is now.
fn announce(output: &Output, readiness: &Readiness, pickup: Option<&Path>, environment: &Path) {
    let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    output.line(format!(
        "Ready on http://{} after {} ms with {} and {}; Ctrl-C stops",
        readiness.address,
        readiness.elapsed.as_millis(),
        plural(readiness.workers, "worker"),
        plural(readiness.services, "service"),
    ));
    if let Some(pickup) = pickup {
        output.line(format!("Services are picked up from {}", pickup.display()));
    }
    let credentials = environment.join("credentials");
    if credentials.exists() {
        output.line(format!("Users and passwords are in {}", credentials.display()));
    }
    let port = readiness.address.port();
    output.line(format!("Try: curl http://localhost:{port}/zato/ping"));
}
