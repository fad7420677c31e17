//! Reads and writes the files and variables a server is configured by. Nothing else in the system parses
//! configuration files.

pub mod deploy_patterns;
pub mod env;
pub mod ini;
pub mod layout;
pub mod marker;
pub mod options;
pub mod patterns;
pub mod pickup;
pub mod pidfile;
pub(crate) mod reader;
pub mod secrets;
pub mod server_conf;
pub mod service_sources;
pub mod simple_io;
pub mod templates;
pub mod tree;

pub use env::Environment;
pub use layout::ServerPaths;
pub use marker::{Component, Marker};
pub use options::{Loaded, ServerOptions};
pub use pidfile::Pidfile;
