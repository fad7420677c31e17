//! Objects and the ways to read them.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row as _;
use zato_core::Result;

use crate::backend::{Attempt as _, Connection, Row, json_of, time_of};
use crate::store::{Store, revision};

/// One named piece of configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// Identity that survives renaming; never given to another object.
    pub id: i64,
    /// What it is, for instance `channel.rest`.
    pub kind: String,
    /// Its name, unique among the objects of its kind; compared byte by byte.
    pub name: String,
    /// Whether it is in use.
    pub is_active: bool,
    /// Its fields. Secrets among them are ciphertext.
    pub spec: Value,
    /// Revision of the store at which the object was last changed.
    pub revision: i64,
    /// Who changed it last.
    pub updated_by: String,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Names an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectKey {
    /// What it is, for instance `channel.rest`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

impl ObjectKey {
    /// Names the object of that kind and name.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.into(), name: name.into() }
    }
}

impl fmt::Display for ObjectKey {
    /// Writes the form used in messages, for instance ``channel.rest `crm.get` ``.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} `{}`", self.kind, self.name)
    }
}

/// All objects at one revision.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The revision.
    pub revision: i64,
    /// Every object, sorted by kind and name.
    pub objects: Vec<Object>,
}

impl Snapshot {
    /// Returns the objects of one kind, sorted by name.
    pub fn of_kind<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Object> {
        self.objects.iter().filter(move |object| object.kind == kind)
    }

    /// Returns the object of that kind and name.
    #[must_use]
    pub fn get(&self, kind: &str, name: &str) -> Option<&Object> {
        self.objects.iter().find(|object| object.kind == kind && object.name == name)
    }
}

/// What became different since some revision.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// The revision that putting the changes in force leads to.
    pub revision: i64,
    /// Objects that are new, changed or renamed, as they are now; sorted by kind and name.
    pub put: Vec<Object>,
    /// Names that exist no more: of deleted objects, and the old names of renamed ones; sorted.
    pub deleted: Vec<ObjectKey>,
}

/// Columns that [`object_of`] reads.
macro_rules! object_columns {
    () => {
        "id, kind, name, is_active, spec, revision, updated_by, updated_at"
    };
}
pub(crate) use object_columns;

impl Store {
    /// Returns all objects and their revision, as of one moment.
    ///
    /// # Errors
    /// [`zato_core::ErrorKind::Store`] or [`zato_core::ErrorKind::Io`] if the store cannot be read.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let mut transaction = self.backend().begin_read().await?;
        let revision = revision(&mut transaction).await?;
        let objects = sqlx::query(concat!("SELECT ", object_columns!(), " FROM object ORDER BY kind, name"))
            .try_map(object_of)
            .fetch_all(&mut *transaction)
            .await
            .attempt(|| "could not read the objects".to_owned())?;
        Ok(Snapshot { revision, objects })
    }

    /// Returns the object of that kind and name, if there is one.
    ///
    /// # Errors
    /// As [`Store::snapshot`].
    pub async fn get(&self, kind: &str, name: &str) -> Result<Option<Object>> {
        let mut transaction = self.backend().begin_read().await?;
        find(&mut transaction, &ObjectKey::new(kind, name)).await
    }

    /// Returns the objects of a kind, sorted by name.
    ///
    /// # Errors
    /// As [`Store::snapshot`].
    pub async fn list(&self, kind: &str) -> Result<Vec<Object>> {
        let mut transaction = self.backend().begin_read().await?;
        sqlx::query(concat!("SELECT ", object_columns!(), " FROM object WHERE kind = $1 ORDER BY name"))
            .bind(kind)
            .try_map(object_of)
            .fetch_all(&mut *transaction)
            .await
            .attempt(|| format!("could not read the objects of kind {kind}"))
    }

    /// Returns what is different from how it was at an earlier revision.
    ///
    /// # Errors
    /// As [`Store::snapshot`].
    pub async fn changes_since(&self, since: i64) -> Result<Changes> {
        let attempt = || format!("could not read the changes since revision {since}");
        let mut transaction = self.backend().begin_read().await?;
        let revision = revision(&mut transaction).await?;
        let put = sqlx::query(concat!(
            "SELECT ",
            object_columns!(),
            " FROM object WHERE revision > $1 ORDER BY kind, name"
        ))
        .bind(since)
        .try_map(object_of)
        .fetch_all(&mut *transaction)
        .await
        .attempt(attempt)?;
        // A name that came and went since the revision is told as gone too: whoever asks never heard of it.
        let deleted = sqlx::query(
            "SELECT gone.kind, gone.name FROM ( \
                 SELECT kind, name FROM history WHERE revision > $1 AND operation = 'delete' \
                 UNION \
                 SELECT kind, previous_name FROM history WHERE revision > $1 AND operation = 'rename' \
             ) AS gone \
             WHERE NOT EXISTS (SELECT 1 FROM object WHERE object.kind = gone.kind AND object.name = gone.name) \
             ORDER BY gone.kind, gone.name",
        )
        .bind(since)
        .try_map(|row: Row| Ok(ObjectKey { kind: row.try_get(0)?, name: row.try_get(1)? }))
        .fetch_all(&mut *transaction)
        .await
        .attempt(attempt)?;
        Ok(Changes { revision, put, deleted })
    }
}

/// Reads one object.
pub(crate) async fn find(connection: &mut Connection, key: &ObjectKey) -> Result<Option<Object>> {
    sqlx::query(concat!("SELECT ", object_columns!(), " FROM object WHERE kind = $1 AND name = $2"))
        .bind(&key.kind)
        .bind(&key.name)
        .try_map(object_of)
        .fetch_optional(connection)
        .await
        .attempt(|| format!("could not read {key}"))
}

/// Makes an object of a row with [`object_columns`].
pub(crate) fn object_of(row: Row) -> Result<Object, sqlx::Error> {
    Ok(Object {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        name: row.try_get("name")?,
        is_active: row.try_get("is_active")?,
        spec: json_of(row.try_get("spec")?)?,
        revision: row.try_get("revision")?,
        updated_by: row.try_get("updated_by")?,
        updated_at: time_of(row.try_get("updated_at")?)?,
    })
}
