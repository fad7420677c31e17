//! What workers ask and what they are answered. Both ends are of one build, as workers are started by their supervisor.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use zato_cache::{Criterion, Found, Key, Lookup};
use zato_core::{Error, ErrorKind, Result};

/// Longest question, in bytes: the largest value of a cache and what is around it.
pub(super) const QUESTION_LIMIT: usize = 64 << 20;

/// Longest answer, in bytes: many values at once.
pub(super) const ANSWER_LIMIT: usize = 256 << 20;

/// A question.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Question {
    /// About one cache; the empty name means the default one.
    Cache { cache: String, call: Call },
    /// Everything acquired by the session of this connection is free when the connection ends.
    OpenSession,
    /// Answered once it is decided. The other side gives up by closing its half of the connection.
    Acquire { name: String, session: u64, time_to_live: Option<Duration>, patience: Option<Duration> },
    /// Gives a lock back.
    Release { name: String, fence: u64 },
}

/// Which keys are meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// How they are compared.
    pub criterion: Criterion,
    /// With what.
    pub patterns: Vec<Key>,
    /// Most entries, most recently used ones first.
    pub limit: Option<u64>,
}

/// What is done with a cache (reference connections 24.2). Values are encoded; `characters` is the size that the limit
/// for items is about, for values that have one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields are those of the operations of `zato_cache::Cache`")]
pub enum Call {
    /// Nothing, if the cache exists.
    Find,
    /// Answered with [`Answer::Lookup`].
    Get { key: Key, needs_entry: bool },
    /// Answered with [`Answer::Values`].
    Peek { keys: Vec<Key> },
    /// Answered with [`Answer::Lookup`], the entry before.
    Set { key: Key, value: Bytes, characters: Option<u64>, expiry: Option<Duration>, needs_entry: bool },
    /// Answered with [`Answer::Flag`].
    SetIfAbsent { key: Key, value: Bytes, characters: Option<u64>, expiry: Option<Duration> },
    /// Answered with [`Answer::Value`].
    Delete { key: Key },
    /// Answered with [`Answer::Flag`].
    Expire { key: Key, expiry: Option<Duration> },
    /// Answered with [`Answer::Flag`].
    Contains { key: Key },
    /// Answered with [`Answer::Count`].
    Length,
    /// Answered with [`Answer::Keys`].
    Keys,
    /// Answered with [`Answer::Done`].
    Clear,
    /// Answered with [`Answer::Rows`].
    Slice { start: u64, stop: u64 },
    /// Answered with [`Answer::Rows`].
    GetMatching { filter: Filter, needs_entries: bool },
    /// Answered with [`Answer::Pairs`], empty unless they are asked for.
    SetMatching {
        filter: Filter,
        value: Bytes,
        characters: Option<u64>,
        expiry: Option<Duration>,
        returns_found: bool,
    },
    /// Answered with [`Answer::Pairs`], empty unless they are asked for.
    DeleteMatching { filter: Filter, returns_found: bool },
    /// Answered with [`Answer::Count`].
    ExpireMatching { filter: Filter, expiry: Option<Duration> },
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// It is done.
    Done,
    /// Yes or no.
    Flag(bool),
    /// How many.
    Count(u64),
    /// What was found by a key.
    Lookup(Lookup),
    /// What was there.
    Value(Option<Bytes>),
    /// What is there, in the order of the question.
    Values(Vec<Option<Bytes>>),
    /// Keys.
    Keys(Vec<Key>),
    /// Entries.
    Rows(Vec<(Key, Found)>),
    /// Keys and values.
    Pairs(Vec<(Key, Bytes)>),
    /// A session was opened.
    Session(u64),
    /// The lock is held, with this fencing number, or not.
    Lock(Option<u64>),
    /// It was refused.
    Refused(Refusal),
}

/// Why something was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Refusal {
    /// There is no such cache.
    NoSuchCache {
        /// Its name.
        name: String,
        /// Whether there is a definition that is not active.
        is_inactive: bool,
    },
    /// The question cannot be answered as it is.
    Invalid(String),
    /// The session is not known, for instance because the connection it was opened on is gone.
    NoSuchSession,
    /// The answer is too long.
    TooLong,
}

impl Refusal {
    /// Returns the refusal as an error.
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::NoSuchCache { name, is_inactive: true } => {
                Error::new(ErrorKind::NotFound, format!("cache `{name}` is not active"))
                    .hint("set `is_active` of its definition to true")
            }
            Self::NoSuchCache { name, is_inactive: false } => {
                Error::new(ErrorKind::NotFound, format!("there is no cache `{name}`"))
                    .hint("define it under `zato_cache_builtin` in an enmasse file")
            }
            Self::Invalid(message) => Error::new(ErrorKind::Invalid, message),
            Self::NoSuchSession => {
                Error::new(ErrorKind::Conflict, "the session of this process is not known")
            }
            Self::TooLong => {
                Error::new(ErrorKind::Invalid, "the entries together are too large to be read at once")
                    .hint("use `limit`, or read them one by one")
            }
        }
    }
}

/// Puts a message into a frame: its length in four bytes, then the message.
pub(super) fn to_frame(message: &impl Serialize) -> Result<Vec<u8>> {
    let broken =
        |error| Error::new(ErrorKind::Internal, "could not encode a message between processes").source(error);
    let mut frame = postcard::to_extend(message, vec![0_u8; 4]).map_err(broken)?;
    let length = u32::try_from(frame.len() - 4)
        .map_err(|_| Error::new(ErrorKind::Invalid, "a message between processes is longer than 4 GB"))?;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    Ok(frame)
}

/// Reads a message; all of the bytes have to belong to it.
pub(super) fn from_bytes<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T> {
    let broken = || Error::new(ErrorKind::Internal, "could not understand a message between processes");
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok(_) => Err(broken()),
        Err(error) => Err(broken().source(error)),
    }
}
