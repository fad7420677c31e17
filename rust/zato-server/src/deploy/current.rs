//! `work/hot-deploy/current`: a copy of the code in force, for people and tools that look there. The store is what
//! counts.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use zato_core::error::Context;
use zato_core::guest::Unit;
use zato_core::{ErrorKind, Result};

/// The directory.
#[derive(Debug, Clone)]
pub(super) struct CurrentDirectory(pub(super) PathBuf);

impl CurrentDirectory {
    /// Writes the files of a unit, and removes those that it had before and has no more.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] naming the file.
    pub(super) fn write(&self, unit: &Unit) -> Result<()> {
        let Some(base) = self.place(&unit.key) else { return Ok(()) };
        if !unit.is_package {
            let content = unit.files.first().map_or("", |file| file.content.as_str());
            return write_file(&base, content);
        }
        if base.is_file() {
            remove(&base)?;
        }
        let mut kept = HashSet::new();
        for file in &unit.files {
            if let Some(path) = safe(&file.path).map(|path| base.join(path)) {
                write_file(&path, &file.content)?;
                kept.insert(path);
            }
        }
        remove_others(&base, &kept)
    }

    /// Removes what a unit has there.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] naming the file or directory.
    pub(super) fn remove(&self, key: &str) -> Result<()> {
        let Some(path) = self.place(key) else { return Ok(()) };
        remove(&path)?;
        // Directories that nothing is left in go as well.
        let parents =
            path.ancestors().skip(1).take_while(|parent| parent.starts_with(&self.0) && *parent != self.0);
        for parent in parents {
            if fs::remove_dir(parent).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Makes the directory show exactly these units.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] naming the file.
    pub(super) fn replace_all(&self, units: &[Unit]) -> Result<()> {
        fs::create_dir_all(&self.0)
            .context(ErrorKind::Io, || format!("could not create `{}`", self.0.display()))?;
        let mut kept = HashSet::new();
        for unit in units {
            self.write(unit)?;
            let Some(base) = self.place(&unit.key) else { continue };
            if unit.is_package {
                kept.extend(
                    unit.files.iter().filter_map(|file| safe(&file.path)).map(|path| base.join(path)),
                );
            } else {
                kept.insert(base);
            }
        }
        remove_others(&self.0, &kept)
    }

    fn place(&self, key: &str) -> Option<PathBuf> {
        safe(key).map(|path| self.0.join(path))
    }
}

/// Gives a path that cannot lead out of the directory it is joined to.
fn safe(path: &str) -> Option<&Path> {
    let path = Path::new(path);
    let is_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    (is_inside && path.components().next().is_some()).then_some(path)
}

/// Replaces a file in one step, unless it says the same already.
fn write_file(path: &Path, content: &str) -> Result<()> {
    if fs::read(path).is_ok_and(|known| known == content.as_bytes()) {
        return Ok(());
    }
    let attempt = || format!("could not write `{}`", path.display());
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).context(ErrorKind::Io, attempt)?;
    }
    if path.is_dir() {
        fs::remove_dir_all(path).context(ErrorKind::Io, attempt)?;
    }
    let mut aside = path.as_os_str().to_owned();
    aside.push(".tmp");
    fs::write(&aside, content).context(ErrorKind::Io, attempt)?;
    fs::rename(&aside, path).context(ErrorKind::Io, attempt)
}

fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).context(ErrorKind::Io, || format!("could not remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

/// Removes source files that are not wanted; other files are none of our business.
fn remove_others(directory: &Path, kept: &HashSet<PathBuf>) -> Result<()> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.context(ErrorKind::Io, || format!("could not read `{}`", directory.display()))?,
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() && !path.is_symlink() {
            remove_others(&path, kept)?;
            // It stays if anything is left in it.
            drop(fs::remove_dir(&path));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "py" || extension == "pyw" || extension == "tmp")
            && !kept.contains(&path)
        {
            remove(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use zato_core::guest::SourceFile;

    use super::*;

    fn unit(key: &str, is_package: bool, files: &[(&str, &str)]) -> Unit {
        let files = files.iter().map(|(path, content)| SourceFile {
            path: (*path).to_owned(),
            location: PathBuf::new(),
            content: (*content).to_owned(),
        });
        Unit {
            key: key.to_owned(),
            module: String::new(),
            is_package,
            is_internal: false,
            files: files.collect(),
            hash: String::new(),
        }
    }

    fn tree(directory: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![directory.to_path_buf()];
        while let Some(next) = open.pop() {
            for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.push(path.strip_prefix(directory).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn shows_what_is_in_force() {
        let directory = tempfile::tempdir().unwrap();
        let current = CurrentDirectory(directory.path().join("current"));
        let package = unit("billing", true, &[("__init__.py", ""), ("sub/tax.py", "x")]);
        current.replace_all(&[unit("a/crm.py", false, &[("crm.py", "1")]), package]).unwrap();
        fs::write(current.0.join("notes.txt"), "mine").unwrap();
        assert_eq!(tree(&current.0), ["a/crm.py", "billing/__init__.py", "billing/sub/tax.py", "notes.txt"]);
        current.write(&unit("billing", true, &[("__init__.py", "2")])).unwrap();
        current.remove("a/crm.py").unwrap();
        current.remove("never.py").unwrap();
        assert_eq!(tree(&current.0), ["billing/__init__.py", "notes.txt"]);
        assert_eq!(fs::read_to_string(current.0.join("billing/__init__.py")).unwrap(), "2");
        current.write(&unit("billing", false, &[("billing", "now a file")])).unwrap();
        current.replace_all(&[]).unwrap();
        assert!(tree(&current.0).contains(&"notes.txt".to_owned()));
    }

    #[test]
    fn never_writes_outside() {
        let directory = tempfile::tempdir().unwrap();
        let current = CurrentDirectory(directory.path().join("current"));
        current.write(&unit("../evil.py", false, &[("evil.py", "x")])).unwrap();
        current.write(&unit("/evil.py", false, &[("evil.py", "x")])).unwrap();
        current.write(&unit("pack", true, &[("../../evil.py", "x")])).unwrap();
        assert!(tree(directory.path()).is_empty());
    }
}
