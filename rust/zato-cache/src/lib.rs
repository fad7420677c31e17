//! A built-in cache as a data structure: recently used entries with a time to live, found by key or by what their keys
//! have in common (reference connections 24).
//!
//! Invariant: no I/O and no clock; whoever calls says what time it is. Values are bytes whose meaning is not known here.

mod cache;
mod entry;
mod families;
mod key;
mod limits;
mod matcher;
mod time;

pub use cache::{Cache, Figures, Lookup, TooLarge};
pub use entry::{Entry, Found};
pub use key::{Key, KeyKind};
pub use limits::Limits;
pub use matcher::{Criterion, InvalidPattern, Matcher};
pub use time::Moment;

#[cfg(test)]
mod model_tests;
