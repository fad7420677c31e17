//! Reading deployments, versions and sources.

use sqlx::Row as _;
use zato_core::guest::Unit;
use zato_core::{Error, ErrorKind, Result};

use super::{Deployment, DeploymentResult, DeploymentStatus, UnitStatus, UnitVersion};
use crate::backend::{Attempt as _, Connection, Row, json_of, time_of};
use crate::store::Store;

/// Columns that [`deployment_of`] reads.
macro_rules! deployment_columns {
    () => {
        "id, created_at, finished_at, actor, reason, status, report"
    };
}

/// What [`version_of`] reads, up to the condition.
macro_rules! versions {
    () => {
        "SELECT unit_version.unit, unit_version.deployment, deployment.created_at, deployment.actor, \
             deployment.reason, unit_version.hash, unit_version.status, unit_version.services, \
             unit_version.problems, current_unit.unit IS NOT NULL AS is_current \
         FROM unit_version JOIN deployment ON deployment.id = unit_version.deployment \
             LEFT JOIN current_unit ON current_unit.unit = unit_version.unit \
                 AND current_unit.deployment = unit_version.deployment "
    };
}

impl Store {
    /// Returns the latest deployments, latest first.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] or [`ErrorKind::Io`] if the store cannot be read.
    pub async fn deployments(&self, limit: u32) -> Result<Vec<Deployment>> {
        let mut transaction = self.backend().begin_read().await?;
        sqlx::query(concat!("SELECT ", deployment_columns!(), " FROM deployment ORDER BY id DESC LIMIT $1"))
            .bind(i64::from(limit))
            .try_map(deployment_of)
            .fetch_all(&mut *transaction)
            .await
            .attempt(|| "could not read the deployments".to_owned())
    }

    /// Returns one deployment, if there is, or still is, a record of it.
    ///
    /// # Errors
    /// As [`Store::deployments`].
    pub async fn deployment(&self, id: i64) -> Result<Option<Deployment>> {
        let mut transaction = self.backend().begin_read().await?;
        sqlx::query(concat!("SELECT ", deployment_columns!(), " FROM deployment WHERE id = $1"))
            .bind(id)
            .try_map(deployment_of)
            .fetch_optional(&mut *transaction)
            .await
            .attempt(|| format!("could not read deployment {id}"))
    }

    /// Returns the units in force with their sources in the order of their deployment, because of two services with
    /// one name the later is in effect.
    ///
    /// # Errors
    /// As [`Store::deployments`].
    pub async fn current_units(&self) -> Result<Vec<Unit>> {
        let mut transaction = self.backend().begin_read().await?;
        sqlx::query(
            "SELECT source.content FROM current_unit \
             JOIN source ON source.unit = current_unit.unit AND source.hash = current_unit.hash \
             ORDER BY current_unit.deployment, current_unit.unit",
        )
        .try_map(unit_of)
        .fetch_all(&mut *transaction)
        .await
        .attempt(|| "could not read the deployed units".to_owned())
    }

    /// Returns what is in force without sources, sorted by key: hashes, services, who deployed it and when.
    ///
    /// # Errors
    /// As [`Store::deployments`].
    pub async fn current_versions(&self) -> Result<Vec<UnitVersion>> {
        let mut transaction = self.backend().begin_read().await?;
        sqlx::query(concat!(versions!(), "WHERE current_unit.unit IS NOT NULL ORDER BY unit_version.unit"))
            .try_map(version_of)
            .fetch_all(&mut *transaction)
            .await
            .attempt(|| "could not read the deployed versions".to_owned())
    }

    /// Returns the versions of a unit that are kept, latest first; failed and deleted ones among them.
    ///
    /// # Errors
    /// As [`Store::deployments`].
    pub async fn unit_versions(&self, key: &str) -> Result<Vec<UnitVersion>> {
        let mut transaction = self.backend().begin_read().await?;
        read_versions(&mut transaction, key).await
    }

    /// Returns a unit as it was some versions ago: 0 is the one in force, 1 the one before it, and so on. Only
    /// versions that were in force count, and the same source deployed several times in a row counts once. Of a
    /// unit that was deleted, 1 is the last one before.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such version, else as [`Store::deployments`].
    pub async fn unit_at(&self, key: &str, back: usize) -> Result<Unit> {
        let mut transaction = self.backend().begin_read().await?;
        let versions = read_versions(&mut transaction, key).await?;
        let is_deployed = versions.iter().any(|version| version.is_current);
        let mut hashes: Vec<_> = versions
            .into_iter()
            .filter(|version| version.status == UnitStatus::Deployed)
            .filter_map(|version| version.hash)
            .collect();
        hashes.dedup();
        let index = if is_deployed { Some(back) } else { back.checked_sub(1) };
        let Some(hash) = index.and_then(|index| hashes.get(index)) else {
            return Err(no_version(key, back, hashes.len(), is_deployed));
        };
        sqlx::query("SELECT content FROM source WHERE unit = $1 AND hash = $2")
            .bind(key)
            .bind(hash)
            .try_map(unit_of)
            .fetch_one(&mut *transaction)
            .await
            .attempt(|| format!("could not read a source of unit `{key}`"))
    }
}

fn no_version(key: &str, back: usize, count: usize, is_deployed: bool) -> Error {
    let message = match (count, is_deployed) {
        (0, _) => format!("unit `{key}` was never deployed"),
        (_, false) if back == 0 => format!("unit `{key}` is not deployed any more"),
        (1, true) => format!("there is only one version of unit `{key}`"),
        _ => format!("there are only {count} versions of unit `{key}`, none {back} versions back"),
    };
    Error::new(ErrorKind::NotFound, message).hint("deploy the file again, or go back fewer versions")
}

async fn read_versions(connection: &mut Connection, key: &str) -> Result<Vec<UnitVersion>> {
    sqlx::query(concat!(versions!(), "WHERE unit_version.unit = $1 ORDER BY unit_version.deployment DESC"))
        .bind(key)
        .try_map(version_of)
        .fetch_all(connection)
        .await
        .attempt(|| format!("could not read the versions of unit `{key}`"))
}

fn deployment_of(row: Row) -> Result<Deployment, sqlx::Error> {
    let report: Option<&str> = row.try_get("report")?;
    let (units, deleted) = match report {
        Some(report) => {
            let result: DeploymentResult = json_of(report)?;
            (result.units, result.deleted)
        }
        None => Default::default(),
    };
    let finished_at: Option<i64> = row.try_get("finished_at")?;
    Ok(Deployment {
        id: row.try_get("id")?,
        created_at: time_of(row.try_get("created_at")?)?,
        finished_at: finished_at.map(time_of).transpose()?,
        actor: row.try_get("actor")?,
        reason: row.try_get("reason")?,
        status: DeploymentStatus::from_word(row.try_get("status")?)?,
        units,
        deleted,
    })
}

fn version_of(row: Row) -> Result<UnitVersion, sqlx::Error> {
    Ok(UnitVersion {
        key: row.try_get("unit")?,
        deployment: row.try_get("deployment")?,
        at: time_of(row.try_get("created_at")?)?,
        actor: row.try_get("actor")?,
        reason: row.try_get("reason")?,
        hash: row.try_get("hash")?,
        status: UnitStatus::from_word(row.try_get("status")?)?,
        is_current: row.try_get("is_current")?,
        services: json_of(row.try_get("services")?)?,
        problems: json_of(row.try_get("problems")?)?,
    })
}

fn unit_of(row: Row) -> Result<Unit, sqlx::Error> {
    json_of(row.try_get("content")?)
}
