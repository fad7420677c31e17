//! The native part of `self.lock` (reference service-api 3.9).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use zato_server::shared_state::{self, Progress};

use super::{client, to_exception};

/// Longest time that is kept as it is; longer ones mean for ever.
const LONGEST: f64 = 100.0 * 366.0 * 24.0 * 3600.0;

/// A lock that is waited for. The waiting is done in pieces, so that Python code runs in between: that is when a service
/// whose time is over is interrupted.
#[pyclass(module = "zato._core", frozen)]
pub(crate) struct PendingLock(Mutex<Option<shared_state::PendingLock>>);

#[pymethods]
impl PendingLock {
    /// Waits for so many seconds at most; gives the fencing number, 0 if the lock is not to be had, none if nothing is
    /// decided yet.
    fn wait(&self, py: Python<'_>, seconds: f64) -> PyResult<Option<u64>> {
        let limit = time(seconds)?.unwrap_or(Duration::ZERO);
        let mut lock =
            self.take().ok_or_else(|| PyRuntimeError::new_err("this is not waited for any more"))?;
        let (lock, progress) = py.detach(|| {
            let progress = client().wait(&mut lock, limit);
            (lock, progress)
        });
        let progress = progress.map_err(|error| to_exception(&error))?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(lock);
        Ok(match progress {
            Progress::Granted(fence) => Some(fence),
            Progress::Refused => Some(0),
            Progress::Waiting => None,
        })
    }

    /// Gives up waiting; a lock that was granted meanwhile is given back.
    fn give_up(&self, py: Python<'_>) -> PyResult<()> {
        let Some(lock) = self.take() else { return Ok(()) };
        py.detach(|| client().give_up(lock)).map_err(|error| to_exception(&error))
    }
}

impl PendingLock {
    fn take(&self) -> Option<shared_state::PendingLock> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Begins to wait for a lock; times in seconds. A time to live of 0 has no limit, a patience of 0 does not wait.
#[pyfunction]
pub(crate) fn acquire_lock(
    py: Python<'_>,
    name: &str,
    time_to_live: f64,
    patience: f64,
) -> PyResult<PendingLock> {
    let (time_to_live, patience) = (time(time_to_live)?, time(patience)?);
    let pending = py.detach(|| client().acquire(name, time_to_live, patience));
    Ok(PendingLock(Mutex::new(Some(pending.map_err(|error| to_exception(&error))?))))
}

/// Gives a lock back; gives whether it was still held.
#[pyfunction]
pub(crate) fn release_lock(py: Python<'_>, name: &str, fence: u64) -> PyResult<bool> {
    py.detach(|| client().release(name, fence)).map_err(|error| to_exception(&error))
}

/// Takes a time in seconds; none for 0.
pub(super) fn time(seconds: f64) -> PyResult<Option<Duration>> {
    if seconds.is_nan() || seconds < 0.0 {
        return Err(PyValueError::new_err(format!("`{seconds}` is not a time in seconds")));
    }
    let time = Duration::try_from_secs_f64(seconds.min(LONGEST)).unwrap_or(Duration::ZERO);
    Ok((!time.is_zero()).then_some(time))
}
