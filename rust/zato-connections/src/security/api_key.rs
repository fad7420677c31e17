//! API keys in a header (reference operations 17.3 and 19.5; observed on 3.2: the header comes from `header`).

use http::HeaderName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zato_core::{Problem, Secret};
use zato_schema::{InertField, Kind, SecretText};

use crate::inert::{DATABASE_NOISE, RATE_LIMITS, joined};

/// A key that callers send in a header of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiKey {
    /// Header
    ///
    /// Name of the header the key is in.
    #[serde(default = "default_header")]
    pub header: String,

    /// Key
    ///
    /// The key itself. A new definition without one gets a random one; leaving it out of an existing definition
    /// keeps it.
    #[serde(default)]
    #[schemars(with = "SecretText")]
    pub password: Secret,
}

fn default_header() -> String {
    "X-API-Key".to_owned()
}

const USERNAME: [InertField; 1] = [InertField::kept("username")
    .advice("an API key has no username; the name of its header goes in `header`")];

/// Headers that say how a message is framed or where it goes, which clients and proxies write themselves.
const RESERVED: [&str; 11] = [
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Expect",
    "Host",
    "Keep-Alive",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
];

impl Kind for ApiKey {
    type Config = Self;

    const ID: &'static str = "security.api_key";
    const LABEL: &'static str = "API key";
    const SUMMARY: &'static str = "A key that callers send in a header of its own.";
    const ENMASSE_KEYS: &'static [&'static str] = &["security", "def_sec"];
    const ENMASSE_TYPE: Option<&'static str> = Some("apikey");
    const INERT_FIELDS: &'static [InertField] = &joined::<10>(&[&DATABASE_NOISE, &RATE_LIMITS, &USERNAME]);

    fn examples() -> Vec<Value> {
        vec![
            json!({"name": "mobile.key", "type": "apikey", "password": "Zato_Enmasse_Env.Mobile_Key"}),
            json!({
                "name": "partner.key",
                "type": "apikey",
                "header": "X-Partner-Key",
                "password": "Zato_Enmasse_Env.Partner_Key",
            }),
        ]
    }

    fn check(config: &Self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if HeaderName::try_from(config.header.as_str()).is_err() {
            problems.push(
                Problem::new("it is not what the name of a header can be")
                    .field("header")
                    .hint("for instance `X-API-Key`"),
            );
        }
        if RESERVED.iter().any(|name| config.header.eq_ignore_ascii_case(name)) {
            problems.push(
                Problem::new(format!(
                    "`{}` is a header of HTTP itself, it cannot carry a key",
                    config.header
                ))
                .field("header")
                .hint("for instance `X-API-Key`"),
            );
        }
        if config.password.expose().chars().any(|letter| !letter.is_ascii() || letter.is_ascii_control()) {
            problems.push(
                Problem::new("it contains characters that headers cannot carry")
                    .field("password")
                    .hint("use letters, digits and punctuation of ASCII"),
            );
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use zato_schema::{DynKind, decode, validate};

    use super::*;

    #[test]
    fn the_header_has_a_default_and_username_only_warns() {
        let spec = json!({"username": "X-Other", "password": "k"});
        let validated = validate(&DynKind::of::<ApiKey>(), "mobile.key", &spec).unwrap();
        let definition = decode::<ApiKey>(&validated.spec).unwrap();
        assert_eq!(definition.header, "X-API-Key");
        assert_eq!(definition.password.expose(), "k");
        assert!(validated.warnings[0].to_string().contains("field `username`"), "{:?}", validated.warnings);
        assert_eq!(validated.spec["username"], "X-Other");
    }

    #[test]
    fn refuses_what_headers_cannot_carry() {
        for spec in [
            json!({"header": "X Key"}),
            json!({"header": "X:"}),
            json!({"header": "content-length"}),
            json!({"header": "Host"}),
            json!({"password": "a\nb"}),
        ] {
            assert_eq!(validate(&DynKind::of::<ApiKey>(), "k", &spec).unwrap_err().len(), 1, "{spec}");
        }
    }
}
