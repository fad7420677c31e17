//! The list of everything that can be configured. A kind that is not here does not exist.

use zato_connections::{
    ApiKey, BasicAuth, BearerToken, BuiltinCache, JsonPointer, Namespace, OutgoingRest, RestChannel,
    SchedulerJob, ServiceConfig, XPath,
};
use zato_core::Result;
use zato_schema::{DynKind, Registry};

/// Returns the registry, in the order in which exports write kinds: what is referred to comes first.
///
/// # Errors
/// [`zato_core::ErrorKind::Internal`] if two kinds cannot be told apart, which the conformance test rules out.
pub fn registry() -> Result<Registry> {
    Registry::new(vec![
        DynKind::of::<BasicAuth>(),
        DynKind::of::<ApiKey>(),
        DynKind::of::<BearerToken>(),
        DynKind::of::<Namespace>(),
        DynKind::of::<JsonPointer>(),
        DynKind::of::<XPath>(),
        DynKind::of::<BuiltinCache>(),
        DynKind::of::<ServiceConfig>(),
        DynKind::of::<RestChannel>(),
        DynKind::of::<OutgoingRest>(),
        DynKind::of::<SchedulerJob>(),
    ])
}
