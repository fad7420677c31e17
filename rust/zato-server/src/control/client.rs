//! How the CLI talks to a running server.

use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};

use super::{DeploymentReport, Incoming, Peer, Request, ServerStatus, ServiceList, SyncReport, socket_path};
use crate::config::ServerPaths;

/// Longest line a server may answer; lists of thousands of services with tracebacks fit.
const LINE_LIMIT: usize = 64 << 20;

/// How long a server may take to accept the connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How long the supervisor may take to say how it is doing. It gives workers that do not answer two seconds itself.
const STATUS_LIMIT: Duration = Duration::from_secs(3);

/// How long it may take to collect what workers know.
const FACTS_LIMIT: Duration = Duration::from_secs(6);

/// How long it may take to bring a change in force. It gives workers ten seconds.
const SYNC_LIMIT: Duration = Duration::from_secs(20);

/// A connection to the supervisor of a running server.
#[derive(Debug)]
pub struct Client {
    peer: Peer,
    /// Supervisors ask clients nothing; dropping the channel would end the connection when one did.
    _incoming: mpsc::Receiver<Incoming>,
}

impl Client {
    /// Connects to the server whose directory it is. Has to be called inside a runtime.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if the server does not run, [`ErrorKind::Denied`] if it runs as another user.
    pub async fn connect(paths: &ServerPaths) -> Result<Self> {
        let path = socket_path(paths).ok_or_else(|| not_running(paths.base()))?;
        let (peer, incoming) = connect(&path, LINE_LIMIT).await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => not_running(paths.base()),
            _ => error,
        })?;
        Ok(Self { peer, _incoming: incoming })
    }

    /// Asks for the state of the server and its workers.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the server ends meanwhile, [`ErrorKind::Timeout`] if it does not answer.
    pub async fn status(&self) -> Result<ServerStatus> {
        self.peer.ask_within(&Request::Status, STATUS_LIMIT).await
    }

    /// Brings every worker to at least this revision of the config store and says what came of it.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the server ends meanwhile, [`ErrorKind::Timeout`] if it does not answer. That a worker could
    /// not do it is part of the report.
    pub async fn sync(&self, revision: i64) -> Result<SyncReport> {
        self.peer.ask_within(&Request::Sync { revision }, SYNC_LIMIT).await
    }

    /// Deploys a file, a package or a directory of them.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is nothing to deploy at that path. That units failed is part of the report.
    pub async fn deploy(&self, path: &Path, actor: &str) -> Result<DeploymentReport> {
        self.request(&Request::Deploy { path: absolute(path)?, actor: actor.to_owned() }).await
    }

    /// Imports units aside without putting them in force.
    ///
    /// # Errors
    /// As [`Self::deploy`].
    pub async fn check_units(&self, path: &Path) -> Result<DeploymentReport> {
        self.request(&Request::CheckUnits { path: absolute(path)? }).await
    }

    /// Puts the version of a unit in force that was deployed `steps` deployments ago.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such unit or version.
    pub async fn rollback(&self, unit: &str, steps: u32, actor: &str) -> Result<DeploymentReport> {
        self.request(&Request::Rollback { unit: unit.to_owned(), steps, actor: actor.to_owned() }).await
    }

    /// Lists the latest deployments, newest first.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if the store cannot be read, [`ErrorKind::Timeout`] if there is no answer.
    pub async fn deployments(&self, limit: u32) -> Result<Vec<zato_store::Deployment>> {
        self.peer.ask_within(&Request::Deployments { limit }, FACTS_LIMIT).await
    }

    /// Lists services in force and units that failed.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] if no worker answers.
    pub async fn services(&self) -> Result<ServiceList> {
        self.peer.ask_within(&Request::Services, FACTS_LIMIT).await
    }

    /// Returns the metrics of all workers in the Prometheus text format.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the server ends meanwhile, [`ErrorKind::Timeout`] if it does not answer.
    pub async fn metrics(&self) -> Result<String> {
        self.peer.ask_within(&Request::Metrics, FACTS_LIMIT).await
    }

    /// Changes the level of a logger (empty: the root) in every process until the next restart; none takes the level
    /// back.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if there is no such level.
    pub async fn set_log_level(&self, logger: &str, level: Option<&str>) -> Result<()> {
        self.request(&Request::LogLevel { logger: logger.to_owned(), level: level.map(str::to_owned) }).await
    }

    /// Stops the server and waits until its supervisor is gone.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] if it still runs after `limit`.
    pub async fn stop(&self, is_immediate: bool, limit: Duration) -> Result<()> {
        let stopping = async {
            self.request::<()>(&Request::Stop { is_immediate }).await?;
            self.peer.closed().await;
            Ok(())
        };
        tokio::time::timeout(limit, stopping).await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Timeout, format!("the server still runs after {} s", limit.as_secs()))
                .hint("it may be waiting for requests in flight; stop it again to end them at once"))
        })
    }

    /// Asks anything; the answer has to be of the type that the request says.
    ///
    /// # Errors
    /// Whatever the server answered.
    pub async fn request<T: DeserializeOwned>(&self, request: &Request) -> Result<T> {
        self.peer.ask(request).await
    }
}

/// Connects to a control socket.
///
/// # Errors
/// [`ErrorKind::NotFound`] if nobody listens there, [`ErrorKind::Denied`] if this user may not connect.
pub(crate) async fn connect(path: &Path, line_limit: usize) -> Result<(Peer, mpsc::Receiver<Incoming>)> {
    let connecting = tokio::time::timeout(CONNECT_LIMIT, UnixStream::connect(path)).await;
    let failure = || format!("could not connect to control socket `{}`", path.display());
    match connecting {
        Ok(Ok(stream)) => Ok(Peer::start(stream, line_limit)),
        Ok(Err(error)) => {
            let kind = match error.kind() {
                Io::NotFound | Io::ConnectionRefused => ErrorKind::NotFound,
                Io::PermissionDenied => ErrorKind::Denied,
                _ => ErrorKind::Io,
            };
            Err(error).context(kind, failure)
        }
        Err(_) => Err(Error::new(ErrorKind::Timeout, failure())),
    }
}

fn not_running(base: &Path) -> Error {
    Error::new(ErrorKind::NotFound, format!("server `{}` is not running", base.display()))
        .hint(format!("start it with `zato start {}`", base.display()))
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).context(ErrorKind::Invalid, || format!("`{}` is no path", path.display()))
}
