//! What the workers of a server share: caches and locks.
//!
//! The supervisor keeps them, on a thread of their own, so that they outlive workers. Workers ask over a Unix socket next
//! to the control socket; every question is one frame and so is its answer. In a process without a server the same
//! state is kept by the process itself.
//!
//! Invariant: what is stored is opaque here; `zato-py` decides what values mean.

mod client;
mod definitions;
mod keeper;
mod protocol;
mod state;
mod wire;

pub use client::{Client, PendingLock, Progress};
pub use definitions::Definitions;
pub use keeper::{Keeper, socket_path};
pub use protocol::{Answer, Call, Filter};
pub use zato_cache::{Criterion, Entry, Found, Key, KeyKind, Limits, Lookup};
