//! Applies batches.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;
use zato_core::{Error, ErrorKind, Result};

use crate::backend::{Attempt as _, Connection, json_text};
use crate::batch::{Applied, Batch, Operation};
use crate::history::{HistoryOperation, ObjectState};
use crate::object::{Object, ObjectKey, find, object_columns, object_of};
use crate::store::{Store, revision};

/// How deep documents may be nested; reading stops at 128.
const LEVELS: usize = 100;

impl Store {
    /// Makes the changes of a batch in one transaction: all of them are durable when this returns, or none was
    /// made. A batch that changes anything is one revision, with one entry in the history per changed object.
    /// If the future is dropped before it is ready, the batch is applied as a whole or not at all.
    ///
    /// # Errors
    /// - [`ErrorKind::Conflict`] naming the object if it was changed meanwhile, or exists already;
    /// - [`ErrorKind::NotFound`] naming the object to delete or rename that does not exist;
    /// - [`ErrorKind::Invalid`] if a kind or name is empty, or a spec is nested too deeply;
    /// - [`ErrorKind::Store`] or [`ErrorKind::Io`] if the store cannot be written.
    pub async fn apply(&self, batch: Batch) -> Result<Applied> {
        let mut transaction = self.backend().begin_write().await?;
        let before = revision(&mut transaction).await?;
        if let Some(expected) = batch.expected_revision.filter(|expected| *expected != before) {
            let message =
                format!("the config store is at revision {before}, the changes are meant for {expected}");
            return Err(Error::new(ErrorKind::Conflict, message).hint("look at what changed, then try again"));
        }
        let mut application = Application {
            connection: &mut transaction,
            batch: &batch,
            revision: before + 1,
            at: Timestamp::now(),
            has_changes: false,
            touched: HashMap::new(),
        };
        for operation in &batch.operations {
            application.perform(operation).await?;
        }
        let has_changes = application.has_changes;
        let objects = application.objects().await?;
        if !has_changes {
            return Ok(Applied { revision: before, objects });
        }
        transaction.commit().await.attempt(|| "could not store the changes".to_owned())?;
        self.nudge();
        Ok(Applied { revision: before + 1, objects })
    }
}

/// A batch being applied.
struct Application<'a> {
    connection: &'a mut Connection,
    batch: &'a Batch,
    revision: i64,
    at: Timestamp,
    has_changes: bool,
    /// Identities of the objects of the operations, with the place of the first operation on each.
    touched: HashMap<i64, usize>,
}

impl Application<'_> {
    async fn perform(&mut self, operation: &Operation) -> Result<()> {
        let key = operation.key();
        require_text(&key)?;
        let current = find(self.connection, &key).await?;
        match operation {
            Operation::Put { is_active, spec, expected_revision, .. } => {
                require_revision(&key, current.as_ref(), *expected_revision)?;
                require_depth(&key, spec)?;
                let wanted = ObjectState { is_active: *is_active, spec: spec.clone() };
                match current {
                    None => self.insert(&key, wanted).await,
                    Some(current) => self.update(&key, current, wanted).await,
                }
            }
            Operation::Delete { expected_revision, .. } => {
                let current = current.ok_or_else(|| missing(&key, "deleted"))?;
                require_revision(&key, Some(&current), *expected_revision)?;
                self.delete(&key, current).await
            }
            Operation::Rename { new_name, expected_revision, .. } => {
                let current = current.ok_or_else(|| missing(&key, "renamed"))?;
                require_revision(&key, Some(&current), *expected_revision)?;
                self.rename(&key, current, new_name).await
            }
        }
    }

    async fn insert(&mut self, key: &ObjectKey, wanted: ObjectState) -> Result<()> {
        self.begin_revision().await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO object (kind, name, is_active, spec, revision, updated_by, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        )
        .bind(&key.kind)
        .bind(&key.name)
        .bind(wanted.is_active)
        .bind(json_text(&wanted.spec)?)
        .bind(self.revision)
        .bind(&self.batch.actor)
        .bind(self.at.as_microsecond())
        .fetch_one(&mut *self.connection)
        .await
        .attempt(|| format!("could not create {key}"))?;
        self.record(HistoryOperation::Create, id, key, None, None, Some(&wanted)).await
    }

    async fn update(&mut self, key: &ObjectKey, current: Object, wanted: ObjectState) -> Result<()> {
        if current.is_active == wanted.is_active && current.spec == wanted.spec {
            self.touch(current.id);
            return Ok(());
        }
        self.begin_revision().await?;
        sqlx::query(
            "UPDATE object SET is_active = $1, spec = $2, revision = $3, updated_by = $4, updated_at = $5 \
             WHERE id = $6",
        )
        .bind(wanted.is_active)
        .bind(json_text(&wanted.spec)?)
        .bind(self.revision)
        .bind(&self.batch.actor)
        .bind(self.at.as_microsecond())
        .bind(current.id)
        .execute(&mut *self.connection)
        .await
        .attempt(|| format!("could not change {key}"))?;
        let (id, before) = state_of(current);
        self.record(HistoryOperation::Update, id, key, None, Some(&before), Some(&wanted)).await
    }

    async fn delete(&mut self, key: &ObjectKey, current: Object) -> Result<()> {
        self.begin_revision().await?;
        sqlx::query("DELETE FROM object WHERE id = $1")
            .bind(current.id)
            .execute(&mut *self.connection)
            .await
            .attempt(|| format!("could not delete {key}"))?;
        let (id, before) = state_of(current);
        self.record(HistoryOperation::Delete, id, key, None, Some(&before), None).await
    }

    async fn rename(&mut self, key: &ObjectKey, current: Object, new_name: &str) -> Result<()> {
        let new_key = ObjectKey::new(&key.kind, new_name);
        require_text(&new_key)?;
        if new_key == *key {
            self.touch(current.id);
            return Ok(());
        }
        if find(self.connection, &new_key).await?.is_some() {
            let message = format!("{key} cannot be renamed: {new_key} already exists");
            return Err(Error::new(ErrorKind::Conflict, message).hint("choose another name"));
        }
        self.begin_revision().await?;
        sqlx::query(
            "UPDATE object SET name = $1, revision = $2, updated_by = $3, updated_at = $4 WHERE id = $5",
        )
        .bind(new_name)
        .bind(self.revision)
        .bind(&self.batch.actor)
        .bind(self.at.as_microsecond())
        .bind(current.id)
        .execute(&mut *self.connection)
        .await
        .attempt(|| format!("could not rename {key}"))?;
        let (id, state) = state_of(current);
        self.record(HistoryOperation::Rename, id, &new_key, Some(&key.name), Some(&state), Some(&state)).await
    }

    /// Counts the revision and writes down who made it, at the first change: a batch without any is none.
    async fn begin_revision(&mut self) -> Result<()> {
        if self.has_changes {
            return Ok(());
        }
        let attempt = || format!("could not begin revision {}", self.revision);
        sqlx::query("UPDATE store_state SET revision = $1")
            .bind(self.revision)
            .execute(&mut *self.connection)
            .await
            .attempt(attempt)?;
        sqlx::query("INSERT INTO batch (revision, at, actor, reason) VALUES ($1, $2, $3, $4)")
            .bind(self.revision)
            .bind(self.at.as_microsecond())
            .bind(&self.batch.actor)
            .bind(&self.batch.reason)
            .execute(&mut *self.connection)
            .await
            .attempt(attempt)?;
        self.has_changes = true;
        Ok(())
    }

    async fn record(
        &mut self,
        operation: HistoryOperation,
        object_id: i64,
        key: &ObjectKey,
        previous_name: Option<&str>,
        before: Option<&ObjectState>,
        after: Option<&ObjectState>,
    ) -> Result<()> {
        self.touch(object_id);
        sqlx::query(
            "INSERT INTO history (revision, operation, object_id, kind, name, previous_name, \
             active_before, spec_before, active_after, spec_after) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(self.revision)
        .bind(operation.as_str())
        .bind(object_id)
        .bind(&key.kind)
        .bind(&key.name)
        .bind(previous_name)
        .bind(before.map(|state| state.is_active))
        .bind(before.map(|state| json_text(&state.spec)).transpose()?)
        .bind(after.map(|state| state.is_active))
        .bind(after.map(|state| json_text(&state.spec)).transpose()?)
        .execute(&mut *self.connection)
        .await
        .attempt(|| format!("could not write the history of {key}"))?;
        Ok(())
    }

    fn touch(&mut self, id: i64) {
        let place = self.touched.len();
        self.touched.entry(id).or_insert(place);
    }

    /// Reads what the objects have become.
    async fn objects(self) -> Result<Vec<Object>> {
        let mut touched: Vec<_> = self.touched.into_iter().collect();
        touched.sort_unstable_by_key(|(_, place)| *place);
        let mut objects = Vec::with_capacity(touched.len());
        for (id, _) in touched {
            let object = sqlx::query(concat!("SELECT ", object_columns!(), " FROM object WHERE id = $1"))
                .bind(id)
                .try_map(object_of)
                .fetch_optional(&mut *self.connection)
                .await
                .attempt(|| "could not read the changed objects".to_owned())?;
            objects.extend(object);
        }
        Ok(objects)
    }
}

fn state_of(object: Object) -> (i64, ObjectState) {
    (object.id, ObjectState { is_active: object.is_active, spec: object.spec })
}

fn require_text(key: &ObjectKey) -> Result<()> {
    if key.kind.is_empty() || key.name.is_empty() {
        return Err(Error::new(ErrorKind::Invalid, format!("{key} has no kind or no name")));
    }
    Ok(())
}

/// Refuses documents that could be written, but not read again.
fn require_depth(key: &ObjectKey, spec: &Value) -> Result<()> {
    fn fits(value: &Value, levels: usize) -> bool {
        let Some(levels) = levels.checked_sub(1) else { return false };
        match value {
            Value::Array(items) => items.iter().all(|item| fits(item, levels)),
            Value::Object(fields) => fields.values().all(|field| fits(field, levels)),
            _ => true,
        }
    }
    if fits(spec, LEVELS) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Invalid, format!("{key} is nested more than {LEVELS} levels deep")))
}

fn require_revision(key: &ObjectKey, current: Option<&Object>, expected: Option<i64>) -> Result<()> {
    let (message, hint) = match (current, expected) {
        (_, None) | (None, Some(0)) => return Ok(()),
        (Some(current), Some(expected)) if current.revision == expected => return Ok(()),
        (Some(_), Some(0)) => {
            (format!("{key} already exists"), "choose another name, or change the existing object")
        }
        (Some(current), Some(expected)) => (
            format!(
                "{key} was changed by {} at {}: it is at revision {}, the change is meant for {expected}",
                current.updated_by, current.updated_at, current.revision
            ),
            "look at the object as it is now, then try again",
        ),
        (None, Some(_)) => (format!("{key} was deleted meanwhile"), "create it anew if it is still needed"),
    };
    Err(Error::new(ErrorKind::Conflict, message).hint(hint))
}

fn missing(key: &ObjectKey, participle: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("{key} cannot be {participle}: it does not exist"))
        .hint("check its kind and name")
}
