//! What is asked over the control socket, and by whom.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use zato_connections::scheduler::job::JobType;
use zato_core::Problem;
use zato_core::guest::{PreparedUnit, UnitChanges, UserConfiguration};
use zato_store::RunOutcome;

use crate::scheduler::JobKey;

/// What a client (the CLI) asks the supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Gives a [`super::ServerStatus`].
    Status,
    /// Brings every worker to at least this revision of the config store; gives a [`super::SyncReport`].
    Sync {
        /// The revision.
        revision: i64,
    },
    /// Deploys a file, a package or a directory of them; gives a [`super::DeploymentReport`].
    Deploy {
        /// Absolute path.
        path: PathBuf,
        /// Who deploys; kept in the deployment record.
        actor: String,
    },
    /// Imports units aside on one worker without putting them in force; gives a [`super::DeploymentReport`].
    CheckUnits {
        /// Absolute path of a file, a package or a directory of them.
        path: PathBuf,
    },
    /// Puts an older version of a unit in force again; gives a [`super::DeploymentReport`].
    Rollback {
        /// Key of the unit, for instance `crm.py`.
        unit: String,
        /// How many deployed versions to go back, at least 1.
        steps: u32,
        /// Who asks; kept in the deployment record.
        actor: String,
    },
    /// Gives the latest deployments, newest first, as the store records them.
    Deployments {
        /// At most that many.
        limit: u32,
    },
    /// Gives a [`super::ServiceList`].
    Services,
    /// Gives the metrics of all workers in the Prometheus text format.
    Metrics,
    /// Changes the log level of a logger in every process until the next restart.
    LogLevel {
        /// Name of the logger, for instance `zato` or `crm`; empty for the root.
        logger: String,
        /// For instance `DEBUG`; none takes the level back.
        level: Option<String>,
    },
    /// Stops the server; answered once stopping has begun, the connection closes when the supervisor is gone.
    Stop {
        /// Whether to kill workers instead of letting them finish what is in flight.
        is_immediate: bool,
    },
}

/// What a worker tells the supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Notice {
    /// First of all; answered with a [`Welcome`].
    Hello(Hello),
    /// The units in force at the time of the welcome are loaded. Answered with `null` once the worker may serve,
    /// which at the start of a server is after the first deployment. From here on the worker takes part in
    /// deployments.
    Restored(Restored),
    /// Requests are being accepted.
    Ready,
    /// Somebody asked this worker for the metrics of the server; answered with the text.
    Metrics,
    /// A service changed configuration; answered with a [`super::SyncReport`] once every worker works with it.
    Sync {
        /// Revision of the config store that has the change.
        revision: i64,
    },
    /// A service wants a job to run now; answered with a [`crate::scheduler::Executed`] when the run begins.
    ExecuteJob {
        /// Which job.
        job: JobKey,
    },
    /// Everything in flight is finished, and what was to be told about it was told before this; answered with `null`.
    Drained,
    /// Nothing can run in the worker any more, and it ends; another process should take its place.
    Stuck {
        /// Its process ID.
        pid: u32,
        /// What is in the way.
        why: String,
    },
    /// The worker cannot start, and starting it again will not help.
    Unable {
        /// The report of the error.
        report: String,
    },
}

/// Who a worker is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Its number, from 0.
    pub index: usize,
    /// Its process ID.
    pub pid: u32,
}

/// What a worker needs to know that its own configuration does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Where to listen; the port is decided even if the configuration leaves it open.
    pub bind: SocketAddr,
    /// Counts deployments since the supervisor was started; what is in the store now includes all up to this.
    pub epoch: u64,
    /// Configuration files of users as they are now.
    pub user_configuration: UserConfiguration,
}

/// What a worker has loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The epoch of its [`Welcome`] or of the latest [`Order::CatchUp`].
    pub epoch: u64,
    /// Revision of the config store it works with.
    pub revision: i64,
    /// What became of each unit; those with problems are not in force in this worker.
    pub units: Vec<PreparedUnit>,
    /// Version of the configuration files of users that it works with.
    pub user_configuration: u64,
}

/// What the supervisor orders a worker to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Order {
    /// Imports units aside; answered with a [`Prepared`].
    Prepare {
        /// Identifier of the deployment.
        deployment: i64,
        /// What changes.
        changes: UnitChanges,
        /// How long the import of one unit may take, in milliseconds.
        limit: u64,
    },
    /// Puts prepared units in force; answered with the [`zato_core::guest::ServiceInfo`]s then in force.
    Commit {
        /// Identifier of the deployment.
        deployment: i64,
        /// Keys of the units, dependants included.
        units: Vec<String>,
        /// The epoch that the worker is then at.
        epoch: u64,
    },
    /// Forgets prepared units.
    Abort {
        /// Identifier of the deployment.
        deployment: i64,
    },
    /// Compares units in force with those of the store and loads what differs; answered with a [`Restored`].
    CatchUp {
        /// The epoch that the store is at.
        epoch: u64,
    },
    /// Reads the config store unless at that revision already; answered with the revision then in force.
    Sync {
        /// The revision.
        revision: i64,
    },
    /// Puts configuration files of users in force, unless it has newer ones; answered once services see them.
    UserConfiguration {
        /// All files.
        configuration: UserConfiguration,
    },
    /// Invokes the service of a job; answered with a [`JobReport`] when the service is done.
    RunJob(JobOrder),
    /// Gives the [`zato_core::guest::ServiceInfo`]s in force.
    Services,
    /// Gives [`zato_core::guest::GuestStatistics`].
    Statistics,
    /// Gives this worker's own metrics in the Prometheus text format.
    Metrics,
    /// See [`Request::LogLevel`].
    LogLevel {
        /// Name of the logger; empty for the root.
        logger: String,
        /// The level; none takes it back.
        level: Option<String>,
    },
    /// Takes no more requests, finishes those in flight and exits; answered at once.
    Drain,
}

/// A run of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobOrder {
    /// Identity of the job's object.
    pub id: i64,
    /// Name of the job.
    pub name: String,
    /// The service to invoke.
    pub service: String,
    /// What services see in `self.job_type`.
    pub job_type: JobType,
    /// What the service gets as its request.
    pub extra: String,
    /// Correlation ID.
    pub cid: String,
    /// How long the run may take, in milliseconds; none if the job does not say.
    pub limit: Option<u64>,
}

/// What became of a run of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobReport {
    /// What became of it.
    pub outcome: RunOutcome,
    /// Why, if that is worth saying.
    pub detail: String,
}

/// What became of the units of a deployment in one worker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// One entry for each unit, dependants included.
    pub units: Vec<PreparedUnit>,
}

impl Prepared {
    /// Refuses all of the given units for the same reason.
    #[must_use]
    pub fn refused(changes: &UnitChanges, problem: &Problem) -> Self {
        let refuse = |key: &String| PreparedUnit {
            key: key.clone(),
            problems: vec![problem.clone()],
            ..PreparedUnit::default()
        };
        Self { units: changes.put.iter().map(|unit| refuse(&unit.key)).collect() }
    }
}
