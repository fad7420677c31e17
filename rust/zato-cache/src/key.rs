//! Keys of entries.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// What type a key has; keys of different types are never equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KeyKind {
    /// Text; the bytes are UTF-8.
    Text,
    /// Bytes.
    Bytes,
    /// A whole number of any size; the bytes are its decimal digits.
    Integer,
}

/// A key: text, bytes or a whole number (reference connections 24.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// Its type.
    pub kind: KeyKind,
    /// Its value, in the form that belongs to the type.
    pub content: Bytes,
}

impl Key {
    /// Makes a key of text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { kind: KeyKind::Text, content: Bytes::copy_from_slice(text.as_bytes()) }
    }

    /// Makes a key of bytes.
    #[must_use]
    pub fn bytes(bytes: &[u8]) -> Self {
        Self { kind: KeyKind::Bytes, content: Bytes::copy_from_slice(bytes) }
    }

    /// Makes a key of the decimal digits of a whole number.
    #[must_use]
    pub fn integer(digits: &str) -> Self {
        Self { kind: KeyKind::Integer, content: Bytes::copy_from_slice(digits.as_bytes()) }
    }

    /// Returns a number that is the same for equal keys in every process of a server.
    #[must_use]
    pub fn stable_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_kept_apart() {
        assert_ne!(Key::text("1"), Key::bytes(b"1"));
        assert_ne!(Key::text("1"), Key::integer("1"));
        assert_eq!(Key::text("1").stable_hash(), Key::text("1").stable_hash());
        assert_ne!(Key::text("1").stable_hash(), Key::integer("1").stable_hash());
    }
}
