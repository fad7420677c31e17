//! Carries out deployments, one after another.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use zato_core::guest::{Unit, UnitChanges};
use zato_core::{Error, ErrorKind, Problem, Result};
use zato_store::{AcknowledgementStatus, DeploymentResult, Store, UnitResult, UnitStatus};

use super::current::CurrentDirectory;
use super::initial::{self, PICKUP};
use super::read::UnreadableUnit;
use super::record::{self, Records};
use super::transaction::{Acknowledgement, Outcome, Transaction};
use super::watcher::{self, PickedUp};
use crate::control::{DeploymentReport, UnitReport};
use crate::supervisor::fleet::Fleet;

/// Who deploys what is picked up.
const SERVER: &str = "server";

/// How often a deployment is tried that the store could not take.
const STORE_ATTEMPTS: u32 = 3;

/// How long to wait before it is tried again.
const STORE_PAUSE: Duration = Duration::from_millis(500);

/// How long the first deployment waits for workers before it goes on with those that are there.
const JOIN_LIMIT: Duration = Duration::from_secs(20);

/// Something to deploy that does not come from a pickup directory.
#[derive(Debug)]
pub(crate) enum Job {
    /// Puts units in force.
    Deploy { units: Vec<Unit>, actor: String, reply: Reply },
    /// Puts an older version of a unit in force.
    Rollback { unit: String, steps: u32, actor: String, reply: Reply },
    /// Imports units without putting them in force.
    Check { units: Vec<Unit>, reply: Reply },
}

type Reply = oneshot::Sender<Result<DeploymentReport>>;

/// What a deployer works with.
#[derive(Debug)]
pub(crate) struct Deployer {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) store: Store,
    pub(crate) records: Arc<Records>,
    /// Name of the server, for acknowledgments.
    pub(crate) server: String,
    /// `work/hot-deploy/current`.
    pub(crate) current: PathBuf,
    /// How long the import of one unit may take.
    pub(crate) import_limit: Duration,
    /// Whether units that import a changed one change with it.
    pub(crate) includes_dependants: bool,
    /// Whether files are removed from pickup directories once they are deployed.
    pub(crate) deletes_after_pick_up: bool,
    /// Most bytes of source in one deployment.
    pub(crate) max_batch_size: u64,
}

/// One deployment.
struct Batch {
    changes: UnitChanges,
    unreadable: Vec<UnreadableUnit>,
    actor: String,
    reason: String,
    since: Instant,
}

impl Deployer {
    /// Deploys what changed while the server was down, lets workers serve, and then whatever comes.
    pub(crate) async fn run(
        self,
        mut picked_up: mpsc::UnboundedReceiver<PickedUp>,
        mut jobs: mpsc::UnboundedReceiver<Job>,
    ) {
        if let Some(found) = picked_up.recv().await {
            if let Err(error) = self.start(found).await {
                tracing::error!(target: "zato", "Pickup directories could not be compared with the store: {}", error.report());
            }
        }
        self.fleet.allow_serving();
        self.show_current().await;
        loop {
            tokio::select! {
                found = picked_up.recv() => match found {
                    Some(found) => self.pick_up(found).await,
                    None => return,
                },
                job = jobs.recv() => match job {
                    Some(job) => self.take(job).await,
                    None => return,
                },
            }
        }
    }

    async fn start(&self, found: PickedUp) -> Result<()> {
        let mut missed =
            initial::missed(&found, &self.records, &self.store, self.deletes_after_pick_up).await?;
        if self.records.count() == 0 && self.store.deployments(1).await?.is_empty() {
            missed.put.extend(self.inherited(&found));
        }
        let is_empty = missed.put.is_empty() && missed.deleted.is_empty() && found.unreadable.is_empty();
        if !is_empty {
            // All of them prepare it now, rather than load it one by one later.
            drop(tokio::time::timeout(JOIN_LIMIT, self.fleet.joined()).await);
            let changes = UnitChanges { put: missed.put, delete: missed.deleted };
            self.deploy_picked_up(changes, found.unreadable, found.noticed_at).await;
        }
        Ok(())
    }

    /// Code that a server of another version had in force; it comes along when its directory is taken over.
    fn inherited(&self, found: &PickedUp) -> Vec<Unit> {
        let units = watcher::read_path(&self.current).unwrap_or_default();
        units.into_iter().filter(|unit| found.put.iter().all(|other| other.key != unit.key)).collect()
    }

    async fn show_current(&self) {
        let shown = match self.store.current_units().await {
            Ok(units) => CurrentDirectory(self.current.clone()).replace_all(&units),
            Err(error) => Err(error),
        };
        warn_if_failed(shown);
    }

    async fn take(&self, job: Job) {
        let (reply, outcome) = match job {
            Job::Deploy { units, actor, reply } => {
                let changes = UnitChanges { put: units, delete: Vec::new() };
                (reply, self.deploy_by_hand(changes, actor, "command").await)
            }
            Job::Rollback { unit, steps, actor, reply } => {
                let outcome = match self.version(&unit, steps).await {
                    Ok(unit) => {
                        let changes = UnitChanges { put: vec![unit], delete: Vec::new() };
                        self.deploy_by_hand(changes, actor, "rollback").await
                    }
                    Err(error) => Err(error),
                };
                (reply, outcome)
            }
            Job::Check { units, reply } => (reply, Ok(self.check(units).await)),
        };
        // Whoever asked may have gone; the deployment is in the log all the same.
        drop(reply.send(outcome));
    }

    async fn version(&self, key: &str, steps: u32) -> Result<Unit> {
        if steps == 0 {
            return Err(Error::new(ErrorKind::Invalid, "a rollback goes back at least one version"));
        }
        let unit = self.store.unit_at(key, usize::try_from(steps).unwrap_or(usize::MAX)).await;
        unit.map_err(|error| error.hint("`zato info` lists the units and their versions"))
    }

    async fn deploy_by_hand(
        &self,
        changes: UnitChanges,
        actor: String,
        reason: &str,
    ) -> Result<DeploymentReport> {
        let batch = Batch {
            changes,
            unreadable: Vec::new(),
            actor,
            reason: reason.to_owned(),
            since: Instant::now(),
        };
        let mut unchanged = Vec::new();
        let batch = self.without_unchanged(batch, &mut unchanged);
        let mut report = self.deploy(batch).await?;
        report.unchanged = unchanged;
        Ok(report)
    }

    async fn pick_up(&self, found: PickedUp) {
        let mut put = found.put;
        let is_told = |unit: &Unit| {
            found.deleted.contains(&unit.key)
                || found.unreadable.iter().any(|other| other.unit.key == unit.key)
        };
        put.extend(self.records.related_failures(&put).into_iter().filter(|unit| !is_told(unit)));
        let mut delete = Vec::new();
        if !self.deletes_after_pick_up {
            for key in found.deleted {
                if self.records.hash_in_force(&key).is_some() {
                    delete.push(key);
                } else if self.records.forget_failure(&key) {
                    tracing::info!(target: "zato", "`{key}` is gone, it was not deployed");
                }
            }
        }
        self.deploy_picked_up(UnitChanges { put, delete }, found.unreadable, found.noticed_at).await;
    }

    async fn deploy_picked_up(&self, changes: UnitChanges, unreadable: Vec<UnreadableUnit>, since: Instant) {
        let picked_up = changes.put.clone();
        let batch = Batch { changes, unreadable, actor: SERVER.to_owned(), reason: PICKUP.to_owned(), since };
        let mut unchanged = Vec::new();
        let batch = self.without_unchanged(batch, &mut unchanged);
        for key in &unchanged {
            if self.records.forget_failure(key) {
                tracing::info!(target: "zato", "`{key}` is again what is in force");
            }
        }
        let mut done: BTreeSet<String> = unchanged.into_iter().collect();
        for batch in self.split(batch) {
            match self.deploy(batch).await {
                Ok(report) => {
                    done.extend(
                        report.units.into_iter().filter(|unit| unit.problems.is_empty()).map(|unit| unit.key),
                    );
                }
                Err(error) => tracing::error!(target: "zato", "Deployment failed: {}", error.report()),
            }
        }
        if self.deletes_after_pick_up {
            remove_files(picked_up.iter().filter(|unit| done.contains(&unit.key)));
        }
    }

    /// Leaves out what is in force as it is.
    fn without_unchanged(&self, mut batch: Batch, unchanged: &mut Vec<String>) -> Batch {
        batch.changes.put.retain(|unit| {
            let is_in_force = self.records.is_in_force(unit);
            if is_in_force {
                unchanged.push(unit.key.clone());
            }
            !is_in_force
        });
        batch
    }

    /// Splits what is too large for one deployment. Units go last that others are less likely to import.
    fn split(&self, batch: Batch) -> Vec<Batch> {
        let size = |unit: &Unit| unit.files.iter().map(|file| file.content.len() as u64).sum::<u64>();
        let mut parts = vec![Vec::new()];
        let mut filled = 0;
        for unit in batch.changes.put {
            let bytes = size(&unit);
            if filled > 0 && filled + bytes > self.max_batch_size {
                parts.push(Vec::new());
                filled = 0;
            }
            filled += bytes;
            if let Some(part) = parts.last_mut() {
                part.push(unit);
            }
        }
        let last = parts.len() - 1;
        let (mut delete, mut unreadable) = (batch.changes.delete, batch.unreadable);
        let batches = parts.into_iter().enumerate().map(|(position, put)| Batch {
            // What replaces a deleted unit comes before or with its end.
            changes: UnitChanges {
                put,
                delete: if position == last { std::mem::take(&mut delete) } else { Vec::new() },
            },
            unreadable: if position == last { std::mem::take(&mut unreadable) } else { Vec::new() },
            actor: batch.actor.clone(),
            reason: batch.reason.clone(),
            since: batch.since,
        });
        batches.collect()
    }

    async fn check(&self, units: Vec<Unit>) -> DeploymentReport {
        let started = Instant::now();
        let changes = UnitChanges { put: units, delete: Vec::new() };
        let transaction = self.transaction(-1);
        let outcome = transaction.prepare(&changes).await;
        transaction.abort(&outcome).await;
        DeploymentReport { milliseconds: milliseconds(started), ..report(&changes, &outcome) }
    }

    fn transaction(&self, deployment: i64) -> Transaction<'_> {
        Transaction {
            fleet: &self.fleet,
            deployment,
            import_limit: self.import_limit,
            includes_dependants: self.includes_dependants,
        }
    }

    /// Carries out one deployment; nothing to do is no deployment.
    async fn deploy(&self, batch: Batch) -> Result<DeploymentReport> {
        if batch.changes.put.is_empty() && batch.changes.delete.is_empty() && batch.unreadable.is_empty() {
            return Ok(DeploymentReport {
                milliseconds: milliseconds(batch.since),
                ..DeploymentReport::default()
            });
        }
        let mut attempt = 1;
        loop {
            match self.try_deploy(&batch).await {
                Err(error) if error.kind().is_retryable() && attempt < STORE_ATTEMPTS => {
                    tracing::warn!(target: "zato", "Deployment is tried again: {}", error.report());
                    attempt += 1;
                    tokio::time::sleep(STORE_PAUSE).await;
                }
                other => return other,
            }
        }
    }

    async fn try_deploy(&self, batch: &Batch) -> Result<DeploymentReport> {
        let mut recorded = batch.changes.clone();
        recorded.put.extend(batch.unreadable.iter().map(|unreadable| unreadable.unit.clone()));
        let id = self.store.begin_deployment(&batch.actor, &batch.reason, &recorded).await?;
        let transaction = self.transaction(id);
        let mut outcome = transaction.prepare(&batch.changes).await;
        for unreadable in &batch.unreadable {
            outcome.failed.insert(unreadable.unit.key.clone(), unreadable.problems.clone());
        }
        let was_in_force = self.records.keys_in_force();
        let mut report = report(&recorded, &outcome);
        report.deployment = Some(id);
        let result = DeploymentResult::new(results(&report), report.deleted.clone());
        if let Err(error) = self.store.finish_deployment(id, result).await {
            transaction.abort(&outcome).await;
            return Err(error);
        }
        // From here on it is in force, whatever becomes of this process.
        let acknowledgements = if outcome.accepted.is_empty() && report.deleted.is_empty() {
            transaction.abort(&outcome).await;
            Vec::new()
        } else {
            transaction.commit(&outcome).await
        };
        report.milliseconds = milliseconds(batch.since);
        self.records.note(id, &recorded.put, &report);
        record::log(&report, acknowledgements.len(), &was_in_force);
        self.show(&recorded.put, &report);
        self.acknowledge(id, acknowledgements).await;
        Ok(report)
    }

    fn show(&self, units: &[Unit], report: &DeploymentReport) {
        let current = CurrentDirectory(self.current.clone());
        for key in &report.deleted {
            warn_if_failed(current.remove(key));
        }
        let is_deployed =
            |unit: &&Unit| report.units.iter().any(|told| told.key == unit.key && told.problems.is_empty());
        for unit in units.iter().filter(is_deployed) {
            warn_if_failed(current.write(unit));
        }
    }

    async fn acknowledge(&self, deployment: i64, acknowledgements: Vec<Acknowledgement>) {
        for Acknowledgement { worker, outcome } in acknowledgements {
            let (status, detail) = match outcome {
                Ok(()) => (AcknowledgementStatus::Deployed, String::new()),
                Err(error) => (AcknowledgementStatus::Failed, error.to_string()),
            };
            if let Err(error) =
                self.store.acknowledge(deployment, &self.server, worker, status, &detail).await
            {
                tracing::warn!(target: "zato", "Acknowledgment of worker {worker} was not recorded: {error}");
            }
        }
    }
}

/// Says what became of every unit, before anybody has put anything in force.
fn report(changes: &UnitChanges, outcome: &Outcome) -> DeploymentReport {
    let mut units: Vec<UnitReport> = Vec::new();
    for unit in &changes.put {
        let problems = outcome.failed.get(&unit.key).cloned().unwrap_or_default();
        let is_accepted = outcome.accepted.contains(&unit.key);
        let services =
            outcome.prepared.get(&unit.key).filter(|_| is_accepted).map(|prepared| &prepared.services);
        let silent = || vec![Problem::new("it was not imported, see the problems of the other units")];
        units.push(UnitReport {
            key: unit.key.clone(),
            hash: unit.hash.clone(),
            is_dependant: false,
            services: services.cloned().unwrap_or_default(),
            problems: if problems.is_empty() && !is_accepted { silent() } else { problems },
        });
    }
    let is_dependant = |key: &&String| changes.put.iter().all(|unit| unit.key != **key);
    for key in outcome.accepted.iter().filter(is_dependant) {
        units.push(UnitReport {
            key: key.clone(),
            is_dependant: true,
            services: outcome.prepared.get(key).map(|prepared| prepared.services.clone()).unwrap_or_default(),
            ..UnitReport::default()
        });
    }
    DeploymentReport { units, deleted: changes.delete.clone(), ..DeploymentReport::default() }
}

fn results(report: &DeploymentReport) -> Vec<UnitResult> {
    let result = |unit: &UnitReport| UnitResult {
        key: unit.key.clone(),
        status: if unit.problems.is_empty() { UnitStatus::Deployed } else { UnitStatus::Failed },
        services: unit.services.clone(),
        problems: unit.problems.clone(),
    };
    report.units.iter().map(result).collect()
}

fn remove_files<'u>(units: impl Iterator<Item = &'u Unit>) {
    for file in units.flat_map(|unit| &unit.files) {
        if let Err(error) = std::fs::remove_file(&file.location)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            let path = file.location.display();
            tracing::warn!(target: "zato", "`{path}` was deployed but could not be removed: {error}");
        }
        // A package leaves empty directories behind.
        let parent = file.location.parent().filter(|_| file.path.contains('/') || file.path == "__init__.py");
        if let Some(parent) = parent.filter(|parent| is_empty(parent)) {
            drop(std::fs::remove_dir(parent));
        }
    }
}

fn is_empty(directory: &std::path::Path) -> bool {
    std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none())
}

fn warn_if_failed(shown: Result<()>) {
    if let Err(error) = shown {
        tracing::warn!(target: "zato", "The copy of the code in force is not up to date: {}", error.report());
    }
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
