//! What the supervisor answers.

use std::net::SocketAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zato_core::Problem;
use zato_core::guest::{GuestStatistics, ServiceInfo};

/// A running server at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerStatus {
    /// Its name.
    pub name: String,
    /// Name of its cluster.
    pub cluster: String,
    /// Version of the software.
    pub version: String,
    /// Process ID of the supervisor.
    pub pid: u32,
    /// When the supervisor was started.
    pub started_at: Timestamp,
    /// Where requests are accepted.
    pub address: SocketAddr,
    /// Whether all workers accept requests.
    pub is_ready: bool,
    /// Whether the server is stopping.
    pub is_stopping: bool,
    /// Revision of the config store as last seen by the supervisor.
    pub revision: i64,
    /// Identifier of the latest finished deployment, if there was one since the start.
    pub deployment: Option<i64>,
    /// How many units are deployed.
    pub units: usize,
    /// Directories watched for services.
    pub pickup: Vec<String>,
    /// Its workers.
    pub workers: Vec<WorkerStatus>,
}

/// Where a worker is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkerPhase {
    /// The process has been started and has not loaded everything yet.
    Starting,
    /// Everything is loaded; takes part in deployments but does not accept requests yet.
    Joined,
    /// Accepts requests.
    Ready,
    /// Finishes what is in flight.
    Draining,
    /// Ended unexpectedly and waits to be started again.
    Waiting,
    /// Ended for good.
    Stopped,
}

/// One worker at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerStatus {
    /// Its number, from 0.
    pub index: usize,
    /// Its process ID, if it runs.
    pub pid: Option<u32>,
    /// Where it is in its life.
    pub phase: WorkerPhase,
    /// How often it was started again.
    pub restarts: u64,
    /// Revision of the config store in force.
    pub revision: i64,
    /// How its previous process ended.
    pub last_exit: Option<String>,
    /// Figures of its guest, if it answered in time.
    pub statistics: Option<GuestStatistics>,
}

/// What became of a revision of the config store on its way into the workers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncReport {
    /// The revision asked for.
    pub revision: i64,
    /// How long it took altogether, in milliseconds.
    pub milliseconds: u64,
    /// Every worker.
    pub workers: Vec<WorkerSync>,
}

impl SyncReport {
    /// Whether the revision is in force everywhere. A worker that is being started counts: it starts with the
    /// latest revision.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.workers.iter().all(|worker| worker.problem.is_none())
    }
}

/// What became of a revision in one worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerSync {
    /// Number of the worker.
    pub index: usize,
    /// Revision then in force; none for a worker that is being started.
    pub revision: Option<i64>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// Why it is not in force there.
    pub problem: Option<String>,
}

/// What became of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentReport {
    /// Identifier in the store; none if there was nothing to deploy, or if it was only a check.
    pub deployment: Option<i64>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// Every unit of the deployment, and every unit that had to be deployed along with them.
    pub units: Vec<UnitReport>,
    /// Keys of units that are gone.
    pub deleted: Vec<String>,
    /// Units that are in force as they are, with the services they provide.
    pub unchanged: Vec<UnitReport>,
    /// Keys of units that `[deploy_patterns_allowed]` does not let through.
    pub skipped: Vec<String>,
    /// Files and directories that cannot be units at all.
    #[serde(default)]
    pub refused: Vec<Problem>,
}

impl DeploymentReport {
    /// Whether nothing failed.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.refused.is_empty() && self.units.iter().all(|unit| unit.problems.is_empty())
    }

    /// Adds units that have failed already.
    pub(crate) fn with_failed(mut self, failures: Vec<UnitFailure>) -> Self {
        for UnitFailure { key, hash, deployment, problems, .. } in failures {
            self.deployment = self.deployment.or(deployment);
            self.units.push(UnitReport { key, hash, problems, ..UnitReport::default() });
        }
        self
    }
}

/// What became of one unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitReport {
    /// Its key.
    pub key: String,
    /// Hash of its sources; empty if they could not be read.
    pub hash: String,
    /// Whether it was deployed only because something it imports changed.
    pub is_dependant: bool,
    /// Services it provides; empty if it failed.
    pub services: Vec<ServiceInfo>,
    /// Why it failed; empty if it did not.
    pub problems: Vec<Problem>,
}

/// The services of a server, and what could not be deployed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceList {
    /// Services in force, sorted by name.
    pub services: Vec<ServiceInfo>,
    /// Units whose latest version failed, sorted by key. An older version of them may be in force.
    pub failures: Vec<UnitFailure>,
}

/// The latest attempt to deploy a unit, if it failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitFailure {
    /// Key of the unit.
    pub key: String,
    /// Hash of the sources that failed; empty if they could not be read.
    pub hash: String,
    /// The deployment it failed in.
    pub deployment: Option<i64>,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub problems: Vec<Problem>,
}
