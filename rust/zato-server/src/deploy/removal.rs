//! Removes files from pickup directories once they are deployed, where that is wanted.

use std::path::Path;

use zato_core::guest::Unit;

/// Removes the files of units; a package leaves no empty directories.
pub(super) fn remove_files<'u>(units: impl Iterator<Item = &'u Unit>) {
    for file in units.flat_map(|unit| &unit.files) {
        if let Err(error) = std::fs::remove_file(&file.location)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            let path = file.location.display();
            tracing::warn!(target: "zato", "`{path}` was deployed but could not be removed: {error}");
        }
        // A package leaves empty directories behind.
        let parent = file.location.parent().filter(|_| file.path.contains('/') || file.path == "__init__.py");
        if let Some(parent) = parent.filter(|parent| is_empty(parent)) {
            drop(std::fs::remove_dir(parent));
        }
    }
}

fn is_empty(directory: &Path) -> bool {
    std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none())
}
