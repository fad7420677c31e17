//! Calls that the caller waits for, but not for ever.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::in_place::{Answer, Wishes, run_in_place};
use crate::call::Call;
use crate::fork;
use crate::watchdog::Watch;

/// How long after the caller went on the service is interrupted, so that it is the caller who says that time is over.
const GRACE: Duration = Duration::from_millis(20);

/// Services that call others have as much stack as the system gives to the first thread.
const STACK: usize = 8 << 20;

/// Runs a service on a thread of its own and waits for it, but not longer than `seconds`; then gives nothing, and the
/// service gets a `TimeoutException` wherever it is.
///
/// # Errors
/// Raises what the service raised, and `ValueError` for a time that is none.
pub(super) fn invoke_within(
    py: Python<'_>,
    call: &Arc<Call>,
    wishes: Wishes,
    seconds: f64,
) -> PyResult<Option<Answer>> {
    let limit = Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(format!("timeout={seconds}: {error}")))?;
    let (sender, receiver) = channel();
    let call = call.clone();
    let deadline = Instant::now().checked_add(limit + GRACE);
    let thread = std::thread::Builder::new().name("zato-timed".to_owned()).stack_size(STACK);
    thread.spawn(move || {
        let result = Python::attach(|py| {
            let watch = deadline.map(|deadline| Watch::begin_timed(py, deadline, &call.entry.info.name));
            let result = run_in_place(py, &call, &wishes);
            fork::end_child(py, result.as_ref().err());
            if let Some(watch) = watch {
                drop(watch.end(py));
            }
            result
        });
        // Nobody listens any more if the time was over.
        drop(sender.send(result));
    })?;
    match py.detach(move || receiver.recv_timeout(limit)) {
        Ok(result) => result.map(Some),
        Err(_) => Ok(None),
    }
}
