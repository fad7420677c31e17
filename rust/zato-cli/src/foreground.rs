//! Servers in the foreground.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};
use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result, Secret};
use zato_server::config::ServerPaths;

use crate::commands::{Session, block_on};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::{launch, process, serve, terminal};

/// Runs one server in this process until it is told to stop.
pub(crate) fn run_one(
    session: &Session<'_>,
    server: &ServerPaths,
    is_detached: bool,
    stop_after: Option<Duration>,
) -> Outcome {
    if let Some(limit) = stop_after {
        std::thread::spawn(move || {
            std::thread::sleep(limit);
            if let Err(error) = process::terminate(std::process::id()) {
                eprintln!("{}", error.report());
            }
        });
    }
    serve::supervise(session, server, is_detached)
}

/// Runs several servers, each in a process of its own, until this process is told to stop or one of them ends.
pub(crate) fn run_all(
    session: &Session<'_>,
    servers: &[ServerPaths],
    stop_after: Option<Duration>,
) -> Outcome {
    block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let mut children = Vec::with_capacity(servers.len());
        for server in servers {
            let mut command = Command::from(launch::python(session));
            command.arg("start").arg(server.base()).args(["--fg", "--parent"]);
            // A group of its own, so that Ctrl-C reaches this process only, which passes it on once.
            command.arg(std::process::id().to_string()).process_group(0);
            let child = command.spawn().context(ErrorKind::Io, || {
                format!("could not run `{}`", session.runtime.python_executable.display())
            })?;
            children.push((server, child));
        }
        let mut waiting = Box::pin(first_to_end(&mut children));
        let ended = tokio::select! {
            ended = &mut waiting => Some(ended?),
            () = interrupts.wait() => None,
            () = sleep(stop_after) => None,
        };
        drop(waiting);
        for (_, child) in &children {
            if let Some(pid) = child.id() {
                process::terminate(pid)?;
            }
        }
        for (server, child) in &mut children {
            child
                .wait()
                .await
                .context(ErrorKind::Io, || format!("could not wait for `{}`", server.base().display()))?;
        }
        match ended {
            None => Ok(()),
            Some((name, status)) => {
                let message = format!("{name} ended ({status}), the other servers were stopped");
                Err(Failure::new(ExitCode::FailedToStart, message))
            }
        }
    })
}

async fn sleep(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
}

/// Waits until one of the servers ends; gives its name and how.
async fn first_to_end(children: &mut [(&ServerPaths, Child)]) -> Result<(String, ExitStatus)> {
    let waits = children.iter_mut().map(|(server, child)| {
        Box::pin(async move {
            let status = child.wait().await;
            status
                .map(|status| (server.directory_name(), status))
                .context(ErrorKind::Io, || format!("could not wait for `{}`", server.base().display()))
        })
    });
    let mut waits: Vec<_> = waits.collect();
    std::future::poll_fn(|context| {
        waits
            .iter_mut()
            .find_map(|wait| match wait.as_mut().poll(context) {
                std::task::Poll::Ready(ended) => Some(ended),
                std::task::Poll::Pending => None,
            })
            .map_or(std::task::Poll::Pending, std::task::Poll::Ready)
    })
    .await
}

/// The signals that stop us; SIGHUP does where it says that the terminal was closed.
struct Interrupts(Signal, Signal, Option<Signal>);

impl Interrupts {
    fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context(ErrorKind::Io, || "could not listen to signals".to_owned());
        let hang_up = if terminal::is_attached() { Some(listen(SignalKind::hangup())?) } else { None };
        Ok(Self(listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, hang_up))
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
            () = hang_up(self.2.as_mut()) => {}
        }
    }
}

async fn hang_up(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Runs the same command again with more variables in its environment, in place of this process; returns only
/// if that is not possible.
pub(crate) fn replace_process(
    session: &Session<'_>,
    path: &Path,
    environment: BTreeMap<String, Secret>,
    stop_after: Option<Duration>,
) -> Failure {
    let mut command = launch::python(session);
    command.arg("start").arg(path).arg("--fg");
    if let Some(limit) = stop_after {
        command.arg(format!("--stop-after={}", limit.as_secs_f64()));
    }
    let error = command.envs(environment.iter().map(|(name, value)| (name, value.expose()))).exec();
    let message = format!("could not run `{}`", session.runtime.python_executable.display());
    Failure { code: ExitCode::FailedToStart, error: Error::new(ErrorKind::Io, message).source(error) }
}
