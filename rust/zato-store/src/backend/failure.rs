//! Turns errors of the database into ones that say what to do.

use sqlx::error::DatabaseError;
use zato_core::{Error, ErrorKind, Result};

// Primary result codes of SQLite (https://www.sqlite.org/rescode.html); the lowest eight bits of what sqlx gives.
const ERROR: i64 = 1;
const PERMISSION: i64 = 3;
const BUSY: i64 = 5;
const LOCKED: i64 = 6;
const READ_ONLY: i64 = 8;
const INPUT_OUTPUT: i64 = 10;
const CORRUPT: i64 = 11;
const FULL: i64 = 13;
const CANNOT_OPEN: i64 = 14;
const NOT_A_DATABASE: i64 = 26;

/// Returns the primary result code of SQLite.
fn code(error: &dyn DatabaseError) -> Option<i64> {
    error.code()?.parse::<i64>().ok().map(|extended| extended & 0xff)
}

/// Whether another connection is in the way, so that trying again helps.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(code).is_some_and(|code| code == BUSY || code == LOCKED)
}

/// Says what was attempted when a statement fails.
pub(crate) trait Attempt<T> {
    /// Makes an error of what was attempted (lower case, as in "could not read the objects"), why the database
    /// refused, and the way out.
    fn attempt(self, attempt: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Attempt<T> for Result<T, sqlx::Error> {
    fn attempt(self, attempt: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| {
            let (kind, reason, hint) = explain(&error);
            let error = Error::new(kind, format!("{}: {reason}", attempt())).source(error);
            match hint {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })
    }
}

fn explain(error: &sqlx::Error) -> (ErrorKind, &'static str, Option<&'static str>) {
    let refused = (ErrorKind::Store, "the database refused it", None);
    match error {
        sqlx::Error::Database(error) => match code(error.as_ref()) {
            Some(ERROR)
                if ["no such table", "no such column"].iter().any(|what| error.message().contains(what)) =>
            {
                (
                    ErrorKind::Store,
                    "the config store has no tables, or those of an older version",
                    Some(
                        "create the environment with `zato quickstart create` or `zato create odb`, or start the server, \
                      which updates the tables",
                    ),
                )
            }
            Some(BUSY | LOCKED) => (
                ErrorKind::Store,
                "another process keeps the config store locked",
                Some("try again; if it persists, find the process with `fuser` on the file"),
            ),
            Some(CORRUPT) => (
                ErrorKind::Store,
                "the file is damaged",
                Some("restore it from a backup; `sqlite3 FILE .recover` saves what can be read"),
            ),
            Some(NOT_A_DATABASE) => (
                ErrorKind::Store,
                "the file is not an SQLite database, or is damaged",
                Some("check that the path is right, or restore the file from a backup"),
            ),
            Some(PERMISSION | READ_ONLY) => (
                ErrorKind::Io,
                "the file cannot be written",
                Some("the file and its directory have to be writable by the user that runs Zato"),
            ),
            Some(FULL) => (ErrorKind::Io, "the disk is full", Some("free some space and try again")),
            Some(CANNOT_OPEN) => (
                ErrorKind::Io,
                "the file cannot be opened",
                Some(
                    "the file and its directory have to be readable and writable by the user that runs Zato",
                ),
            ),
            Some(INPUT_OUTPUT) => (ErrorKind::Io, "reading or writing the disk failed", None),
            _ => refused,
        },
        sqlx::Error::Io(_) => (ErrorKind::Io, "the file cannot be used", None),
        sqlx::Error::PoolTimedOut => (
            ErrorKind::Store,
            "every connection stayed busy",
            Some("another process may keep the config store locked; try again"),
        ),
        sqlx::Error::PoolClosed => (ErrorKind::Store, "the config store was closed", None),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => (
            ErrorKind::Store,
            "a row does not have the expected form",
            Some("the config store was changed by something else than Zato; run `zato check-config`"),
        ),
        _ => refused,
    }
}
