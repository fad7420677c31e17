//! Units that are deployed by naming a path.

use std::path::{Path, PathBuf};

use zato_core::guest::Unit;
use zato_core::{Error, ErrorKind, Problem, Result};

use super::listing::Listing;
use super::names;
use super::read::{UnreadableUnit, read_unit};

/// What is at a path, as a pickup directory would take it.
#[derive(Debug, Clone, Default)]
pub struct PathContents {
    /// Units, in the order in which they are deployed.
    pub units: Vec<Unit>,
    /// Units whose files cannot be read.
    pub unreadable: Vec<UnreadableUnit>,
    /// Files and directories that cannot be units at all, because of their names or of the file system.
    pub refused: Vec<Problem>,
}

/// Reads what is at a path: a file, a package, or a directory of them. What is in one of the pickup directories gets
/// the keys it has when it is picked up. One file that cannot be read keeps no other from being deployed.
///
/// # Errors
/// [`ErrorKind::NotFound`] if there is nothing that could be deployed, [`ErrorKind::Invalid`] naming everything that
/// is wrong if there is nothing else.
pub fn read_path(path: &Path, pickup: &[PathBuf]) -> Result<PathContents> {
    let listing = Listing::take_path(path, pickup);
    if !listing.exists {
        return Err(Error::new(ErrorKind::NotFound, format!("there is nothing at `{}`", path.display())));
    }
    let mut contents =
        PathContents { refused: listing.problems.into_values().collect(), ..PathContents::default() };
    for listed in listing.units.values() {
        match read_unit(listed) {
            Ok(unit) => contents.units.push(unit),
            Err(unreadable) => contents.unreadable.push(*unreadable),
        }
    }
    if contents.units.is_empty() && contents.unreadable.is_empty() {
        if !contents.refused.is_empty() {
            let message = format!("`{}` cannot be deployed", path.display());
            return Err(Error::from_problems(message, contents.refused));
        }
        return Err(Error::new(
            ErrorKind::NotFound,
            format!("`{}` is no Python module or package", path.display()),
        )
        .hint(
            "give a file that ends in .py, a directory with an __init__.py, or a directory of such files",
        ));
    }
    contents.units = names::sorted(contents.units);
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_path_without_modules_is_refused_with_a_remedy() {
        let base = tempfile::tempdir().unwrap();
        assert_eq!(read_path(&base.path().join("missing.py"), &[]).unwrap_err().kind(), ErrorKind::NotFound);
        let error = read_path(base.path(), &[]).unwrap_err();
        assert!(error.report().contains("ends in .py"), "{}", error.report());
    }

    #[test]
    fn what_cannot_be_read_is_told_apart_from_what_can() {
        let base = tempfile::tempdir().unwrap();
        for (name, content) in [("good.py", &b"x = 1"[..]), ("latin.py", b"x = '\xff'"), ("upper.PY", b"")] {
            fs::write(base.path().join(name), content).unwrap();
        }
        let contents = read_path(base.path(), &[]).unwrap();
        assert_eq!(contents.units.iter().map(|unit| unit.key.as_str()).collect::<Vec<_>>(), ["good.py"]);
        assert_eq!(contents.unreadable[0].unit.key, "latin.py");
        assert!(contents.refused[0].message.contains("upper.PY"), "{:?}", contents.refused);
    }

    #[test]
    fn a_path_with_nothing_but_refused_names_says_why() {
        let base = tempfile::tempdir().unwrap();
        fs::write(base.path().join("upper.PY"), "").unwrap();
        assert_eq!(read_path(base.path(), &[]).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
