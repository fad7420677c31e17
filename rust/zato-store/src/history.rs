//! What was done to objects, by whom, and why. Append-only: the database itself refuses to change or delete it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row as _;
use zato_core::Result;

use crate::backend::{Attempt as _, Row, json_of, time_of};
use crate::store::Store;

/// What was done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HistoryOperation {
    /// It was made.
    Create,
    /// Its spec or its being active changed.
    Update,
    /// It got another name.
    Rename,
    /// It was deleted.
    Delete,
}

/// What an object said at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectState {
    /// Whether it was in use.
    pub is_active: bool,
    /// Its fields. Secrets among them are ciphertext.
    pub spec: Value,
}

/// One thing done to one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Revision that the batch led to.
    pub revision: i64,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// Why, in the actor's words.
    pub reason: String,
    /// What was done.
    pub operation: HistoryOperation,
    /// Identity of the object, the same under all its names.
    pub object_id: i64,
    /// Its kind.
    pub kind: String,
    /// Its name afterwards; of a deleted object, its last name.
    pub name: String,
    /// Its name before, if it was renamed.
    pub previous_name: Option<String>,
    /// What it said before; nothing if it was created.
    pub before: Option<ObjectState>,
    /// What it said afterwards; nothing if it was deleted.
    pub after: Option<ObjectState>,
}

impl HistoryOperation {
    /// Every operation.
    const ALL: [Self; 4] = [Self::Create, Self::Update, Self::Rename, Self::Delete];

    /// Returns the word used in the store and in output, for instance `create`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Rename => "rename",
            Self::Delete => "delete",
        }
    }
}

impl Store {
    /// Returns everything that was done to the objects that have, or once had, a kind and name; latest first.
    /// That includes what was done to them under other names. Empty if there never was such an object.
    ///
    /// # Errors
    /// [`zato_core::ErrorKind::Store`] or [`zato_core::ErrorKind::Io`] if the store cannot be read.
    pub async fn history(&self, kind: &str, name: &str) -> Result<Vec<HistoryEntry>> {
        let mut transaction = self.backend().begin_read().await?;
        sqlx::query(
            "SELECT history.revision, batch.at, batch.actor, batch.reason, history.operation, history.object_id, \
                 history.kind, history.name, history.previous_name, history.active_before, history.spec_before, \
                 history.active_after, history.spec_after \
             FROM history JOIN batch ON batch.revision = history.revision \
             WHERE history.object_id IN ( \
                 SELECT object_id FROM history WHERE kind = $1 AND name = $2 \
                 UNION SELECT object_id FROM history WHERE kind = $1 AND previous_name = $2) \
             ORDER BY history.id DESC",
        )
        .bind(kind)
        .bind(name)
        .try_map(entry_of)
        .fetch_all(&mut *transaction)
        .await
        .attempt(|| format!("could not read the history of {kind} `{name}`"))
    }
}

fn entry_of(row: Row) -> Result<HistoryEntry, sqlx::Error> {
    let operation: &str = row.try_get("operation")?;
    let operation = HistoryOperation::ALL
        .into_iter()
        .find(|known| known.as_str() == operation)
        .ok_or_else(|| sqlx::Error::Decode(format!("unknown operation `{operation}`").into()))?;
    Ok(HistoryEntry {
        revision: row.try_get("revision")?,
        at: time_of(row.try_get("at")?)?,
        actor: row.try_get("actor")?,
        reason: row.try_get("reason")?,
        operation,
        object_id: row.try_get("object_id")?,
        kind: row.try_get("kind")?,
        name: row.try_get("name")?,
        previous_name: row.try_get("previous_name")?,
        before: state_of(row.try_get("active_before")?, row.try_get("spec_before")?)?,
        after: state_of(row.try_get("active_after")?, row.try_get("spec_after")?)?,
    })
}

fn state_of(is_active: Option<bool>, spec: Option<&str>) -> Result<Option<ObjectState>, sqlx::Error> {
    match (is_active, spec) {
        (Some(is_active), Some(spec)) => Ok(Some(ObjectState { is_active, spec: json_of(spec)? })),
        _ => Ok(None),
    }
}
