//! Which sources are deployed, which were, and what became of every attempt.
//!
//! A deployment is begun (sources are stored, nothing changes), prepared by the workers, and finished; finishing
//! it is the commit point, after which every worker and every later start runs the new sources.

mod acknowledge;
mod begin;
mod finish;
mod read;
pub(crate) mod word;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zato_core::Problem;
use zato_core::guest::ServiceInfo;

/// What became of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeploymentStatus {
    /// Begun, not finished.
    Pending,
    /// Everything in it is in force.
    Deployed,
    /// Some units are in force, some failed.
    Partial,
    /// Nothing of it is in force.
    Failed,
}

/// What became of one unit in one deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnitStatus {
    /// Begun, not finished.
    Pending,
    /// It is in force, or was until a later deployment.
    Deployed,
    /// It could not be deployed; what was in force before still is.
    Failed,
    /// It was taken out of force.
    Deleted,
}

/// What became of one unit, as the workers found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitResult {
    /// Key of the unit.
    pub key: String,
    /// [`UnitStatus::Deployed`] or [`UnitStatus::Failed`].
    pub status: UnitStatus,
    /// Services it provides; empty if it failed.
    #[serde(default)]
    pub services: Vec<ServiceInfo>,
    /// Why it failed; warnings if it did not.
    #[serde(default)]
    pub problems: Vec<Problem>,
}

/// What became of a deployment, as the workers found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentResult {
    /// Anything but [`DeploymentStatus::Pending`].
    pub status: DeploymentStatus,
    /// The units put, and those prepared again because something they import changed.
    #[serde(default)]
    pub units: Vec<UnitResult>,
    /// Keys of the units taken out of force.
    #[serde(default)]
    pub deleted: Vec<String>,
}

impl DeploymentResult {
    /// Makes a result whose status follows from what became of the units: deployed if none failed, failed if
    /// nothing came in or went out of force, partial otherwise.
    #[must_use]
    pub fn new(units: Vec<UnitResult>, deleted: Vec<String>) -> Self {
        let is_failed = |unit: &UnitResult| unit.status == UnitStatus::Failed;
        let status = if !units.iter().any(is_failed) {
            DeploymentStatus::Deployed
        } else if deleted.is_empty() && units.iter().all(is_failed) {
            DeploymentStatus::Failed
        } else {
            DeploymentStatus::Partial
        };
        Self { status, units, deleted }
    }
}

/// The record of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Number of the deployment; later ones have greater numbers.
    pub id: i64,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was finished, if it was.
    pub finished_at: Option<Timestamp>,
    /// Who began it.
    pub actor: String,
    /// Why, for instance `pickup` or `rollback`.
    pub reason: String,
    /// What became of it.
    pub status: DeploymentStatus,
    /// What became of its units; empty until it is finished.
    pub units: Vec<UnitResult>,
    /// Keys of the units that it took out of force.
    pub deleted: Vec<String>,
}

/// One version of a unit: what one deployment did with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitVersion {
    /// Key of the unit.
    pub key: String,
    /// Number of the deployment.
    pub deployment: i64,
    /// When the deployment was begun.
    pub at: Timestamp,
    /// Who began it.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// SHA-256 of the sources, hexadecimal; nothing if the deployment deleted the unit.
    pub hash: Option<String>,
    /// What became of the unit.
    pub status: UnitStatus,
    /// Whether this version is the one in force.
    pub is_current: bool,
    /// Services it provided.
    pub services: Vec<ServiceInfo>,
    /// Why it failed; warnings if it did not.
    pub problems: Vec<Problem>,
}

/// What a worker did with a finished deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AcknowledgementStatus {
    /// It runs the new sources.
    Deployed,
    /// It could not put them in force.
    Failed,
}

/// The word of one worker that a finished deployment is, or is not, in force there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Name of the server.
    pub server: String,
    /// Number of the worker, from 0.
    pub worker: i64,
    /// What it did.
    pub status: AcknowledgementStatus,
    /// When it said so.
    pub at: Timestamp,
    /// Anything worth knowing, for instance the error; empty if there is nothing.
    pub detail: String,
}
