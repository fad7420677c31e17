//! Kinds of configuration objects: one struct, one file each. What they mean to enmasse, command line and
//! documentation follows from the struct (see `zato-schema`).
//!
//! Invariant: a kind knows neither the store, nor a user interface, nor YAML.

pub mod channel;
mod inert;
pub mod security;
pub mod service;

pub use channel::rest::RestChannel;
pub use security::api_key::ApiKey;
pub use security::basic_auth::BasicAuth;
pub use service::ServiceConfig;

#[cfg(test)]
mod tests {
    use zato_schema::{DynKind, Registry, conformance};

    use super::*;

    #[test]
    fn kinds_conform() {
        let kinds = vec![
            DynKind::of::<RestChannel>(),
            DynKind::of::<BasicAuth>(),
            DynKind::of::<ApiKey>(),
            DynKind::of::<ServiceConfig>(),
        ];
        let registry = Registry::new(kinds).unwrap();
        let problems: Vec<_> = conformance::check(&registry).iter().map(ToString::to_string).collect();
        assert!(problems.is_empty(), "{}", problems.join("\n"));
        assert_eq!(registry.enmasse("channel_plain_http", None).unwrap().id(), "channel.rest");
        assert_eq!(registry.enmasse("def_sec", Some("apikey")).unwrap().id(), "security.api_key");
        assert_eq!(registry.enmasse("security", Some("basic_auth")).unwrap().id(), "security.basic_auth");
    }
}
