//! Configuration that services of this worker read and change.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use zato_core::administration::{Administration, AdministrationRequest, AdministrationTask};
use zato_core::{Error, ErrorKind, Result};
use zato_schema::Registry;
use zato_store::{Cipher, Object, Store};

use crate::api::{Api, DeleteOptions, NewObject, Written};
use crate::control::{Notice, Peer, SyncReport};
use crate::scheduler::{Executed, JobKey};

/// Answers services, on the control thread.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    pub(super) runtime: Handle,
    pub(super) store: Store,
    pub(super) cipher: Cipher,
    pub(super) registry: Registry,
    pub(super) supervisor: Peer,
}

impl Administration for Desk {
    fn carry_out(&self, request: AdministrationRequest) -> BoxFuture<'static, Result<Value>> {
        let (sender, receiver) = oneshot::channel();
        let desk = self.clone();
        self.runtime.spawn(async move {
            // A service whose time is over does not wait any more.
            drop(sender.send(desk.answer(request).await));
        });
        async move {
            receiver.await.unwrap_or_else(|_| {
                Err(Error::new(
                    ErrorKind::Conflict,
                    "the worker is stopping, configuration cannot be changed any more",
                ))
            })
        }
        .boxed()
    }
}

impl Desk {
    async fn answer(&self, request: AdministrationRequest) -> Result<Value> {
        let AdministrationRequest { actor, cid, operation } = request;
        let api =
            Api::new(self.store.clone(), self.cipher.clone(), self.registry.clone(), actor).because(cid);
        match operation {
            AdministrationTask::List { kind } => json(api.list(&kind).await?),
            AdministrationTask::Create { kind, name, is_active, spec } => {
                let written = api.create(vec![NewObject { kind, name, is_active, spec }]).await?;
                json(self.in_force(written).await?)
            }
            AdministrationTask::Edit { kind, name, new_name, changes } => {
                let mut written = api.edit(&kind, &name, &changes, None).await?;
                if let Some(new_name) = new_name.filter(|new_name| *new_name != name) {
                    written = api.rename(&kind, &name, &new_name, None).await?;
                }
                json(self.in_force(written).await?)
            }
            AdministrationTask::Delete { kind, name } => {
                let written = api.delete(&kind, &name, DeleteOptions::default()).await?;
                self.sync(written.revision).await;
                Ok(Value::Null)
            }
            AdministrationTask::ExecuteJob { name } => {
                let job = JobKey::Name(name);
                json(self.supervisor.ask::<Executed>(&Notice::ExecuteJob { job }).await?)
            }
        }
    }

    /// Waits until what was written is in force, and gives the object.
    async fn in_force(&self, written: Written) -> Result<Object> {
        self.sync(written.revision).await;
        let object = written.objects.into_iter().next();
        object.ok_or_else(|| Error::new(ErrorKind::Conflict, "the object was deleted at this moment"))
    }

    /// Waits until every worker works with a revision. What keeps one from it is in its log; the change is stored.
    async fn sync(&self, revision: i64) {
        if let Err(error) = self.supervisor.ask::<SyncReport>(&Notice::Sync { revision }).await {
            tracing::warn!(%error, "workers follow revision {revision} later");
        }
    }
}

fn json(answer: impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(answer)
        .map_err(|error| Error::new(ErrorKind::Internal, "could not encode an answer").source(error))
}
