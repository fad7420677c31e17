//! Makes a worker notice that its supervisor is gone.

use zato_core::error::Context;
use zato_core::{ErrorKind, Result};

/// Asks the system to send SIGTERM when the supervisor ends, however it ends. A supervisor that has ended before this
/// call is noticed when the worker cannot say hello to it.
///
/// # Errors
/// [`ErrorKind::Io`] if the system refuses.
#[cfg(target_os = "linux")]
pub(super) fn die_with_parent() -> Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))
        .context(ErrorKind::Io, || "could not tie the worker to its supervisor".to_owned())
}

/// Elsewhere the end of the control connection has to do.
#[cfg(not(target_os = "linux"))]
pub(super) fn die_with_parent() -> Result<()> {
    Ok(())
}
