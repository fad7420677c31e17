//! Kinds of configuration objects: one struct, one file each. What they mean to enmasse, command line and
//! documentation follows from the struct (see `zato-schema`).
//!
//! Invariant: a kind knows neither the store, nor a user interface, nor YAML.

pub mod cache;
pub mod channel;
mod inert;
pub mod message;
pub mod outgoing;
pub mod scheduler;
pub mod security;
pub mod service;

pub use cache::builtin::BuiltinCache;
pub use channel::rest::RestChannel;
pub use message::json_pointer::JsonPointer;
pub use message::namespace::Namespace;
pub use message::xpath::XPath;
pub use outgoing::rest::OutgoingRest;
pub use scheduler::job::SchedulerJob;
pub use security::api_key::ApiKey;
pub use security::basic_auth::BasicAuth;
pub use security::bearer_token::BearerToken;
pub use service::ServiceConfig;

#[cfg(test)]
mod tests;
