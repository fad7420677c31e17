//! Outgoing connections against real sockets.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod calls;
mod place;
mod tls;
mod tokens;
