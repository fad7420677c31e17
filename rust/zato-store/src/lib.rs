//! The config store: everything an administrator says, as objects in a database; the history of who said it;
//! the deployed sources; runs of jobs; and the encryption of the secrets among them.
//!
//! An object is opaque here: kind, name, whether it is active, and a JSON document. What a kind means, which of
//! its fields are secret and which refer to other objects is decided above (`zato-schema`, `zato-server::api`).
//!
//! Start at [`Store`]. Several processes may hold the same store open; one of them writes at a time, readers
//! never wait for it.

mod apply;
mod backend;
mod batch;
mod check;
mod cluster;
pub mod crypto;
mod deployment;
mod history;
mod object;
mod options;
mod run;
mod schema;
mod store;
mod watch;

pub use batch::{Applied, Batch, Operation};
pub use check::CheckReport;
pub use cluster::Cluster;
pub use crypto::{Cipher, SecretKey, hash_secret, verify_hash};
pub use deployment::{
    Acknowledgement, AcknowledgementStatus, Deployment, DeploymentResult, DeploymentStatus, UnitResult,
    UnitStatus, UnitVersion,
};
pub use history::{HistoryEntry, HistoryOperation, ObjectState};
pub use object::{Changes, Object, ObjectKey, Snapshot};
pub use options::StoreOptions;
pub use run::{Claim, Claimed, LastFiring, Run, RunEnd, RunOutcome};
pub use store::Store;
