//! Units that are deployed by naming a path.

use std::path::{Path, PathBuf};

use zato_core::guest::Unit;
use zato_core::{Error, ErrorKind, Result};

use super::listing::Listing;
use super::names;
use super::read::read_unit;

/// Reads what is at a path: a file, a package, or a directory of them. What is in one of the pickup directories gets
/// the keys it has when it is picked up.
///
/// # Errors
/// [`ErrorKind::NotFound`] if there is nothing that can be deployed, [`ErrorKind::Invalid`] naming everything that
/// is wrong with the files.
pub fn read_path(path: &Path, pickup: &[PathBuf]) -> Result<Vec<Unit>> {
    let listing = Listing::take_path(path, pickup);
    if !listing.exists {
        return Err(Error::new(ErrorKind::NotFound, format!("there is nothing at `{}`", path.display())));
    }
    let (mut units, mut problems) = (Vec::new(), listing.problems.into_values().collect::<Vec<_>>());
    for listed in listing.units.values() {
        match read_unit(listed) {
            Ok(unit) => units.push(unit),
            Err(unreadable) => problems.extend(unreadable.problems),
        }
    }
    if !problems.is_empty() {
        return Err(Error::from_problems(format!("`{}` cannot be deployed", path.display()), problems));
    }
    if units.is_empty() {
        return Err(Error::new(
            ErrorKind::NotFound,
            format!("`{}` is no Python module or package", path.display()),
        )
        .hint(
            "give a file that ends in .py, a directory with an __init__.py, or a directory of such files",
        ));
    }
    Ok(names::sorted(units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_without_modules_is_refused_with_a_remedy() {
        let base = tempfile::tempdir().unwrap();
        assert_eq!(read_path(&base.path().join("missing.py"), &[]).unwrap_err().kind(), ErrorKind::NotFound);
        let error = read_path(base.path(), &[]).unwrap_err();
        assert!(error.report().contains("ends in .py"), "{}", error.report());
    }
}
