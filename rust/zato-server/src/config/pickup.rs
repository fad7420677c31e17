//! pickup.conf: further directories that services are picked up from (reference operations 4.2).

use std::path::PathBuf;

/// A directory watched for services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickupDirectory {
    /// What it is called in logs: `services`, or the last part of a `hot-deploy.user.<name>` stanza.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether directories below it are watched as well.
    pub is_recursive: bool,
    /// File name patterns that are picked up; `*.py` by default.
    pub patterns: Vec<String>,
}
