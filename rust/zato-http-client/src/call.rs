//! What a service wants to be sent.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};

/// One request of a service.
#[derive(Debug, Clone)]
pub struct Call {
    /// HTTP method.
    pub method: Method,
    /// The whole URL, with path and query string.
    pub url: String,
    /// Headers of the service; those that carry credentials of the connection are added unless they are here.
    pub headers: HeaderMap,
    /// Body; empty for none.
    pub body: Bytes,
    /// Limits of time.
    pub limits: Limits,
    /// Whether redirects are followed.
    pub follows_redirects: bool,
    /// Whether the body of the answer is read piece by piece, by whoever called.
    pub is_streamed: bool,
    /// What this call does otherwise than its connection.
    pub overrides: Overrides,
}

/// Limits of time; none means there is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long connecting may take.
    pub connect: Option<Duration>,
    /// How long the peer may stay silent.
    pub read: Option<Duration>,
}

/// What one call does otherwise than its connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Overrides {
    /// How certificates are verified.
    pub verification: Option<Verification>,
    /// PEM files with a certificate and its key to show; none for what the connection has.
    pub client_files: Vec<PathBuf>,
    /// Proxies by scheme (`http`, `https` or `all`).
    pub proxies: Vec<(String, String)>,
    /// Scopes to ask a bearer token for.
    pub scopes: Option<String>,
    /// Name of another security definition.
    pub security: Option<String>,
}

impl Overrides {
    /// Whether a client of its own is needed.
    pub(crate) fn needs_client(&self) -> bool {
        self.verification.is_some() || !self.client_files.is_empty() || !self.proxies.is_empty()
    }
}

/// How certificates of peers are verified.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Verification {
    /// Against the certificates of the system.
    System,
    /// Against the certificates of a PEM file.
    File(PathBuf),
    /// Not at all.
    Off,
}
