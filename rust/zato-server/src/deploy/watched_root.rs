//! A pickup directory that is watched.

use std::collections::HashSet;
use std::path::PathBuf;

use globset::Glob;
use zato_core::error::Context;
use zato_core::{ErrorKind, Result};

use super::events;
use super::index::Index;
use super::listing::Root;
use crate::config::pickup::PickupDirectory;

#[derive(Debug)]
pub(super) struct WatchedRoot {
    pub(super) root: Root,
    pub(super) index: Index,
    pub(super) presence: Presence,
    /// Directories of the latest listing, without symbolic links.
    pub(super) directories: HashSet<PathBuf>,
}

/// How changes of a pickup directory become known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It was not looked at yet.
    Unknown,
    /// It does not exist, and is waited for.
    Missing,
    /// The system reports them.
    Reported,
    /// It has to be looked at over and over.
    Polled,
}

impl WatchedRoot {
    /// Takes a directory as it is configured, among all that are.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if a pattern of file names is none.
    pub(super) fn new(directory: &PickupDirectory, others: &[PickupDirectory]) -> Result<Self> {
        let patterns = directory
            .patterns
            .iter()
            // The default means every kind of source file.
            .filter(|pattern| !matches!(pattern.as_str(), "*.py" | "*"))
            .map(|pattern| Glob::new(pattern).map(|glob| glob.compile_matcher()))
            .collect::<std::result::Result<Vec<_>, _>>()
            .context(ErrorKind::Invalid, || {
                format!("patterns of pickup directory `{}` are not valid", directory.name)
            })?;
        let root = Root {
            path: directory.path.clone(),
            is_recursive: directory.is_recursive,
            patterns,
            others: others
                .iter()
                .map(|other| other.path.clone())
                .filter(|path| *path != directory.path)
                .collect(),
        };
        Ok(Self { root, index: Index::default(), presence: Presence::Unknown, directories: HashSet::new() })
    }

    /// Takes note whether the directory exists, and tells people when that changes.
    pub(super) fn note_existence(&mut self, exists: bool, can_notify: bool) {
        let path = self.root.path.display();
        let before = self.presence;
        match (exists, before) {
            (true, Presence::Unknown | Presence::Missing) => {
                let is_reported = can_notify && events::reports_changes(&self.root.path);
                self.presence = if is_reported { Presence::Reported } else { Presence::Polled };
            }
            (false, _) => self.presence = Presence::Missing,
            (true, _) => {}
        }
        match (before, self.presence) {
            (Presence::Missing, Presence::Missing) => {}
            (Presence::Missing, _) => tracing::info!("pickup directory `{path}` is there now"),
            (Presence::Unknown, Presence::Missing) => {
                tracing::warn!("pickup directory `{path}` does not exist; it is waited for");
            }
            (_, Presence::Missing) => {
                tracing::warn!(
                    "pickup directory `{path}` is gone; its services stay deployed, and it is waited for"
                );
            }
            _ => {}
        }
    }
}
