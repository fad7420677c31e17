//! Integration tests of the server crate.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail the test like the tests themselves")]

mod api;
mod docs;
mod kinds;
mod logging;
mod place;
