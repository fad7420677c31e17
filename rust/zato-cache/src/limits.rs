//! What a definition says about its cache.

use serde::{Deserialize, Serialize};

/// Any cache may hold this many bytes, however few and small its items are said to be: values that are not text count
/// with more than their characters.
const LEAST_BYTES: u64 = 1 << 20;

/// Sizes and rules of one cache (reference connections 24.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Most entries; the least recently used one makes room.
    pub max_size: u64,
    /// Most characters of text, or bytes, of one value.
    pub max_item_size: u64,
    /// Whether reading an entry starts its time to live again.
    pub extends_on_get: bool,
    /// Whether writing to an entry starts its time to live again.
    pub extends_on_set: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_size: 10_000, max_item_size: 10_000, extends_on_get: true, extends_on_set: true }
    }
}

impl Limits {
    /// Returns how many bytes all keys and values may have together: as much as the largest number of the largest items.
    #[must_use]
    pub fn max_bytes(&self) -> u64 {
        self.max_size.saturating_mul(self.max_item_size).max(LEAST_BYTES)
    }
}
