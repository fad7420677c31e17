//! Real sockets, a guest made of closures, and requests written byte by byte.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests end where something is not as it should be"
)]

mod admission;
mod agreement;
mod drain;
mod errors;
mod framing;
mod harness;
mod invocation;
mod observability;
mod smuggling;
mod timing;
