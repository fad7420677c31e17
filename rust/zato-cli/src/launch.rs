//! Starts servers in the background and waits until they are ready.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use zato_core::error::Context;
use zato_core::{ErrorKind, Result, Secret};
use zato_server::config::{ServerPaths, env, ini};
use zato_server::control::Client;

use crate::commands::{Session, block_on};
use crate::exit::{ExitCode, Failure, Outcome, WithCode};
use crate::secrets;

/// How often to look whether a server is ready.
const INTERVAL: Duration = Duration::from_millis(20);

/// How much of what a server printed is shown if it does not start, in bytes.
const TAIL: u64 = 32 * 1024;

/// How to start servers in the background.
#[derive(Debug)]
pub(crate) struct Launch {
    /// Variables to set.
    pub(crate) environment: BTreeMap<String, Secret>,
    /// Where output goes that the server does not log; `logs/console.log` by default.
    pub(crate) console: Option<PathBuf>,
    /// When to stop again.
    pub(crate) stop_after: Option<Duration>,
    /// How long to wait until it is ready.
    pub(crate) timeout: Duration,
}

/// Returns the variables that `--env-file` and `--secret-key` stand for.
pub(crate) fn environment(
    file: Option<&Path>,
    secret_key: Option<&Secret>,
) -> Outcome<BTreeMap<String, Secret>> {
    let mut variables = BTreeMap::new();
    if let Some(file) = file {
        let stanzas = ini::read(file, &file.display().to_string()).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Failure { code: ExitCode::FileMissing, error },
            _ => Failure::from(error),
        })?;
        for entry in stanzas.stanza("env").into_iter().flat_map(|stanza| &stanza.entries) {
            let value = match &entry.value {
                ini::Value::Text(text) => text,
                // A comma means nothing in a variable.
                ini::Value::List(_) => &entry.raw,
            };
            variables.insert(entry.key.clone(), Secret::new(value.clone()));
        }
    }
    if let Some(key) = secret_key {
        secrets::given_key(key)?;
        variables.insert(env::SECRET_KEY.to_owned(), key.clone());
    }
    Ok(variables)
}

/// Starts one server and returns once it accepts requests.
///
/// # Errors
/// Exits with 18 and what the server printed if it ends or is not ready in time, with 9 if it turned out to be
/// running already.
pub(crate) fn start(session: &Session<'_>, server: &ServerPaths, launch: &Launch) -> Outcome {
    let path = launch.console.clone().unwrap_or_else(|| server.logs().join("console.log"));
    let (console, beginning) = open_console(&path).exit_with(ExitCode::FailedToStart)?;
    let mut child = spawn(session, server, launch, &console).exit_with(ExitCode::FailedToStart)?;
    let outcome = block_on(async { Ok(wait(server, &mut child, launch.timeout).await) })?;
    let failure = match outcome {
        Ended::Ready => return Ok(()),
        Ended::Exited(status) if status.code() == Some(ExitCode::AlreadyRunning.number()) => Failure::new(
            ExitCode::AlreadyRunning,
            format!("server `{}` is already running", server.base().display()),
        ),
        Ended::Exited(status) => Failure::new(
            ExitCode::FailedToStart,
            format!("server `{}` did not start: {status}", server.base().display()),
        ),
        Ended::OutOfTime => Failure::new(
            ExitCode::FailedToStart,
            format!(
                "server `{}` runs as process {} but was not ready after {} s",
                server.base().display(),
                child.id(),
                launch.timeout.as_secs_f64()
            ),
        ),
    };
    let printed = tail(&path, beginning)?;
    if !printed.trim().is_empty() {
        session.output.problems(printed.trim_end());
    }
    Err(failure.hint(format!(
        "see `{}` and `{}`",
        path.display(),
        server.logs().join("server.log").display()
    )))
}

/// How waiting for a server ended.
enum Ended {
    Ready,
    Exited(ExitStatus),
    OutOfTime,
}

async fn wait(server: &ServerPaths, child: &mut Child, timeout: Duration) -> Ended {
    let deadline = Instant::now() + timeout;
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Ended::Exited(status);
        }
        if is_ready(server, child.id()).await {
            return Ended::Ready;
        }
        if Instant::now() >= deadline {
            return Ended::OutOfTime;
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Whether the server of that process accepts requests. One that does not listen yet is not ready.
async fn is_ready(server: &ServerPaths, pid: u32) -> bool {
    let Ok(client) = Client::connect(server).await else { return false };
    client.status().await.is_ok_and(|status| status.pid == pid && status.is_ready)
}

fn spawn(session: &Session<'_>, server: &ServerPaths, launch: &Launch, console: &File) -> Result<Child> {
    let copy = || {
        console
            .try_clone()
            .context(ErrorKind::Io, || "could not hand the console log to the server".to_owned())
    };
    let mut command = python(session);
    command.arg("start").arg(server.base()).args(["--fg", "--detached"]);
    if let Some(limit) = launch.stop_after {
        command.arg(format!("--stop-after={}", limit.as_secs_f64()));
    }
    command
        .envs(launch.environment.iter().map(|(name, value)| (name, value.expose())))
        .stdin(Stdio::null())
        .stdout(copy()?)
        .stderr(copy()?)
        .spawn()
        .context(ErrorKind::Io, || format!("could not run `{}`", session.runtime.python_executable.display()))
}

/// The beginning of every command line that runs us again.
pub(crate) fn python(session: &Session<'_>) -> Command {
    let mut command = Command::new(&session.runtime.python_executable);
    command.args(["-m", "zato"]);
    if session.is_verbose {
        command.arg("--verbose");
    }
    command
}

/// Opens the file for appending; gives where this start's output begins.
fn open_console(path: &Path) -> Result<(File, u64)> {
    let failed = || format!("could not open `{}`", path.display());
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).context(ErrorKind::Io, failed)?;
    }
    let file =
        OpenOptions::new().append(true).create(true).mode(0o600).open(path).context(ErrorKind::Io, failed)?;
    let length = file.metadata().context(ErrorKind::Io, failed)?.len();
    Ok((file, length))
}

fn tail(path: &Path, beginning: u64) -> Result<String> {
    let failed = || format!("could not read `{}`", path.display());
    let mut file = File::open(path).context(ErrorKind::Io, failed)?;
    let length = file.metadata().context(ErrorKind::Io, failed)?.len();
    file.seek(SeekFrom::Start(beginning.max(length.saturating_sub(TAIL)))).context(ErrorKind::Io, failed)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).context(ErrorKind::Io, failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
