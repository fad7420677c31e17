//! Outgoing HTTP: the connections that services call, their pools, credentials and limits.
//!
//! Threads of services do not do I/O themselves. [`Connection::start`] hands a [`Call`] to one thread per process, the
//! [`engine`], and gives a [`Pending`] to wait on, without any lock held. [`Connections`] is compiled out of a snapshot
//! of the store and swapped as a whole; a connection whose configuration stays the same keeps its pool.
//!
//! Invariants: nothing is sent twice on behalf of a service; an answer of any status is an answer, not a failure.

mod answer;
mod bearer;
mod call;
mod client;
mod connecting;
mod connection;
mod connections;
mod credential;
mod engine;
mod failure;
mod pending;
mod pieces;
mod redirect;
mod send;

pub use answer::{Answer, Body, Hop, LARGEST_BODY};
pub use call::{Call, Limits, Overrides, Verification};
pub use connection::Connection;
pub use connections::Connections;
pub use failure::{Failure, FailureKind};
pub use pending::Pending;
pub use pieces::{Next, Pieces};
