//! Where everything of a server lives on disk (reference operations 3.2).

use std::fs;
use std::path::{Path, PathBuf};

use zato_core::error::Context;
use zato_core::{ErrorKind, Result};

/// Longest path of a Unix socket that every system takes, in bytes.
const SOCKET_PATH_LIMIT: usize = 100;

/// All paths of one server directory, for instance `DIR/server1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerPaths {
    base: PathBuf,
}

impl ServerPaths {
    /// Takes the directory of the server. It is made absolute, so that later changes of the current directory
    /// do not matter; symbolic links stay as they are.
    #[must_use]
    pub fn new(base: impl AsRef<Path>) -> Self {
        let base = base.as_ref();
        Self { base: std::path::absolute(base).unwrap_or_else(|_| base.to_path_buf()) }
    }

    /// The directory of the server itself.
    #[must_use]
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Name of the directory, which is the name of the server unless server.conf says otherwise.
    #[must_use]
    pub fn directory_name(&self) -> String {
        self.base.file_name().map_or_else(|| "server".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// The environment the server belongs to (`DIR`), one level up.
    #[must_use]
    pub fn environment(&self) -> &Path {
        self.base.parent().unwrap_or(&self.base)
    }

    /// The SQLite file used unless `[odb] db_name` says otherwise: `DIR/zato.db`.
    #[must_use]
    pub fn default_database(&self) -> PathBuf {
        self.environment().join("zato.db")
    }

    /// `.zato-info`.
    #[must_use]
    pub fn marker(&self) -> PathBuf {
        self.base.join(".zato-info")
    }

    /// `pidfile`.
    #[must_use]
    pub fn pidfile(&self) -> PathBuf {
        self.base.join("pidfile")
    }

    /// `config/repo`.
    #[must_use]
    pub fn repository(&self) -> PathBuf {
        self.base.join("config").join("repo")
    }

    /// `config/repo/server.conf`.
    #[must_use]
    pub fn server_conf(&self) -> PathBuf {
        self.repository().join("server.conf")
    }

    /// `config/repo/logging.conf`.
    #[must_use]
    pub fn logging_conf(&self) -> PathBuf {
        self.repository().join("logging.conf")
    }

    /// `config/repo/simple-io.conf`.
    #[must_use]
    pub fn simple_io_conf(&self) -> PathBuf {
        self.repository().join("simple-io.conf")
    }

    /// `config/repo/service-sources.txt`.
    #[must_use]
    pub fn service_sources(&self) -> PathBuf {
        self.repository().join("service-sources.txt")
    }

    /// `config/repo/pickup.conf`.
    #[must_use]
    pub fn pickup_conf(&self) -> PathBuf {
        self.repository().join("pickup.conf")
    }

    /// `config/repo/secrets.conf`, mode 0600.
    #[must_use]
    pub fn secrets_conf(&self) -> PathBuf {
        self.repository().join("secrets.conf")
    }

    /// `logs`.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.base.join("logs")
    }

    /// `pickup/incoming/services`, the pickup directory of services unless server.conf says otherwise.
    #[must_use]
    pub fn incoming_services(&self) -> PathBuf {
        self.base.join("pickup").join("incoming").join("services")
    }

    /// `pickup/incoming/user-conf`.
    #[must_use]
    pub fn incoming_user_conf(&self) -> PathBuf {
        self.base.join("pickup").join("incoming").join("user-conf")
    }

    /// `pickup/incoming/static`.
    #[must_use]
    pub fn incoming_static(&self) -> PathBuf {
        self.base.join("pickup").join("incoming").join("static")
    }

    /// `config/repo/user-conf`; in new servers a link to [`Self::incoming_user_conf`], as in 3.2.
    #[must_use]
    pub fn repository_user_conf(&self) -> PathBuf {
        self.repository().join("user-conf")
    }

    /// `config/repo/static`.
    #[must_use]
    pub fn repository_static(&self) -> PathBuf {
        self.repository().join("static")
    }

    /// `pickup/processed`.
    #[must_use]
    pub fn processed(&self) -> PathBuf {
        self.base.join("pickup").join("processed")
    }

    /// `work`, unless server.conf says otherwise.
    #[must_use]
    pub fn default_work(&self) -> PathBuf {
        self.base.join("work")
    }

    /// `work/hot-deploy`.
    #[must_use]
    pub fn hot_deploy_work(&self) -> PathBuf {
        self.default_work().join("hot-deploy")
    }

    /// `work/hot-deploy/current`: the last directory of service-sources.txt.
    #[must_use]
    pub fn hot_deploy_current(&self) -> PathBuf {
        self.hot_deploy_work().join("current")
    }

    /// `work/hot-deploy/backup`.
    #[must_use]
    pub fn hot_deploy_backup(&self) -> PathBuf {
        self.hot_deploy_work().join("backup")
    }

    /// `work/control.path`: where the path of the control socket is recorded if it is not
    /// [`Self::default_control_socket`].
    #[must_use]
    pub fn control_path_file(&self) -> PathBuf {
        self.default_work().join("control.path")
    }

    /// `work/control.sock`, provided that it is short enough for a Unix socket; otherwise the supervisor picks
    /// a path in the temporary directory and records it in [`Self::control_path_file`].
    #[must_use]
    pub fn default_control_socket(&self) -> Option<PathBuf> {
        let path = self.default_work().join("control.sock");
        (path.as_os_str().len() <= SOCKET_PATH_LIMIT).then_some(path)
    }

    /// Returns the path that an entry of a configuration file means: absolute ones as they are, `~` expanded,
    /// others relative to `config/repo`, as upstream reads server.conf.
    #[must_use]
    pub fn resolve(&self, entry: &str) -> PathBuf {
        resolve_below(&self.repository(), entry)
    }

    /// Makes every directory of a server that does not exist yet.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] naming the directory that could not be made.
    pub fn create_directories(&self) -> Result<()> {
        let directories = [
            self.repository(),
            self.logs(),
            self.incoming_services(),
            self.incoming_user_conf(),
            self.incoming_static(),
            self.repository_static(),
            self.processed(),
            self.hot_deploy_current(),
            self.hot_deploy_backup(),
        ];
        for directory in directories {
            fs::create_dir_all(&directory)
                .context(ErrorKind::Io, || format!("could not create directory `{}`", directory.display()))?;
        }
        // Nothing depends on it: both directories are read. It is there already, or the file system has no links.
        drop(std::os::unix::fs::symlink("../../pickup/incoming/user-conf", self.repository_user_conf()));
        Ok(())
    }
}

/// Returns `entry` as a path with `~` expanded, relative ones below `directory`, and `.` and `..` folded.
#[must_use]
pub(crate) fn resolve_below(directory: &Path, entry: &str) -> PathBuf {
    let home = || std::env::home_dir();
    let path = match entry.strip_prefix("~/").and_then(|rest| Some(home()?.join(rest))) {
        Some(path) => path,
        None => directory.join(entry),
    };
    let mut folded = PathBuf::new();
    for component in path.components() {
        match component {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                folded.pop();
            }
            other => folded.push(other),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_relative_to_the_repository() {
        let paths = ServerPaths::new("/env/server1");
        assert_eq!(paths.resolve("../../work"), PathBuf::from("/env/server1/work"));
        assert_eq!(paths.resolve("/srv/./code/../x"), PathBuf::from("/srv/x"));
        assert_eq!(paths.default_database(), PathBuf::from("/env/zato.db"));
        assert_eq!(paths.directory_name(), "server1");
    }

    #[test]
    fn a_long_socket_path_is_not_offered() {
        let long = format!("/{}/server1", "d".repeat(120));
        assert_eq!(ServerPaths::new(long).default_control_socket(), None);
        assert!(ServerPaths::new("/env/server1").default_control_socket().is_some());
    }
}
