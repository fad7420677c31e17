//! A worker does not outlive its supervisor.

#![expect(unsafe_code, reason = "prctl has no safe form")]

use zato_core::{Error, ErrorKind, Result};

/// Has the system send SIGTERM to this process when the thread that started it ends.
///
/// # Errors
/// [`ErrorKind::Io`] if the system refuses, which it has no reason to.
pub(super) fn end_with_supervisor() -> Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes a signal number and changes nothing but this process's own attribute.
    let outcome = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) };
    if outcome == 0 {
        return Ok(());
    }
    let cause = std::io::Error::last_os_error();
    Err(Error::new(ErrorKind::Io, "could not tie the worker to its supervisor").source(cause))
}
