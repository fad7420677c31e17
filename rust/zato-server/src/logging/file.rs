//! A log file that several processes append to and that is rotated by size.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Most bytes written at once.
const CHUNK: usize = 256 * 1024;

/// An open log file. Every line arrives whole and in one place, because lines are only ever appended, by one system
/// call each or several together; and no line is lost to a rotation, because a process that has not noticed it
/// yet still writes to the file that was moved aside.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    max_size: u64,
    backups: u32,
    file: Option<File>,
}

impl LogFile {
    /// Names the file; it is opened when there is something to write. A size of 0 means that it is never rotated.
    pub(super) const fn new(path: PathBuf, max_size: u64, backups: u32) -> Self {
        Self { path, max_size, backups, file: None }
    }

    /// Where the file is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends whole lines. If only the rotation fails, they are written all the same, and the error is given.
    pub(super) fn append(&mut self, mut lines: &[u8]) -> io::Result<()> {
        let mut rotated = Ok(());
        while !lines.is_empty() {
            let size = self.refresh()?;
            let room = match self.max_size {
                0 => CHUNK,
                limit => usize::try_from(limit.saturating_sub(size)).unwrap_or(CHUNK).min(CHUNK),
            };
            let end = whole_lines(lines, room);
            let is_over = end > room && size > 0 && self.max_size > 0 && size + end as u64 > self.max_size;
            if is_over && rotated.is_ok() {
                rotated = self.rotate();
                continue;
            }
            let (now, later) = lines.split_at(end);
            if let Some(file) = &mut self.file {
                file.write_all(now)?;
            }
            lines = later;
        }
        rotated
    }

    /// Makes sure that the open file is the one the path leads to, and returns its size.
    fn refresh(&mut self) -> io::Result<u64> {
        if let Some(file) = &self.file {
            let ours = file.metadata()?;
            match fs::metadata(&self.path) {
                Ok(theirs) if is_same(&ours, &theirs) => return Ok(theirs.len()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let open = || OpenOptions::new().append(true).create(true).open(&self.path);
        let file = open().or_else(|error| match (error.kind(), self.path.parent()) {
            (io::ErrorKind::NotFound, Some(directory)) => fs::create_dir_all(directory).and_then(|()| open()),
            _ => Err(error),
        })?;
        let size = file.metadata()?.len();
        self.file = Some(file);
        Ok(size)
    }

    /// Moves the file aside, unless another process has just done so.
    fn rotate(&mut self) -> io::Result<()> {
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(self.beside(".lock"))?;
        lock.lock()?;
        let Some(file) = &self.file else { return Ok(()) };
        match fs::metadata(&self.path) {
            Ok(theirs) if is_same(&file.metadata()?, &theirs) => {}
            _ => return Ok(()),
        }
        if self.backups == 0 {
            fs::remove_file(&self.path)?;
        } else {
            for number in (1..self.backups).rev() {
                move_if_there(
                    &self.beside(&format!(".{number}")),
                    &self.beside(&format!(".{}", number + 1)),
                )?;
            }
            move_if_there(&self.path, &self.beside(".1"))?;
        }
        self.file = None;
        Ok(())
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        name.into()
    }
}

fn is_same(ours: &fs::Metadata, theirs: &fs::Metadata) -> bool {
    ours.ino() == theirs.ino() && ours.dev() == theirs.dev()
}

fn move_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns the length of as many whole lines as fit, but at least of one.
fn whole_lines(lines: &[u8], room: usize) -> usize {
    let fitting = &lines[..room.min(lines.len())];
    let is_end = |byte: &u8| *byte == b'\n';
    match fitting.iter().rposition(is_end) {
        Some(end) => end + 1,
        None => lines.iter().position(is_end).map_or(lines.len(), |end| end + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(directory: &Path) -> Vec<String> {
        let mut files: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_none_or(|extension| extension != "lock"))
            .collect();
        files.sort();
        files.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    #[test]
    fn is_rotated_by_size_and_keeps_so_many_copies() {
        let directory = tempfile::tempdir().unwrap();
        let mut log = LogFile::new(directory.path().join("logs/a.log"), 10, 2);
        for line in ["one\n", "two\n", "three\n", "four\n", "five\n", "six\n", "seven\n"] {
            log.append(line.as_bytes()).unwrap();
        }
        assert_eq!(
            contents(&directory.path().join("logs")),
            ["six\nseven\n", "four\nfive\n", "three\n"].map(String::from)
        );
    }

    #[test]
    fn a_line_longer_than_the_limit_stays_whole() {
        let directory = tempfile::tempdir().unwrap();
        let mut log = LogFile::new(directory.path().join("a.log"), 5, 5);
        log.append(b"a very long line\nb\n").unwrap();
        assert_eq!(contents(directory.path()), ["b\n", "a very long line\n"].map(String::from));
    }

    #[test]
    fn a_file_moved_away_by_others_is_made_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.log");
        let mut log = LogFile::new(path.clone(), 0, 0);
        log.append(b"one\n").unwrap();
        fs::rename(&path, directory.path().join("b.log")).unwrap();
        log.append(b"two\n").unwrap();
        assert_eq!(contents(directory.path()), ["two\n", "one\n"].map(String::from));
    }

    #[test]
    fn several_writers_lose_and_split_no_line_while_rotating() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.log");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let path = path.clone();
                scope.spawn(move || {
                    let mut log = LogFile::new(path, 2_000, 1_000);
                    for number in 0..500 {
                        log.append(format!("{writer}-{number:04}-{}\n", "x".repeat(20)).as_bytes()).unwrap();
                    }
                });
            }
        });
        let mut lines: Vec<_> = contents(directory.path())
            .iter()
            .flat_map(|file| file.lines().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        assert!(contents(directory.path()).len() > 10);
        lines.sort();
        lines.dedup();
        assert_eq!(lines.len(), 2_000);
        assert!(lines.iter().all(|line| line.len() == 27));
    }
}
