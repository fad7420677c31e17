//! The cluster that a store belongs to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use zato_core::{Error, ErrorKind, Result};

use crate::backend::{Attempt as _, Connection, Row, time_of};
use crate::store::Store;

/// A cluster: all servers that share one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Identity, 1 in a store made by this version.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Store {
    /// Gives the store its cluster.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] naming the cluster that the store has already, [`ErrorKind::Invalid`] if the name
    /// is empty, [`ErrorKind::Store`] or [`ErrorKind::Io`] if the store cannot be written.
    pub async fn create_cluster(&self, name: &str) -> Result<Cluster> {
        if name.is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "a cluster needs a name"));
        }
        let mut transaction = self.backend().begin_write().await?;
        if let Some(existing) = read(&mut transaction).await? {
            let message = format!("the config store already belongs to cluster `{}`", existing.name);
            return Err(Error::new(ErrorKind::Conflict, message)
                .hint("use that cluster, or make a config store of its own for the other one"));
        }
        let cluster = sqlx::query("INSERT INTO cluster (name, created_at) VALUES ($1, $2) RETURNING *")
            .bind(name)
            .bind(Timestamp::now().as_microsecond())
            .try_map(cluster_of)
            .fetch_one(&mut *transaction)
            .await
            .attempt(|| format!("could not create cluster `{name}`"))?;
        transaction.commit().await.attempt(|| format!("could not create cluster `{name}`"))?;
        Ok(cluster)
    }

    /// Returns the cluster, if one was created.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] or [`ErrorKind::Io`] if the store cannot be read.
    pub async fn cluster(&self) -> Result<Option<Cluster>> {
        let mut transaction = self.backend().begin_read().await?;
        read(&mut transaction).await
    }
}

async fn read(connection: &mut Connection) -> Result<Option<Cluster>> {
    sqlx::query("SELECT id, name, created_at FROM cluster ORDER BY id LIMIT 1")
        .try_map(cluster_of)
        .fetch_optional(connection)
        .await
        .attempt(|| "could not read the cluster".to_owned())
}

fn cluster_of(row: Row) -> Result<Cluster, sqlx::Error> {
    Ok(Cluster {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        created_at: time_of(row.try_get("created_at")?)?,
    })
}
