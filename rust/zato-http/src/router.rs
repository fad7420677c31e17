//! Finds the channel of a request.
//!
//! A [`Router`] is compiled once from all channels and never changes. Static paths are found through a hash
//! map; patterns through the literal text before their first placeholder, so that a request looks only at
//! patterns it begins like. Matching takes time linear in the length of the path, whatever the pattern is.
//!
//! Which channel wins where several match, and what happens to a wrong method, depends on the compat profile
//! (reference connections 2.2).

pub(crate) mod path;
mod pattern;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use http::{HeaderValue, Method};
use zato_core::{Problem, Profile};

pub use path::PathError;
use pattern::Pattern;

/// One entry of the table.
#[derive(Debug, Clone)]
pub struct Route<T> {
    /// Name of the channel; decides among equals.
    pub name: String,
    /// Whether the channel is one of the server's own: considered last, and only for paths under `/zato`.
    pub is_internal: bool,
    /// Path pattern, for instance `/crm/{client_id}`.
    pub url_path: String,
    /// Methods it takes; none is every method the server allows.
    pub methods: Vec<Method>,
    /// Value of `Accept` it takes; empty or `*/*` is any.
    pub accept: String,
    /// Whether values of placeholders may contain slashes.
    pub match_slash: bool,
    /// What a match gives.
    pub target: T,
}

/// The table of all channels.
#[derive(Debug)]
pub struct Router<T> {
    profile: Profile,
    /// Sorted: the first one that matches wins.
    entries: Vec<Entry<T>>,
    /// Indexes of entries without placeholders, ascending, by path.
    static_paths: HashMap<String, Vec<usize>>,
    /// Indexes of the other entries, ascending, by the literal text before their first placeholder.
    prefixes: HashMap<String, Vec<usize>>,
    /// Lengths of the keys of `prefixes`, ascending.
    prefix_lengths: Vec<usize>,
}

#[derive(Debug)]
struct Entry<T> {
    pattern: Pattern,
    methods: Vec<Method>,
    /// None is any.
    accept: Option<HeaderValue>,
    is_internal: bool,
    target: T,
}

/// What a router says about a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Routed<'r, T> {
    /// The channel, and the values of its placeholders in the order of the pattern.
    Found(&'r T, Vec<(Arc<str>, String)>),
    /// No channel has such a path (or, in 3.2, such a combination of path and method).
    NotFound,
    /// A channel has such a path, but none with that method (other profiles than 3.2).
    WrongMethod {
        /// The channel that would have been taken otherwise.
        channel: &'r T,
        /// Value of `Allow`.
        allow: String,
    },
    /// The path cannot be understood.
    Malformed(PathError),
}

impl<T> Router<T> {
    /// Compiles a table. A route whose pattern is wrong is left out and reported; the object is added by the
    /// caller, who knows what it is.
    pub fn compile(profile: Profile, routes: Vec<Route<T>>) -> (Self, Vec<(String, Problem)>) {
        let mut problems = Vec::new();
        let mut compiled = Vec::new();
        for route in routes {
            match Entry::compile(profile, route) {
                Ok(entry) => compiled.push(entry),
                Err(problem) => problems.push(problem),
            }
        }
        if profile >= Profile::V4_1 {
            compiled.sort_by_cached_key(|(name, entry)| {
                let (prefix, literal) = entry.pattern.specificity();
                let has_accept = entry.accept.is_some();
                let has_method = !entry.methods.is_empty();
                let most = std::cmp::Reverse((prefix, literal, has_accept, has_method));
                (most, entry.is_internal, name.clone())
            });
        } else {
            compiled.sort_by_cached_key(|(name, entry)| (entry.is_internal, name.clone()));
        }
        let entries: Vec<_> = compiled.into_iter().map(|(_, entry)| entry).collect();
        let mut static_paths = HashMap::<String, Vec<usize>>::new();
        let mut prefixes = BTreeMap::<String, Vec<usize>>::new();
        for (index, entry) in entries.iter().enumerate() {
            match entry.pattern.as_static() {
                Some(path) => static_paths.entry(path.to_owned()).or_default().push(index),
                None => prefixes.entry(entry.pattern.prefix().to_owned()).or_default().push(index),
            }
        }
        let prefix_lengths: BTreeSet<_> = prefixes.keys().map(String::len).collect();
        let router = Self {
            profile,
            entries,
            static_paths,
            prefixes: prefixes.into_iter().collect(),
            prefix_lengths: prefix_lengths.into_iter().collect(),
        };
        (router, problems)
    }

    /// Finds the channel. Takes the path as it is in the request target, and the `Accept` header.
    pub fn route(&self, method: &Method, raw_path: &str, accept: Option<&HeaderValue>) -> Routed<'_, T> {
        let path = match path::decode(raw_path, self.profile) {
            Ok(path) => path,
            Err(error) => return Routed::Malformed(error),
        };
        let candidates = self.candidates(&path);
        let mut wrong_method = Vec::new();
        for index in candidates.iter().copied() {
            let entry = &self.entries[index];
            if entry.is_internal && !path.starts_with("/zato") {
                continue;
            }
            if !entry.takes_accept(accept) {
                continue;
            }
            let Some(params) = entry.pattern.match_path(&path) else { continue };
            if entry.takes_method(method) {
                return Routed::Found(&entry.target, params);
            }
            wrong_method.push(index);
        }
        match wrong_method.first() {
            Some(first) if self.profile != Profile::V3_2 => Routed::WrongMethod {
                channel: &self.entries[*first].target,
                allow: self.allow(&wrong_method),
            },
            _ => Routed::NotFound,
        }
    }

    /// Returns the entries that may match the path, best first.
    fn candidates(&self, path: &str) -> Cow<'_, [usize]> {
        let mut found = Cow::Borrowed(self.static_paths.get(path).map_or(&[][..], Vec::as_slice));
        for length in self.prefix_lengths.iter().copied() {
            // A pattern needs at least one character more than its prefix.
            if length >= path.len() {
                break;
            }
            let Some(indexes) = path.get(..length).and_then(|prefix| self.prefixes.get(prefix)) else {
                continue;
            };
            if found.is_empty() {
                found = Cow::Borrowed(indexes);
            } else {
                found.to_mut().extend_from_slice(indexes);
            }
        }
        if let Cow::Owned(indexes) = &mut found {
            indexes.sort_unstable();
        }
        found
    }

    fn allow(&self, indexes: &[usize]) -> String {
        let mut methods: Vec<_> =
            indexes.iter().flat_map(|index| &self.entries[*index].methods).map(Method::as_str).collect();
        methods.sort_unstable();
        methods.dedup();
        methods.join(", ")
    }
}

impl<T> Entry<T> {
    #[expect(clippy::result_large_err, reason = "problems are rare, and met only while tables compile")]
    fn compile(profile: Profile, route: Route<T>) -> Result<(String, Self), (String, Problem)> {
        let pattern = match Pattern::compile(&route.url_path, route.match_slash, profile) {
            Ok(pattern) => pattern,
            Err(problem) => return Err((route.name, problem)),
        };
        // The 2.0 line had no Accept in its tables (reference connections 2.2).
        let accept = match route.accept.as_str() {
            "" | "*/*" => None,
            _ if profile == Profile::V2_0 => None,
            accept => match HeaderValue::from_str(accept) {
                Ok(value) => Some(value),
                Err(_) => {
                    let problem = Problem::new("is not the value of an Accept header").field("http_accept");
                    return Err((
                        route.name,
                        problem.hint("use printable ASCII characters, or `*/*` for any"),
                    ));
                }
            },
        };
        let Route { name, methods, is_internal, target, .. } = route;
        Ok((name, Self { pattern, methods, accept, is_internal, target }))
    }

    fn takes_method(&self, method: &Method) -> bool {
        self.methods.is_empty() || self.methods.contains(method)
    }

    fn takes_accept(&self, accept: Option<&HeaderValue>) -> bool {
        // Literal, as upstream: a list of types is not looked into. No header is `*/*`, which only any takes.
        self.accept.is_none() || self.accept.as_ref() == accept
    }
}
