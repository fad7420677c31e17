//! Changing what a cluster is told: through `zato_server::api`, then in every worker of a running server.

use clap::Args;
use zato_core::{Error, ErrorKind, Secret};
use zato_server::config::ServerPaths;
use zato_server::control::{Client, SyncReport};
use zato_store::{Cipher, Object, Store};

use crate::exit::{ExitCode, Failure, Outcome};
use crate::initial::NewObject;
use crate::{secrets, store};

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
pub(crate) struct Admin {
    server: ServerPaths,
    store: Store,
    cipher: Cipher,
}

impl Admin {
    /// Opens the config store of a server with its key.
    pub(crate) async fn open(server: &ServerPaths) -> Outcome<Self> {
        let cipher = Cipher::new(&secrets::key_of(server)?)?;
        Ok(Self { server: server.clone(), store: store::open(server).await?, cipher })
    }

    /// Creates objects, all or none.
    pub(crate) async fn create(&self, _objects: Vec<NewObject>, _reason: &str) -> Outcome<Vec<Object>> {
        let _ = &self.cipher;
        Err(Error::new(ErrorKind::Internal, "the api is not there yet").into())
    }

    /// Deletes an object.
    pub(crate) async fn delete(&self, _kind: &str, _name: &str) -> Outcome {
        Err(Error::new(ErrorKind::Internal, "the api is not there yet").into())
    }

    /// Changes the password of a definition; gives its username if it has one.
    pub(crate) async fn change_password(
        &self,
        _kind: &str,
        _name: &str,
        _password: &Secret,
    ) -> Outcome<Option<String>> {
        Err(Error::new(ErrorKind::Internal, "the api is not there yet").into())
    }

    /// Whether there is an object of that kind and name.
    pub(crate) async fn exists(&self, kind: &str, name: &str) -> Outcome<bool> {
        Ok(self.store.get(kind, name).await?.is_some())
    }

    /// Returns the name of the object that options select.
    pub(crate) async fn find(&self, kind: &str, selection: &Selection) -> Outcome<String> {
        let objects = self.store.list(kind).await?;
        let is_selected = |object: &Object| match (&selection.name, selection.id) {
            (Some(name), _) => object.name == *name,
            (None, id) => Some(object.id) == id,
        };
        if let Some(object) = objects.into_iter().find(is_selected) {
            return Ok(object.name);
        }
        let which = match (&selection.name, selection.id) {
            (Some(name), _) => format!("called `{name}`"),
            (None, id) => format!("of number {}", id.unwrap_or_default()),
        };
        Err(Failure::new(ExitCode::InvalidInput, format!("there is no {kind} {which}"))
            .hint("`zato enmasse PATH --export` shows what there is"))
    }

    /// Waits until a running server has put the store's revision in force; gives a line that says so.
    pub(crate) async fn make_live(&self) -> Outcome<String> {
        sync(&self.server, self.store.revision().await?).await
    }
}

/// Brings every worker of a server to a revision; gives a line that says so. A server that does not run will
/// start with it.
pub(crate) async fn sync(server: &ServerPaths, revision: i64) -> Outcome<String> {
    let client = match Client::connect(server).await {
        Ok(client) => client,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok("The server is not running, changes will be in force when it starts".to_owned());
        }
        Err(error) => return Err(error.into()),
    };
    let report = client.sync(revision).await?;
    if report.is_complete() {
        return Ok(live(&report));
    }
    let problems: Vec<String> = report
        .workers
        .iter()
        .filter_map(|worker| Some(format!("worker {}: {}", worker.index, worker.problem.as_ref()?)))
        .collect();
    Err(Failure::new(
        ExitCode::ExceptionCaught,
        format!("the change is stored but not in force everywhere: {}", problems.join("; ")),
    )
    .hint("workers try again with the next change; `zato info` shows what each has in force"))
}

fn live(report: &SyncReport) -> String {
    let count = report.workers.len();
    let noun = if count == 1 { "worker" } else { "workers" };
    format!("Live on {count} {noun} after {} ms", report.milliseconds)
}

/// Gives a new store its cluster and the objects of each cluster.
pub(crate) async fn create_cluster(
    _store: &Store,
    _cipher: &Cipher,
    _name: &str,
    _objects: Vec<NewObject>,
) -> Outcome {
    Err(Error::new(ErrorKind::Internal, "the api is not there yet").into())
}
