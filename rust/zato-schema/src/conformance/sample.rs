//! Two kinds that tests of this crate share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zato_core::{Problem, Secret};

use crate::{DynKind, InertField, Kind, Ref, Registry, Seconds, SecretText, ServiceName, Target};

fn header() -> String {
    "X-Sample".to_owned()
}

fn yes() -> bool {
    true
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Sample {
    /// Username
    ///
    /// Who it is.
    #[schemars(extend("x-zato" = {"aliases": ["user"]}))]
    pub(crate) username: String,
    /// Password
    ///
    /// What proves it.
    #[serde(default)]
    #[schemars(with = "SecretText")]
    pub(crate) password: Secret,
    /// Header
    ///
    /// Where it is.
    #[serde(default = "header")]
    pub(crate) header: String,
    /// Timeout
    ///
    /// How long it lasts.
    #[serde(default)]
    pub(crate) timeout: Option<Seconds>,
    /// Count
    ///
    /// How many there are.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true}))]
    pub(crate) count: u8,
}

impl Kind for Sample {
    type Config = Self;

    const ID: &'static str = "security.sample";
    const LABEL: &'static str = "Sample";
    const SUMMARY: &'static str = "A sample of a kind.";
    const ENMASSE_KEYS: &'static [&'static str] = &["security", "def_sec"];
    const ENMASSE_TYPE: Option<&'static str> = Some("sample");
    const INERT_FIELDS: &'static [InertField] = &[
        InertField::kept("cache_id").advice("wait for it"),
        InertField::detail("cache_expiry"),
        InertField::dropped("cluster_id"),
        InertField::refused("has_rbac"),
    ];

    fn examples() -> Vec<Value> {
        vec![json!({"name": "a", "type": "sample", "username": "u", "password": "p"})]
    }

    fn check(config: &Self) -> Vec<Problem> {
        let is_refused = config.username.contains(':');
        is_refused.then(|| Problem::new("it contains a colon").field("username")).into_iter().collect()
    }
}

pub(crate) enum AnySecurity {}

impl Target for AnySecurity {
    const KINDS: &'static [&'static str] = &["security.*"];
    const NONE_VALUES: &'static [&'static str] = &["zato-no-security"];
}

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    #[default]
    #[serde(rename = "", alias = "none")]
    None,
    Json,
    #[schemars(skip)]
    Csv,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Channel {
    /// Service
    ///
    /// What is called.
    pub(crate) service: ServiceName,
    /// Security
    ///
    /// Who may call.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"aliases": ["sec_def"]}))]
    pub(crate) security: Option<Ref<AnySecurity>>,
    /// Data format
    ///
    /// How bodies are written.
    #[serde(default)]
    pub(crate) data_format: Format,
    /// Slashes
    ///
    /// Whether values may span them.
    #[serde(default = "yes")]
    pub(crate) match_slash: bool,
    /// Scopes
    ///
    /// What is asked for.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
}

impl Kind for Channel {
    type Config = Self;

    const ID: &'static str = "channel.sample";
    const LABEL: &'static str = "Sample channel";
    const SUMMARY: &'static str = "A sample of a channel.";
    const ENMASSE_KEYS: &'static [&'static str] = &["channel_sample"];
    const UNIQUE_TOGETHER: &'static [&'static [&'static str]] = &[&["service", "match_slash"]];

    fn examples() -> Vec<Value> {
        vec![
            json!({"name": "c", "service": "demo.ping"}),
            json!({"name": "d", "service": "x", "security": "a"}),
        ]
    }
}

pub(crate) fn kind() -> DynKind {
    DynKind::of::<Sample>()
}

pub(crate) fn channel() -> DynKind {
    DynKind::of::<Channel>()
}

pub(crate) fn registry() -> Registry {
    Registry::new(vec![kind(), channel()]).unwrap()
}
