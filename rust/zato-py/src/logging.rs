//! The bridge between Python's `logging` and the server's log.

use pyo3::prelude::*;

use crate::call::CurrentCid;

/// Writes one record of Python's `logging`: `level` is Python's number, `line` the line that logged.
#[pyfunction]
#[pyo3(signature = (level, logger, message, line = 0, cid = None))]
pub(crate) fn log(py: Python<'_>, level: i64, logger: &str, message: &str, line: u32, cid: Option<String>) {
    let cid = cid.or_else(|| CurrentCid::get().map(|cid| cid.to_string()));
    py.detach(|| zato_server::logging::emit(level, logger, message, line, cid.as_deref()));
}

/// Whether a record of this level and logger would be written at all.
#[pyfunction]
pub(crate) fn log_enabled(logger: &str, level: i64) -> bool {
    zato_server::logging::is_enabled(logger, level)
}

/// Whether what goes by this name is never written to the log.
#[pyfunction]
pub(crate) fn is_secret_name(name: &str) -> bool {
    zato_server::logging::is_secret_name(name)
}

/// Returns the text as the log would show it.
#[pyfunction]
pub(crate) fn without_secrets(text: &str) -> String {
    zato_server::logging::without_secrets(text).into_owned()
}

/// Returns the CID of the invocation this thread works on.
#[pyfunction]
pub(crate) fn current_cid() -> Option<String> {
    CurrentCid::get().map(|cid| cid.to_string())
}

/// Returns a new CID.
#[pyfunction]
pub(crate) fn new_cid() -> String {
    zato_core::Cid::new().to_string()
}
