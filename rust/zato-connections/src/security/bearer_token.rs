//! Bearer tokens of OAuth 2 that outgoing connections carry (RFC 6749, RFC 6750; reference connections 29, operations
//! 17.3 and 19.5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zato_core::{Problem, Secret};
use zato_schema::{InertField, Kind, SecretText};

use crate::inert::{DATABASE_NOISE, RATE_LIMITS, joined};

/// Credentials that an authorization server gives tokens for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BearerToken {
    /// Username
    ///
    /// The client ID, or the user's name if tokens are given for users.
    pub username: String,

    /// Secret
    ///
    /// The client secret, or the user's password.
    #[serde(default)]
    #[schemars(with = "SecretText")]
    pub password: Secret,

    /// Authorization server
    ///
    /// URL that tokens are asked for at.
    #[schemars(extend("x-zato" = {"aliases": ["auth_server_url"]}))]
    pub auth_endpoint: String,

    /// Field of the client ID
    ///
    /// Name under which the username is sent.
    #[serde(default = "client_id")]
    pub client_id_field: String,

    /// Field of the client secret
    ///
    /// Name under which the secret is sent.
    #[serde(default = "client_secret")]
    pub client_secret_field: String,

    /// Grant type
    ///
    /// What is asked for, for instance `client_credentials` or `password`.
    #[serde(default = "client_credentials")]
    pub grant_type: String,

    /// Scopes
    ///
    /// What the token is to be good for.
    #[serde(default)]
    pub scopes: Vec<String>,

    /// Extra fields
    ///
    /// Further fields of the request, each as `name=value`.
    #[serde(default)]
    pub extra_fields: Vec<String>,

    /// Data format
    ///
    /// Whether the request is a form, as the standard says, or JSON.
    #[serde(default)]
    pub data_format: TokenRequestFormat,
}

/// How tokens are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenRequestFormat {
    /// An URL-encoded form (RFC 6749 4.4.2).
    #[default]
    Form,
    /// An object in JSON.
    Json,
}

fn client_id() -> String {
    "client_id".to_owned()
}

fn client_secret() -> String {
    "client_secret".to_owned()
}

fn client_credentials() -> String {
    "client_credentials".to_owned()
}

impl BearerToken {
    /// Fields of a request for a token, in the order they are sent; the secret is among them. Scopes other than those
    /// of the definition are in `scopes`.
    #[must_use]
    pub fn fields(&self, scopes: Option<&str>) -> Vec<(String, String)> {
        let mut fields = vec![
            ("grant_type".to_owned(), self.grant_type.clone()),
            (self.client_id_field.clone(), self.username.clone()),
            (self.client_secret_field.clone(), self.password.expose().to_owned()),
        ];
        let scopes = scopes.map_or_else(|| self.scopes.join(" "), str::to_owned);
        if !scopes.is_empty() {
            fields.push(("scope".to_owned(), scopes));
        }
        let extra = self.extra_fields.iter().filter_map(|field| field.split_once('='));
        fields.extend(extra.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())));
        fields
    }
}

impl Kind for BearerToken {
    type Config = Self;

    const ID: &'static str = "security.bearer_token";
    const LABEL: &'static str = "bearer token";
    const SUMMARY: &'static str = "Credentials that an authorization server gives OAuth 2 tokens for.";
    const ENMASSE_KEYS: &'static [&'static str] = &["security", "def_sec"];
    const ENMASSE_TYPE: Option<&'static str> = Some("bearer_token");
    const INERT_FIELDS: &'static [InertField] = &joined::<9>(&[&DATABASE_NOISE, &RATE_LIMITS]);

    fn examples() -> Vec<Value> {
        vec![
            json!({
                "name": "graph",
                "type": "bearer_token",
                "username": "client-id",
                "password": "Zato_Enmasse_Env.Graph_Secret",
                "auth_endpoint": "https://idp.example.com/token",
                "scopes": ["read", "write"],
            }),
            json!({
                "name": "legacy",
                "type": "bearer_token",
                "username": "client-id",
                "password": "Zato_Enmasse_Env.Legacy_Secret",
                "auth_endpoint": "https://idp.example.com/token",
                "extra_fields": ["audience=https://api.example.com"],
                "data_format": "json",
            }),
        ]
    }

    fn check(config: &Self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let uri = config.auth_endpoint.parse::<http::Uri>();
        let has_scheme = matches!(uri.as_ref().map(http::Uri::scheme_str), Ok(Some("http" | "https")));
        if !has_scheme {
            problems.push(
                Problem::new("it is not a URL that begins with `http://` or `https://`")
                    .field("auth_endpoint")
                    .hint("for instance `https://idp.example.com/token`"),
            );
        }
        for (name, value) in [
            ("client_id_field", &config.client_id_field),
            ("client_secret_field", &config.client_secret_field),
        ] {
            if value.is_empty() {
                problems.push(Problem::new("it is empty").field(name));
            }
        }
        for field in &config.extra_fields {
            if !field.contains('=') {
                problems.push(
                    Problem::new("a line of it has no `=`").field("extra_fields").hint("write `name=value`"),
                );
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use zato_schema::{DynKind, decode, validate};

    use super::*;

    fn valid(spec: Value) -> BearerToken {
        decode::<BearerToken>(&validate(&DynKind::of::<BearerToken>(), "d", &spec).unwrap().spec).unwrap()
    }

    #[test]
    fn asks_as_the_standard_says() {
        let definition = valid(json!({
            "username": "me", "password": "p", "auth_server_url": "https://idp/token", "scopes": ["a", "b"],
            "extra_fields": ["audience = x"],
        }));
        let fields = definition.fields(None);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [
            ("grant_type", "client_credentials"),
            ("client_id", "me"),
            ("client_secret", "p"),
            ("scope", "a b"),
            ("audience", "x"),
        ];
        assert_eq!(fields, expected);
        assert_eq!(definition.fields(Some("c"))[3].1, "c");
    }

    #[test]
    fn refuses_servers_that_are_none() {
        let spec = json!({"username": "u", "auth_endpoint": "idp/token", "extra_fields": ["x"]});
        let found = validate(&DynKind::of::<BearerToken>(), "d", &spec).unwrap_err();
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
