//! Finishing a deployment: the moment at which new sources are in force.

use jiff::Timestamp;
use zato_core::{Error, ErrorKind, Problem, Result};

use super::{DeploymentResult, DeploymentStatus, UnitResult, UnitStatus};
use crate::backend::{Attempt as _, Connection, json_text};
use crate::store::Store;

/// How many records of deployments are kept; more, if versions of units refer to them.
const DEPLOYMENTS_KEPT: i64 = 10_000;

impl Store {
    /// Ends a deployment. Units with [`UnitStatus::Deployed`] that were begun with it come in force, the deleted
    /// ones go out of force, all in one transaction. Units prepared only because they import others are merely
    /// recorded. A unit without a result has failed.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such deployment, [`ErrorKind::Conflict`] if it was finished
    /// already, [`ErrorKind::Invalid`] if the result contradicts itself or the deployment, [`ErrorKind::Store`]
    /// or [`ErrorKind::Io`] if the store cannot be written. Nothing is in force then that was not before.
    pub async fn finish_deployment(&self, id: i64, result: DeploymentResult) -> Result<()> {
        check(id, &result)?;
        let attempt = || format!("could not finish deployment {id}");
        let mut transaction = self.backend().begin_write().await?;
        require_pending(&mut transaction, id).await?;
        for unit in &result.units {
            finish_unit(&mut transaction, id, unit).await?;
        }
        for key in &result.deleted {
            delete_unit(&mut transaction, id, key).await?;
        }
        fail_forgotten(&mut transaction, id).await?;
        sqlx::query("UPDATE deployment SET status = $1, finished_at = $2, report = $3 WHERE id = $4")
            .bind(result.status.as_str())
            .bind(Timestamp::now().as_microsecond())
            .bind(json_text(&result)?)
            .bind(id)
            .execute(&mut *transaction)
            .await
            .attempt(attempt)?;
        for key in result.units.iter().map(|unit| &unit.key).chain(&result.deleted) {
            prune_versions(&mut transaction, key, self.options().versions_kept).await?;
        }
        prune_deployments(&mut transaction, id).await?;
        transaction.commit().await.attempt(attempt)
    }
}

fn check(id: i64, result: &DeploymentResult) -> Result<()> {
    let is_deployed = result.units.iter().any(|unit| unit.status == UnitStatus::Deployed);
    let contradiction = if result.status == DeploymentStatus::Pending {
        Some("it is still pending".to_owned())
    } else if result.status == DeploymentStatus::Failed && (is_deployed || !result.deleted.is_empty()) {
        Some("it failed, but has units that did not".to_owned())
    } else {
        let is_final = |status| matches!(status, UnitStatus::Deployed | UnitStatus::Failed);
        let unit = result.units.iter().find(|unit| !is_final(unit.status));
        unit.map(|unit| format!("unit `{}` is neither deployed nor failed", unit.key))
    };
    match contradiction {
        Some(what) => {
            Err(Error::new(ErrorKind::Invalid, format!("deployment {id} cannot be finished: {what}")))
        }
        None => Ok(()),
    }
}

async fn require_pending(connection: &mut Connection, id: i64) -> Result<()> {
    let status: Option<String> = sqlx::query_scalar("SELECT status FROM deployment WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await
        .attempt(|| format!("could not read deployment {id}"))?;
    match status {
        None => Err(Error::new(ErrorKind::NotFound, format!("there is no deployment {id}"))),
        Some(status) if status == DeploymentStatus::Pending.as_str() => Ok(()),
        Some(status) => Err(Error::new(
            ErrorKind::Conflict,
            format!("deployment {id} was finished before: it is {status}"),
        )
        .hint("another server uses the same config store, or the deployment took too long; deploy again")),
    }
}

async fn finish_unit(connection: &mut Connection, deployment: i64, unit: &UnitResult) -> Result<()> {
    let attempt = || format!("could not finish unit `{}` of deployment {deployment}", unit.key);
    let begun: Option<Option<String>> =
        sqlx::query_scalar("SELECT hash FROM unit_version WHERE unit = $1 AND deployment = $2")
            .bind(&unit.key)
            .bind(deployment)
            .fetch_optional(&mut *connection)
            .await
            .attempt(attempt)?;
    let Some(hash) = begun else {
        // Prepared only because something it imports changed: its own source is the same.
        return Ok(());
    };
    let Some(hash) = hash else {
        let message = format!("unit `{}` is deleted by deployment {deployment}, not deployed", unit.key);
        return Err(Error::new(ErrorKind::Invalid, message));
    };
    sqlx::query(
        "UPDATE unit_version SET status = $1, services = $2, problems = $3 WHERE unit = $4 AND deployment = $5",
    )
    .bind(unit.status.as_str())
    .bind(json_text(&unit.services)?)
    .bind(json_text(&unit.problems)?)
    .bind(&unit.key)
    .bind(deployment)
    .execute(&mut *connection)
    .await
    .attempt(attempt)?;
    if unit.status == UnitStatus::Deployed {
        sqlx::query(
            "INSERT INTO current_unit (unit, hash, deployment) VALUES ($1, $2, $3) \
             ON CONFLICT (unit) DO UPDATE SET hash = excluded.hash, deployment = excluded.deployment",
        )
        .bind(&unit.key)
        .bind(hash)
        .bind(deployment)
        .execute(connection)
        .await
        .attempt(attempt)?;
    }
    Ok(())
}

async fn delete_unit(connection: &mut Connection, deployment: i64, key: &str) -> Result<()> {
    let attempt = || format!("could not delete unit `{key}` in deployment {deployment}");
    let updated = sqlx::query(
        "UPDATE unit_version SET status = $1 WHERE unit = $2 AND deployment = $3 AND hash IS NULL",
    )
    .bind(UnitStatus::Deleted.as_str())
    .bind(key)
    .bind(deployment)
    .execute(&mut *connection)
    .await
    .attempt(attempt)?;
    if updated.rows_affected() == 0 {
        let message = format!("deployment {deployment} was not begun with the deletion of unit `{key}`");
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    sqlx::query("DELETE FROM current_unit WHERE unit = $1")
        .bind(key)
        .execute(connection)
        .await
        .attempt(attempt)?;
    Ok(())
}

async fn fail_forgotten(connection: &mut Connection, deployment: i64) -> Result<()> {
    let problem = Problem::new("the deployment ended without a result for this unit");
    sqlx::query("UPDATE unit_version SET status = $1, problems = $2 WHERE deployment = $3 AND status = $4")
        .bind(UnitStatus::Failed.as_str())
        .bind(json_text(&[problem])?)
        .bind(deployment)
        .bind(UnitStatus::Pending.as_str())
        .execute(connection)
        .await
        .attempt(|| format!("could not finish the other units of deployment {deployment}"))?;
    Ok(())
}

/// Forgets old versions of a unit, never the one in force, and the sources that no version needs any more.
/// Failed attempts are counted apart, so that many of them in a row do not push out what one can roll back to.
async fn prune_versions(connection: &mut Connection, key: &str, versions_kept: u32) -> Result<()> {
    let attempt = || format!("could not forget old versions of unit `{key}`");
    for is_failed in [false, true] {
        sqlx::query(
            "DELETE FROM unit_version WHERE unit = $1 AND (status = 'failed') = $2 \
             AND deployment NOT IN ( \
                 SELECT deployment FROM unit_version WHERE unit = $1 AND (status = 'failed') = $2 \
                 ORDER BY deployment DESC LIMIT $3) \
             AND deployment NOT IN (SELECT deployment FROM current_unit WHERE unit = $1)",
        )
        .bind(key)
        .bind(is_failed)
        .bind(i64::from(versions_kept))
        .execute(&mut *connection)
        .await
        .attempt(attempt)?;
    }
    sqlx::query(
        "DELETE FROM source WHERE unit = $1 \
         AND hash NOT IN (SELECT hash FROM unit_version WHERE unit = $1 AND hash IS NOT NULL) \
         AND hash NOT IN (SELECT hash FROM current_unit WHERE unit = $1)",
    )
    .bind(key)
    .execute(connection)
    .await
    .attempt(attempt)?;
    Ok(())
}

async fn prune_deployments(connection: &mut Connection, latest: i64) -> Result<()> {
    sqlx::query(
        "DELETE FROM deployment WHERE id <= $1 \
         AND NOT EXISTS (SELECT 1 FROM unit_version WHERE unit_version.deployment = deployment.id) \
         AND NOT EXISTS (SELECT 1 FROM current_unit WHERE current_unit.deployment = deployment.id)",
    )
    .bind(latest - DEPLOYMENTS_KEPT)
    .execute(connection)
    .await
    .attempt(|| "could not forget old deployments".to_owned())?;
    Ok(())
}
