//! What the workers say about finished deployments.

use jiff::Timestamp;
use sqlx::Row as _;
use zato_core::{Error, ErrorKind, Result};

use super::{Acknowledgement, AcknowledgementStatus};
use crate::backend::{Attempt as _, Row, time_of};
use crate::store::Store;

impl Store {
    /// Records what a worker did with a deployment; the last word of a worker counts.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such deployment, [`ErrorKind::Store`] or [`ErrorKind::Io`] if the
    /// store cannot be written.
    pub async fn acknowledge(
        &self,
        deployment: i64,
        server: &str,
        worker: usize,
        status: AcknowledgementStatus,
        detail: &str,
    ) -> Result<()> {
        let attempt =
            || format!("could not record that worker {worker} of `{server}` knows deployment {deployment}");
        let mut transaction = self.backend().begin_write().await?;
        let exists: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM deployment WHERE id = $1")
            .bind(deployment)
            .fetch_one(&mut *transaction)
            .await
            .attempt(attempt)?;
        if exists == 0 {
            return Err(Error::new(ErrorKind::NotFound, format!("there is no deployment {deployment}")));
        }
        sqlx::query(
            "INSERT INTO deployment_ack (deployment, server, worker, status, at, detail) \
             VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (deployment, server, worker) \
             DO UPDATE SET status = excluded.status, at = excluded.at, detail = excluded.detail",
        )
        .bind(deployment)
        .bind(server)
        .bind(i64::try_from(worker).unwrap_or(i64::MAX))
        .bind(status.as_str())
        .bind(Timestamp::now().as_microsecond())
        .bind(detail)
        .execute(&mut *transaction)
        .await
        .attempt(attempt)?;
        transaction.commit().await.attempt(attempt)
    }

    /// Returns what the workers did with a deployment, sorted by server and worker.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] or [`ErrorKind::Io`] if the store cannot be read.
    pub async fn acknowledgements(&self, deployment: i64) -> Result<Vec<Acknowledgement>> {
        let mut transaction = self.backend().begin_read().await?;
        sqlx::query(
            "SELECT server, worker, status, at, detail FROM deployment_ack WHERE deployment = $1 \
             ORDER BY server, worker",
        )
        .bind(deployment)
        .try_map(acknowledgement_of)
        .fetch_all(&mut *transaction)
        .await
        .attempt(|| format!("could not read who knows deployment {deployment}"))
    }
}

fn acknowledgement_of(row: Row) -> Result<Acknowledgement, sqlx::Error> {
    Ok(Acknowledgement {
        server: row.try_get("server")?,
        worker: row.try_get("worker")?,
        status: AcknowledgementStatus::from_word(row.try_get("status")?)?,
        at: time_of(row.try_get("at")?)?,
        detail: row.try_get("detail")?,
    })
}
