//! Importing a document: all of it in one step, or nothing.

use zato_core::Result;

use super::document::Document;
use super::plan::{Plan, PlanOptions, plan};
use crate::api::{Api, Generated};
use crate::config::Environment;

/// What became of an import.
#[derive(Debug)]
pub enum Outcome {
    /// Everything that the plan says is done, and the store has this revision.
    Done {
        /// What was done.
        plan: Plan,
        /// Revision of the store that has it.
        revision: i64,
        /// Secrets that were made because none was given.
        generated: Vec<Generated>,
    },
    /// Nothing was done because of the problems of the plan.
    Refused(Plan),
}

/// Imports a document. It is planned and written upon the same revision of the store: if somebody else writes in
/// between, it is planned anew. Importing it again changes nothing.
///
/// # Errors
/// Errors of the store; [`zato_core::ErrorKind::Crypto`] if a secret cannot be encrypted. What is wrong with the document is
/// an outcome, not an error.
pub async fn import(
    api: &Api,
    document: &Document,
    environment: &Environment,
    options: PlanOptions,
) -> Result<Outcome> {
    api.retry(async || {
        let snapshot = api.store().snapshot().await?;
        let mut plan = plan(document, &snapshot, api, environment, options)?;
        if !plan.is_possible() {
            return Ok(Outcome::Refused(plan));
        }
        let generated = std::mem::take(&mut plan.generated);
        let revision = match plan.batch.take() {
            Some(batch) => api.store().apply(batch).await?.revision,
            None => snapshot.revision,
        };
        Ok(Outcome::Done { plan, revision, generated })
    })
    .await
}
