//! The handle to a config store.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::OnceCell;
use zato_core::Result;

use crate::backend::{Attempt as _, Backend, Connection};
use crate::options::StoreOptions;
use crate::schema;
use crate::watch::Watcher;

/// An open config store. Clones are cheap and share connections; they can be used from any task of the runtime
/// that the store was opened in.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    backend: Backend,
    options: StoreOptions,
    watcher: OnceCell<Watcher>,
}

impl Store {
    /// Opens a store, without bringing its tables up to date: see [`Store::migrate`].
    ///
    /// # Errors
    /// - [`zato_core::ErrorKind::NotFound`] if there is none, and none is to be made;
    /// - [`zato_core::ErrorKind::Invalid`] if the file is something else, or was made by a newer version of Zato;
    /// - [`zato_core::ErrorKind::Store`] if the file is damaged or locked;
    /// - [`zato_core::ErrorKind::Io`] if it cannot be used.
    pub async fn open(options: StoreOptions) -> Result<Self> {
        let backend = Backend::open(&options).await?;
        let store = Self { inner: Arc::new(Inner { backend, options, watcher: OnceCell::new() }) };
        store.schema_version().await?;
        Ok(store)
    }

    /// Brings the tables up to the version that this build needs; does nothing if they are. Several processes
    /// may do so at once. Gives the version.
    ///
    /// # Errors
    /// As [`Store::open`]; nothing is changed then.
    pub async fn migrate(&self) -> Result<i64> {
        schema::migrate(self.backend()).await
    }

    /// Returns the version of the tables, 0 if there are none yet.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn schema_version(&self) -> Result<i64> {
        let mut transaction = self.backend().begin_read().await?;
        schema::version(&mut transaction, self.backend().path()).await
    }

    /// Returns the revision: how many batches were applied since the store was made.
    ///
    /// # Errors
    /// [`zato_core::ErrorKind::Store`] or [`zato_core::ErrorKind::Io`] if the store cannot be read.
    pub async fn revision(&self) -> Result<i64> {
        let mut transaction = self.backend().begin_read().await?;
        revision(&mut transaction).await
    }

    /// Returns the absolute path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.backend().path()
    }

    /// Closes the connections, waiting for work in progress. Every clone is unusable afterwards; those who watch
    /// see the end of changes. A store that is merely dropped loses nothing either.
    pub async fn close(&self) {
        if let Some(watcher) = self.inner.watcher.get() {
            watcher.stop();
        }
        self.backend().close().await;
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.inner.backend
    }

    pub(crate) fn options(&self) -> &StoreOptions {
        &self.inner.options
    }

    pub(crate) fn watcher(&self) -> &OnceCell<Watcher> {
        &self.inner.watcher
    }
}

/// Reads the revision.
pub(crate) async fn revision(connection: &mut Connection) -> Result<i64> {
    sqlx::query_scalar("SELECT revision FROM store_state")
        .fetch_one(connection)
        .await
        .attempt(|| "could not read the revision of the config store".to_owned())
}
