//! What all threads are doing, for the log.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::prelude::*;

static IS_WRITING: AtomicBool = AtomicBool::new(false);

/// Writes the stacks of all threads and coroutines that run Python to the log, on a thread of its own: the interpreter
/// may be busy for a while, or for ever.
pub(crate) fn write() {
    if IS_WRITING.swap(true, Ordering::SeqCst) {
        tracing::warn!(
            target: "zato",
            "the stacks asked for before are not written yet: a thread keeps the interpreter in code that is not Python"
        );
        return;
    }
    let spawned = std::thread::Builder::new().name("zato-stacks".to_owned()).spawn(|| {
        let written = Python::attach(|py| -> PyResult<()> {
            py.import("zato.server._stacks")?.call_method0("write").map(drop)
        });
        if let Err(error) = written {
            tracing::error!(target: "zato", "could not write the stacks of all threads: {error}");
        }
        IS_WRITING.store(false, Ordering::SeqCst);
    });
    if let Err(error) = spawned {
        tracing::error!(target: "zato", "no thread could be started to write the stacks of all others: {error}");
        IS_WRITING.store(false, Ordering::SeqCst);
    }
}
