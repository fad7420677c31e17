//! Threads as the scheduler of the system sees them.

use std::fs;

use rustix::thread::gettid;

/// A thread of this process, by the number the system knows it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Task(i32);

impl Task {
    /// Returns the calling thread.
    pub(crate) fn of_this_thread() -> Self {
        Self(gettid().as_raw_nonzero().get())
    }

    /// Rebuilds a task from [`Task::number`].
    pub(crate) const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// Returns the number the system knows the thread by.
    pub(crate) const fn number(self) -> i32 {
        self.0
    }

    /// Whether the thread runs or waits for nothing but a CPU (state `R` of proc(5)). A thread that is gone, or
    /// a system that does not tell, counts as not: company costs little, being left alone costs much.
    pub(crate) fn is_runnable(self) -> bool {
        // The name in the second field may hold anything; the state follows its last parenthesis.
        fs::read_to_string(format!("/proc/self/task/{}/stat", self.0))
            .ok()
            .and_then(|text| Some(text.rsplit_once(") ")?.1.starts_with('R')))
            .unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn tells_running_from_waiting_and_gone() {
        assert!(Task::of_this_thread().is_runnable());
        let (sender, receiver) = mpsc::channel();
        let (release, gate) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            sender.send(Task::of_this_thread()).unwrap();
            gate.recv().ok();
        });
        let task = receiver.recv().unwrap();
        while task.is_runnable() {
            std::thread::yield_now();
        }
        drop(release);
        thread.join().unwrap();
        assert!(!task.is_runnable());
    }
}
