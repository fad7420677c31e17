//! Watches pickup directories.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::UnboundedSender;
use zato_core::error::Context;
use zato_core::guest::Unit;
use zato_core::{ErrorKind, Problem, Result};

use super::listing::Listing;
use super::names;
use super::picked_up::PickedUp;
use super::read::UnreadableUnit;
use super::settle::{Completed, Settle, Sighting};
use super::watched_root::{Presence, WatchedRoot};
use super::{events, read};
use crate::config::pickup::PickupDirectory;

/// How often to look at directories whose changes are reported: for changes that nobody reports, such as those of a
/// file that a symbolic link leads to by way of another link.
const SWEEP: Duration = Duration::from_secs(2);

/// What to watch.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// The directories; where two of them have the same unit, the later one wins at start.
    pub directories: Vec<PickupDirectory>,
    /// How long nothing may happen before files are read.
    pub settle_time: Duration,
    /// How often to look where changes are not reported, and for directories that do not exist yet.
    pub poll_interval: Duration,
    /// Whether reports of the operating system are not to be used at all.
    pub is_polling: bool,
}

/// A thread that watches; it ends when this is dropped.
#[derive(Debug)]
pub struct Watcher {
    events: mpsc::Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Message {
    Event(notify::Result<notify::Event>),
    Stop,
}

impl Watcher {
    /// Begins to watch. The first thing sent is everything that is there.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if a pattern of file names is none, [`ErrorKind::Io`] if no thread can be started.
    pub fn start(options: &WatchOptions, sink: UnboundedSender<PickedUp>) -> Result<Self> {
        let (events, receiver) = mpsc::channel();
        let all = &options.directories;
        let roots = all.iter().map(|one| WatchedRoot::new(one, all)).collect::<Result<Vec<_>>>()?;
        let notifier = if options.is_polling { None } else { notifier(&events) };
        let mut watching = Watching {
            roots,
            notifier,
            watched: HashMap::new(),
            settle: Settle::new(options.settle_time),
            owners: HashMap::new(),
            reported: BTreeMap::new(),
            poll_interval: options.poll_interval.max(Duration::from_millis(20)),
            first_event: None,
            looked_at_all: None,
            sink,
        };
        let thread = std::thread::Builder::new()
            .name("pickup".to_owned())
            .spawn(move || watching.run(&receiver))
            .context(ErrorKind::Io, || {
                "could not start the thread that watches pickup directories".to_owned()
            })?;
        Ok(Self { events, thread: Some(thread) })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // If the thread has ended already, there is nobody to tell.
        drop(self.events.send(Message::Stop));
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that watches pickup directories had failed");
        }
    }
}

fn notifier(events: &mpsc::Sender<Message>) -> Option<RecommendedWatcher> {
    let events = events.clone();
    // The receiver is gone only while the watcher is being dropped.
    let handler = move |event| drop(events.send(Message::Event(event)));
    match notify::recommended_watcher(handler) {
        Ok(notifier) => Some(notifier),
        Err(error) => {
            tracing::warn!(%error, "the system cannot report changes of files; pickup directories are polled");
            None
        }
    }
}

struct Watching {
    roots: Vec<WatchedRoot>,
    notifier: Option<RecommendedWatcher>,
    /// Watched directories, with their inodes as a directory can be replaced by another of the same name.
    watched: HashMap<PathBuf, u64>,
    settle: Settle,
    /// Which root each unit was taken from last.
    owners: HashMap<String, usize>,
    /// Problems that were logged already.
    reported: BTreeMap<PathBuf, Problem>,
    poll_interval: Duration,
    first_event: Option<Instant>,
    looked_at_all: Option<Instant>,
    sink: UnboundedSender<PickedUp>,
}

impl Watching {
    fn run(&mut self, events: &mpsc::Receiver<Message>) {
        self.look(true);
        let mut next_sweep = Instant::now() + self.sweep_interval();
        loop {
            let wake_at = self.settle.due_at().map_or(next_sweep, |due| due.min(next_sweep));
            match events.recv_timeout(wake_at.saturating_duration_since(Instant::now())) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Message::Event(event)) => self.take_event(event),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = Instant::now();
            let is_due = self.settle.due_at().is_some_and(|due| now >= due);
            if is_due || now >= next_sweep {
                self.look(is_due || self.looked_at_all.is_none_or(|at| now >= at + SWEEP));
                next_sweep = Instant::now() + self.sweep_interval();
            }
        }
    }

    fn sweep_interval(&self) -> Duration {
        let is_reported = self.roots.iter().all(|root| root.presence == Presence::Reported);
        if is_reported { SWEEP } else { self.poll_interval }
    }

    fn take_event(&mut self, event: notify::Result<notify::Event>) {
        let sightings = match event {
            Ok(event) => events::sightings(event),
            Err(error) => {
                tracing::warn!(%error, "changes of pickup directories may be noticed late");
                vec![Sighting::Everything]
            }
        };
        let now = Instant::now();
        for sighting in sightings {
            let is_directory = matches!(sighting, Sighting::Directory | Sighting::WholeDirectory(_));
            self.settle.note(sighting, now);
            if is_directory {
                // Files are being made in it at this moment; the sooner it is watched the less has to be guessed.
                for root in 0..self.roots.len() {
                    self.list(root);
                }
            }
        }
        if self.settle.due_at().is_some() {
            self.first_event.get_or_insert(now);
        }
    }

    /// Lists a pickup directory, and watches every directory of it.
    fn list(&mut self, at: usize) -> Listing {
        loop {
            let root = &mut self.roots[at];
            let listing = Listing::take(&root.root);
            root.note_existence(listing.exists, self.notifier.is_some());
            root.directories.clone_from(&listing.directories);
            // A file made between listing a directory and watching it would be seen by neither.
            if !self.watch(at, &listing.directories) {
                return listing;
            }
        }
    }

    /// Watches directories; gives whether there was a new one.
    fn watch(&mut self, at: usize, directories: &HashSet<PathBuf>) -> bool {
        let mut has_new = false;
        for directory in directories {
            let Ok(inode) = std::fs::metadata(directory).map(|metadata| metadata.ino()) else { continue };
            if self.watched.get(directory) == Some(&inode) {
                continue;
            }
            let Some(notifier) = &mut self.notifier else { return false };
            match notifier.watch(directory, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(directory.clone(), inode);
                    has_new = true;
                }
                Err(error) if directory.exists() => {
                    if std::mem::replace(&mut self.roots[at].presence, Presence::Polled) != Presence::Polled {
                        tracing::warn!(
                            %error,
                            directory = %directory.display(),
                            "directory cannot be watched and is polled; \
                             raising fs.inotify.max_user_watches may help",
                        );
                    }
                }
                // It vanished meanwhile, the next listing will be without it.
                Err(_) => {}
            }
        }
        has_new
    }

    /// Looks at all directories, or only at those whose changes are not reported.
    fn look(&mut self, is_complete: bool) {
        let now = Instant::now();
        let is_initial = self.looked_at_all.is_none();
        let completed = if is_complete { self.settle.begin_look(now, is_link) } else { Completed::default() };
        let mut found = Found::default();
        for at in 0..self.roots.len() {
            if is_complete || self.roots[at].presence != Presence::Reported {
                let listing = self.list(at);
                self.report(&listing);
                self.compare(at, &listing, &completed, now, &mut found);
            }
        }
        if is_complete {
            self.looked_at_all = Some(now);
            self.unwatch_vanished();
        }
        self.claim_orphans(&mut found);
        let noticed_at = self.first_event.take().unwrap_or(now);
        let picked_up = PickedUp {
            is_initial,
            noticed_at,
            put: names::sorted(found.put.into_values().map(|(_, unit)| unit).collect()),
            deleted: found.deleted.into_values().flatten().collect(),
            unreadable: found.unreadable,
            directories: self.existing(),
            hidden: self.reported.keys().cloned().collect(),
        };
        if is_initial
            || !(picked_up.put.is_empty() && picked_up.deleted.is_empty() && picked_up.unreadable.is_empty())
        {
            // The receiver is gone only while the server stops.
            drop(self.sink.send(picked_up));
        }
    }

    fn existing(&self) -> Vec<PathBuf> {
        self.roots
            .iter()
            .filter(|root| root.presence != Presence::Missing)
            .map(|root| root.root.path.clone())
            .collect()
    }

    fn compare(
        &mut self,
        at: usize,
        listing: &Listing,
        completed: &Completed,
        now: Instant,
        found: &mut Found,
    ) {
        let plan = self.roots[at].index.plan(listing, completed, &self.settle, now);
        if let Some(again) = plan.look_again {
            self.settle.look_again_at(again);
        }
        for listed in plan.read {
            match read::read_unit(&listed) {
                Ok(unit) => found.put(at, unit),
                Err(unreadable) if listed.files.iter().all(|file| file.location.exists()) => {
                    found.unreadable.push(*unreadable);
                }
                Err(_) => {
                    // A file vanished between listing and reading: whoever removed it may be about to replace it.
                    self.roots[at].index.read_again(&listed.key);
                    self.settle.look_again_at(now + self.poll_interval);
                }
            }
        }
        for key in plan.deleted {
            found.deleted.entry(at).or_default().push(key);
        }
    }

    /// Where a unit is gone from one directory and there in another, the other one takes over.
    fn claim_orphans(&mut self, found: &mut Found) {
        let deleted = std::mem::take(&mut found.deleted);
        for (at, keys) in deleted {
            for key in keys {
                if found.put.contains_key(&key) || self.owners.get(&key).is_some_and(|owner| *owner != at) {
                    continue;
                }
                self.owners.remove(&key);
                let heir = (0..self.roots.len())
                    .rev()
                    .find(|other| *other != at && self.roots[*other].index.has(&key));
                let Some(heir) = heir else {
                    found.deleted.entry(at).or_default().push(key);
                    continue;
                };
                let listing = Listing::take(&self.roots[heir].root);
                if let Some(Ok(unit)) = listing.units.get(&key).map(read::read_unit) {
                    found.put(heir, unit);
                }
            }
        }
        for (key, (at, unit)) in &found.put {
            if let Some(owner) = self.owners.insert(key.clone(), *at)
                && owner != *at
            {
                let (before, now) = (&self.roots[owner].root.path, &self.roots[*at].root.path);
                tracing::warn!(
                    "`{key}` is now deployed from `{}`, it was from `{}` before; \
                     files of the same name in several pickup directories replace each other (module `{}`)",
                    now.display(),
                    before.display(),
                    unit.module,
                );
            }
        }
    }

    fn report(&mut self, listing: &Listing) {
        for (path, problem) in &listing.problems {
            if self.reported.get(path) != Some(problem) {
                tracing::warn!("pickup: {problem}");
                self.reported.insert(path.clone(), problem.clone());
            }
        }
        self.reported.retain(|path, _| listing.problems.contains_key(path) || path.exists());
    }

    fn unwatch_vanished(&mut self) {
        let Some(notifier) = &mut self.notifier else { return };
        let roots = &self.roots;
        self.watched.retain(|path, _| {
            let is_kept = roots.iter().any(|root| root.directories.contains(path));
            if !is_kept && let Err(error) = notifier.unwatch(path) {
                // The usual reason is that the directory is gone, and its watch with it.
                tracing::trace!(%error, path = %path.display(), "directory was not watched any more");
            }
            is_kept
        });
    }
}

/// Whether a file has another name, or is one itself; one that is gone by now counts as none.
fn is_link(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink() || metadata.nlink() > 1)
}

/// What one look found in all directories.
#[derive(Default)]
struct Found {
    put: HashMap<String, (usize, Unit)>,
    deleted: BTreeMap<usize, Vec<String>>,
    unreadable: Vec<UnreadableUnit>,
}

impl Found {
    fn put(&mut self, at: usize, unit: Unit) {
        self.put.insert(unit.key.clone(), (at, unit));
    }
}

#[cfg(test)]
#[path = "watcher_tests.rs"]
mod tests;
