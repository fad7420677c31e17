//! Changing what a cluster is told: through `zato_server::api`, then in every worker of a running server.

use clap::Args;
use zato_core::{Error, ErrorKind};
use zato_server::api::Api;
use zato_server::config::ServerPaths;
use zato_server::control::{Client, SyncReport};
use zato_server::kinds;
use zato_store::{Cipher, Object, SecretKey, Store};

use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::Output;
use crate::{secrets, store};

/// Who acts, in the history of objects and in records of deployments.
pub(crate) const ACTOR: &str = "cli";

/// Which object a command is about.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Selection {
    /// Name of the object
    #[arg(long)]
    name: Option<String>,
    /// Number of the object
    #[arg(long)]
    id: Option<i64>,
}

/// The configuration of a server's cluster.
#[derive(Debug)]
pub(crate) struct Admin {
    server: ServerPaths,
    api: Api,
}

impl Admin {
    /// Opens the config store of a server with its key; `reason` is kept in the history of objects.
    pub(crate) async fn open(server: &ServerPaths, reason: &str) -> Outcome<Self> {
        let key = secrets::key_of(server)?;
        let store = store::open(server).await?;
        Ok(Self { server: server.clone(), api: api(store, &key)?.because(reason) })
    }

    /// Reads and writes objects.
    pub(crate) const fn api(&self) -> &Api {
        &self.api
    }

    /// Reads and writes objects, and warns about services that a running server does not have.
    ///
    /// # Errors
    /// Whatever keeps a running server from being asked; that it does not answer only costs the warnings.
    pub(crate) async fn knowing_services(&self) -> Outcome<Api> {
        let asking = async { Client::connect(&self.server).await?.services().await };
        match asking.await {
            Ok(list) => Ok(self.api.knowing_services(list.services.into_iter().map(|service| service.name))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Timeout) => {
                Ok(self.api.clone())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the name of the object that options select.
    ///
    /// # Errors
    /// Exits with 15 if there is no such object.
    pub(crate) async fn find(&self, kind: &str, selection: &Selection) -> Outcome<String> {
        let object = match (&selection.name, selection.id) {
            (Some(name), _) => self.api.get(kind, name).await.map_err(missing)?,
            (None, id) => {
                let objects: Vec<Object> = self.api.list(kind).await?;
                objects.into_iter().find(|object| Some(object.id) == id).ok_or_else(|| {
                    let message = format!("there is no {kind} of number {}", id.unwrap_or_default());
                    Failure::new(ExitCode::InvalidInput, message)
                })?
            }
        };
        Ok(object.name)
    }

    /// Waits until a running server has a revision in force; gives a line that says so.
    pub(crate) async fn make_live(&self, revision: i64) -> Outcome<String> {
        sync(&self.server, revision).await
    }
}

/// An object that does not exist is wrong input here.
pub(crate) fn missing(error: zato_core::Error) -> Failure {
    match error.kind() {
        ErrorKind::NotFound => Failure { code: ExitCode::InvalidInput, error },
        _ => Failure::from(error),
    }
}

/// Reads and writes the objects of a store.
pub(crate) fn api(store: Store, key: &SecretKey) -> Outcome<Api> {
    Ok(Api::new(store, Cipher::new(key)?, kinds::registry()?, ACTOR))
}

/// Prints what a write warned about.
pub(crate) fn tell_warnings(output: &Output, warnings: &[zato_core::Problem]) {
    for warning in warnings {
        output.warning(warning.to_string());
    }
}

/// Brings every worker of a server to a revision; gives a line that says so. A server that does not run will
/// start with it.
///
/// # Errors
/// Exits with 16 naming the workers that could not, with 28 if the server does not answer; the change is stored all
/// the same.
pub(crate) async fn sync(server: &ServerPaths, revision: i64) -> Outcome<String> {
    let client = match Client::connect(server).await {
        Ok(client) => client,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok("The server is not running, changes will be in force when it starts".to_owned());
        }
        Err(error) => return Err(error.into()),
    };
    let report = client.sync(revision).await.map_err(|error| match error.kind() {
        ErrorKind::Timeout => {
            let message = "the change is stored, but the server does not say whether it is in force";
            Error::new(ErrorKind::Timeout, message)
                .source(error)
                .hint("it takes the change when it goes on; `zato info` shows what is in force")
        }
        _ => error,
    })?;
    if report.is_complete() {
        return Ok(live(&report));
    }
    let problems: Vec<String> = report
        .workers
        .iter()
        .filter_map(|worker| Some(format!("worker {}: {}", worker.index, worker.problem.as_ref()?)))
        .collect();
    let message = format!("the change is stored but not in force everywhere: {}", problems.join("; "));
    Err(Failure::new(ExitCode::ExceptionCaught, message)
        .hint("workers try again with the next change; `zato info` shows what each has in force"))
}

fn live(report: &SyncReport) -> String {
    let count = report.workers.len();
    let noun = if count == 1 { "worker" } else { "workers" };
    format!("Live on {count} {noun} after {} ms", report.milliseconds)
}
