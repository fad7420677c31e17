//! How the processes of one server talk: the CLI asks the supervisor, the supervisor orders its workers, workers
//! report to the supervisor. JSON lines over a Unix socket that only the owner of the server can open.
//!
//! Invariant: nothing here decides anything; [`crate::supervisor`] and [`crate::worker`] do.

mod address;
mod client;
mod frame;
mod listener;
mod peer;
mod protocol;

pub use address::socket_path;
pub use client::Client;
pub use listener::Listener;
pub use peer::{Incoming, Peer};
pub use protocol::{
    CaughtUp, Catching, DeploymentReport, FailedUnit, Goodbye, Hello, Metrics, Notice, Order, Prepared, Request,
    Restored, ServerStatus, ServiceList, StopReport, Synced, SyncReport, UnitReport, Welcome, WorkerPhase,
    WorkerStatus, WorkerSync,
};

/// Version of the protocol; both ends must have the same.
pub const PROTOCOL_VERSION: u32 = 1;
