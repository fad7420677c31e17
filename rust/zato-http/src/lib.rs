//! The HTTP ingress: from bytes of a socket to an [`zato_core::invocation::Invocation`] and back.
//!
//! [`serve`] accepts connections; each is a [`strict::StrictStream`] in hyper; each request goes through the
//! stages listed in `pipeline`. Configuration comes as [`Tables`], compiled from a snapshot of the store and
//! swapped as a whole, so that nothing on the path of a request locks, decrypts or asks the store.
//!
//! Invariants: only `rescue` makes an error a response; what the strict check lets pass, hyper frames the
//! same way; a worker is never brought down by what a client sends.

mod access_log;
mod answer;
pub mod auth;
mod body;
mod built_in;
mod client_address;
mod connection;
mod exchange;
mod hub;
mod link;
mod listeners;
pub mod metrics;
pub mod options;
mod outbox;
mod pipeline;
mod reply;
mod rescue;
pub mod router;
mod server;
mod state;
pub mod strict;
mod tables;

pub use access_log::AccessLog;
pub use answer::{Asked, answer};
pub use listeners::Listeners;
pub use metrics::{Metrics, MetricsSource};
pub use options::{HttpOptions, Network, StatusOverride};
pub use server::{Drained, serve};
pub use state::State;
pub use tables::Tables;
