//! A call that is under way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tokio::task::AbortHandle;

use crate::answer::Answer;
use crate::failure::Failure;

/// A call that is under way; dropping it ends it.
#[derive(Debug)]
pub struct Pending {
    slot: Arc<Slot>,
    task: AbortHandle,
}

/// Where the outcome is put.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    outcome: Mutex<Option<Result<Answer, Failure>>>,
    is_there: Condvar,
}

impl Slot {
    pub(crate) fn put(&self, outcome: Result<Answer, Failure>) {
        *self.outcome.lock() = Some(outcome);
        self.is_there.notify_all();
    }
}

impl Pending {
    pub(crate) const fn new(slot: Arc<Slot>, task: AbortHandle) -> Self {
        Self { slot, task }
    }

    /// Waits for the outcome, at most for that long; none if it has not come, or was taken already.
    #[must_use]
    pub fn wait(&self, limit: Duration) -> Option<Result<Answer, Failure>> {
        let deadline = Instant::now() + limit;
        let mut outcome = self.slot.outcome.lock();
        while outcome.is_none() {
            if self.slot.is_there.wait_until(&mut outcome, deadline).timed_out() {
                break;
            }
        }
        outcome.take()
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.task.abort();
    }
}
