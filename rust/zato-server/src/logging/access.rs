//! The access log as the HTTP ingress sees it.

use std::sync::Arc;

use zato_http::AccessLog;

use super::engine::Engine;

/// Takes lines of the access log. They are kept for at most 100 ms or 64 KiB before they are written, and written
/// when the log ends. Cheap to clone; never blocks.
#[derive(Debug, Clone)]
pub struct AccessLogFile {
    engine: Arc<Engine>,
}

impl AccessLogFile {
    pub(super) const fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    /// Waits until everything written so far is in the file.
    pub fn flush(&self) {
        self.engine.flush();
    }
}

impl AccessLog for AccessLogFile {
    fn write(&self, lines: &[u8]) {
        self.engine.write_access(lines);
    }
}
