//! REST channels, plain HTTP included (reference connections 2.1, operations 15.5 and 19.5-19.7).

use std::time::Duration;

use http::HeaderValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zato_core::Problem;
use zato_core::invocation::{DataFormat, ParamsPriority, UrlParamsPriority};
use zato_schema::{ByteSize, InertField, Kind, Ref, Seconds, ServiceName};

use crate::channel::url_path;
use crate::security::ChannelSecurity;

mod inert_fields;

/// A service reachable under a URL path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RestChannel {
    /// Service
    ///
    /// Name of the service that handles requests. It may be deployed later; until then requests get an error.
    #[schemars(extend("x-zato" = {"aliases": ["service_name"]}))]
    pub service: ServiceName,

    /// URL path
    ///
    /// Path of the channel, from the root. `{name}` stands for a value that the service finds under that name
    /// among its parameters.
    pub url_path: String,

    /// Method
    ///
    /// The only HTTP method the channel takes; if empty, all that the server allows.
    #[serde(default)]
    pub method: HttpMethod,

    /// Data format
    ///
    /// How bodies of requests and responses are written. If empty, services get bytes and give text.
    #[serde(default)]
    pub data_format: BodyFormat,

    /// Security definition
    ///
    /// Name of the definition whose credentials requests must bring. Without one, anybody may send requests;
    /// `zato-no-security` says so explicitly.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"aliases": ["security_name", "sec_def"]}))]
    pub security: Option<Ref<ChannelSecurity>>,

    /// Accept header
    ///
    /// What the `Accept` header of requests must be, literally; `*/*` takes all.
    #[serde(default = "accept_all")]
    pub http_accept: String,

    /// Parameters span slashes
    ///
    /// Whether a parameter of the URL path may contain `/`.
    #[serde(default = "yes")]
    pub match_slash: bool,

    /// Merge URL parameters
    ///
    /// Whether parameters of the path and of the query string are merged into the input of the service.
    #[serde(default = "yes")]
    pub merge_url_params_req: bool,

    /// URL parameters priority
    ///
    /// Which wins if path and query string both have a parameter.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true}))]
    pub url_params_pri: UrlParamsPri,

    /// Parameters priority
    ///
    /// Which wins if URL and body both have a parameter.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true}))]
    pub params_pri: ParamsPri,

    /// Content type
    ///
    /// `Content-Type` of responses whose service sets none; if empty, it follows from the data format.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true}))]
    pub content_type: String,

    /// Internal
    ///
    /// Whether the channel is one of the server's own, hidden from lists and exports unless asked for.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true}))]
    pub is_internal: bool,

    /// Timeout
    ///
    /// How long the service may take before the client gets an error. If empty or 0, the limit is that of the
    /// service or of the server.
    #[serde(default)]
    pub timeout: Option<Seconds>,

    /// Largest body
    ///
    /// Requests with a larger body are refused. If empty or 0, the limit is that of the server.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true}))]
    pub max_body_size: Option<ByteSize>,
}

/// Methods a channel may be limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the methods of HTTP; documentation would become help texts without content")]
pub enum HttpMethod {
    #[default]
    #[serde(rename = "")]
    Any,
    Get,
    Post,
    Put,
    Patch,
    Delete,
    Head,
    Options,
}

impl HttpMethod {
    /// Returns the method as it is in requests; none for any.
    #[must_use]
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Any => None,
            Self::Get => Some("GET"),
            Self::Post => Some("POST"),
            Self::Put => Some("PUT"),
            Self::Patch => Some("PATCH"),
            Self::Delete => Some("DELETE"),
            Self::Head => Some("HEAD"),
            Self::Options => Some("OPTIONS"),
        }
    }
}

/// How bodies are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BodyFormat {
    /// Bytes in, text out.
    #[default]
    #[serde(rename = "", alias = "none")]
    None,
    /// JSON both ways.
    Json,
    /// URL-encoded or multipart forms in.
    Form,
    /// Rows in and out, by the names that the service declares.
    Csv,
    /// XML both ways. Needs the Python library `lxml`: `pip install 'zato[xml]'`.
    Xml,
    /// Known from earlier versions, not served yet.
    #[schemars(skip)]
    Hl7,
}

/// Which URL parameter wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum UrlParamsPri {
    /// That of the query string.
    #[default]
    #[serde(rename = "qs-over-path")]
    QueryStringOverPath,
    /// That of the path.
    #[serde(rename = "path-over-qs")]
    PathOverQueryString,
}

/// Whether URL or body win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum ParamsPri {
    /// That of the URL.
    #[default]
    #[serde(rename = "channel-params-over-msg")]
    ChannelParamsOverMessage,
    /// That of the body.
    #[serde(rename = "msg-over-channel-params")]
    MessageOverChannelParams,
}

impl From<UrlParamsPri> for UrlParamsPriority {
    fn from(priority: UrlParamsPri) -> Self {
        match priority {
            UrlParamsPri::QueryStringOverPath => Self::QueryStringOverPath,
            UrlParamsPri::PathOverQueryString => Self::PathOverQueryString,
        }
    }
}

impl From<ParamsPri> for ParamsPriority {
    fn from(priority: ParamsPri) -> Self {
        match priority {
            ParamsPri::ChannelParamsOverMessage => Self::ChannelParamsOverMessage,
            ParamsPri::MessageOverChannelParams => Self::MessageOverChannelParams,
        }
    }
}

impl RestChannel {
    /// Returns how bodies are understood. Formats that are not served cannot be stored, so they count as none.
    #[must_use]
    pub const fn data_format(&self) -> DataFormat {
        match self.data_format {
            BodyFormat::Json => DataFormat::Json,
            BodyFormat::Form => DataFormat::Form,
            BodyFormat::Csv => DataFormat::Csv,
            BodyFormat::Xml => DataFormat::Xml,
            BodyFormat::None | BodyFormat::Hl7 => DataFormat::None,
        }
    }

    /// Returns how long the service may take, if the channel says so.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout.map(Seconds::duration).filter(|time| !time.is_zero())
    }

    /// Returns the largest body in bytes, if the channel says so.
    #[must_use]
    pub fn max_body_size(&self) -> Option<u64> {
        self.max_body_size.map(|size| size.0).filter(|bytes| *bytes > 0)
    }

    /// Returns the content type of responses, if the channel says so.
    #[must_use]
    pub fn content_type(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.content_type).ok().filter(|value| !value.is_empty())
    }

    /// Returns the name of the security definition, if there is one.
    #[must_use]
    pub fn security(&self) -> Option<&str> {
        self.security.as_ref().map(Ref::name)
    }
}

const fn yes() -> bool {
    true
}

fn accept_all() -> String {
    "*/*".to_owned()
}

impl Kind for RestChannel {
    type Config = Self;

    const ID: &'static str = "channel.rest";
    const LABEL: &'static str = "REST channel";
    const SUMMARY: &'static str = "Makes a service reachable over HTTP under a URL path.";
    const ENMASSE_KEYS: &'static [&'static str] = &["channel_rest", "channel_plain_http"];
    const INERT_FIELDS: &'static [InertField] = inert_fields::ALL;
    const UNIQUE_TOGETHER: &'static [&'static [&'static str]] = &[&["url_path", "method", "http_accept"]];

    fn examples() -> Vec<Value> {
        vec![
            json!({"name": "demo.ping", "service": "demo.ping", "url_path": "/demo/ping"}),
            json!({
                "name": "crm.get",
                "service": "crm.get-client",
                "url_path": "/crm/{client_id}",
                "method": "GET",
                "data_format": "json",
                "security": "crm.basic",
                "timeout": 10,
            }),
        ]
    }

    fn check(config: &Self) -> Vec<Problem> {
        let mut problems = url_path::parse(&config.url_path).err().unwrap_or_default();
        let mut refuse = |field: &str, message: &str, hint: &str| {
            problems.push(Problem::new(message).field(field).hint(hint));
        };
        if let Some(message) = crate::service::name_problem(config.service.as_str()) {
            refuse("service", message, "write the name as `zato service list` shows it");
        }
        if !is_accept(&config.http_accept) {
            refuse(
                "http_accept",
                "it is not what an `Accept` header can be",
                "for instance `application/json`",
            );
        }
        if HeaderValue::from_str(&config.content_type).is_err() {
            refuse(
                "content_type",
                "it is not what a header can be",
                "for instance `text/csv; charset=utf-8`",
            );
        }
        if let Some(name @ "ZATO_SEC_USE_RBAC") = config.security() {
            refuse("security", &format!("`{name}` is not supported yet"), inert_fields::NO_RBAC);
        }
        if config.data_format == BodyFormat::Hl7 {
            let hint = "leave it empty and read `self.request.raw_request` in the service";
            refuse("data_format", "`hl7` is known but not served yet", hint);
        }
        problems
    }

    fn doubts(config: &Self) -> Vec<Problem> {
        let text = url_path::literals(&config.url_path);
        let doubt = |letter: char, hint: &str| {
            let message = format!("it contains `{letter}`, which no path of a request does");
            text.contains(letter).then(|| Problem::new(message).field("url_path").hint(hint))
        };
        let query = "parameters of the query string need no pattern; leave them out";
        let fragment = "clients keep what comes after it for themselves; leave it out";
        [doubt('?', query), doubt('#', fragment)].into_iter().flatten().collect()
    }
}

/// Whether every part between commas is a media range, such as `text/*;q=0.5`.
fn is_accept(text: &str) -> bool {
    let is_range = |part: &str| {
        let range = part.split(';').next().unwrap_or_default().trim();
        range.split_once('/').is_some_and(|(left, right)| {
            let is_token = |word: &str| {
                !word.is_empty()
                    && word
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
            };
            is_token(left) && is_token(right)
        })
    };
    HeaderValue::from_str(text).is_ok() && text.split(',').all(is_range)
}

#[cfg(test)]
mod tests;
