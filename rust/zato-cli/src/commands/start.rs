//! `zato start PATH` (reference operations 1.4): in the background until ready, or in the foreground.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use zato_core::Secret;
use zato_server::config::options::LineFormat;
use zato_server::config::secrets::SecretsFile;
use zato_server::config::{Component, Environment, Pidfile, ServerPaths, env};
use zato_server::logging::LoggingOptions;

use super::Session;
use super::wait::parse_seconds;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::launch::{self, Launch};
use crate::resolve::{self, Target};
use crate::{foreground, process, secrets};

/// Options of `start`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of a component, or of an environment to start everything in it
    path: PathBuf,
    /// Stay in the foreground; Ctrl-C stops
    #[arg(long)]
    fg: bool,
    /// The key secrets are encrypted with, if secrets.conf does not hold it; it may also come on standard input
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    secret_key: Option<Secret>,
    /// File with an [env] stanza of KEY=value lines to put into the environment
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Stop again after that many seconds
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    stop_after: Option<Duration>,
    /// Where standard output and error of a server in the background go [default: logs/console.log]
    #[arg(long, value_name = "FILE")]
    stderr_path: Option<PathBuf>,
    /// Seconds to wait until a server in the background is ready
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = parse_seconds)]
    timeout: Duration,
    /// Accepted for compatibility: internal services are always in sync
    #[arg(long, hide = true)]
    sync_internal: bool,
    /// Bundle to deploy; not part of this version
    #[arg(long, value_name = "ZIP-OR-DIR", hide = true)]
    deploy: Option<PathBuf>,
    /// Set by `zato start` itself: this is the process in the background
    #[arg(long, hide = true, requires = "fg")]
    detached: bool,
    /// Set by `zato start` itself: the process that this one must not outlive
    #[arg(long, value_name = "PID", hide = true, requires = "fg")]
    parent: Option<u32>,
}

/// Starts one server, or all of an environment.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    if arguments.deploy.is_some() {
        return Err(Failure::new(ExitCode::InvalidInput, "--deploy is not part of this version").hint(
            "copy services into the pickup directory or use `zato hot-deploy`, objects into `zato enmasse`",
        ));
    }
    match resolve::locate(&arguments.path)? {
        Target::Server(server) => start(session, arguments, vec![server], &arguments.path),
        Target::Environment { path, servers, others } => {
            for (component, directory) in &others {
                session.output.line(format!("{}, skipping it", absence(*component, directory)));
            }
            if servers.is_empty() {
                let message = format!("there is no server in `{}`", path.display());
                return Err(Failure::new(ExitCode::FailedToStart, message));
            }
            start(session, arguments, servers, &path)
        }
        Target::Other(Component::Scheduler, path) => {
            session
                .output
                .line(format!("{}, there is nothing to start", absence(Component::Scheduler, &path)));
            Ok(())
        }
        Target::Other(component, path) => {
            Err(Failure::new(ExitCode::FailedToStart, absence(component, &path))
                .hint("servers are reached directly"))
        }
    }
}

/// Says that a component of an earlier version has no process here.
fn absence(component: Component, path: &Path) -> String {
    format!("`{}` is a {}, which this version does not run", path.display(), component.label().to_lowercase())
}

fn start(session: &Session<'_>, arguments: &Arguments, servers: Vec<ServerPaths>, path: &Path) -> Outcome {
    for server in &servers {
        refuse_if_running(server)?;
    }
    let mut environment = launch::environment(arguments.env_file.as_deref(), arguments.secret_key.as_ref())?;
    if !arguments.detached
        && servers.iter().any(|server| is_without_key(server, &environment))
        && let Some(key) = secrets::key_on_stdin()?
    {
        environment.insert(env::SECRET_KEY.to_owned(), key);
    }
    if !arguments.detached {
        servers.iter().for_each(|server| warn_of_logs(session, server));
    }
    if !arguments.fg {
        let launch = Launch {
            environment,
            console: arguments.stderr_path.clone(),
            stop_after: arguments.stop_after,
            timeout: arguments.timeout,
        };
        for server in &servers {
            launch::start(session, server, &launch)?;
        }
        session.output.line("OK");
        return Ok(());
    }
    if !environment.is_empty() {
        // Variables are set before the interpreter starts, as nothing may change them afterwards.
        return Err(foreground::replace_process(session, path, environment, arguments.stop_after));
    }
    if arguments.detached {
        process::leave_terminal();
    }
    if let Some(parent) = arguments.parent {
        process::die_with(parent)?;
    }
    match <[ServerPaths; 1]>::try_from(servers) {
        Ok([server]) => foreground::run_one(session, &server, arguments.detached, arguments.stop_after),
        Err(servers) => foreground::run_all(session, &servers, arguments.stop_after),
    }
}

/// Tells which log files cannot be written, as the log would not. Files of the server that are not in order are the
/// server's to report.
fn warn_of_logs(session: &Session<'_>, server: &ServerPaths) {
    let environment = Environment::of_process();
    if let Ok(logging) = LoggingOptions::load(server, LineFormat::default(), &environment) {
        for problem in logging.value.unwritable() {
            session.output.warning(problem.to_string());
        }
    }
}

/// Whether neither the files of a server nor variables say what its key is. Files that cannot be read are the server's to
/// report.
fn is_without_key(server: &ServerPaths, given: &BTreeMap<String, Secret>) -> bool {
    let mut variables = Environment::of_process();
    for (name, value) in given {
        variables.set(name, value.expose());
    }
    SecretsFile::load(server, &variables).is_ok_and(|file| file.secret_key().is_err())
}

fn refuse_if_running(server: &ServerPaths) -> Outcome {
    if let Some(pid) = Pidfile::holder(&server.pidfile())? {
        let message = format!("server `{}` is already running as process {pid}", server.base().display());
        return Err(Failure::new(ExitCode::AlreadyRunning, message)
            .hint(format!("`zato stop {}` stops it", server.base().display())));
    }
    Ok(())
}
