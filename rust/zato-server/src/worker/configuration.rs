//! Keeps what is in force in this worker equal to the config store.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use parking_lot::Mutex as SyncMutex;
use serde_json::Value;
use tokio::sync::Mutex;
use zato_connections::{JsonPointer, Namespace, SchedulerJob, ServiceConfig, XPath};
use zato_core::guest::{Guest, ServiceSettings};
use zato_core::{Problem, Result};
use zato_http::{HttpOptions, Tables};
use zato_http_client::Connections;
use zato_schema::{Kind, decode};
use zato_store::{Changes, Cipher, ObjectKey, Snapshot, Store};

use super::OutgoingConnections;

/// Compiled configuration, and how to compile it again.
pub(super) struct Configuration {
    store: Store,
    cipher: Cipher,
    http: HttpOptions,
    /// What requests are served with.
    pub(super) tables: Arc<ArcSwap<Tables>>,
    settings: SyncMutex<Arc<ServiceSettings>>,
    /// What services call.
    outgoing: OutgoingConnections,
    /// A later revision than that of the tables that changed nothing a worker uses.
    equivalent: AtomicI64,
    /// Problems that were logged already.
    reported: SyncMutex<BTreeSet<String>>,
    /// Whether this worker logs what all workers find.
    is_spokesman: bool,
    /// One change at a time.
    changing: Mutex<()>,
}

impl Configuration {
    /// Compiles what the store says now.
    ///
    /// # Errors
    /// Whatever keeps the store from being read. Objects that cannot be used are left out and logged.
    pub(super) async fn load(
        store: Store,
        cipher: Cipher,
        http: HttpOptions,
        outgoing: OutgoingConnections,
        is_spokesman: bool,
    ) -> Result<Self> {
        let snapshot = store.snapshot().await?;
        let (tables, problems) = Tables::compile(&snapshot, &cipher, &http);
        let (settings, more) = service_settings(&snapshot, &http);
        let configuration = Self {
            store,
            cipher,
            http,
            tables: Arc::new(ArcSwap::from_pointee(tables)),
            settings: SyncMutex::new(Arc::new(settings)),
            outgoing,
            equivalent: AtomicI64::new(0),
            reported: SyncMutex::default(),
            is_spokesman,
            changing: Mutex::new(()),
        };
        let unusable = configuration.connect(&snapshot);
        configuration.report(problems.into_iter().chain(more).chain(unusable));
        Ok(configuration)
    }

    /// The revision in force.
    pub(super) fn revision(&self) -> i64 {
        self.tables.load().revision().max(self.equivalent.load(Ordering::SeqCst))
    }

    /// Whether nothing of what changed is used by workers: jobs, which services make and delete all the time, are the
    /// supervisor's business.
    fn is_irrelevant(changes: &Changes) -> bool {
        let mut kinds = changes.put.iter().map(|object| &object.kind);
        kinds.all(|kind| kind == SchedulerJob::ID)
            && changes.deleted.iter().all(|key| key.kind == SchedulerJob::ID)
    }

    /// Tells a guest about settings of services.
    pub(super) fn configure(&self, guest: &dyn Guest) {
        guest.configure(Arc::clone(&self.settings.lock()));
    }

    /// Brings at least this revision in force; gives the one that then is. Requests in flight keep what they were
    /// routed to.
    ///
    /// # Errors
    /// Whatever keeps the store from being read; what was in force stays.
    pub(super) async fn sync(&self, revision: i64, guest: &dyn Guest) -> Result<i64> {
        let _changing = self.changing.lock().await;
        if self.revision() >= revision {
            return Ok(self.revision());
        }
        let changes = self.store.changes_since(self.revision()).await?;
        if Self::is_irrelevant(&changes) {
            self.equivalent.store(changes.revision, Ordering::SeqCst);
            return Ok(changes.revision);
        }
        let snapshot = self.store.snapshot().await?;
        let (tables, problems) = Tables::compile(&snapshot, &self.cipher, &self.http);
        let (settings, more) = service_settings(&snapshot, &self.http);
        *self.settings.lock() = Arc::new(settings);
        self.configure(guest);
        let unusable = self.connect(&snapshot);
        self.tables.store(Arc::new(tables));
        self.report(problems.into_iter().chain(more).chain(unusable));
        Ok(snapshot.revision)
    }

    /// Puts outgoing connections in force; those in use by calls go on until these are over.
    fn connect(&self, snapshot: &Snapshot) -> Vec<Problem> {
        let (connections, problems) = Connections::compile(snapshot, &self.cipher, &self.outgoing.load());
        self.outgoing.store(Arc::new(connections));
        problems
    }

    fn report(&self, problems: impl Iterator<Item = Problem>) {
        let problems: BTreeSet<String> = problems.map(|problem| problem.to_string()).collect();
        let mut reported = self.reported.lock();
        if self.is_spokesman {
            for problem in problems.difference(&reported) {
                tracing::error!(target: "zato", "Configuration: {problem}");
            }
        }
        *reported = problems;
    }
}

/// Kinds that services look up by themselves; none with secrets.
const LOOKED_UP: [&str; 3] = [JsonPointer::ID, XPath::ID, Namespace::ID];

/// Collects the definitions that services look up.
fn definitions(snapshot: &Snapshot) -> HashMap<&'static str, BTreeMap<String, Value>> {
    let of_kind = |kind: &str| {
        let active = snapshot.of_kind(kind).filter(|object| object.is_active);
        active.map(|object| (object.name.clone(), object.spec.clone())).collect()
    };
    LOOKED_UP.into_iter().map(|kind| (kind, of_kind(kind))).collect()
}

/// Compiles the objects of kind `service`.
fn service_settings(snapshot: &Snapshot, http: &HttpOptions) -> (ServiceSettings, Vec<Problem>) {
    let (mut by_name, mut problems) = (HashMap::new(), Vec::new());
    for object in snapshot.of_kind(ServiceConfig::ID) {
        match decode::<ServiceConfig>(&object.spec) {
            Ok(config) => {
                by_name.insert(object.name.clone(), config.setting(object.is_active));
            }
            Err(error) => {
                let object = ObjectKey::new(ServiceConfig::ID, object.name.clone()).to_string();
                problems.push(Problem::new(error.message()).object(object));
            }
        }
    }
    let definitions = definitions(snapshot);
    (ServiceSettings { by_name, default_timeout: http.request_timeout, definitions }, problems)
}
