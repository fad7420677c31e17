//! The databases a store can be in. Everything above is written in SQL that SQLite and PostgreSQL both take
//! (`$1` placeholders), and names the types of the database only through the aliases here.

mod column;
mod failure;
pub(crate) mod sqlite;

pub(crate) use column::{json_of, json_text, time_of};
pub(crate) use failure::Attempt;

/// The database.
pub(crate) type Backend = sqlite::Sqlite;

/// A connection that runs statements.
pub(crate) type Connection = sqlx::SqliteConnection;

/// A transaction; it is rolled back unless it is committed.
pub(crate) type Transaction = sqlx::Transaction<'static, sqlx::Sqlite>;

/// A row of a result.
pub(crate) type Row = sqlx::sqlite::SqliteRow;
