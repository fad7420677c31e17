//! Which caches there are.

use std::collections::{BTreeMap, BTreeSet};

use zato_cache::Limits;
use zato_connections::BuiltinCache;
use zato_connections::cache::builtin::OWN_OF_3_2;
use zato_core::Problem;
use zato_schema::{Kind, decode};
use zato_store::{ObjectKey, Snapshot};

/// The cache that every server has, whether or not it is defined.
const BUILT_IN: &str = "default";

/// Definitions of caches, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definitions {
    /// Revision of the config store that says so.
    pub revision: i64,
    /// Caches by name.
    pub caches: BTreeMap<String, Limits>,
    /// Names of caches that are defined and not active.
    pub inactive: BTreeSet<String>,
    /// Name of the default cache.
    pub default: String,
}

impl Default for Definitions {
    fn default() -> Self {
        Self {
            revision: 0,
            caches: [(BUILT_IN.to_owned(), Limits::default())].into(),
            inactive: BTreeSet::new(),
            default: BUILT_IN.to_owned(),
        }
    }
}

impl Definitions {
    /// Compiles what the store says, and what is wrong with it.
    #[must_use]
    pub fn compile(snapshot: &Snapshot) -> (Self, Vec<Problem>) {
        let (mut definitions, mut problems) =
            (Self { revision: snapshot.revision, ..Self::default() }, Vec::new());
        for object in snapshot.of_kind(BuiltinCache::ID) {
            match decode::<BuiltinCache>(&object.spec) {
                Ok(cache) => definitions.add(&object.name, object.is_active, &cache),
                Err(error) => {
                    let object = ObjectKey::new(BuiltinCache::ID, object.name.clone()).to_string();
                    problems.push(Problem::new(error.message()).object(object));
                }
            }
        }
        (definitions, problems)
    }

    fn add(&mut self, name: &str, is_active: bool, cache: &BuiltinCache) {
        if !is_active {
            self.caches.remove(name);
            self.inactive.insert(name.to_owned());
            return;
        }
        let limits = Limits {
            max_size: cache.max_size,
            max_item_size: cache.max_item_size,
            extends_on_get: cache.extend_expiry_on_get,
            extends_on_set: cache.extend_expiry_on_set,
        };
        self.caches.insert(name.to_owned(), limits);
        if cache.is_default && name != OWN_OF_3_2 {
            name.clone_into(&mut self.default);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(is_default: bool) -> BuiltinCache {
        serde_json::from_value(serde_json::json!({"is_default": is_default, "max_size": 5})).unwrap()
    }

    #[test]
    fn there_is_a_default_cache_and_users_may_name_another() {
        let mut definitions = Definitions::default();
        assert_eq!(definitions.caches["default"], Limits::default());
        definitions.add("crm", true, &cache(true));
        definitions.add("zato.bearer.token", true, &cache(true));
        assert_eq!(definitions.default, "crm");
        assert_eq!(definitions.caches.len(), 3);
        definitions.add("default", true, &cache(false));
        assert_eq!(definitions.caches["default"].max_size, 5);
        definitions.add("crm", false, &cache(true));
        assert!(!definitions.caches.contains_key("crm") && definitions.inactive.contains("crm"));
    }
}
