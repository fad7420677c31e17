//! Notices changes of the files.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::watch;
use zato_core::error::Context;
use zato_core::guest::UserConfiguration;
use zato_core::{ErrorKind, Profile, Result};

use super::files::Files;
use super::sources::Sources;
use crate::config::secrets::SecretsFile;
use crate::config::{Environment, ServerOptions, ServerPaths};
use crate::deploy::events;
use crate::deploy::settle::{Settle, Sighting};

/// How often to look although nothing was reported: for what nobody reports, and directories that appear.
const SWEEP: Duration = Duration::from_secs(2);

/// A thread that watches the files services read; it ends when this is dropped.
#[derive(Debug)]
pub struct FileWatcher {
    messages: mpsc::Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Message {
    Event(notify::Result<notify::Event>),
    Stop,
}

impl FileWatcher {
    /// Reads all files of a server and begins to watch them. Gives what is in force, now and later. Files that cannot
    /// be used are logged.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if no thread can be started; whatever is wrong with secrets.conf.
    pub fn start(
        server: &ServerOptions,
        paths: &ServerPaths,
    ) -> Result<(Self, watch::Receiver<Arc<UserConfiguration>>)> {
        let mut environment = Environment::of_process();
        for (name, value) in &server.environment {
            environment.set(name, value.expose());
        }
        let secrets = SecretsFile::load(paths, &environment)?;
        let sources = Sources {
            labeled: server.user_config.clone(),
            directories: server.user_directories.configuration.clone(),
        };
        let is_typed = server.runtime.profile >= Profile::V3_2;
        let mut files = Files::new(sources, environment, secrets, is_typed);
        let (messages, receiver) = mpsc::channel();
        let pickup = &server.hot_deploy;
        let notifier = if pickup.is_polling { None } else { notifier(&messages) };
        // Watched before they are read, so that no change is missed in between.
        let mut watching = Watching { notifier, watched: HashMap::new(), is_silent: false };
        watching.watch(files.sources());
        let first = files.refresh(Instant::now(), |_| false).unwrap_or_default();
        let (sender, configuration) = watch::channel(Arc::new(first));
        let mut settle = Settle::new(pickup.settle_time);
        let poll_interval = pickup.poll_interval.max(Duration::from_millis(20));
        let run = move || watching.run(&mut files, &mut settle, poll_interval, &receiver, &sender);
        let thread = std::thread::Builder::new()
            .name("user-conf".to_owned())
            .spawn(run)
            .context(ErrorKind::Io, || {
                "could not start the thread that watches user configuration".to_owned()
            })?;
        Ok((Self { messages, thread: Some(thread) }, configuration))
    }
}

impl Drop for FileWatcher {
    fn drop(&mut self) {
        // If the thread has ended already, there is nobody to tell.
        drop(self.messages.send(Message::Stop));
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that watches user configuration had failed");
        }
    }
}

fn notifier(messages: &mpsc::Sender<Message>) -> Option<RecommendedWatcher> {
    let messages = messages.clone();
    // The receiver is gone only while the watcher is being dropped.
    let handler = move |event| drop(messages.send(Message::Event(event)));
    match notify::recommended_watcher(handler) {
        Ok(notifier) => Some(notifier),
        Err(error) => {
            tracing::warn!(%error, "the system cannot report changes of files; user configuration is polled");
            None
        }
    }
}

struct Watching {
    notifier: Option<RecommendedWatcher>,
    /// Watched directories, with their inodes as a directory can be replaced by another of the same name.
    watched: HashMap<PathBuf, u64>,
    /// Whether changes of some directory are not reported.
    is_silent: bool,
}

impl Watching {
    fn run(
        mut self,
        files: &mut Files,
        settle: &mut Settle,
        poll_interval: Duration,
        messages: &mpsc::Receiver<Message>,
        sender: &watch::Sender<Arc<UserConfiguration>>,
    ) {
        let interval = |is_silent| if is_silent { poll_interval } else { SWEEP };
        let mut next_sweep = Instant::now() + interval(self.is_silent || self.notifier.is_none());
        loop {
            let wake_at = settle.due_at().map_or(next_sweep, |due| due.min(next_sweep));
            match messages.recv_timeout(wake_at.saturating_duration_since(Instant::now())) {
                Ok(Message::Stop) | Err(mpsc::RecvTimeoutError::Disconnected) => return,
                Ok(Message::Event(event)) => note(settle, event),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
            let now = Instant::now();
            if now < next_sweep && settle.due_at().is_none_or(|due| now < due) {
                continue;
            }
            drop(settle.begin_look(now, is_link));
            // What appears in a directory before it is watched is found by reading it afterwards.
            self.watch(files.sources());
            if let Some(changed) = files.refresh(now, |path| settle.is_being_written(path)) {
                sender.send_replace(Arc::new(changed));
            }
            if let Some(again) = files.look_again_at() {
                settle.look_again_at(again);
            }
            next_sweep = Instant::now() + interval(self.is_silent || self.notifier.is_none());
        }
    }

    fn watch(&mut self, sources: &Sources) {
        let Some(notifier) = &mut self.notifier else { return };
        let wanted = sources.watched();
        self.watched.retain(|path, _| {
            let is_kept = wanted.contains(path);
            if !is_kept && let Err(error) = notifier.unwatch(path) {
                // The usual reason is that the directory is gone, and its watch with it.
                tracing::trace!(%error, path = %path.display(), "directory was not watched any more");
            }
            is_kept
        });
        let mut is_silent = false;
        for directory in wanted {
            is_silent |= !events::reports_changes(&directory);
            let Ok(inode) = std::fs::metadata(&directory).map(|metadata| metadata.ino()) else { continue };
            if self.watched.get(&directory) == Some(&inode) {
                continue;
            }
            match notifier.watch(&directory, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.watched.insert(directory, inode)),
                Err(error) => {
                    is_silent = true;
                    tracing::debug!(%error, directory = %directory.display(), "directory is polled");
                }
            }
        }
        self.is_silent = is_silent;
    }
}

fn note(settle: &mut Settle, event: notify::Result<notify::Event>) {
    let sightings = match event {
        Ok(event) => events::sightings(event),
        Err(error) => {
            tracing::warn!(%error, "changes of user configuration may be noticed late");
            vec![Sighting::Everything]
        }
    };
    for sighting in sightings {
        settle.note(sighting, Instant::now());
    }
}

/// Whether a file has another name, or is one itself; one that is gone by now counts as none.
fn is_link(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink() || metadata.nlink() > 1)
}
