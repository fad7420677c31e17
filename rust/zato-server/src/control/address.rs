//! Where the control socket of a server is.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};

use crate::config::ServerPaths;

/// Returns the path of the control socket of a server, whether or not the server runs.
#[must_use]
pub fn socket_path(paths: &ServerPaths) -> Option<PathBuf> {
    if let Some(path) = paths.default_control_socket() {
        return Some(path);
    }
    let recorded = fs::read_to_string(paths.control_path_file()).ok()?;
    let recorded = PathBuf::from(recorded.trim_end_matches('\n'));
    (!recorded.as_os_str().is_empty()).then_some(recorded)
}

/// Chooses the path of the control socket and prepares its directory, which nobody else may enter. If the path
/// inside the server directory is too long for a Unix socket, a short one in the temporary directory is recorded in
/// `work/control.path`.
///
/// # Errors
/// [`ErrorKind::Io`] if a directory cannot be made, [`ErrorKind::Denied`] if it belongs to somebody else.
pub(super) fn prepare(paths: &ServerPaths) -> Result<PathBuf> {
    let work = paths.default_work();
    fs::create_dir_all(&work).context(ErrorKind::Io, || format!("could not create `{}`", work.display()))?;
    close_directory(&work)?;
    if let Some(path) = paths.default_control_socket() {
        return Ok(path);
    }
    let directory = std::env::temp_dir().join(format!("zato-{}", rustix::process::geteuid().as_raw()));
    match fs::DirBuilder::new().mode(0o700).create(&directory) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(Error::new(ErrorKind::Io, format!("could not create `{}`", directory.display()))
                .source(error));
        }
        _ => close_directory(&directory)?,
    }
    let digest = Sha256::digest(paths.base().as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let path = directory.join(format!("{name}.sock"));
    let record = paths.control_path_file();
    fs::write(&record, path.as_os_str().as_encoded_bytes())
        .context(ErrorKind::Io, || format!("could not write `{}`", record.display()))?;
    Ok(path)
}

/// Takes all rights to a directory from everybody but its owner, who has to be us.
fn close_directory(directory: &Path) -> Result<()> {
    let metadata = fs::symlink_metadata(directory)
        .context(ErrorKind::Io, || format!("could not look at `{}`", directory.display()))?;
    let owner = rustix::process::geteuid().as_raw();
    if metadata.is_symlink() {
        // The owner of the server decided to keep it elsewhere; the socket itself has its own mode.
        return Ok(());
    }
    if metadata.uid() != owner {
        return Err(Error::new(
            ErrorKind::Denied,
            format!("`{}` belongs to user {}, not to user {owner}", directory.display(), metadata.uid()),
        )
        .hint("run the server as the owner of its directory, or change the owner with chown"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
            .context(ErrorKind::Io, || format!("could not change the mode of `{}`", directory.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_path_is_inside_the_server_directory() {
        let directory = tempfile::tempdir().unwrap();
        let paths = ServerPaths::new(directory.path());
        let path = prepare(&paths).unwrap();
        assert_eq!(path, directory.path().join("work/control.sock"));
        assert_eq!(socket_path(&paths), Some(path));
        assert_eq!(fs::metadata(paths.default_work()).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_long_path_is_replaced_by_a_recorded_short_one() {
        let directory = tempfile::tempdir().unwrap();
        let base = directory.path().join("d".repeat(120));
        let paths = ServerPaths::new(&base);
        assert_eq!(socket_path(&paths), None);
        let path = prepare(&paths).unwrap();
        assert!(path.as_os_str().len() <= 100);
        assert_eq!(socket_path(&paths), Some(path));
    }
}
