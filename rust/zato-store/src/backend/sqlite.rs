//! SQLite: one file in write-ahead-log mode, so that readers and the one writer do not wait for each other.
//!
//! SQLite locks files with POSIX locks, which a process loses as soon as it closes *any* descriptor of the file.
//! So nothing in a process that holds a store open may open the file by other means, not even to look at it.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::Rng as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Pool};
use zato_core::error::Context as _;
use zato_core::{Error, ErrorKind, Result};

use super::failure::{Attempt as _, is_busy};
use super::{Connection, Transaction};
use crate::options::StoreOptions;

/// Written into the header of our files: "Zato" in ASCII.
pub(crate) const APPLICATION_ID: i64 = 0x5a61_746f;

/// How many threads a process spends on reading; SQLite connections are served by a thread each.
const READERS: u32 = 2;

/// A connection nobody used for this long is closed.
const IDLE: Duration = Duration::from_secs(60);

/// An open SQLite file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    path: PathBuf,
    connector: Connector,
    writer: Pool<sqlx::Sqlite>,
    readers: Pool<sqlx::Sqlite>,
}

/// Opens connections outside the pools, for whoever needs one for long.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    options: SqliteConnectOptions,
    busy_timeout: Duration,
}

impl Sqlite {
    /// Opens a file, or makes an empty one, and makes sure that it is, or can become, a config store.
    pub(crate) async fn open(options: &StoreOptions) -> Result<Self> {
        let path = std::path::absolute(&options.path)
            .context(ErrorKind::Io, || format!("could not resolve `{}`", options.path.display()))?;
        make_or_find(&path, options.create)?;
        let writing = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(false)
            .foreign_keys(true)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(options.busy_timeout)
            .thread_name(|number| format!("zato-store-{number}"))
            .disable_statement_logging();
        let reading = writing.clone().pragma("query_only", "ON");
        let pool = || {
            SqlitePoolOptions::new()
                .min_connections(0)
                .idle_timeout(IDLE)
                .max_lifetime(None)
                .test_before_acquire(false)
                // When the disk is full or fails, SQLite ends the transaction by itself. The ROLLBACK that follows
                // then fails, and sqlx takes the connection to be inside of a transaction for ever.
                .before_acquire(|connection, _| {
                    let is_usable = !connection.is_in_transaction();
                    Box::pin(async move { Ok(is_usable) })
                })
        };
        let sqlite = Self {
            writer: pool().max_connections(1).connect_lazy_with(writing),
            readers: pool().max_connections(READERS).connect_lazy_with(reading.clone()),
            connector: Connector { options: reading, busy_timeout: options.busy_timeout },
            path,
        };
        sqlite.adopt().await?;
        Ok(sqlite)
    }

    /// Returns the absolute path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Begins a transaction that may write. Waits until no other transaction in any process does; whatever it
    /// reads stays true until it ends.
    pub(crate) async fn begin_write(&self) -> Result<Transaction> {
        let mut patience = self.connector.patience();
        let result = loop {
            match self.writer.begin_with("BEGIN IMMEDIATE").await {
                Err(error) if patience.outlasts(&error).await => {}
                result => break result,
            }
        };
        result.attempt(|| format!("could not write the config store `{}`", self.path.display()))
    }

    /// Begins a transaction that only reads, and sees the store as it is at this moment.
    pub(crate) async fn begin_read(&self) -> Result<Transaction> {
        let mut patience = self.connector.patience();
        let result = loop {
            match self.try_begin_read().await {
                Err(error) if patience.outlasts(&error).await => {}
                result => break result,
            }
        };
        result.attempt(|| format!("could not read the config store `{}`", self.path.display()))
    }

    async fn try_begin_read(&self) -> Result<Transaction, sqlx::Error> {
        let mut transaction = self.readers.begin().await?;
        // BEGIN alone neither takes the read lock nor fixes the moment; reading the header does both.
        sqlx::query("PRAGMA schema_version").fetch_one(&mut *transaction).await?;
        Ok(transaction)
    }

    /// Returns what opens further connections that only read.
    pub(crate) fn connector(&self) -> Connector {
        self.connector.clone()
    }

    /// Closes every connection, waiting for those in use.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Refuses files that belong to something else, then switches the write-ahead log on, which stays on in the
    /// file.
    async fn adopt(&self) -> Result<()> {
        let mut patience = self.connector.patience();
        let result = loop {
            match self.try_adopt().await {
                Err(error) if patience.outlasts(&error).await => {}
                result => break result,
            }
        };
        let adopted =
            result.attempt(|| format!("could not open the config store `{}`", self.path.display()))?;
        match adopted {
            Adopted::Yes => Ok(()),
            Adopted::ForeignDatabase => {
                let message =
                    format!("`{}` is an SQLite database, but not a config store", self.path.display());
                Err(Error::new(ErrorKind::Invalid, message).hint("check that the path is right"))
            }
            Adopted::NoSharedMemory => {
                let message = format!("`{}` is on a file system without shared memory", self.path.display());
                Err(Error::new(ErrorKind::Io, message).hint("keep the config store on a local disk"))
            }
        }
    }

    async fn try_adopt(&self) -> Result<Adopted, sqlx::Error> {
        let mut connection = self.writer.acquire().await?;
        let application: i64 =
            sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
        let tables: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table'")
            .fetch_one(&mut *connection)
            .await?;
        if application != APPLICATION_ID && (application != 0 || tables != 0) {
            return Ok(Adopted::ForeignDatabase);
        }
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode = WAL").fetch_one(&mut *connection).await?;
        Ok(if mode == "wal" { Adopted::Yes } else { Adopted::NoSharedMemory })
    }
}

/// Whether a file can be used.
enum Adopted {
    Yes,
    ForeignDatabase,
    NoSharedMemory,
}

impl Connector {
    /// Opens a connection.
    pub(crate) async fn connect(&self) -> Result<Connection> {
        let mut patience = self.patience();
        let result = loop {
            match Connection::connect_with(&self.options).await {
                Err(error) if patience.outlasts(&error).await => {}
                result => break result,
            }
        };
        result.attempt(|| {
            format!("could not open the config store `{}`", self.options.get_filename().display())
        })
    }

    fn patience(&self) -> Patience {
        Patience { deadline: Instant::now() + self.busy_timeout }
    }
}

/// Repeats what failed only because another process was in the way. SQLite itself waits in most cases, but not
/// where it would have to wait for the recovery or the clean-up of a log.
struct Patience {
    deadline: Instant,
}

impl Patience {
    /// Pauses and gives true if the same is worth trying again.
    async fn outlasts(&mut self, error: &sqlx::Error) -> bool {
        if !is_busy(error) || Instant::now() >= self.deadline {
            return false;
        }
        let pause = rand::rng().random_range(2..20);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        true
    }
}

/// Makes sure there is a file, readable only for its owner if it is new.
fn make_or_find(path: &Path, create: bool) -> Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => Err(Error::new(ErrorKind::Invalid, format!("`{}` is not a file", path.display()))
            .hint("name the SQLite file of the environment, for instance `DIR/zato.db`")),
        Err(error) if error.kind() == io::ErrorKind::NotFound && create => make(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::new(ErrorKind::NotFound, format!("there is no config store `{}`", path.display()))
                .hint("create one with `zato quickstart create` or `zato create odb`, or check the path"))
        }
        Err(error) => Err(error).context(ErrorKind::Io, || format!("could not look at `{}`", path.display())),
    }
}

fn make(path: &Path) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            let message = format!("could not create the config store `{}`", path.display());
            let hint = if error.kind() == io::ErrorKind::NotFound {
                "create its directory first"
            } else {
                "the directory has to be writable by the user that runs Zato"
            };
            Err(Error::new(ErrorKind::Io, message).source(error).hint(hint))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SQLite rolls some failed statements back together with their transaction; a full disk is one of them.
    #[tokio::test]
    async fn writes_go_on_after_a_disk_was_full() {
        let directory = tempfile::tempdir().unwrap();
        let options = StoreOptions::sqlite(directory.path().join("zato.db")).create(true);
        let sqlite = Sqlite::open(&options).await.unwrap();
        let mut transaction = sqlite.begin_write().await.unwrap();
        sqlx::query("CREATE TABLE filler (content BLOB)").execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
        for _ in 0..2 {
            let mut transaction = sqlite.begin_write().await.unwrap();
            sqlx::query("PRAGMA max_page_count = 3").execute(&mut *transaction).await.unwrap();
            let error = sqlx::query("INSERT INTO filler VALUES (zeroblob(100000))")
                .execute(&mut *transaction)
                .await
                .attempt(|| "could not fill it".to_owned())
                .unwrap_err();
            assert!(error.message().contains("the disk is full"), "{error}");
        }
        let mut transaction = sqlite.begin_write().await.unwrap();
        sqlx::query("INSERT INTO filler VALUES (zeroblob(100000))").execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }
}
