//! `zato._core.main`: where Python hands over to the command line.

#![expect(unsafe_code, reason = "signal dispositions are set through C")]

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use zato_cli::Runtime;

use crate::exit;
use crate::guest::PythonGuest;

/// Runs one command of the `zato` command line; `argv` begins with the program's name. Returns the exit code, and
/// does not return at all for workers, which leave the process themselves.
#[pyfunction]
pub(crate) fn main(py: Python<'_>, argv: Vec<String>) -> PyResult<i32> {
    let system = py.import("sys")?;
    let executable: Option<String> = system.getattr("executable")?.extract()?;
    let version: (u8, u8, u8, String, u8) = system.getattr("version_info")?.extract()?;
    let runtime = Runtime {
        python_executable: PathBuf::from(executable.unwrap_or_else(|| "python3".to_owned())),
        python_version: format!("{}.{}.{}", version.0, version.1, version.2),
        guest_factory: Arc::new(PythonGuest::make),
    };
    own_interrupts();
    let is_worker = argv.get(1).is_some_and(|command| command == "worker");
    let code = py.detach(move || zato_cli::main(argv, runtime));
    if is_worker {
        exit::leave(py, code);
    }
    Ok(code)
}

/// Takes SIGINT away from Python, whose handler would raise `KeyboardInterrupt` once a command is over that has
/// dealt with it already. Commands that do nothing about it end at once.
fn own_interrupts() {
    // SAFETY: the default disposition runs no code of ours.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
}
