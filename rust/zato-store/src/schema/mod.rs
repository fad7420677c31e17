//! The tables, and how they get from one version to the next.

use std::path::Path;

use jiff::Timestamp;
use zato_core::{Error, ErrorKind, Result};

use crate::backend::{Attempt as _, Backend, Connection};

/// A step from one version of the tables to the next. Once released, a step is never changed.
struct Migration {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

/// Every step, in order.
const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "initial", sql: include_str!("sqlite/0001_initial.sql") },
    Migration { version: 2, name: "job runs", sql: include_str!("sqlite/0002_job_run.sql") },
];

/// The version this build needs.
pub(crate) fn current_version() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

/// Reads the version of the tables, 0 if there are none.
///
/// # Errors
/// [`ErrorKind::Invalid`] if they are newer than this build.
pub(crate) async fn version(connection: &mut Connection, path: &Path) -> Result<i64> {
    let attempt = || format!("could not read the version of the config store `{}`", path.display());
    let exists: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'",
    )
    .fetch_one(&mut *connection)
    .await
    .attempt(attempt)?;
    if exists == 0 {
        return Ok(0);
    }
    let version: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM schema_version")
        .fetch_one(connection)
        .await
        .attempt(attempt)?;
    if version > current_version() {
        let message = format!(
            "the config store `{}` has version {version}, this Zato knows versions up to {}",
            path.display(),
            current_version()
        );
        return Err(Error::new(ErrorKind::Invalid, message).hint(
            "it was used by a newer Zato; install that version, or restore a backup made before the update",
        ));
    }
    Ok(version)
}

/// Takes every step that is missing, all of them or none, and gives the version reached.
pub(crate) async fn migrate(backend: &Backend) -> Result<i64> {
    let path = backend.path();
    let mut reading = backend.begin_read().await?;
    if version(&mut reading, path).await? == current_version() {
        return Ok(current_version());
    }
    drop(reading);
    let mut transaction = backend.begin_write().await?;
    // Another process may have been faster.
    let from = version(&mut transaction, path).await?;
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > from) {
        let attempt = || {
            format!("could not bring the config store `{}` to version {}", path.display(), migration.version)
        };
        sqlx::raw_sql(migration.sql).execute(&mut *transaction).await.attempt(attempt)?;
        sqlx::query("INSERT INTO schema_version (version, name, applied_at) VALUES ($1, $2, $3)")
            .bind(migration.version)
            .bind(migration.name)
            .bind(Timestamp::now().as_microsecond())
            .execute(&mut *transaction)
            .await
            .attempt(attempt)?;
        tracing::info!(version = migration.version, name = migration.name, "config store migrated");
    }
    transaction
        .commit()
        .await
        .attempt(|| format!("could not migrate the config store `{}`", path.display()))?;
    Ok(current_version())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::sqlite::APPLICATION_ID;

    #[test]
    fn steps_are_numbered_from_one_without_gaps() {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(usize::try_from(migration.version).unwrap(), index + 1, "{}", migration.name);
        }
    }

    #[test]
    fn the_first_step_marks_the_file_as_ours() {
        assert!(MIGRATIONS[0].sql.contains(&format!("PRAGMA application_id = {APPLICATION_ID};")));
    }
}
