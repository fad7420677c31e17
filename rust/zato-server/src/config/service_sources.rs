//! service-sources.txt: where services are read from at start (reference operations 4.4).

use std::path::PathBuf;

/// One entry of service-sources.txt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceSource {
    /// A directory of modules.
    Directory(PathBuf),
    /// A module or package to be imported by name.
    Module(String),
}
