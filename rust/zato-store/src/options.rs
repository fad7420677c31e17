//! Where a store is and how it is opened.

use std::path::{Path, PathBuf};
use std::time::Duration;

use zato_core::{Error, ErrorKind, Result};

/// How to open a [`crate::Store`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreOptions {
    /// The SQLite file.
    pub path: PathBuf,
    /// Whether a missing file is made; if not, opening it is an [`ErrorKind::NotFound`] error.
    pub create: bool,
    /// How long a writer waits for another process that writes, before it gives up with [`ErrorKind::Store`].
    pub busy_timeout: Duration,
    /// How often [`crate::Store::watch`] looks for changes made by other processes.
    pub poll_interval: Duration,
    /// How many versions of a unit that were in force are kept, and as many that failed; at least the one in force.
    pub versions_kept: u32,
}

impl StoreOptions {
    /// Names an SQLite file that has to exist. Waits 5 s for other writers, looks for changes every 25 ms, keeps
    /// a hundred versions of each unit.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            create: false,
            busy_timeout: Duration::from_secs(5),
            poll_interval: Duration::from_millis(25),
            versions_kept: 100,
        }
    }

    /// Reads `sqlite:PATH`, `sqlite:///ABSOLUTE/PATH` or a bare path.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the location names another kind of database, or none. The location is not
    /// repeated in the message as it may hold a password.
    pub fn parse(location: &str) -> Result<Self> {
        let path = match location.split_once(':') {
            Some(("sqlite", rest)) => rest.strip_prefix("//").unwrap_or(rest),
            Some((scheme, rest)) if rest.starts_with("//") => {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    format!("unknown kind of config store `{scheme}`"),
                )
                .hint("use `sqlite:///path/to/zato.db`"));
            }
            _ => location,
        };
        if path.is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "the location of the config store has no path")
                .hint("use `sqlite:///path/to/zato.db`"));
        }
        Ok(Self::sqlite(Path::new(path)))
    }

    /// Sets whether a missing file is made.
    #[must_use]
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// Sets how many versions of a unit are kept.
    #[must_use]
    pub fn versions_kept(mut self, versions: u32) -> Self {
        self.versions_kept = versions;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_urls_and_bare_paths() {
        for location in ["sqlite:///var/zato.db", "sqlite:/var/zato.db", "/var/zato.db"] {
            assert_eq!(StoreOptions::parse(location).unwrap().path, Path::new("/var/zato.db"), "{location}");
        }
        assert_eq!(StoreOptions::parse("sqlite:zato.db").unwrap().path, Path::new("zato.db"));
        assert_eq!(StoreOptions::parse("sqlite://zato.db").unwrap().path, Path::new("zato.db"));
    }

    #[test]
    fn refuses_other_databases_without_repeating_their_password() {
        let error = StoreOptions::parse("postgresql://zato:hunter2@localhost/zato").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.report().contains("postgresql"));
        assert!(!error.report().contains("hunter2"));
        assert_eq!(StoreOptions::parse("sqlite://").unwrap_err().kind(), ErrorKind::Invalid);
    }
}
