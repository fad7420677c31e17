//! Everything about configuration that a request needs, compiled out of a snapshot of the store.
//!
//! [`Tables`] never change: a change of configuration makes new ones, which a worker swaps in at once.
//! Requests in flight keep what they were routed to.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use zato_connections::{ApiKey, BasicAuth, RestChannel, ServiceConfig};
use zato_core::invocation::{ChannelInfo, SecurityInfo};
use zato_core::{Problem, Result};
use zato_schema::{Kind, decode};
use zato_store::{Cipher, Object, ObjectKey, Snapshot};

use crate::auth::Credential;
use crate::built_in::BuiltIn;
use crate::metrics::ChannelMetrics;
use crate::options::HttpOptions;
use crate::router::{Route, Routed, Router};

/// Channel type of HTTP channels, as services see it (reference connections 1.5).
const CHANNEL_TYPE: &str = "http-soap";

/// The channel that is told errors in full (reference operations 17.1).
const ADMIN_CHANNEL: &str = "admin.invoke.json";

/// Name of the Basic Auth definition that guards `/metrics` (reference operations 5.2).
const METRICS_DEFINITION: &str = "metrics";

/// Compiled configuration of the ingress.
#[derive(Debug)]
pub struct Tables {
    revision: i64,
    router: Router<Arc<Channel>>,
    /// Those whose path no channel has.
    built_ins: Vec<BuiltIn>,
    metrics_credential: Option<Arc<Credential>>,
}

/// A REST channel, ready for requests.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) info: Arc<ChannelInfo>,
    pub(crate) service: Arc<str>,
    pub(crate) is_active: bool,
    pub(crate) access: Access,
    pub(crate) max_body_bytes: u64,
    pub(crate) timeout: Option<Duration>,
    /// Content type of responses whose service sets none.
    pub(crate) content_type: HeaderValue,
    pub(crate) is_access_logged: bool,
    pub(crate) is_rest_logged: bool,
    /// Counters, looked up at the first request.
    pub(crate) metrics: OnceLock<ChannelMetrics>,
}

/// Who may use a channel.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    Everybody,
    Guarded(Arc<Credential>),
    /// The definition it names cannot be used, so nobody may.
    Unusable,
}

impl Tables {
    /// Compiles a snapshot. What cannot be used is left out and reported, never fatal: a channel whose
    /// security definition is missing or broken answers 503, one that is broken itself 404.
    #[must_use]
    pub fn compile(snapshot: &Snapshot, cipher: &Cipher, options: &HttpOptions) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let definitions = definitions(snapshot, cipher, &mut problems);
        let service_timeouts = service_timeouts(snapshot, &mut problems);
        let mut routes = Vec::new();
        for object in snapshot.of_kind(RestChannel::ID) {
            match decode::<RestChannel>(&object.spec) {
                Ok(config) => {
                    let access = access(object, &config, &definitions, &mut problems);
                    let timeout = config
                        .timeout()
                        .or_else(|| service_timeouts.get(config.service.as_str()).copied())
                        .or(options.request_timeout);
                    routes.push(route(object, config, access, timeout, options));
                }
                Err(error) => problems.push(about(object, Problem::new(error.to_string()))),
            }
        }
        let is_free = |built_in: &BuiltIn| routes.iter().all(|route| route.url_path != built_in.path());
        let built_ins = BuiltIn::ALL.into_iter().filter(is_free).collect();
        let (router, route_problems) = Router::compile(options.profile, routes);
        problems.extend(
            route_problems
                .into_iter()
                .map(|(name, problem)| problem.object(ObjectKey::new(RestChannel::ID, name).to_string())),
        );
        let metrics_credential = match definitions.get(METRICS_DEFINITION) {
            Some(Some(definition)) if definition.kind == BasicAuth::ID => {
                Some(Arc::clone(&definition.credential))
            }
            _ => None,
        };
        (Self { revision: snapshot.revision, router, built_ins, metrics_credential }, problems)
    }

    /// Returns the revision of the store they were made of.
    #[must_use]
    pub const fn revision(&self) -> i64 {
        self.revision
    }

    /// Finds what a request is for.
    pub(crate) fn route(
        &self,
        method: &Method,
        path: &str,
        accept: Option<&HeaderValue>,
    ) -> Routed<'_, Arc<Channel>> {
        self.router.route(method, path, accept)
    }

    /// Returns the path that the ingress answers itself. These go before patterns, so that a channel that
    /// takes all paths does not take the health checks as well.
    pub(crate) fn built_in(&self, method: &Method, path: &str) -> Option<BuiltIn> {
        let found = self.built_ins.iter().copied().find(|built_in| built_in.path() == path)?;
        matches!(*method, Method::GET | Method::HEAD).then_some(found)
    }

    /// Returns what guards `/metrics`; without it there is no such path.
    pub(crate) const fn metrics_credential(&self) -> Option<&Arc<Credential>> {
        self.metrics_credential.as_ref()
    }
}

struct Definition {
    kind: &'static str,
    credential: Arc<Credential>,
}

/// Returns security definitions by name; those that cannot be used are there without anything in them.
fn definitions(
    snapshot: &Snapshot,
    cipher: &Cipher,
    problems: &mut Vec<Problem>,
) -> HashMap<String, Option<Definition>> {
    let mut found = HashMap::new();
    for object in snapshot.objects.iter().filter(|object| object.kind.starts_with("security.")) {
        let definition = match object.kind.as_str() {
            BasicAuth::ID => basic_auth(object, cipher)
                .map(|credential| Some(Definition { kind: BasicAuth::ID, credential: Arc::new(credential) })),
            ApiKey::ID => api_key(object, cipher)
                .map(|credential| Some(Definition { kind: ApiKey::ID, credential: Arc::new(credential) })),
            _ => Ok(None),
        };
        let definition = definition.unwrap_or_else(|error| {
            let mut problem = Problem::new(error.to_string());
            problem.hint = error.get_hint().map(str::to_owned);
            problems.push(about(object, problem));
            None
        });
        if found.insert(object.name.clone(), definition).is_some() {
            let problem = Problem::new("another definition has the same name, so neither is used")
                .hint("rename one of the two, names are unique over all security definitions");
            problems.push(about(object, problem));
            found.insert(object.name.clone(), None);
        }
    }
    found
}

fn basic_auth(object: &Object, cipher: &Cipher) -> Result<Credential> {
    let config = decode::<BasicAuth>(&object.spec)?;
    let info = security_info(object, "basic_auth", config.username);
    // An empty one admits nobody.
    let password = cipher.decrypt_field(&config.password)?;
    Ok(Credential::basic(info, &password, &config.realm, object.is_active))
}

fn api_key(object: &Object, cipher: &Cipher) -> Result<Credential> {
    let config = decode::<ApiKey>(&object.spec)?;
    let info = security_info(object, "apikey", String::new());
    let key = cipher.decrypt_field(&config.password)?;
    let header = HeaderName::try_from(config.header.as_str()).map_err(|_| {
        zato_core::Error::new(
            zato_core::ErrorKind::Invalid,
            format!("`{}` cannot be the name of a header", config.header),
        )
    })?;
    Ok(Credential::api_key(info, &key, header, object.is_active))
}

fn security_info(object: &Object, security_type: &'static str, username: String) -> Arc<SecurityInfo> {
    Arc::new(SecurityInfo { id: object.id, name: object.name.clone(), security_type, username })
}

/// Returns how long services may take, by name, as far as their settings say.
fn service_timeouts(snapshot: &Snapshot, problems: &mut Vec<Problem>) -> HashMap<String, Duration> {
    let mut found = HashMap::new();
    for object in snapshot.of_kind(ServiceConfig::ID) {
        match decode::<ServiceConfig>(&object.spec) {
            Ok(config) => {
                let timeout = config.setting(object.is_active).timeout;
                found.extend(timeout.map(|timeout| (object.name.clone(), timeout)));
            }
            Err(error) => problems.push(about(object, Problem::new(error.to_string()))),
        }
    }
    found
}

fn access(
    object: &Object,
    config: &RestChannel,
    definitions: &HashMap<String, Option<Definition>>,
    problems: &mut Vec<Problem>,
) -> Access {
    let Some(name) = config.security() else { return Access::Everybody };
    if let Some(Some(definition)) = definitions.get(name) {
        return Access::Guarded(Arc::clone(&definition.credential));
    }
    let is_known = definitions.contains_key(name);
    let what = if is_known { "cannot be used" } else { "does not exist" };
    let problem = Problem::new(format!("security definition `{name}` {what}, so the channel answers 503"))
        .field("security")
        .hint("correct the definition, or name another one");
    problems.push(about(object, problem));
    Access::Unusable
}

fn route(
    object: &Object,
    config: RestChannel,
    access: Access,
    timeout: Option<Duration>,
    options: &HttpOptions,
) -> Route<Arc<Channel>> {
    let data_format = config.data_format();
    let content_type = config.content_type();
    let methods = config.method.as_str().and_then(|method| Method::from_bytes(method.as_bytes()).ok());
    let default_content_type = options.content_type_of(data_format);
    let is_logged = |ignored: &[String]| !is_below(&config.url_path, ignored);
    let channel = Channel {
        service: config.service.as_str().into(),
        is_active: object.is_active,
        access,
        max_body_bytes: config.max_body_size().unwrap_or(options.max_body_bytes),
        timeout,
        content_type: content_type.clone().unwrap_or(default_content_type),
        is_access_logged: is_logged(&options.access_log_ignore),
        is_rest_logged: is_logged(&options.rest_log_ignore),
        metrics: OnceLock::new(),
        info: Arc::new(ChannelInfo {
            job_type: "",
            id: object.id,
            name: object.name.clone(),
            channel_type: CHANNEL_TYPE,
            data_format,
            is_internal: config.is_internal,
            match_target: config.url_path.clone(),
            transport: "plain_http",
            merges_url_params: config.merge_url_params_req,
            url_params_priority: config.url_params_pri.into(),
            params_priority: config.params_pri.into(),
            content_type,
            tells_full_errors: config.is_internal && object.name == ADMIN_CHANNEL,
        }),
    };
    Route {
        name: object.name.clone(),
        is_internal: config.is_internal,
        url_path: config.url_path,
        methods: methods.into_iter().collect(),
        accept: config.http_accept,
        match_slash: config.match_slash,
        target: Arc::new(channel),
    }
}

/// Whether a path is one of those listed, or below one.
pub(crate) fn is_below(path: &str, listed: &[String]) -> bool {
    listed.iter().any(|prefix| {
        let rest = path.strip_prefix(prefix.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn about(object: &Object, problem: Problem) -> Problem {
    problem.object(ObjectKey::new(object.kind.as_str(), object.name.as_str()).to_string())
}
