//! What every cluster has from the start: channels of the server itself and the definitions that guard them
//! (reference operations 5.2 and 5.3).

use serde_json::{Value, json};
use zato_connections::{BasicAuth, RestChannel};
use zato_core::Secret;
use zato_schema::Kind;
use zato_server::config::{Environment, env};

use crate::secrets::new_password;

/// An object to create.
#[derive(Debug, Clone)]
pub(crate) struct NewObject {
    /// What it is.
    pub(crate) kind: &'static str,
    /// Its name.
    pub(crate) name: String,
    /// Whether it is in use.
    pub(crate) is_active: bool,
    /// Its fields, secrets in clear.
    pub(crate) spec: Value,
}

/// Passwords that were given for users that would otherwise get a random one.
#[derive(Debug, Clone, Default)]
pub(crate) struct GivenPasswords {
    /// Of `admin.invoke`.
    pub(crate) admin_invoke: Option<Secret>,
    /// Of `pubapi`.
    pub(crate) pubapi: Option<Secret>,
}

/// Objects of a new cluster, and who may call it with which password.
#[derive(Debug, Clone)]
pub(crate) struct InitialData {
    /// The objects, definitions first.
    pub(crate) objects: Vec<NewObject>,
    /// Usernames and passwords in the order they are shown.
    pub(crate) credentials: Vec<(String, Secret)>,
}

/// Makes the objects of a new cluster. Every password that is not given is random.
pub(crate) fn data(given: &GivenPasswords) -> InitialData {
    let metrics = Environment::of_process()
        .get(env::METRICS_PASSWORD)
        .filter(|text| !text.is_empty())
        .map(Secret::from);
    let users = [
        ("admin.invoke", given.admin_invoke.clone()),
        ("pubapi", given.pubapi.clone()),
        ("zato.ping.plain_http.basic_auth", None),
        ("metrics", metrics),
    ];
    let credentials: Vec<(String, Secret)> = users
        .into_iter()
        .map(|(user, password)| (user.to_owned(), password.unwrap_or_else(new_password)))
        .collect();
    let mut objects: Vec<NewObject> = credentials
        .iter()
        .map(|(user, password)| {
            let spec = json!({"username": user, "password": password.expose(), "realm": "Zato"});
            object(BasicAuth::ID, user, spec)
        })
        .collect();
    objects.extend([
        channel("zato.ping", "/zato/ping", "zato.ping", None),
        channel(
            "zato.ping.plain_http.basic_auth",
            "/zato/ping.plain_http.basic_auth",
            "zato.ping",
            Some("zato.ping.plain_http.basic_auth"),
        ),
        channel("admin.invoke.json", "/zato/admin/invoke", "zato.service.invoke", Some("admin.invoke")),
        channel(
            "pub.zato.service.service-invoker",
            "/zato/api/invoke/{service_name}",
            "pub.zato.service.service-invoker",
            Some("pubapi"),
        ),
    ]);
    InitialData { objects, credentials }
}

/// Makes the open channel of the demo services.
pub(crate) fn demo_channel() -> NewObject {
    let spec = json!({"url_path": "/demo/greet/{name}", "service": "demo.greet", "data_format": "json"});
    object(RestChannel::ID, "demo.greet", spec)
}

fn channel(name: &str, url_path: &str, service: &str, security: Option<&str>) -> NewObject {
    let mut spec =
        json!({"url_path": url_path, "service": service, "data_format": "json", "is_internal": true});
    if let Some(security) = security {
        spec["security"] = json!(security);
    }
    object(RestChannel::ID, name, spec)
}

fn object(kind: &'static str, name: &str, spec: Value) -> NewObject {
    NewObject { kind, name: name.to_owned(), is_active: true, spec }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_random_unless_given() {
        let given = GivenPasswords { pubapi: Some(Secret::new("chosen")), ..GivenPasswords::default() };
        let (first, second) = (data(&given), data(&given));
        assert_eq!(first.credentials[1], ("pubapi".to_owned(), Secret::new("chosen")));
        assert_ne!(first.credentials[0].1, second.credentials[0].1);
        assert_eq!(first.credentials[0].1.expose().len(), 36);
    }
}
