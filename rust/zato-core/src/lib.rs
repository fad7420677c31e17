//! Vocabulary shared by every crate: errors, problems, secrets, identifiers, time, compat profiles, and the
//! contract between the server and the guest that runs services.
//!
//! Invariant: no I/O, no runtime, no Python below this line.

pub mod administration;
pub mod cid;
pub mod clock;
pub mod compat;
pub mod error;
pub mod guest;
pub mod invocation;
pub mod problem;
pub mod secret;
pub mod wakeups;

pub use cid::Cid;
pub use compat::Profile;
pub use error::{Error, ErrorKind, Result};
pub use problem::Problem;
pub use secret::Secret;
pub use wakeups::Wakeups;
