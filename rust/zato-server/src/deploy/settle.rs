//! Decides when to look at pickup directories, out of single events of the file system.
//!
//! Events only say when to look and which files are being written; what is there is always read from the directory
//! itself, so that a lost or strange event costs time, never correctness.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How many times longer to wait once a directory has appeared: its files are still on their way.
const DIRECTORY_PATIENCE: u32 = 10;

/// How many times the quiet period a steady stream of events may put off looking.
const LONGEST_WAIT: u32 = 20;

/// How long a file that was made and opened, but not written, counts as being written: it may have been opened by
/// somebody who only reads, whose closing is not reported.
const UNWRITTEN_LIMIT: Duration = Duration::from_secs(1);

/// How long a file counts as being written after the last write; for changes that no close follows (truncation by
/// path, files of other hosts).
const WRITING_LIMIT: Duration = Duration::from_secs(60);

/// Something that happened to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sighting {
    /// A file was closed after writing, or moved in.
    Complete(PathBuf),
    /// Attributes of a file changed, for instance its permissions.
    Attributes(PathBuf),
    /// A file or link was made; it may be about to be opened.
    Created(PathBuf),
    /// A file was opened, for whatever purpose.
    Opened(PathBuf),
    /// Bytes were written to a file.
    Written(PathBuf),
    /// A directory was made; files are about to be made in it.
    Directory,
    /// A directory was moved in, with everything in it.
    WholeDirectory(PathBuf),
    /// A file or directory was removed or moved away.
    Gone(PathBuf),
    /// Anything may have happened.
    Everything,
}

#[derive(Debug)]
struct Writing {
    last: Instant,
    has_written: bool,
}

/// What happened since the last look.
#[derive(Debug)]
pub(crate) struct Settle {
    quiet: Duration,
    first: Option<Instant>,
    last: Option<Instant>,
    has_new_directory: bool,
    look_again: Option<Instant>,
    complete: HashSet<PathBuf>,
    arrived: Vec<PathBuf>,
    created: HashSet<PathBuf>,
    writing: HashMap<PathBuf, Writing>,
}

/// Files that are known to be complete, though their content is not known yet.
#[derive(Debug, Default)]
pub(crate) struct Completed {
    /// Files, without symbolic links.
    pub(crate) files: HashSet<PathBuf>,
    /// Directories that arrived as a whole.
    pub(crate) directories: Vec<PathBuf>,
}

impl Settle {
    /// Waits until nothing happened for the given time before looking.
    pub(crate) fn new(quiet: Duration) -> Self {
        Self {
            quiet,
            first: None,
            last: None,
            has_new_directory: false,
            look_again: None,
            complete: HashSet::new(),
            arrived: Vec::new(),
            created: HashSet::new(),
            writing: HashMap::new(),
        }
    }

    /// Takes note of an event.
    pub(crate) fn note(&mut self, sighting: Sighting, now: Instant) {
        match sighting {
            Sighting::Complete(path) => {
                self.created.remove(&path);
                self.writing.remove(&path);
                self.complete.insert(path);
            }
            Sighting::Created(path) => {
                self.created.insert(path);
            }
            Sighting::Opened(path) => {
                // Files are opened all the time, by us for instance; only making one is followed by writing it.
                if !self.created.remove(&path) {
                    return;
                }
                self.writing.insert(path, Writing { last: now, has_written: false });
            }
            Sighting::Written(path) => {
                self.writing.insert(path, Writing { last: now, has_written: true });
            }
            Sighting::Attributes(path) => {
                // Copying sets permissions before it closes.
                if !self.writing.contains_key(&path) {
                    self.complete.insert(path);
                }
            }
            Sighting::Directory => self.has_new_directory = true,
            Sighting::WholeDirectory(path) => self.arrived.push(path),
            Sighting::Gone(path) => {
                self.created.remove(&path);
                self.writing.retain(|writing, _| !writing.starts_with(&path));
            }
            Sighting::Everything => self.writing.clear(),
        }
        self.first.get_or_insert(now);
        self.last = Some(now);
    }

    /// Asks for a look at that time, or sooner.
    pub(crate) fn look_again_at(&mut self, at: Instant) {
        self.look_again = Some(self.look_again.map_or(at, |known| known.min(at)));
    }

    /// When to look, if nothing else happens until then.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        let quiet = if self.has_new_directory { self.quiet * DIRECTORY_PATIENCE } else { self.quiet };
        let settled = match (self.first, self.last) {
            (Some(first), Some(last)) => Some((last + quiet).min(first + quiet * LONGEST_WAIT)),
            _ => None,
        };
        match (settled, self.look_again) {
            (Some(settled), Some(again)) => Some(settled.min(again)),
            (settled, again) => settled.or(again),
        }
    }

    /// Begins a look: gives what was completed since the previous one. `is_link` says whether a file is a link, hard
    /// or symbolic.
    pub(crate) fn begin_look(&mut self, now: Instant, is_link: impl Fn(&Path) -> bool) -> Completed {
        self.first = None;
        self.last = None;
        self.has_new_directory = false;
        self.look_again = None;
        self.writing.retain(|_, writing| {
            let limit = if writing.has_written { WRITING_LIMIT } else { UNWRITTEN_LIMIT };
            writing.last + limit > now
        });
        let mut files = std::mem::take(&mut self.complete);
        for path in std::mem::take(&mut self.created) {
            // A link is complete from the beginning; of anything else, being opened is not known yet.
            if is_link(&path) {
                files.insert(path);
            } else {
                self.writing.entry(path).or_insert(Writing { last: now, has_written: false });
            }
        }
        Completed { files, directories: std::mem::take(&mut self.arrived) }
    }

    /// Whether somebody is still writing the file.
    pub(crate) fn is_being_written(&self, path: &Path) -> bool {
        self.writing.contains_key(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Duration = Duration::from_millis(5);

    fn path(name: &str) -> PathBuf {
        PathBuf::from(name)
    }

    #[test]
    fn a_copy_is_complete_when_it_is_closed() {
        let now = Instant::now();
        let mut settle = Settle::new(QUIET);
        for sighting in
            [Sighting::Created(path("a")), Sighting::Opened(path("a")), Sighting::Written(path("a"))]
        {
            settle.note(sighting, now);
        }
        assert_eq!(settle.due_at(), Some(now + QUIET));
        assert!(settle.begin_look(now + QUIET, |_| false).files.is_empty());
        assert!(settle.is_being_written(&path("a")));
        settle.note(Sighting::Complete(path("a")), now + QUIET * 2);
        assert!(settle.begin_look(now + QUIET * 3, |_| false).files.contains(&path("a")));
        assert!(!settle.is_being_written(&path("a")));
        assert_eq!(settle.due_at(), None);
    }

    #[test]
    fn a_link_is_complete_from_the_beginning_and_nothing_else_is() {
        let now = Instant::now();
        let mut settle = Settle::new(QUIET);
        settle.note(Sighting::Created(path("a")), now);
        settle.note(Sighting::Created(path("b")), now);
        let completed = settle.begin_look(now, |path| path == Path::new("a"));
        assert_eq!(completed.files, [path("a")].into());
        assert!(settle.is_being_written(&path("b")));
        // It was neither opened nor written after all.
        settle.begin_look(now + Duration::from_secs(2), |_| false);
        assert!(!settle.is_being_written(&path("b")));
    }

    #[test]
    fn reading_a_file_changes_nothing() {
        let mut settle = Settle::new(QUIET);
        settle.note(Sighting::Opened(path("a")), Instant::now());
        assert_eq!(settle.due_at(), None);
    }

    #[test]
    fn a_stream_of_events_cannot_put_off_looking_for_ever() {
        let now = Instant::now();
        let mut settle = Settle::new(QUIET);
        for step in 0..1000 {
            settle.note(Sighting::Written(path("a")), now + Duration::from_millis(step));
        }
        assert_eq!(settle.due_at(), Some(now + QUIET * LONGEST_WAIT));
    }

    #[test]
    fn a_new_directory_is_given_more_time() {
        let now = Instant::now();
        let mut settle = Settle::new(QUIET);
        settle.note(Sighting::Directory, now);
        assert_eq!(settle.due_at(), Some(now + QUIET * DIRECTORY_PATIENCE));
    }

    #[test]
    fn a_writer_that_is_never_seen_closing_does_not_block_for_ever() {
        let now = Instant::now();
        let mut settle = Settle::new(QUIET);
        settle.note(Sighting::Written(path("a")), now);
        settle.begin_look(now + Duration::from_secs(59), |_| false);
        assert!(settle.is_being_written(&path("a")));
        settle.begin_look(now + Duration::from_secs(61), |_| false);
        assert!(!settle.is_being_written(&path("a")));
    }
}
