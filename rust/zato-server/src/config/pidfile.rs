//! `pidfile`: which process runs a component, and that there is only one.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};

/// How long a process that was killed may take to let go of its pidfile.
const ENDING_LIMIT: Duration = Duration::from_secs(1);

/// How often to look whether it has.
const LOOK: Duration = Duration::from_millis(2);

/// A pidfile held by this process. A lock on the file is what says that the process lives; the number in it
/// only says which one, so neither a crash nor a reused process ID confuses anybody. Dropping it removes
/// the file.
#[derive(Debug)]
pub struct Pidfile {
    path: PathBuf,
    file: Option<File>,
    was_left_behind: bool,
}

impl Pidfile {
    /// Takes the pidfile for the current process; a stale one is taken over.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if a living process holds it (exit code 9 or 19 of the CLI), [`ErrorKind::Io`] if
    /// the file cannot be written.
    pub fn acquire(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let mut attempts = 10;
        let begun = Instant::now();
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .context(ErrorKind::Io, || format!("could not open pidfile `{}`", path.display()))?;
            match file.try_lock() {
                Ok(()) => {}
                // Somebody may be asking for the holder at this very moment, which takes the lock for an instant.
                Err(TryLockError::WouldBlock) if attempts > 0 => {
                    attempts -= 1;
                    std::thread::sleep(LOOK);
                    continue;
                }
                Err(TryLockError::WouldBlock) => {
                    let pid = read_pid(&mut file);
                    if is_ending(pid) && begun.elapsed() < ENDING_LIMIT {
                        std::thread::sleep(LOOK);
                        continue;
                    }
                    return Err(already_running(&path, pid));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(Error::new(
                        ErrorKind::Io,
                        format!("could not lock pidfile `{}`", path.display()),
                    )
                    .source(error));
                }
            }
            // The previous holder may have removed the file between our open and our lock.
            if !is_same_file(&file, &path) {
                continue;
            }
            let was_left_behind = read_pid(&mut file).is_some();
            file.set_len(0)
                .and_then(|()| file.rewind())
                .and_then(|()| file.write_all(std::process::id().to_string().as_bytes()))
                .context(ErrorKind::Io, || format!("could not write pidfile `{}`", path.display()))?;
            return Ok(Self { path, file: Some(file), was_left_behind });
        }
    }

    /// Whether the file was there already, left behind by a process that ended without removing it: a crash, not a
    /// stop.
    #[must_use]
    pub const fn was_left_behind(&self) -> bool {
        self.was_left_behind
    }

    /// Returns the ID of the living process that holds the pidfile, if there is one. A file left behind by a
    /// process that is gone counts as none.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the file exists but cannot be read.
    pub fn holder(path: &Path) -> Result<Option<u32>> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Error::new(
                    ErrorKind::Io,
                    format!("could not read pidfile `{}`", path.display()),
                )
                .source(error));
            }
        };
        let begun = Instant::now();
        loop {
            match file.try_lock_shared() {
                Ok(()) => return Ok(None),
                Err(TryLockError::WouldBlock) => {
                    let pid = read_pid(&mut file);
                    if !is_ending(pid) || begun.elapsed() >= ENDING_LIMIT {
                        return Ok(pid);
                    }
                    std::thread::sleep(LOOK);
                }
                Err(TryLockError::Error(error)) => {
                    return Err(Error::new(
                        ErrorKind::Io,
                        format!("could not check pidfile `{}`", path.display()),
                    )
                    .source(error));
                }
            }
        }
    }

    /// Removes a pidfile whose process is gone; one that is held stays. Gives whether a file was removed.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the file cannot be read or removed.
    pub fn remove_stale(path: &Path) -> Result<bool> {
        if !path.exists() || Self::holder(path)?.is_some() {
            return Ok(false);
        }
        std::fs::remove_file(path)
            .context(ErrorKind::Io, || format!("could not remove stale pidfile `{}`", path.display()))?;
        Ok(true)
    }
}

impl Drop for Pidfile {
    fn drop(&mut self) {
        // Removed while the lock is still held, so that nobody can lock a file that is about to vanish unseen.
        if std::fs::remove_file(&self.path).is_err() {
            tracing::debug!(path = %self.path.display(), "pidfile was gone already");
        }
        self.file.take();
    }
}

/// Whether a process is gone, or has been killed and only gives back what it has, its locks among that.
#[cfg(target_os = "linux")]
fn is_ending(pid: Option<u32>) -> bool {
    /// `PF_EXITING` of the kernel.
    const EXITING: u64 = 4;
    let Some(pid) = pid else { return false };
    let Ok(text) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    // The name of the program, which comes before, may hold anything.
    let mut fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let state = fields.next();
    let flags = fields.nth(5).and_then(|flags| flags.parse::<u64>().ok());
    matches!(state, Some("Z" | "X")) || flags.is_some_and(|flags| flags & EXITING != 0)
}

/// Elsewhere nobody can tell.
#[cfg(not(target_os = "linux"))]
fn is_ending(_pid: Option<u32>) -> bool {
    false
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(theirs)) => ours.ino() == theirs.ino() && ours.dev() == theirs.dev(),
        _ => false,
    }
}

fn already_running(path: &Path, pid: Option<u32>) -> Error {
    let who = pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
    Error::new(ErrorKind::Conflict, format!("the component is already running as {who}"))
        .hint(format!("stop it first; its pidfile is `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_pidfile_cannot_be_taken_and_names_its_process() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pidfile");
        let held = Pidfile::acquire(&path).unwrap();
        assert_eq!(Pidfile::holder(&path).unwrap(), Some(std::process::id()));
        let refused = Pidfile::acquire(&path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        assert!(refused.message().contains(&std::process::id().to_string()));
        assert!(!Pidfile::remove_stale(&path).unwrap());
        drop(held);
        assert!(!path.exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn processes_that_end_are_told_from_those_that_live() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = Some(child.id());
        assert!(!is_ending(pid) && !is_ending(Some(std::process::id())) && !is_ending(None));
        child.kill().unwrap();
        let begun = Instant::now();
        while !is_ending(pid) {
            assert!(begun.elapsed() < Duration::from_secs(20), "a killed process ends");
        }
        child.wait().unwrap();
        assert!(is_ending(pid), "and is gone then");
    }

    #[test]
    fn a_stale_pidfile_is_taken_over_even_if_its_process_id_lives_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pidfile");
        std::fs::write(&path, "1").unwrap();
        assert_eq!(Pidfile::holder(&path).unwrap(), None);
        let taken_over = Pidfile::acquire(&path).unwrap();
        assert!(taken_over.was_left_behind());
        drop(taken_over);
        assert!(!Pidfile::acquire(&path).unwrap().was_left_behind());
        std::fs::write(&path, "1").unwrap();
        assert!(Pidfile::remove_stale(&path).unwrap());
    }
}
