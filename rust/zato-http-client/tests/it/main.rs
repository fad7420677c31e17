//! Outgoing connections against real sockets.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod calls;
mod place;
mod tls;
mod tokens;
