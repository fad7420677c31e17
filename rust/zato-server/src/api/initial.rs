//! What every cluster has from the start: channels of the server itself and the definitions that guard them
//! (reference operations 5.2 and 5.3).

use std::collections::BTreeMap;

use serde_json::json;
use zato_connections::{BasicAuth, RestChannel};
use zato_core::{Result, Secret};
use zato_schema::Kind;
use zato_store::{Object, ObjectKey};

use super::{Api, NewObject, Written};

/// Definitions that exist from the start; each is a user of the same name.
const USERS: [&str; 4] = ["admin.invoke", "pubapi", "zato.ping.plain_http.basic_auth", "metrics"];

/// Channels that exist from the start: name, path, service, definition.
const CHANNELS: [(&str, &str, &str, Option<&str>); 4] = [
    ("zato.ping", "/zato/ping", "zato.ping", None),
    (
        "zato.ping.plain_http.basic_auth",
        "/zato/ping.plain_http.basic_auth",
        "zato.ping",
        Some("zato.ping.plain_http.basic_auth"),
    ),
    ("admin.invoke.json", "/zato/admin/invoke", "zato.service.invoke", Some("admin.invoke")),
    (
        "pub.zato.service.service-invoker",
        "/zato/api/invoke/{service_name}",
        "pub.zato.service.service-invoker",
        Some("pubapi"),
    ),
];

/// Passwords that were chosen for users that would otherwise get a random one, by username.
pub type GivenPasswords = BTreeMap<String, Secret>;

/// Who may call a cluster that was just made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Users whose passwords were made or set now, in the order in which they are shown.
    pub users: Vec<Credential>,
}

/// A user and the password that was made or set now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Username, and name of the definition.
    pub username: String,
    /// Password.
    pub password: Secret,
}

impl Credentials {
    /// Returns `user: password` lines, the content of `DIR/credentials`.
    #[must_use]
    pub fn to_text(&self) -> Secret {
        let line = |user: &Credential| format!("{}: {}\n", user.username, user.password.expose());
        Secret::new(self.users.iter().map(line).collect::<String>())
    }
}

/// Makes the objects that every cluster has, in one step. Those that exist already are left alone, so that it may be
/// called again, and are not among the credentials.
///
/// # Errors
/// Errors of the store; [`zato_core::ErrorKind::Invalid`] if a given password cannot be used.
pub async fn initial_data(api: &Api, given: &GivenPasswords) -> Result<Credentials> {
    let snapshot = api.store().snapshot().await?;
    let is_new = |object: &NewObject| snapshot.get(&object.kind, &object.name).is_none();
    let users = USERS.iter().map(|user| {
        let mut spec = json!({"username": user, "realm": "Zato"});
        if let Some(password) = given.get(*user) {
            spec["password"] = password.expose().into();
        }
        object(BasicAuth::ID, user, spec)
    });
    let channels = CHANNELS.iter().map(|(name, url_path, service, security)| {
        let spec = json!({
            "url_path": url_path,
            "service": service,
            "security": security,
            "data_format": "json",
            "is_internal": true,
        });
        object(RestChannel::ID, name, spec)
    });
    let objects: Vec<NewObject> = users.chain(channels).filter(is_new).collect();
    let new_users: Vec<String> = objects
        .iter()
        .filter(|object| object.kind == BasicAuth::ID)
        .map(|object| object.name.clone())
        .collect();
    let written = api.create(objects).await?;
    let password = |user: &str| given.get(user).cloned().or_else(|| generated(&written, user));
    let credential = |username: String| Some(Credential { password: password(&username)?, username });
    Ok(Credentials { users: new_users.into_iter().filter_map(credential).collect() })
}

/// Whether an object is one that every cluster has; exports leave them out unless asked.
#[must_use]
pub fn is_initial(object: &Object) -> bool {
    let is_flagged = object.spec.get("is_internal").and_then(serde_json::Value::as_bool) == Some(true);
    is_flagged || (object.kind == BasicAuth::ID && USERS.contains(&object.name.as_str()))
}

fn generated(written: &Written, user: &str) -> Option<Secret> {
    let key = ObjectKey::new(BasicAuth::ID, user);
    written.generated.iter().find(|generated| generated.key == key).map(|generated| generated.secret.clone())
}

fn object(kind: &str, name: &str, spec: serde_json::Value) -> NewObject {
    NewObject { kind: kind.to_owned(), name: name.to_owned(), is_active: true, spec }
}
