//! What an import would do.

use std::collections::BTreeSet;

use serde::Serialize;
use zato_core::Result;
use zato_schema::Change;
use zato_store::{Batch, Snapshot};

use super::document::Document;
use super::finding::{Code, Finding};
use super::planner::Planner;
use crate::api::{Api, Generated, ViolationClass};
use crate::config::Environment;

/// How to plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlanOptions {
    /// Whether objects that the document does not have are deleted (`--clean-odb`); those that every cluster has stay.
    pub clean: bool,
    /// Whether objects that refer to missing definitions are left out with a warning (`--ignore-missing-defs`);
    /// otherwise they stop the import.
    pub ignore_missing_definitions: bool,
}

/// What an import does, or why it does nothing.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Plan {
    /// Revision of the store it was made upon.
    pub revision: i64,
    /// Objects to create.
    pub create: Vec<Planned>,
    /// Objects to change.
    pub update: Vec<Planned>,
    /// Objects to delete.
    pub delete: Vec<Planned>,
    /// Objects that are as the document says already.
    pub unchanged: Vec<Planned>,
    /// What the user should know.
    pub warnings: Vec<Finding>,
    /// What is wrong. If anything is, nothing is done.
    pub problems: Vec<Finding>,
    /// Secrets that were made for new objects.
    #[serde(skip)]
    pub(super) generated: Vec<Generated>,
    #[serde(skip)]
    pub(super) batch: Option<Batch>,
}

/// An object of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Planned {
    /// What it is, for instance `channel.rest`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How messages call it, for instance ``channel_rest `crm.get` ``.
    pub object: String,
    /// File it is in; absent if it is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// One-based line in that file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Fields that change, secrets redacted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

impl Plan {
    /// Whether the document can be imported.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.problems.is_empty()
    }

    /// Whether importing the document changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.create.is_empty() && self.update.is_empty() && self.delete.is_empty()
    }
}

/// Plans the import of a document over a snapshot. Nothing is written; everything that is wrong is in the plan.
///
/// # Errors
/// [`zato_core::ErrorKind::Crypto`] if a secret cannot be encrypted.
pub fn plan(
    document: &Document,
    snapshot: &Snapshot,
    api: &Api,
    environment: &Environment,
    options: PlanOptions,
) -> Result<Plan> {
    let mut left_out = BTreeSet::new();
    let mut notices = Vec::new();
    loop {
        let mut planner = Planner::new(snapshot, api, environment);
        planner.plan.warnings.extend(notices.iter().cloned());
        planner.read(document, &left_out)?;
        if options.clean {
            planner.delete_others(snapshot);
        }
        planner.report_loose();
        let violations = planner.violations();
        let (missing, rest): (Vec<_>, Vec<_>) = violations
            .into_iter()
            .partition(|violation| violation.class == ViolationClass::MissingDefinition);
        if options.ignore_missing_definitions
            && missing.iter().any(|violation| left_out.insert(violation.key.clone()))
        {
            // What was left out may have been what others refer to, so that everything is planned again.
            left_out.extend(missing.iter().map(|violation| violation.key.clone()));
            notices.extend(missing.into_iter().map(|violation| planner.located(Code::W04, violation)));
            continue;
        }
        for violation in missing {
            let finding = planner.located(Code::E13, violation);
            planner.plan.problems.push(finding);
        }
        for violation in rest {
            let finding = planner.located(Code::E05, violation);
            planner.plan.problems.push(finding);
        }
        return Ok(planner.finish());
    }
}
