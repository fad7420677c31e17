//! Leaving a process that has threads in Python.
//!
//! `Py_Finalize` while threads wake up from blocking calls aborts the process (execution model, section 8). A
//! worker has drained by now, so it runs what users registered with `atexit`, flushes, and leaves at once.

#![expect(unsafe_code, reason = "the process ends without running finalizers")]

use pyo3::prelude::*;

/// Ends the process with `code`.
pub(crate) fn leave(py: Python<'_>, code: i32) -> ! {
    let finish = || -> PyResult<()> {
        py.import("atexit")?.call_method0("_run_exitfuncs")?;
        let system = py.import("sys")?;
        system.getattr("stdout")?.call_method0("flush")?;
        system.getattr("stderr")?.call_method0("flush")?;
        Ok(())
    };
    if let Err(error) = finish() {
        tracing::warn!(target: "zato", "exit functions failed: {error}");
    }
    // SAFETY: nothing of this process runs after this call.
    unsafe { libc::_exit(code) }
}
