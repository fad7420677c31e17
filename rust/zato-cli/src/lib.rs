//! The `zato` command line: every command, one file each in `commands`.
//!
//! Invariant: commands change intended state through `zato_server::api` only, and print secrets once at most.

mod admin;
mod arguments;
mod commands;
mod exit;
mod foreground;
mod http_client;
mod interrupt;
mod launch;
mod normalize;
mod options;
mod output;
mod private_file;
mod process;
mod record;
mod reference;
mod render;
mod resolve;
mod scripts;
mod secrets;
mod serve;
mod store;
mod terminal;

use std::fmt;
use std::path::PathBuf;

use zato_server::worker::GuestFactory;

pub use exit::ExitCode;
pub use normalize::normalize;
pub use reference::reference;

/// Version of Zato that environments are compatible with.
pub(crate) const COMPATIBLE_VERSION: &str = "3.2";

/// What the composition root gives to the command line.
#[derive(Clone)]
pub struct Runtime {
    /// The interpreter this process runs in (`sys.executable`); servers and workers are started with it.
    pub python_executable: PathBuf,
    /// Version of that interpreter as people write it, for instance `3.11.7`.
    pub python_version: String,
    /// Makes the guest of a worker.
    pub guest_factory: GuestFactory,
}

impl fmt::Debug for Runtime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Runtime")
            .field("python_executable", &self.python_executable)
            .field("python_version", &self.python_version)
            .finish_non_exhaustive()
    }
}

/// Runs one command and gives the exit code of the process (reference operations 1.2).
///
/// `argv` begins with the name of the program. The calling thread is blocked until the command ends, which for
/// `start --fg` and workers is when they are stopped; it must not hold the interpreter's lock.
pub fn main(argv: Vec<String>, runtime: Runtime) -> i32 {
    let words = argv.get(1..).unwrap_or_default();
    interrupt::end_on_interrupt();
    commands::run(&normalize(words), &runtime).number()
}

/// Returns what `zato --version` prints (reference operations 1.1): compatible version, what this was built from, Python.
#[must_use]
pub fn version(runtime: &Runtime) -> String {
    format!(
        "Zato {COMPATIBLE_VERSION}+{}-py{}",
        build(option_env!("ZATO_BUILD_REVISION")),
        runtime.python_version
    )
}

/// What this was built from: the revision in git if it was exactly that, else our own version.
fn build(revision: Option<&str>) -> String {
    match revision.map(str::trim).filter(|revision| !revision.is_empty()) {
        Some(revision) => format!("rev.{revision}"),
        None => format!("rust.{}", env!("CARGO_PKG_VERSION")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_revision_is_named_only_if_there_is_one() {
        assert_eq!(build(Some("0ba7f36e1c")), "rev.0ba7f36e1c");
        for none in [None, Some(""), Some(" ")] {
            assert!(build(none).starts_with("rust."), "{none:?}");
        }
    }
}
