//! Integration tests of the server crate.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of tests fail the test like the tests themselves"
)]

mod api;
mod docs;
mod enmasse;
mod kinds;
mod logging;
mod place;
mod server;
mod shared_state;
