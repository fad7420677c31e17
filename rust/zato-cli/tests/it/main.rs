//! Tests of the command line as users run it: in processes of its own, on real directories.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail the test like the tests themselves")]

mod commands;
mod configuration;
mod docs;
mod fake_guest;
mod forms;
mod place;
mod quickstart;
mod servers;
