//! Outgoing REST and plain HTTP connections (reference connections 12.1, operations 15.5 and 19.5).

use std::time::Duration;

use http::HeaderValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zato_core::Problem;
use zato_schema::{InertField, Kind, Ref, Seconds};

use crate::channel::rest::BodyFormat;
use crate::security::OutgoingSecurity;

mod inert_fields;
#[cfg(test)]
mod tests;

/// An HTTP API that services call by a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutgoingRest {
    /// Host
    ///
    /// Address of the API, with the scheme and, unless it is the usual one, the port, for instance
    /// `https://api.example.com:8443`.
    #[schemars(extend("x-zato" = {"aliases": ["address_host"]}))]
    pub host: String,

    /// URL path
    ///
    /// Path below the host. `{name}` stands for a value that the service gives among its parameters.
    #[serde(default = "root")]
    pub url_path: String,

    /// Data format
    ///
    /// How bodies are written: services give and get objects. If empty, they give and get text.
    #[serde(default)]
    pub data_format: BodyFormat,

    /// Security definition
    ///
    /// Name of the definition whose credentials requests carry.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"aliases": ["security_name", "sec_def"]}))]
    pub security: Option<Ref<OutgoingSecurity>>,

    /// Method of pings
    ///
    /// HTTP method that a ping of the connection uses.
    #[serde(default = "head")]
    pub ping_method: String,

    /// Timeout
    ///
    /// How long connecting may take, and how long the API may stay silent. If empty or 0, there is no limit.
    #[serde(default = "ten_seconds")]
    pub timeout: Option<Seconds>,

    /// Pool size
    ///
    /// How many idle connections are kept open. More are opened if more calls are made at once.
    #[serde(default = "twenty")]
    pub pool_size: u32,

    /// Content type
    ///
    /// `Content-Type` of requests whose service sets none; if empty, it follows from the data format.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true}))]
    pub content_type: String,

    /// Verify TLS
    ///
    /// Whether the certificate of the API has to be valid for its host. Only switch it off where nobody can listen.
    #[serde(default = "yes")]
    #[schemars(extend("x-zato" = {"aliases": ["validate_tls"]}))]
    pub tls_verify: bool,

    /// CA certificates
    ///
    /// Path of a PEM file with the certificates that the API's certificate is checked against, for instance of a
    /// private CA. If empty, those of the system are used.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"aliases": ["sec_tls_ca_cert_id", "tls_ca_cert"]}))]
    pub tls_ca_file: String,

    /// Client certificate
    ///
    /// Path of a PEM file with a certificate and its private key, which the API identifies this server by.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true, "aliases": ["tls_key_cert"]}))]
    pub tls_client_file: String,
}

fn root() -> String {
    "/".to_owned()
}

fn head() -> String {
    "HEAD".to_owned()
}

const fn yes() -> bool {
    true
}

const fn twenty() -> u32 {
    20
}

fn ten_seconds() -> Option<Seconds> {
    Some(Seconds::from_secs(10))
}

/// What earlier versions call the certificates of the system.
const SYSTEM_CERTIFICATES: [&str; 3] = ["", "default bundle", "ZATO_DEFAULT_BUNDLE"];
/// What earlier versions call no verification at all.
const NO_VERIFICATION: [&str; 2] = ["skip validation", "ZATO_SKIP_VALIDATION"];

impl OutgoingRest {
    /// How long connecting may take, and how long the API may stay silent; none for no limit.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout.map(Seconds::duration).filter(|limit| !limit.is_zero())
    }

    /// Host and path, with placeholders.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}{}", self.host.trim_end_matches('/'), self.url_path)
    }

    /// Whether certificates are verified, as the field of this or of earlier versions says.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.tls_verify && !NO_VERIFICATION.contains(&self.tls_ca_file.as_str())
    }

    /// Path of the file with CA certificates; none for those of the system.
    #[must_use]
    pub fn ca_file(&self) -> Option<&str> {
        let file = self.tls_ca_file.as_str();
        (!SYSTEM_CERTIFICATES.contains(&file) && !NO_VERIFICATION.contains(&file)).then_some(file)
    }
}

impl Kind for OutgoingRest {
    type Config = Self;

    const ID: &'static str = "outgoing.rest";
    const LABEL: &'static str = "outgoing REST connection";
    const SUMMARY: &'static str = "An HTTP API that services call by a name.";
    const ENMASSE_KEYS: &'static [&'static str] = &["outgoing_rest", "outconn_plain_http"];
    const INERT_FIELDS: &'static [InertField] = inert_fields::ALL;

    fn examples() -> Vec<Value> {
        vec![
            json!({"name": "crm", "host": "https://crm.example.com", "url_path": "/customers/{id}", "data_format": "json"}),
            json!({
                "name": "billing",
                "host": "https://billing.example.com:8443",
                "security": "billing.key",
                "timeout": 30,
                "ping_method": "GET",
                "tls_ca_file": "/etc/ssl/billing-ca.pem",
            }),
        ]
    }

    fn check(config: &Self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Err(reason) = check_host(&config.host) {
            problems
                .push(Problem::new(reason).field("host").hint("for instance `https://api.example.com:8443`"));
        }
        if !config.url_path.is_empty() && !config.url_path.starts_with('/') {
            problems.push(Problem::new("it does not begin with `/`").field("url_path"));
        }
        if let Err(reason) = check_placeholders(&config.url_path) {
            problems.push(Problem::new(reason).field("url_path").hint("for instance `/customers/{id}`"));
        }
        if http::Method::from_bytes(config.ping_method.as_bytes()).is_err() {
            problems.push(
                Problem::new("it is not an HTTP method").field("ping_method").hint("for instance `HEAD`"),
            );
        }
        if HeaderValue::from_str(&config.content_type).is_err() {
            problems.push(Problem::new("it is not what a header can carry").field("content_type"));
        }
        if matches!(config.data_format, BodyFormat::Csv) {
            problems.push(
                Problem::new("`csv` is not a format of outgoing connections")
                    .field("data_format")
                    .hint("leave it empty; the service then gives and gets text"),
            );
        }
        problems
    }
}

fn check_host(host: &str) -> Result<(), String> {
    let Some(rest) = host.strip_prefix("https://").or_else(|| host.strip_prefix("http://")) else {
        return Err("it does not begin with `http://` or `https://`".to_owned());
    };
    if rest.contains('@') {
        return Err("it contains credentials; put them into a security definition".to_owned());
    }
    let uri: http::Uri = host.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    if uri.host().is_none_or(str::is_empty) {
        return Err("there is no host in it".to_owned());
    }
    if uri.query().is_some() {
        return Err("a query string does not belong here; services give it with each call".to_owned());
    }
    Ok(())
}

fn check_placeholders(path: &str) -> Result<(), String> {
    let mut rest = path;
    while let Some(begin) = rest.find(['{', '}']) {
        let Some(inside) = rest[begin..].strip_prefix('{') else {
            return Err("a `}` has no `{` before it".to_owned());
        };
        let Some(end) = inside.find('}') else {
            return Err("a `{` is not closed".to_owned());
        };
        if inside[..end].is_empty() || inside[..end].contains('{') {
            return Err("a placeholder has no name".to_owned());
        }
        rest = &inside[end + 1..];
    }
    Ok(())
}
