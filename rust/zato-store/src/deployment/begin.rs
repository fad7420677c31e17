//! Beginning a deployment, and clearing up those that never ended.

use std::collections::HashSet;

use jiff::Timestamp;
use zato_core::guest::{Unit, UnitChanges};
use zato_core::{Error, ErrorKind, Problem, Result};

use super::{DeploymentStatus, UnitStatus};
use crate::backend::{Attempt as _, Connection, json_text};
use crate::store::Store;

impl Store {
    /// Stores the sources of a deployment and begins it, changing nothing that is in force. Gives its number.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if there is nothing to change, or a unit is named twice or has no key or hash;
    /// [`ErrorKind::Store`] or [`ErrorKind::Io`] if the store cannot be written.
    pub async fn begin_deployment(&self, actor: &str, reason: &str, changes: &UnitChanges) -> Result<i64> {
        check(changes)?;
        let attempt = || format!("could not begin the deployment of {}", names(changes));
        let mut transaction = self.backend().begin_write().await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO deployment (created_at, actor, reason, status) VALUES ($1, $2, $3, $4) RETURNING id",
        )
        .bind(Timestamp::now().as_microsecond())
        .bind(actor)
        .bind(reason)
        .bind(DeploymentStatus::Pending.as_str())
        .fetch_one(&mut *transaction)
        .await
        .attempt(attempt)?;
        for unit in &changes.put {
            put_source(&mut transaction, unit).await?;
            put_version(&mut transaction, id, &unit.key, Some(&unit.hash)).await?;
        }
        for key in &changes.delete {
            put_version(&mut transaction, id, key, None).await?;
        }
        transaction.commit().await.attempt(attempt)?;
        Ok(id)
    }

    /// Marks the deployments that were begun but never finished as failed: whoever prepared them is gone. To be
    /// called when a server starts, before it begins one. Gives their numbers.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] or [`ErrorKind::Io`] if the store cannot be written.
    pub async fn fail_abandoned_deployments(&self) -> Result<Vec<i64>> {
        let attempt = || "could not mark abandoned deployments as failed".to_owned();
        let mut transaction = self.backend().begin_write().await?;
        let problem = Problem::new("the server stopped before the deployment was finished")
            .hint("deploy the file again, for instance by saving it");
        sqlx::query(
            "UPDATE unit_version SET status = $1, problems = $2 \
             WHERE deployment IN (SELECT id FROM deployment WHERE status = $3)",
        )
        .bind(UnitStatus::Failed.as_str())
        .bind(json_text(&[problem])?)
        .bind(DeploymentStatus::Pending.as_str())
        .execute(&mut *transaction)
        .await
        .attempt(attempt)?;
        let ids = sqlx::query_scalar(
            "UPDATE deployment SET status = $1, finished_at = $2 WHERE status = $3 RETURNING id",
        )
        .bind(DeploymentStatus::Failed.as_str())
        .bind(Timestamp::now().as_microsecond())
        .bind(DeploymentStatus::Pending.as_str())
        .fetch_all(&mut *transaction)
        .await
        .attempt(attempt)?;
        transaction.commit().await.attempt(attempt)?;
        Ok(ids)
    }
}

/// Refuses changes that have no single meaning.
fn check(changes: &UnitChanges) -> Result<()> {
    let refuse = |message: String| Err(Error::new(ErrorKind::Invalid, message));
    let keys = || changes.put.iter().map(|unit| &unit.key).chain(&changes.delete);
    if keys().next().is_none() {
        return refuse("the deployment changes nothing".to_owned());
    }
    let mut seen = HashSet::new();
    for key in keys() {
        if key.is_empty() {
            return refuse("a unit of the deployment has no key".to_owned());
        }
        if !seen.insert(key) {
            return refuse(format!("unit `{key}` is in the deployment twice"));
        }
    }
    match changes.put.iter().find(|unit| unit.hash.is_empty()) {
        Some(unit) => refuse(format!("unit `{}` has no hash", unit.key)),
        None => Ok(()),
    }
}

/// Writes the units for messages: all of a few, the first of many.
fn names(changes: &UnitChanges) -> String {
    const SHOWN: usize = 3;
    let keys: Vec<_> = changes.put.iter().map(|unit| &unit.key).chain(&changes.delete).collect();
    let mut text: Vec<_> = keys.iter().take(SHOWN).map(|key| format!("`{key}`")).collect();
    if keys.len() > SHOWN {
        text.push(format!("{} more", keys.len() - SHOWN));
    }
    text.join(", ")
}

/// Stores a source. One that is known already may have been picked up elsewhere since, hence is overwritten.
async fn put_source(connection: &mut Connection, unit: &Unit) -> Result<()> {
    sqlx::query(
        "INSERT INTO source (unit, hash, content) VALUES ($1, $2, $3) \
         ON CONFLICT (unit, hash) DO UPDATE SET content = excluded.content",
    )
    .bind(&unit.key)
    .bind(&unit.hash)
    .bind(json_text(unit)?)
    .execute(connection)
    .await
    .attempt(|| format!("could not store the source of unit `{}`", unit.key))?;
    Ok(())
}

async fn put_version(
    connection: &mut Connection,
    deployment: i64,
    key: &str,
    hash: Option<&str>,
) -> Result<()> {
    sqlx::query("INSERT INTO unit_version (unit, deployment, hash, status) VALUES ($1, $2, $3, $4)")
        .bind(key)
        .bind(deployment)
        .bind(hash)
        .bind(UnitStatus::Pending.as_str())
        .execute(connection)
        .await
        .attempt(|| format!("could not store a version of unit `{key}`"))?;
    Ok(())
}
