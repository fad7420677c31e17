//! One deployment from its beginning in the store to the acknowledgments of the workers.

use std::time::{Duration, Instant};

use zato_core::guest::{Unit, UnitChanges};
use zato_core::{ErrorKind, Problem, Result};
use zato_store::{AcknowledgementStatus, DeploymentResult, UnitResult, UnitStatus};

use super::by_path::PathContents;
use super::current::CurrentDirectory;
use super::deployer::{Batch, Deployer, warn_if_failed};
use super::record;
use super::transaction::{Acknowledgement, Outcome, Transaction};
use crate::control::{DeploymentReport, UnitReport};

/// How often a deployment is tried that the store could not take.
const STORE_ATTEMPTS: u32 = 3;

/// How long to wait before it is tried again.
const STORE_PAUSE: Duration = Duration::from_millis(500);

impl Deployer {
    pub(super) async fn check(&self, contents: PathContents) -> DeploymentReport {
        let started = Instant::now();
        let (put, left_out): (Vec<_>, Vec<_>) =
            contents.units.into_iter().partition(|unit| self.allowed.allows_unit(unit));
        let (unreadable, unread): (Vec<_>, Vec<_>) = contents
            .unreadable
            .into_iter()
            .partition(|unreadable| self.allowed.allows_unit(&unreadable.unit));
        let unread = unread.into_iter().map(|unreadable| unreadable.unit);
        let skipped = left_out.into_iter().chain(unread).map(|unit| unit.key).collect();
        let mut changes = UnitChanges { put, delete: Vec::new() };
        let transaction = self.transaction(-1);
        let mut outcome = transaction.prepare(&changes).await;
        transaction.abort(&outcome).await;
        outcome.note_unreadable(&unreadable);
        changes.put.extend(unreadable.into_iter().map(|unreadable| unreadable.unit));
        let milliseconds = milliseconds(started);
        DeploymentReport { milliseconds, skipped, refused: contents.refused, ..report(&changes, &outcome) }
    }

    fn transaction(&self, deployment: i64) -> Transaction<'_> {
        Transaction {
            fleet: &self.fleet,
            records: &self.records,
            import_notes: &self.import_notes,
            deployment,
            import_limit: self.import_limit,
            includes_dependants: self.includes_dependants,
        }
    }

    /// Carries out one deployment; nothing to do is no deployment.
    pub(super) async fn deploy(&self, batch: Batch) -> Result<DeploymentReport> {
        if batch.changes.put.is_empty() && batch.changes.delete.is_empty() && batch.unreadable.is_empty() {
            return Ok(DeploymentReport {
                milliseconds: milliseconds(batch.since),
                ..DeploymentReport::default()
            });
        }
        let mut attempt = 1;
        loop {
            match self.try_deploy(&batch).await {
                // Another server of the cluster that starts takes unfinished deployments for abandoned ones.
                Err(error)
                    if (error.kind().is_retryable() || error.kind() == ErrorKind::Conflict)
                        && attempt < STORE_ATTEMPTS =>
                {
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
        outcome.note_unreadable(&batch.unreadable);
        let was_in_force = self.records.keys_in_force();
        let mut report = report(&recorded, &outcome);
        report.deployment = Some(id);
        let result = DeploymentResult::new(results(&report), report.deleted.clone());
        if let Err(error) = self.store.finish_deployment(id, result).await {
            transaction.abort(&outcome).await;
            return Err(error);
        }
        // From here on it is in force, whatever becomes of this process.
        self.records.note_own(id);
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
        self.acknowledge(id, &acknowledgements).await;
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

    pub(super) async fn acknowledge(&self, deployment: i64, acknowledgements: &[Acknowledgement]) {
        for Acknowledgement { worker, outcome } in acknowledgements {
            let (status, detail) = match outcome {
                Ok(()) => (AcknowledgementStatus::Deployed, String::new()),
                Err(error) => (AcknowledgementStatus::Failed, error.to_string()),
            };
            if let Err(error) =
                self.store.acknowledge(deployment, &self.server, *worker, status, &detail).await
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

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
