//! The HTTP ingress: from bytes of a socket to an [`zato_core::invocation::Invocation`] and back.
pub mod auth;
mod link;
pub mod options;
pub mod router;
pub mod strict;
pub use options::HttpOptions;
