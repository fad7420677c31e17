//! Files that hold secrets: only their owner may read them, and they are there as a whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

use zato_core::error::Context;
use zato_core::{ErrorKind, Result, Secret};

/// Names of open files of this process; what they name is a stream even where it is a file.
const STREAMS: [&str; 3] = ["/dev/fd", "/proc/self/fd", "/dev/stderr"];

/// Writes a file that only its owner may read, as a whole or not at all. One that is there is replaced and keeps
/// its owner, behind a link too; what is no regular file (a pipe, a device) is written to.
///
/// # Errors
/// [`ErrorKind::Io`] naming the path. What was there is as before then, unless it is no regular file.
pub(crate) fn write(path: &Path, text: &Secret) -> Result<()> {
    write_bytes(path, text.expose().as_bytes())
        .context(ErrorKind::Io, || format!("could not write `{}`", path.display()))
}

/// Whether a path stands for standard output.
pub(crate) fn is_standard_output(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
}

fn write_bytes(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let is_stream = STREAMS.iter().any(|stream| path.starts_with(stream));
    match fs::metadata(path) {
        Ok(there) if there.is_file() && !is_stream => replace(&fs::canonicalize(path)?, Some(&there), bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => replace(&end_of_links(path)?, None, bytes),
        Err(error) => Err(error),
        Ok(_) => OpenOptions::new().write(true).open(path)?.write_all(bytes),
    }
}

/// Where a file belongs that does not exist: the path itself, or what links to nowhere lead to.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    // No more links than the system itself would follow.
    for _ in 0..40 {
        let Ok(target) = fs::read_link(&path) else { return Ok(path) };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(io::Error::other("there are too many links"))
}

fn replace(path: &Path, there: Option<&Metadata>, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Readable by its owner only, and removed if it does not get its name.
    let mut unfinished = tempfile::Builder::new().prefix(".unfinished-").tempfile_in(directory)?;
    unfinished.write_all(bytes)?;
    if let Some(there) = there {
        keep_owner(unfinished.as_file(), there)?;
    }
    unfinished.as_file().sync_all()?;
    unfinished.persist(path).map(drop).map_err(|error| error.error)
}

/// Gives a file to the owner of another. Who may not give files away keeps it, with the group if possible.
fn keep_owner(file: &File, there: &Metadata) -> io::Result<()> {
    let ours = file.metadata()?;
    if (ours.uid(), ours.gid()) == (there.uid(), there.gid()) {
        return Ok(());
    }
    match fchown(file, Some(there.uid()), Some(there.gid())) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            match fchown(file, None, Some(there.gid())) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
                outcome => outcome,
            }
        }
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_pipe_is_written_to_and_stays_a_pipe() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        write(&pipe, &Secret::new("text")).unwrap();
        // A file in the place of the pipe would leave its reader waiting for ever.
        assert!(!fs::metadata(&pipe).unwrap().is_file());
        assert_eq!(reader.join().unwrap(), "text");
    }

    #[test]
    fn links_are_followed() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("file"), "before").unwrap();
        symlink("file", path("link")).unwrap();
        symlink("new", path("nowhere")).unwrap();
        write(&path("link"), &Secret::new("after")).unwrap();
        write(&path("nowhere"), &Secret::new("made")).unwrap();
        assert_eq!(fs::read_to_string(path("file")).unwrap(), "after");
        assert_eq!(fs::read_to_string(path("new")).unwrap(), "made");
        assert!(path("link").is_symlink() && path("nowhere").is_symlink());
    }

    #[test]
    fn nothing_is_left_behind_where_it_cannot_be_written() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("directory");
        fs::create_dir(&target).unwrap();
        let error = write(&target, &Secret::new("secret")).unwrap_err();
        assert!(error.to_string().contains("directory"), "{error}");
        assert_eq!(names(directory.path()), ["directory"]);
    }

    #[test]
    fn a_file_that_is_replaced_keeps_its_owner() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credentials");
        fs::write(&path, "before").unwrap();
        // Only root may give files away; for anybody else there is nothing to keep.
        let owner =
            if chown(&path, Some(12_345), Some(54_321)).is_ok() { Some((12_345, 54_321)) } else { None };
        write(&path, &Secret::new("after")).unwrap();
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        if let Some(owner) = owner {
            assert_eq!((metadata.uid(), metadata.gid()), owner);
        }
    }

    #[test]
    fn streams_of_this_process_are_no_files_to_replace() {
        assert!(is_standard_output(Path::new("/dev/stdout")) && is_standard_output(Path::new("-")));
        let directory = tempfile::tempdir().unwrap();
        let file = File::create(directory.path().join("open")).unwrap();
        let name = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
        write(Path::new(&name), &Secret::new("text")).unwrap();
        // The number of the file would be another if it had been replaced.
        assert_eq!(
            fs::metadata(directory.path().join("open")).unwrap().ino(),
            file.metadata().unwrap().ino()
        );
    }
}
