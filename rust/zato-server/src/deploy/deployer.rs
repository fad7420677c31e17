//! Carries out deployments, one after another.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;
use zato_core::guest::{Unit, UnitChanges};
use zato_core::{Error, ErrorKind, Result};
use zato_store::Store;

use super::by_path::{self, PathContents};
use super::current::CurrentDirectory;
use super::initial::{self, PICKUP};
use super::others::{self, Seen};
use super::picked_up::PickedUp;
use super::read::UnreadableUnit;
use super::record::Records;
use super::removal;
use crate::config::deploy_patterns::DeployPatterns;
use crate::control::{DeploymentReport, UnitReport};
use crate::supervisor::fleet::Fleet;

/// How long the first deployment waits for workers before it goes on with those that are there.
const JOIN_LIMIT: Duration = Duration::from_secs(20);

/// How long the first deployment may keep workers from serving what was in force before.
const FIRST_LIMIT: Duration = Duration::from_secs(5);

/// Something to deploy that does not come from a pickup directory.
#[derive(Debug)]
pub(crate) enum Job {
    /// Puts units in force.
    Deploy { contents: PathContents, actor: String, asked_at: Instant, reply: Reply },
    /// Puts an older version of a unit in force.
    Rollback { unit: String, steps: u32, actor: String, reply: Reply },
    /// Imports units without putting them in force.
    Check { contents: PathContents, reply: Reply },
}

type Reply = oneshot::Sender<Result<DeploymentReport>>;

/// What a deployer works with.
#[derive(Debug)]
pub(crate) struct Deployer {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) store: Store,
    pub(crate) records: Arc<Records>,
    /// Name of the server, which is who deploys what is picked up.
    pub(crate) server: String,
    /// `work/hot-deploy/current`.
    pub(crate) current: PathBuf,
    /// Where workers note which unit they import.
    pub(crate) import_notes: PathBuf,
    /// How long the import of one unit may take.
    pub(crate) import_limit: Duration,
    /// What may be deployed at all.
    pub(crate) allowed: DeployPatterns,
    /// Whether units that import a changed one change with it.
    pub(crate) includes_dependants: bool,
    /// Whether files are removed from pickup directories once they are deployed.
    pub(crate) deletes_after_pick_up: bool,
    /// Most bytes of source in one deployment.
    pub(crate) max_batch_size: u64,
}

/// One deployment.
pub(super) struct Batch {
    pub(super) changes: UnitChanges,
    pub(super) unreadable: Vec<UnreadableUnit>,
    pub(super) actor: String,
    pub(super) reason: String,
    pub(super) since: Instant,
}

impl Deployer {
    /// Deploys what changed while the server was down, lets workers serve, and then whatever comes.
    pub(crate) async fn run(
        self,
        mut picked_up: mpsc::UnboundedReceiver<PickedUp>,
        mut jobs: mpsc::UnboundedReceiver<Job>,
    ) {
        let mut seen = self.seen_so_far().await.unwrap_or_else(|error| {
            tracing::error!(target: "zato", "Deployments could not be read: {}", error.report());
            Seen::default()
        });
        // What is in force must not wait for ever for what is not.
        let fleet = Arc::clone(&self.fleet);
        let impatient = tokio::spawn(async move {
            tokio::time::sleep(FIRST_LIMIT).await;
            fleet.allow_serving();
        });
        if let Some(found) = picked_up.recv().await
            && let Err(error) = self.start(found).await
        {
            tracing::error!(
                target: "zato",
                "Pickup directories could not be compared with the store: {}",
                error.report(),
            );
        }
        impatient.abort();
        self.fleet.allow_serving();
        self.show_current().await;
        let mut looks = tokio::time::interval(others::LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_followed = true;
        loop {
            tokio::select! {
                biased;
                found = picked_up.recv() => match found {
                    Some(mut found) => {
                        while let Ok(later) = picked_up.try_recv() {
                            found.merge(later);
                        }
                        self.pick_up(found).await;
                    }
                    None => return,
                },
                job = jobs.recv() => match job {
                    Some(job) => self.take(job).await,
                    None => return,
                },
                _ = looks.tick() => {
                    let outcome = self.follow_others(&mut seen).await;
                    // Said when it begins and when it ends, not several times a second.
                    if std::mem::replace(&mut is_followed, outcome.is_ok()) != outcome.is_ok() {
                        log_following(&outcome);
                    }
                }
            }
        }
    }

    async fn start(&self, found: PickedUp) -> Result<()> {
        let mut missed =
            initial::missed(&found, &self.records, &self.store, &self.server, self.deletes_after_pick_up)
                .await?;
        if self.records.count() == 0 && self.store.deployments(1).await?.is_empty() {
            missed.put.extend(self.inherited(&found));
        }
        let is_empty = missed.put.is_empty() && missed.deleted.is_empty() && found.unreadable.is_empty();
        if !is_empty {
            // All of them prepare it now, rather than load it one by one later.
            drop(tokio::time::timeout(JOIN_LIMIT, self.fleet.joined()).await);
            let changes = UnitChanges { put: missed.put, delete: missed.deleted };
            self.deploy_picked_up(changes, found.unreadable, Instant::now()).await;
        }
        Ok(())
    }

    /// Code that a server of another version had in force; it comes along when its directory is taken over.
    fn inherited(&self, found: &PickedUp) -> Vec<Unit> {
        let contents = by_path::read_path(&self.current, &[]).unwrap_or_default();
        contents
            .units
            .into_iter()
            .filter(|unit| found.put.iter().all(|other| other.key != unit.key))
            .collect()
    }

    pub(super) async fn show_current(&self) {
        let shown = match self.store.current_units().await {
            Ok(units) => CurrentDirectory(self.current.clone()).replace_all(&units),
            Err(error) => Err(error),
        };
        warn_if_failed(shown);
    }

    async fn take(&self, job: Job) {
        let (reply, outcome) = match job {
            Job::Deploy { contents, actor, asked_at, reply } => {
                let PathContents { mut units, unreadable, refused } = contents;
                // It may have been picked up meanwhile.
                let failed = self.records.failed_since(&mut units, asked_at);
                let changes = UnitChanges { put: units, delete: Vec::new() };
                let outcome = self.deploy_by_hand(changes, unreadable, actor, "command").await;
                (reply, outcome.map(|report| DeploymentReport { refused, ..report.with_failed(failed) }))
            }
            Job::Rollback { unit, steps, actor, reply } => {
                let outcome = match self.version(&unit, steps).await {
                    Ok(unit) => {
                        let changes = UnitChanges { put: vec![unit], delete: Vec::new() };
                        self.deploy_by_hand(changes, Vec::new(), actor, "rollback").await
                    }
                    Err(error) => Err(error),
                };
                (reply, outcome)
            }
            Job::Check { contents, reply } => (reply, Ok(self.check(contents).await)),
        };
        // Whoever asked may have gone; the deployment is in the log all the same.
        drop(reply.send(outcome));
    }

    async fn version(&self, key: &str, steps: u32) -> Result<Unit> {
        if steps == 0 {
            return Err(Error::new(ErrorKind::Invalid, "a rollback goes back at least one version"));
        }
        let unit = self.store.unit_at(key, usize::try_from(steps).unwrap_or(usize::MAX)).await;
        unit.map_err(|error| error.hint("`zato service deployments` lists the units and their versions"))
    }

    async fn deploy_by_hand(
        &self,
        changes: UnitChanges,
        unreadable: Vec<UnreadableUnit>,
        actor: String,
        reason: &str,
    ) -> Result<DeploymentReport> {
        let batch = Batch { changes, unreadable, actor, reason: reason.to_owned(), since: Instant::now() };
        let mut unchanged = Vec::new();
        let (batch, skipped) = self.without_refused(batch);
        let batch = self.without_unchanged(batch, &mut unchanged);
        let mut report = self.deploy(batch).await?;
        report.unchanged = self.as_in_force(&unchanged).await?;
        report.skipped = skipped;
        Ok(report)
    }

    /// Describes units that are in force as they are.
    async fn as_in_force(&self, keys: &[String]) -> Result<Vec<UnitReport>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let versions = self.store.current_versions().await?;
        let described = versions.into_iter().filter(|version| keys.contains(&version.key)).map(|version| {
            let hash = version.hash.unwrap_or_default();
            UnitReport { key: version.key, hash, services: version.services, ..UnitReport::default() }
        });
        Ok(described.collect())
    }

    async fn pick_up(&self, found: PickedUp) {
        let mut put = found.put;
        // A command may have deployed it meanwhile.
        drop(self.records.failed_since(&mut put, found.noticed_at));
        let mut put = self.without_replaced(put).await;
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
        let batch =
            Batch { changes, unreadable, actor: self.server.clone(), reason: PICKUP.to_owned(), since };
        let mut unchanged = Vec::new();
        let (batch, _) = self.without_refused(batch);
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
            removal::remove_files(picked_up.iter().filter(|unit| done.contains(&unit.key)));
        }
    }

    /// Leaves out what `[deploy_patterns_allowed]` refuses, and gives the keys of that.
    fn without_refused(&self, mut batch: Batch) -> (Batch, Vec<String>) {
        let mut skipped = Vec::new();
        let mut is_allowed = |unit: &Unit| {
            let is_allowed = self.allowed.allows_unit(unit);
            if !is_allowed {
                tracing::info!(target: "zato", "Skipped `{}`, [deploy_patterns_allowed] does not allow it", unit.key);
                skipped.push(unit.key.clone());
            }
            is_allowed
        };
        batch.changes.put.retain(&mut is_allowed);
        batch.unreadable.retain(|unreadable| is_allowed(&unreadable.unit));
        (batch, skipped)
    }

    /// Leaves out what somebody has decided against, and has not changed since.
    async fn without_replaced(&self, units: Vec<Unit>) -> Vec<Unit> {
        let mut kept = Vec::new();
        for unit in units {
            match initial::is_replaced_by_hand(&unit, &self.server, &self.records, &self.store).await {
                Ok(true) => {}
                Ok(false) => kept.push(unit),
                Err(error) => {
                    tracing::warn!(target: "zato", "Versions of `{}` could not be compared: {}", unit.key, error.report());
                    kept.push(unit);
                }
            }
        }
        kept
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
}

fn log_following(outcome: &Result<()>) {
    match outcome {
        Ok(()) => tracing::info!(target: "zato", "Deployments of other servers are followed again"),
        Err(error) => {
            tracing::error!(target: "zato", "Deployments of other servers cannot be followed: {}", error.report());
        }
    }
}

pub(super) fn warn_if_failed(shown: Result<()>) {
    if let Err(error) = shown {
        tracing::warn!(target: "zato", "The copy of the code in force is not up to date: {}", error.report());
    }
}
