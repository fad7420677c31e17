//! Looks for damage, whether of the file or of what is in it.

use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use zato_core::{Error, Problem, Result};

use crate::backend::{Attempt as _, Connection, Row};
use crate::schema;
use crate::store::{Store, revision};

/// What [`Store::check`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Version of the tables, 0 if it cannot be read.
    pub schema_version: i64,
    /// Revision of the store, 0 if it cannot be read.
    pub revision: i64,
    /// How many objects there are, 0 if they cannot be read.
    pub objects: i64,
    /// Everything that is wrong; empty in a sound store.
    pub problems: Vec<Problem>,
}

impl Store {
    /// Looks for damage, as `zato check-config` does. Reads the whole file; writes nothing.
    ///
    /// # Errors
    /// Only if the file cannot be read at all; damage is in the report.
    pub async fn check(&self) -> Result<CheckReport> {
        let mut transaction = self.backend().begin_read().await?;
        let mut report = CheckReport::default();
        report.schema_version = report.note(schema::version(&mut transaction, self.path()).await);
        if report.schema_version < schema::current_version() {
            let problem = format!(
                "the tables have version {}, this Zato needs {}",
                report.schema_version,
                schema::current_version()
            );
            report.problems.push(Problem::new(problem).hint("start the server once, which updates them"));
        }
        let found = damage(&mut transaction).await;
        let found = report.note(found);
        report.problems.extend(found);
        if report.schema_version > 0 {
            report.revision = report.note(revision(&mut transaction).await);
            report.objects = report.note(count(&mut transaction, "SELECT COUNT(*) FROM object").await);
            let found = contradictions(&mut transaction, report.revision).await;
            let found = report.note(found);
            report.problems.extend(found);
        }
        let file = self.path().display().to_string();
        for problem in &mut report.problems {
            problem.file.get_or_insert_with(|| file.clone());
        }
        Ok(report)
    }
}

impl CheckReport {
    /// Keeps what could not be read as a problem.
    fn note<T: Default>(&mut self, result: Result<T>) -> T {
        result.unwrap_or_else(|error: Error| {
            let mut problem = Problem::new(error.to_string());
            problem.hint = error.get_hint().map(str::to_owned);
            self.problems.push(problem);
            T::default()
        })
    }
}

/// Asks the database whether its pages, indexes and references are sound.
async fn damage(connection: &mut Connection) -> Result<Vec<Problem>> {
    let attempt = || "could not check the file".to_owned();
    let lines: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut *connection).await.attempt(attempt)?;
    let restore = "restore the file from a backup; `sqlite3 FILE .recover` saves what can be read";
    let mut problems: Vec<_> = lines
        .into_iter()
        .filter(|line| line != "ok")
        .map(|line| Problem::new(format!("the file is damaged: {line}")).hint(restore))
        .collect();
    let tables: Vec<String> = sqlx::query("PRAGMA foreign_key_check")
        .try_map(|row: Row| row.try_get(0))
        .fetch_all(connection)
        .await
        .attempt(attempt)?;
    problems.extend(tables.into_iter().map(|table| {
        Problem::new(format!("a row of table `{table}` refers to one that does not exist")).hint(restore)
    }));
    Ok(problems)
}

/// Compares objects, history and revision, which always change together.
async fn contradictions(connection: &mut Connection, revision: i64) -> Result<Vec<Problem>> {
    const HINT: &str = "the config store was changed by something else than Zato; save the object again";
    let mut problems = Vec::new();
    let batches = count(connection, "SELECT COUNT(*) FROM batch").await?;
    let latest = count(connection, "SELECT COALESCE(MAX(revision), 0) FROM batch").await?;
    if batches != revision || latest != revision {
        problems.push(Problem::new(format!(
            "the revision is {revision}, but the history has {batches} batches up to revision {latest}"
        )));
    }
    let empty = count(
        connection,
        "SELECT COUNT(*) FROM batch \
         WHERE NOT EXISTS (SELECT 1 FROM history WHERE history.revision = batch.revision)",
    )
    .await?;
    if empty != 0 {
        problems.push(Problem::new(format!("{empty} batches of the history changed nothing")));
    }
    let objects: Vec<(String, String)> = sqlx::query(
        "SELECT object.kind, object.name FROM object LEFT JOIN history \
             ON history.id = (SELECT MAX(id) FROM history WHERE object_id = object.id) \
         WHERE history.id IS NULL OR history.operation = 'delete' OR history.revision <> object.revision \
             OR history.kind <> object.kind OR history.name <> object.name \
             OR history.active_after <> object.is_active OR history.spec_after <> object.spec",
    )
    .try_map(|row: Row| Ok((row.try_get(0)?, row.try_get(1)?)))
    .fetch_all(&mut *connection)
    .await
    .attempt(|| "could not compare objects and history".to_owned())?;
    problems.extend(objects.into_iter().map(|(kind, name)| {
        Problem::new("is not what its history says").object(format!("{kind} `{name}`")).hint(HINT)
    }));
    let lost = count(
        connection,
        "SELECT COUNT(*) FROM history \
         WHERE id = (SELECT MAX(later.id) FROM history AS later WHERE later.object_id = history.object_id) \
             AND operation <> 'delete' \
             AND NOT EXISTS (SELECT 1 FROM object WHERE object.id = history.object_id)",
    )
    .await?;
    if lost != 0 {
        problems
            .push(Problem::new(format!("{lost} objects are missing, though nobody deleted them")).hint(HINT));
    }
    Ok(problems)
}

async fn count(connection: &mut Connection, statement: &'static str) -> Result<i64> {
    sqlx::query_scalar(statement).fetch_one(connection).await.attempt(|| "could not count rows".to_owned())
}
