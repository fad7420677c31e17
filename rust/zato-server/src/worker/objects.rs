//! What is configured, for services that look at it. Read from the store when they ask, as hardly any does.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use arc_swap::ArcSwap;
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;
use zato_core::guest::ConfiguredObjects;
use zato_core::{Error, ErrorKind, Result};
use zato_http::Tables;
use zato_schema::{DynKind, Registry};
use zato_store::{Object, Store};

use crate::kinds;

/// How long the store may take to answer.
const LIMIT: Duration = Duration::from_secs(10);

/// Objects of the config store.
pub(super) struct Objects {
    store: Store,
    tables: Arc<ArcSwap<Tables>>,
    kinds: Registry,
    runtime: Handle,
}

impl Objects {
    /// Reads from a store, on the runtime that calls this.
    ///
    /// # Errors
    /// As [`kinds::registry`].
    pub(super) fn new(store: Store, tables: Arc<ArcSwap<Tables>>) -> Result<Self> {
        Ok(Self { store, tables, kinds: kinds::registry()?, runtime: Handle::current() })
    }

    fn ask<T: Send + 'static>(
        &self,
        question: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = mpsc::channel();
        // If nobody waits any more, nobody needs the answer.
        self.runtime.spawn(async move { drop(sender.send(question.await)) });
        receiver.recv_timeout(LIMIT).unwrap_or_else(|_| {
            let message = format!("the config store did not answer within {} s", LIMIT.as_secs());
            Err(Error::new(ErrorKind::Timeout, message))
        })
    }
}

impl ConfiguredObjects for Objects {
    fn revision(&self) -> i64 {
        self.tables.load().revision()
    }

    fn cluster(&self) -> Result<String> {
        let store = self.store.clone();
        let cluster = self.ask(async move { store.cluster().await })?;
        let cluster =
            cluster.ok_or_else(|| Error::new(ErrorKind::NotFound, "the config store has no cluster"))?;
        Ok(json!({"id": cluster.id, "name": cluster.name}).to_string())
    }

    fn list(&self, kind: &str) -> Result<String> {
        let described = self.kinds.require(kind)?;
        let (sender, receiver) = mpsc::channel();
        let (store, id) = (self.store.clone(), described.id());
        // If nobody waits any more, nobody needs it.
        self.runtime.spawn(async move { drop(sender.send(store.list(id).await)) });
        let objects = receiver.recv_timeout(LIMIT).unwrap_or_else(|_| {
            let message =
                format!("the config store gave no objects of kind {id} within {} s", LIMIT.as_secs());
            Err(Error::new(ErrorKind::Timeout, message))
        })?;
        Ok(Value::Array(objects.iter().map(|object| shown(described, object)).collect()).to_string())
    }
}

/// An object with its fields; secrets are left out.
fn shown(kind: &DynKind, object: &Object) -> Value {
    let mut shown = Map::new();
    for (name, value) in object.spec.as_object().into_iter().flatten() {
        if !kind.field(name).is_some_and(|field| field.is_secret) {
            shown.insert(name.clone(), value.clone());
        }
    }
    shown.insert("id".to_owned(), object.id.into());
    shown.insert("name".to_owned(), object.name.clone().into());
    shown.insert("is_active".to_owned(), object.is_active.into());
    Value::Object(shown)
}
