//! Which files there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::deploy::names;

/// Where files are looked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources {
    /// `[user_config]` of server.conf: name and path.
    pub(super) labeled: Vec<(String, PathBuf)>,
    /// Directories of `.ini` and `.conf` files; where two files have the same key, the later one wins.
    pub(super) directories: Vec<PathBuf>,
}

/// A file that services read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// What services call it.
    pub(super) key: String,
    /// A second name of its content, below the key: the name of a file that has a label (2.0-3.1).
    pub(super) alias: Option<String>,
    /// Where it is.
    pub(super) path: PathBuf,
}

impl Sources {
    /// Lists all files, those that win last.
    pub(super) fn list(&self) -> Vec<Listed> {
        let mut found: Vec<Listed> = self
            .labeled
            .iter()
            .map(|(label, path)| Listed { key: label.clone(), alias: key_of(path), path: path.clone() })
            .collect();
        for directory in self.existing_directories() {
            let Ok(entries) = fs::read_dir(&directory) else { continue };
            let mut paths: Vec<PathBuf> =
                entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_read(path)).collect();
            paths.sort();
            found.extend(
                paths.into_iter().filter_map(|path| Some(Listed { key: key_of(&path)?, alias: None, path })),
            );
        }
        found
    }

    /// Directories that have to be watched: those of the files, and those of what symbolic links lead to.
    pub(super) fn watched(&self) -> BTreeSet<PathBuf> {
        let files = self.list();
        let parents = files.iter().flat_map(|file| {
            let target = file.path.canonicalize().ok();
            [
                file.path.parent().map(Path::to_path_buf),
                target.and_then(|path| Some(path.parent()?.to_path_buf())),
            ]
        });
        let mut watched: BTreeSet<PathBuf> = self.existing_directories().into_iter().collect();
        watched.extend(parents.flatten().filter(|path| path.is_dir()));
        watched
    }

    /// Directories that exist, each once: `config/repo/user-conf` usually is a link to the pickup directory.
    fn existing_directories(&self) -> Vec<PathBuf> {
        let mut known = Vec::new();
        for directory in &self.directories {
            if let Ok(path) = directory.canonicalize()
                && path.is_dir()
                && !known.contains(&path)
            {
                known.push(path);
            }
        }
        known
    }
}

/// Returns what services call a file: its name up to the first dot.
fn key_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    Some(name.split('.').next().unwrap_or(name).to_owned()).filter(|key| !key.is_empty())
}

fn is_read(path: &Path) -> bool {
    let has_extension = path.extension().is_some_and(|extension| extension == "ini" || extension == "conf");
    let name = path.file_name().and_then(|name| name.to_str());
    has_extension && name.is_some_and(|name| !names::is_ignored(name)) && path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_by_their_names_up_to_the_first_dot_and_each_directory_counts_once() {
        let root = tempfile::tempdir().unwrap();
        let base = root.path().canonicalize().unwrap();
        let directory = base.join("user-conf");
        fs::create_dir(&directory).unwrap();
        for name in ["b.ini", "a.prod.conf", "c.txt", ".d.ini", "e.ini~", "#f.ini#", "g.ini.swp"] {
            fs::write(directory.join(name), "").unwrap();
        }
        std::os::unix::fs::symlink(&directory, base.join("link")).unwrap();
        let sources = Sources {
            labeled: vec![("user".to_owned(), base.join("my.user.conf"))],
            directories: vec![base.join("link"), directory.clone(), base.join("missing")],
        };
        let found: Vec<_> = sources.list().into_iter().map(|file| (file.key, file.alias)).collect();
        let expected = [("user", Some("my")), ("a", None), ("b", None)];
        assert_eq!(found, expected.map(|(key, alias)| (key.to_owned(), alias.map(str::to_owned))));
        assert_eq!(sources.watched(), [base, directory].into());
    }
}
