//! HTTP Basic Auth (RFC 7617; reference operations 17.3 and 19.5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zato_core::{Problem, Secret};
use zato_schema::{InertField, Kind, SecretText};

use crate::inert::{DATABASE_NOISE, RATE_LIMITS, joined};

/// A username and a password that callers send in the `Authorization` header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BasicAuth {
    /// Username
    ///
    /// Who the caller is. It cannot contain a colon.
    pub username: String,

    /// Password
    ///
    /// What the caller proves it with. A new definition without one gets a random one; leaving it out of an
    /// existing definition keeps it.
    #[serde(default)]
    #[schemars(with = "SecretText")]
    pub password: Secret,

    /// Realm
    ///
    /// What browsers show when they ask for the password.
    #[serde(default = "default_realm")]
    pub realm: String,
}

const CONTROL: &str = "it contains control characters";

fn default_realm() -> String {
    "Zato".to_owned()
}

impl BasicAuth {
    /// Returns the `WWW-Authenticate` header of refusals, with quotes and backslashes of the realm escaped
    /// (RFC 9110 5.6.4).
    #[must_use]
    pub fn challenge(&self) -> String {
        let realm = self.realm.replace('\\', "\\\\").replace('"', "\\\"");
        format!("Basic realm=\"{realm}\"")
    }
}

impl Kind for BasicAuth {
    type Config = Self;

    const ID: &'static str = "security.basic_auth";
    const LABEL: &'static str = "HTTP Basic Auth";
    const SUMMARY: &'static str =
        "A username and a password that callers send in the `Authorization` header.";
    const ENMASSE_KEYS: &'static [&'static str] = &["security", "def_sec"];
    const ENMASSE_TYPE: Option<&'static str> = Some("basic_auth");
    const INERT_FIELDS: &'static [InertField] = &joined::<9>(&[&DATABASE_NOISE, &RATE_LIMITS]);

    fn examples() -> Vec<Value> {
        vec![
            json!({"name": "crm.basic", "type": "basic_auth", "username": "crm", "password": "Zato_Enmasse_Env.CRM_Pwd"}),
            json!({
                "name": "partner.basic",
                "type": "basic_auth",
                "username": "partner",
                "password": "Zato_Enmasse_Env.Partner_Pwd",
                "realm": "Partners",
                "is_active": false,
            }),
        ]
    }

    fn check(config: &Self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut refuse = |field: &str, message: &str| {
            let hint =
                if message == CONTROL { "remove line breaks, tabs and the like" } else { "choose another" };
            problems.push(Problem::new(message).field(field).hint(hint));
        };
        if config.username.contains(':') {
            refuse("username", "it contains a colon, which ends a username in Basic Auth (RFC 7617)");
        }
        if config.username.chars().any(char::is_control) {
            refuse("username", CONTROL);
        }
        if config.password.expose().chars().any(char::is_control) {
            refuse("password", CONTROL);
        }
        if config.realm.chars().any(char::is_control) {
            refuse("realm", CONTROL);
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use zato_schema::{DynKind, decode, validate};

    use super::*;

    fn valid(spec: Value) -> BasicAuth {
        decode::<BasicAuth>(&validate(&DynKind::of::<BasicAuth>(), "d", &spec).unwrap().spec).unwrap()
    }

    #[test]
    fn reads_what_3_2_exports() {
        let definition =
            valid(json!({"username": "crm", "password": "p", "realm": "CRM", "rate_limit_type": "EXACT"}));
        assert_eq!(definition.username, "crm");
        assert_eq!(definition.password.expose(), "p");
        assert_eq!(definition.challenge(), r#"Basic realm="CRM""#);
    }

    #[test]
    fn a_realm_cannot_break_out_of_its_quotes() {
        assert_eq!(
            valid(json!({"username": "u", "realm": r#"a"\b"#})).challenge(),
            r#"Basic realm="a\"\\b""#
        );
    }

    #[test]
    fn refuses_what_basic_auth_cannot_carry() {
        let spec = json!({"username": "a:b\n", "password": "hunter2\r\n", "realm": "x\r\nSet-Cookie: y"});
        let found = validate(&DynKind::of::<BasicAuth>(), "d", &spec).unwrap_err();
        let fields: Vec<_> = found.iter().filter_map(|problem| problem.field.as_deref()).collect();
        assert_eq!(fields, ["username", "username", "password", "realm"]);
        assert!(!format!("{found:?}").contains("hunter2"));
    }

    #[test]
    fn needs_a_username() {
        let found =
            validate(&DynKind::of::<BasicAuth>(), "crm.basic", &json!({"password": "p"})).unwrap_err();
        assert!(found[0].to_string().starts_with("security `crm.basic`: field `username`: it is required"));
    }

    #[test]
    fn debug_output_hides_the_password() {
        assert!(!format!("{:?}", valid(json!({"username": "u", "password": "hunter2"}))).contains("hunter2"));
    }
}
