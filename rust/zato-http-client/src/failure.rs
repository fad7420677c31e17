//! Why there is no answer.

use std::error::Error as _;

/// What kind of failure it is; each is an exception of its own to services, as in `requests`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// There was no connection within the time.
    ConnectTimeout,
    /// The peer was silent for too long.
    ReadTimeout,
    /// No connection could be made, or it broke before an answer.
    Connection,
    /// The certificate of the peer is not accepted, or TLS failed otherwise.
    Tls,
    /// Too many redirects, or one that leads nowhere.
    Redirect,
    /// The URL, a header or a file of the configuration is not valid; nothing was sent.
    Request,
    /// The body of the answer broke off or cannot be decoded.
    Body,
    /// No token could be had from the authorization server.
    Token,
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Its kind.
    pub kind: FailureKind,
    /// What happened, with its causes.
    pub message: String,
    /// The way out, if one is known.
    pub hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A failure before the head of an answer came.
    pub(crate) fn of_request(error: &reqwest::Error) -> Self {
        let message = causes(error);
        if is_tls(error) {
            return Self::new(FailureKind::Tls, message);
        }
        let kind = if error.is_timeout() {
            if error.is_connect() { FailureKind::ConnectTimeout } else { FailureKind::ReadTimeout }
        } else if error.is_builder() {
            FailureKind::Request
        } else {
            FailureKind::Connection
        };
        Self::new(kind, message)
    }

    /// A failure while the body of an answer came.
    pub(crate) fn of_body(error: &reqwest::Error) -> Self {
        Self::new(FailureKind::Body, causes(error))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// An error and everything under it, without the URL, which may carry secrets.
fn causes(error: &reqwest::Error) -> String {
    let mut message = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !message.ends_with(&text) {
            if !message.is_empty() {
                message.push_str(": ");
            }
            message.push_str(&text);
        }
        next = cause.source();
    }
    if message.is_empty() { "it could not be sent".to_owned() } else { message }
}

fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    // An I/O error hides what it is made of: its source is that of its content.
    let content = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    content.is_some_and(|inner| is_tls(inner)) || error.source().is_some_and(is_tls)
}
