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
mod report;

pub use address::socket_path;
pub use client::Client;
pub(crate) use client::connect;
pub use listener::Listener;
pub use peer::{Incoming, Peer};
pub use protocol::{Hello, JobOrder, JobReport, Notice, Order, Prepared, Request, Restored, Welcome};
pub use report::{
    DeploymentReport, ServerStatus, ServiceList, SyncReport, UnitFailure, UnitReport, WorkerPhase,
    WorkerStatus, WorkerSync,
};

/// Version of the protocol; both ends must have the same.
pub const PROTOCOL_VERSION: u32 = 1;
