//! Coordination as data structures: who may do what now.
//!
//! Invariant: no I/O and no clock; whoever calls says what time it is.

pub mod locks;
