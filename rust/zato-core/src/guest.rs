//! The guest runs services. `zato-py` is the real one; tests use closures.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::administration::Administration;
use crate::compat::Profile;
use crate::error::Result;
use crate::invocation::Invocation;
use crate::problem::Problem;
use crate::secret::Secret;

/// One file of a deployment unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Path inside the unit, with forward slashes; the file name for single-file units.
    pub path: String,
    /// Where the file was picked up; shown in tracebacks.
    pub location: PathBuf,
    /// Its text.
    pub content: String,
}

/// What is deployed as one thing: a module (one file) or a package (a directory with `__init__.py`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Identity across versions: path below the pickup root, for instance `crm.py` or `billing` (a package).
    pub key: String,
    /// Name of the Python module or package, for instance `crm` or `billing`.
    pub module: String,
    /// Whether it is a package.
    pub is_package: bool,
    /// Whether it belongs to the server itself.
    pub is_internal: bool,
    /// Its files; one for a module. None for a module or package that the guest finds by its name, wherever it is
    /// installed.
    pub files: Vec<SourceFile>,
    /// SHA-256 over paths and contents, hexadecimal.
    pub hash: String,
}

impl Unit {
    /// A module or package that the guest finds by its name. It is not in the config store, and is loaded once, when a
    /// worker starts.
    #[must_use]
    pub fn installed(module: &str) -> Self {
        Self {
            key: format!("module:{module}"),
            module: module.to_owned(),
            is_package: false,
            is_internal: false,
            files: Vec::new(),
            hash: String::new(),
        }
    }
}

/// What a deployment wants to change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitChanges {
    /// Units that are new or changed.
    pub put: Vec<Unit>,
    /// Keys of units that are gone.
    pub delete: Vec<String>,
}

/// A service as the guest knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceInfo {
    /// Service name, for instance `crm.get-client`.
    pub name: String,
    /// Module and class, for instance `crm.GetClient`.
    pub impl_name: String,
    /// Key of the unit it was deployed by.
    pub unit: String,
    /// File the class is in.
    pub file: String,
    /// One-based line of the class.
    pub line: u64,
    /// Whether it belongs to the server itself.
    pub is_internal: bool,
}

/// What became of one unit when a deployment was prepared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedUnit {
    /// Key of the unit.
    pub key: String,
    /// Services it will provide; empty if it failed or holds none.
    pub services: Vec<ServiceInfo>,
    /// Keys of other deployed units it imports.
    pub depends_on: Vec<String>,
    /// Whether the unit is there only because something it imports changed.
    pub is_dependant: bool,
    /// Why it cannot be deployed; empty if it can.
    pub problems: Vec<Problem>,
}

/// What a guest is told when it is made.
#[derive(Debug, Clone)]
pub struct GuestOptions {
    /// Directory of the server (`DIR/server1`).
    pub base_dir: PathBuf,
    /// Name of the server.
    pub server_name: String,
    /// Name of the cluster.
    pub cluster_name: String,
    /// Number of this worker, from 0.
    pub worker_index: usize,
    /// Default compat profile.
    pub profile: Profile,
    /// Told which unit is being imported.
    pub on_import: ImportListener,
    /// Most Python threads at once.
    pub max_threads: usize,
    /// Most invocations waiting; more are refused with [`crate::invocation::FailureKind::Overloaded`].
    pub queue_limit: usize,
    /// `sys.setswitchinterval`, if it is to be changed.
    pub switch_interval: Duration,
    /// Name inference of SimpleIO (reference operations 4.3).
    pub simple_io: SimpleIoOptions,
    /// The secret key, if the server was given it instead of finding it in secrets.conf.
    pub secret_key: Option<Secret>,
    /// `[misc] service_invoker_allow_internal`: internal services, or channels, for which the invoker service runs
    /// internal services.
    pub invoker_allows_internal: Vec<String>,
    /// Directories of files that services read as `self.static_config`; the later ones win.
    pub static_directories: Vec<PathBuf>,
    /// Which services may be deployed (`[deploy_patterns_allowed]`); decided by the host.
    pub is_service_allowed: ServiceFilter,
    /// Whether deployed modules may import others by names that are gone (`[compat] old_module_names`).
    pub has_old_module_names: bool,
}

/// A service that is about to be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCandidate {
    /// Its name.
    pub name: String,
    /// Module its class is in, as services are named after it.
    pub module: String,
    /// The file its class is in, by each of the paths it is known by.
    pub files: Vec<String>,
}

/// Decides whether a service may be deployed.
#[derive(Clone)]
pub struct ServiceFilter(pub Arc<dyn Fn(&ServiceCandidate) -> bool + Send + Sync>);

impl std::fmt::Debug for ServiceFilter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ServiceFilter")
    }
}

/// What is told the key of a unit, or none.
pub type OnImport = dyn Fn(Option<&str>) + Send + Sync;

/// Told the key of each unit before it is imported, and none after the last one; at once and by the thread that
/// imports, as the import may end the process.
#[derive(Clone)]
pub struct ImportListener(pub Arc<OnImport>);

impl std::fmt::Debug for ImportListener {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ImportListener")
    }
}

/// Name-based type inference of SimpleIO elements; the stanzas of `simple-io.conf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimpleIoOptions {
    /// `[bool]`.
    pub boolean: NamePatterns,
    /// `[int]`.
    pub integer: NamePatterns,
    /// `[secret]`.
    pub secret: NamePatterns,
    /// `[default] response_elem`.
    pub response_element: String,
    /// `[default] skip_empty_request_keys`: whether empty inputs are left out where a declaration says nothing (3.2).
    pub skips_empty_input: bool,
}

/// Exact names, prefixes and suffixes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamePatterns {
    /// Names as a whole.
    pub exact: Vec<String>,
    /// Beginnings.
    pub prefixes: Vec<String>,
    /// Endings.
    pub suffixes: Vec<String>,
}

/// Figures of a guest at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestStatistics {
    /// Invocations waiting for a thread.
    pub queued: usize,
    /// Invocations running.
    pub running: usize,
    /// Threads that exist.
    pub threads: usize,
    /// Threads held by runs that should have ended a while ago.
    #[serde(default)]
    pub overdue: usize,
    /// Invocations refused because the queue was full.
    pub refused: u64,
    /// Services deployed.
    pub services: usize,
}

/// Why a guest runs nothing any more, and will not until a run ends that should have ended already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standstill {
    /// What is held, for instance `all 256 threads`.
    pub held: String,
    /// Services whose runs are past their time, each with how many runs there are.
    pub services: BTreeMap<String, usize>,
}

impl std::fmt::Display for Standstill {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { held, services } = self;
        let verb = if held.starts_with("all ") { "are" } else { "is" };
        write!(formatter, "{held} {verb} held by runs past their time limit:")?;
        for (index, (service, runs)) in services.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(formatter, "{comma} `{service}` ({runs})")?;
        }
        Ok(())
    }
}

/// Runs services for the server. Implemented by `zato-py` with an interpreter and by tests with closures.
pub trait Guest: Send + Sync {
    /// Queues an invocation. Never blocks, never fails: a full queue answers through [`Invocation::reply`].
    fn submit(&self, invocation: Invocation);

    /// Called once, before the first invocation: services change configuration through this.
    fn on_administration(&self, administration: Arc<dyn Administration>) {
        drop(administration);
    }

    /// Called once the worker accepts connections on a port; forked children must not keep its sockets.
    fn on_listening(&self, port: u16) {
        let _ = port;
    }

    /// Called by the I/O thread when it is about to sleep; a guest that coalesces wake-ups sends them now. Gives
    /// whether invocations wait for the very CPU that the I/O thread runs on.
    fn on_io_park(&self) -> bool {
        false
    }

    /// Called once, before the first invocation: threads of a guest that [`hold`](crate::wakeups::hold) wake-ups
    /// back flush them here.
    fn on_serving(&self, wakeups: Arc<dyn crate::Wakeups>) {
        drop(wakeups);
    }

    /// Returns the services in force, sorted by name.
    fn services(&self) -> Vec<ServiceInfo>;

    /// Whether a service of that name is in force.
    fn has_service(&self, name: &str) -> bool;

    /// Imports changed units aside, without putting anything in force. At most one deployment is prepared at
    /// a time; preparing another aborts the first. Gives one entry for every unit in `changes.put`, and
    /// one for every unit in force that imports one of them (directly or not), which is prepared as well.
    fn prepare(&self, deployment: i64, changes: UnitChanges)
    -> BoxFuture<'static, Result<Vec<PreparedUnit>>>;

    /// Puts the named units of the prepared deployment in force, all at once, and drops the deleted ones;
    /// calls in flight finish on the old classes. Gives the services in force afterwards.
    fn commit(&self, deployment: i64, units: Vec<String>) -> BoxFuture<'static, Result<Vec<ServiceInfo>>>;

    /// Forgets a prepared deployment.
    fn abort(&self, deployment: i64) -> BoxFuture<'static, Result<()>>;

    /// Returns current figures.
    fn statistics(&self) -> GuestStatistics;

    /// Replaces settings that services may have: which are switched off, and how long they may run.
    fn configure(&self, settings: Arc<ServiceSettings>);

    /// Replaces the configuration files of users, unless what is in force is newer. Once it is done, every invocation
    /// that begins sees the new ones.
    fn configure_user(&self, configuration: Arc<UserConfiguration>) -> BoxFuture<'static, Result<()>> {
        drop(configuration);
        Box::pin(std::future::ready(Ok(())))
    }

    /// Called once, before units are loaded: how services may look at what is configured.
    fn on_configured(&self, objects: Arc<dyn ConfiguredObjects>) {
        drop(objects);
    }

    /// Takes no more invocations and waits for the running ones; gives whether all ended in time.
    fn drain(&self, limit: Duration) -> BoxFuture<'static, bool>;

    /// Says why nothing can run any more, if that is so. Asked about once a second; must not wait for anything that
    /// services can hold.
    fn standstill(&self) -> Option<Standstill> {
        None
    }

    /// Answers everything that waits for a thread, and takes no more, because the worker is about to be replaced.
    /// Must not wait for anything that services can hold.
    fn give_up(&self) {}

    /// Writes to the log what every thread that runs services is doing. Gives back at once; the log follows.
    fn write_stacks(&self) {}

    /// Returns the key of the unit whose import is going on in [`Self::prepare`], if any, so that an import that
    /// hangs can be named.
    fn preparing(&self) -> Option<String> {
        None
    }
}

/// Settings of services that are not in their code; objects of kind `service`.
#[derive(Debug, Clone, Default)]
pub struct ServiceSettings {
    /// By service name.
    pub by_name: std::collections::HashMap<String, ServiceSetting>,
    /// How long a service may run where its own setting is silent; none is forever.
    pub default_timeout: Option<Duration>,
    /// Definitions that services look up by name, by kind: what the store has of them. Of kinds without secrets only.
    pub definitions: std::collections::HashMap<&'static str, BTreeMap<String, serde_json::Value>>,
}

/// Settings of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSetting {
    /// Whether it may be invoked.
    pub is_active: bool,
    /// How long it may run.
    pub timeout: Option<Duration>,
    /// Above this time a call is logged as slow.
    pub slow_threshold: Option<Duration>,
}

/// Files of users, as services read them through `self.config` (reference service-api 3.7).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserConfiguration {
    /// Greater with every change.
    pub version: u64,
    /// A JSON object: `files` has the content of each file by its key, `aliases` the second name of files that
    /// server.conf gives a label, `environment` variables that files set.
    pub content: String,
}

impl std::fmt::Debug for UserConfiguration {
    /// Without the content, which may hold secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("UserConfiguration").field("version", &self.version).finish_non_exhaustive()
    }
}

/// What is configured, for services that look at it.
pub trait ConfiguredObjects: Send + Sync {
    /// The revision of the config store that is in force in this process.
    fn revision(&self) -> i64;

    /// Returns the cluster as a JSON object, its `id` and `name`. Blocks until the store has answered.
    ///
    /// # Errors
    /// Whatever keeps the store from being read.
    fn cluster(&self) -> Result<String>;

    /// Returns all objects of a kind as a JSON array, without their secrets. Blocks until the store has answered.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such kind; whatever keeps the store from
    /// being read.
    fn list(&self, kind: &str) -> Result<String>;
}
