//! simple-io.conf (reference operations 4.3).

use std::path::Path;

use zato_core::guest::SimpleIoOptions;
use zato_core::{Error, ErrorKind, Result};

use super::Loaded;

/// Reads simple-io.conf; a file that does not exist means defaults.
///
/// # Errors
/// [`ErrorKind::Invalid`] with every problem, [`ErrorKind::Io`] if it cannot be read.
pub fn read(_path: &Path) -> Result<Loaded<SimpleIoOptions>> {
    Err(Error::new(ErrorKind::Internal, "not there yet"))
}
