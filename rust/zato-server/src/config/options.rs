//! What server.conf and its neighbors say, typed, with defaults applied.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use zato_core::guest::{SimpleIoOptions, Unit};
use zato_core::{Problem, Profile, Secret};
use zato_http::HttpOptions;

use super::deploy_patterns::DeployPatterns;
use super::patterns::Patterns;
use super::pickup::{PickupDirectory, UserDirectories};
use super::service_sources::ServiceSource;

/// Everything a server is told by its files and its environment.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Name of the server: `[misc] initial_server_name`, otherwise the name of its directory.
    pub server_name: String,
    /// Name of the cluster: `[misc] initial_cluster_name`.
    pub cluster_name: String,
    /// `[main] bind`, `gunicorn_bind`.
    pub bind: Bind,
    /// `[main] workers`, `num_threads`, `gunicorn_workers`.
    pub workers: Workers,
    /// How long workers may finish what is in flight when they are told to stop: `[main] drain_timeout`,
    /// `graceful_timeout`, `gunicorn_graceful_timeout`.
    pub drain_timeout: Duration,
    /// `[main] work_dir`.
    pub work_dir: PathBuf,
    /// `[odb]`.
    pub database: DatabaseOptions,
    /// `[hot_deploy]`, `[pickup]`, pickup.conf and service-sources.txt.
    pub hot_deploy: HotDeployOptions,
    /// How services run.
    pub runtime: RuntimeOptions,
    /// The ingress: `[http]`, `[http_response]`, `[content_type]`, `[limits]`, `[logging]`, and parts of `[misc]`.
    pub http: HttpOptions,
    /// `[misc] service_invoker_allow_internal`: names of internal services, or of channels, for which the
    /// generic invoke URL runs internal services.
    pub invoker_allows_internal: Vec<String>,
    /// `[logging] format`: how lines of log files look.
    pub log_format: LineFormat,
    /// `[startup_services_first_worker]` and the older `[startup_services]`.
    pub startup_services_first_worker: Vec<StartupService>,
    /// `[startup_services_any_worker]`.
    pub startup_services_any_worker: Vec<StartupService>,
    /// `[os_environ]`: variables to set before anything is loaded.
    pub environment: Vec<(String, Secret)>,
    /// `[user_config]`: name and path of each file services read as `self.user_config`.
    pub user_config: Vec<(String, PathBuf)>,
    /// Directories of files that services read as `self.config` and `self.static_config`.
    pub user_directories: UserDirectories,
    /// simple-io.conf.
    pub simple_io: SimpleIoOptions,
}

/// Options together with what is odd, but not fatal, about the files they came from.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// What was read.
    pub value: T,
    /// Unknown keys and stanzas, keys without effect, references that resolve to nothing.
    pub warnings: Vec<Problem>,
}

/// Address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// Host name or IP address; IPv6 without brackets.
    pub host: String,
    /// Port; 0 lets the system pick one.
    pub port: u16,
}

impl std::fmt::Display for Bind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{}:{}", self.host, self.port)
        }
    }
}

/// How many worker processes to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workers {
    /// As many as there are processors.
    Auto,
    /// Exactly that many.
    Fixed(NonZeroUsize),
}

impl Workers {
    /// Returns the number of processes; `auto` asks the machine.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::Auto => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            Self::Fixed(count) => count.get(),
        }
    }
}

/// The config store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseOptions {
    /// `[odb] engine`.
    pub engine: DatabaseEngine,
    /// File of the SQLite database: `[odb] db_name`, `DIR/zato.db` by default.
    pub path: PathBuf,
}

/// Engines of the config store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseEngine {
    /// SQLite, embedded.
    Sqlite,
}

/// Where services come from and how they are taken.
#[derive(Debug, Clone)]
pub struct HotDeployOptions {
    /// Directories watched for services, the one of `[hot_deploy] pickup_dir` first, then those of
    /// `hot-deploy.user.*` stanzas and of `Zato_Hot_Deploy_Dir`.
    pub directories: Vec<PickupDirectory>,
    /// `delete_after_pick_up`: whether files are removed once they are deployed.
    pub delete_after_pick_up: bool,
    /// `backup_history`: how many versions of a unit are kept, at most 1,000.
    pub backup_history: u32,
    /// `max_batch_size`: most bytes of source taken as one deployment (kB in the file).
    pub max_batch_size: u64,
    /// `redeploy_on_parent_change`: whether units that import a changed unit are deployed again.
    pub redeploy_on_parent_change: bool,
    /// How often directories are looked at where notifications of the system do not reach (network file
    /// systems): `[pickup] poll_interval`, `Zato_Hot_Deploy_Interval`.
    pub poll_interval: Duration,
    /// `[pickup] poll`, `ZATO_HOT_DEPLOY_PREFER_SNAPSHOTS`: never rely on notifications.
    pub is_polling: bool,
    /// How long a file must be left alone before it is read: `[pickup] settle_time`.
    pub settle_time: Duration,
    /// How long the import of one module may take before its deployment fails: `[hot_deploy] import_timeout`.
    pub import_timeout: Duration,
    /// `[deploy_patterns_allowed]`: files, modules and services that may be deployed.
    pub allowed: DeployPatterns,
    /// Entries of service-sources.txt, in order.
    pub sources: Vec<ServiceSource>,
}

impl HotDeployOptions {
    /// Modules of service-sources.txt that may be imported, in order, as units; and those that
    /// `[deploy_patterns_allowed]` refuses.
    #[must_use]
    pub fn installed_units(&self) -> (Vec<Unit>, Vec<Unit>) {
        let module = |source: &ServiceSource| match source {
            ServiceSource::Module(name) => Some(Unit::installed(name)),
            ServiceSource::Directory(_) => None,
        };
        self.sources.iter().filter_map(module).partition(|unit| self.allowed.allows_module(&unit.module))
    }
}

/// How services run.
#[derive(Debug, Clone)]
pub struct RuntimeOptions {
    /// `[compat] profile`.
    pub profile: Profile,
    /// `[compat] old_module_names`: deployed modules may import others by names that are gone, such as `httplib`.
    pub has_old_module_names: bool,
    /// `[main] max_threads`: most Python threads of a worker that run services.
    pub max_threads: usize,
    /// `[main] queue_limit`: most invocations waiting in a worker; more are answered 503.
    pub queue_limit: usize,
    /// `[main] stuck_timeout`: how long a worker goes on that can run nothing, because runs past their time limit hold
    /// everything, before it is replaced; none is for ever.
    pub stuck_timeout: Option<Duration>,
    /// `[main] switch_interval`: how long a Python thread may keep the interpreter while others wait.
    pub switch_interval: Duration,
    /// `[invoke_patterns_allowed]`: services that may be invoked.
    pub invocation_sources: Patterns,
    /// `[invoke_target_patterns_allowed]`.
    pub invocation_targets: Patterns,
}

/// How lines of log files look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineFormat {
    /// As logging.conf says.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// A service to invoke when a worker has started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartupService {
    /// Name of the service.
    pub name: String,
    /// What to give it.
    pub payload: StartupPayload,
}

/// What a start-up service is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartupPayload {
    /// The text itself; may be empty.
    Text(String),
    /// `file://PATH`: content of the file at the time of the invocation.
    File(PathBuf),
}
