//! A note of the unit that a worker is importing, in a file, where it outlives the process.
//!
//! An import can end the process on the spot, as `os._exit` does and a crash in native code. Nothing that the worker
//! would still have to send gets through then; what it has written to a file is there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::ServerPaths;

/// The note of one worker.
#[derive(Debug, Clone)]
pub(crate) struct ImportNote(PathBuf);

impl ImportNote {
    /// The note of a worker of a server.
    pub(crate) fn of_worker(paths: &ServerPaths, index: usize) -> Self {
        Self::in_directory(&paths.hot_deploy_work(), index)
    }

    pub(super) fn in_directory(directory: &Path, index: usize) -> Self {
        Self(directory.join(format!("importing-{index}")))
    }

    /// Notes the unit that this process imports from now on, or that it imports nothing.
    pub(crate) fn write(&self, key: Option<&str>) {
        // Without it a crash takes longer to attribute, nothing else. Durability is not needed: should the machine
        // crash, nobody asks.
        drop(match key {
            Some(key) => fs::write(&self.0, format!("{}\n{key}", std::process::id())),
            None => fs::remove_file(&self.0),
        });
    }

    /// Gives the unit that a process was importing when it ended.
    pub(super) fn take(&self, pid: u32) -> Option<String> {
        let text = fs::read_to_string(&self.0).ok()?;
        let (writer, key) = text.split_once('\n')?;
        if writer.parse() != Ok(pid) {
            return None;
        }
        // It is overwritten otherwise.
        drop(fs::remove_file(&self.0));
        Some(key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_a_process_was_importing_and_says_it_of_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let note = ImportNote::in_directory(directory.path(), 1);
        let own = std::process::id();
        assert_eq!(note.take(own), None);
        note.write(Some("new\nline.py"));
        assert_eq!(note.take(own + 1), None);
        assert_eq!(note.take(own).as_deref(), Some("new\nline.py"));
        assert_eq!(note.take(own), None);
        note.write(Some("crm.py"));
        note.write(None);
        assert_eq!(note.take(own), None);
    }
}
