//! `.zato-info`: says what component a directory is (reference operations 3.1).

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};

/// Name of the marker file.
pub const MARKER_FILE: &str = ".zato-info";

/// The components a directory may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Component {
    /// Certificate authority.
    Ca,
    /// Load-balancer.
    LoadBalancer,
    /// Server.
    Server,
    /// Web admin.
    WebAdmin,
    /// Scheduler.
    Scheduler,
}

impl Component {
    /// Returns the name shown to people, for instance `Load-balancer`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ca => "CA",
            Self::LoadBalancer => "Load-balancer",
            Self::Server => "Server",
            Self::WebAdmin => "Web admin",
            Self::Scheduler => "Scheduler",
        }
    }
}

/// Content of a marker file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// Version of Zato that made the directory.
    pub version: String,
    /// `user@host` that made it.
    #[serde(default)]
    pub created_user_host: String,
    /// When it was made, ISO 8601 in UTC.
    #[serde(default)]
    pub created_ts: String,
    /// What it is.
    pub component: Component,
}

impl Marker {
    /// Describes a directory made now, by the current user of this machine.
    #[must_use]
    pub fn new(component: Component, version: impl Into<String>, now: Timestamp) -> Self {
        let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Self {
            version: version.into(),
            created_user_host: format!("{}@{}", user.as_deref().unwrap_or("unknown"), host.trim()),
            created_ts: now.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            component,
        }
    }

    /// Reads the marker of a directory.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if the directory is not a component, [`ErrorKind::Invalid`] if the marker cannot
    /// be understood, [`ErrorKind::Io`] if it cannot be read.
    pub fn read(directory: &Path) -> Result<Self> {
        let path = directory.join(MARKER_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
            {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    format!("`{}` is not a Zato component", directory.display()),
                )
                .hint(format!(
                    "it has no {MARKER_FILE} file; give the directory of a server, such as DIR/server1"
                )));
            }
            Err(error) => {
                return Err(
                    Error::new(ErrorKind::Io, format!("could not read `{}`", path.display())).source(error)
                );
            }
        };
        serde_json::from_str(&text).map_err(|error| {
            Error::new(ErrorKind::Invalid, format!("`{}` is not a valid marker file", path.display()))
                .source(error)
                .hint("its component must be one of CA, LOAD_BALANCER, SERVER, WEB_ADMIN, SCHEDULER")
        })
    }

    /// Writes the marker into a directory that exists.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if it cannot be written.
    pub fn write(&self, directory: &Path) -> Result<()> {
        let path = directory.join(MARKER_FILE);
        let mut text = serde_json::to_string_pretty(self)
            .context(ErrorKind::Internal, || "could not write the marker as JSON".to_owned())?;
        text.push('\n');
        fs::write(&path, text).context(ErrorKind::Io, || format!("could not write `{}`", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_marker_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let marker = Marker::new(Component::LoadBalancer, "3.2", Timestamp::UNIX_EPOCH);
        marker.write(directory.path()).unwrap();
        assert_eq!(Marker::read(directory.path()).unwrap(), marker);
        let text = fs::read_to_string(directory.path().join(MARKER_FILE)).unwrap();
        assert!(text.contains("LOAD_BALANCER") && text.contains("1970-01-01T00:00:00"));
    }

    #[test]
    fn a_directory_without_marker_is_not_a_component() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Marker::read(directory.path()).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn an_unknown_component_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(MARKER_FILE), r#"{"version":"1","component":"TOASTER"}"#).unwrap();
        assert_eq!(Marker::read(directory.path()).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
