//! Built-in caches (reference connections 24.3, operations 19.3 and 19.5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zato_core::Problem;
use zato_schema::{InertField, Kind, SingleFlag};

use crate::inert::{DATABASE_NOISE, joined};

/// Most entries a cache may have: each costs memory of the server even if it is empty.
const LARGEST_SIZE: u64 = 100_000_000;

/// Largest value a cache may take, in characters: it has to go through a socket as a whole.
const LARGEST_ITEM: u64 = 8_000_000;

/// The cache that 3.x makes for itself and marks as a default next to the one of the user.
pub const OWN_OF_3_2: &str = "zato.bearer.token";

/// A cache in the memory of the server, shared by its workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BuiltinCache {
    /// Is default
    ///
    /// Whether services get it as `self.cache.default`. Without such a cache they get the one named `default`.
    #[serde(default)]
    pub is_default: bool,

    /// Max size
    ///
    /// Most entries. The one that was not used for the longest time makes room for a new one.
    #[serde(default = "ten_thousand")]
    pub max_size: u64,

    /// Max item size
    ///
    /// Most characters, or bytes, of one value. All values together take `max_size` times as many bytes at most.
    #[serde(default = "ten_thousand")]
    pub max_item_size: u64,

    /// Extend expiry on get
    ///
    /// Whether reading an entry starts its time to live again.
    #[serde(default = "yes")]
    pub extend_expiry_on_get: bool,

    /// Extend expiry on set
    ///
    /// Whether writing to an entry starts its time to live again.
    #[serde(default = "yes")]
    pub extend_expiry_on_set: bool,

    /// Sync method
    ///
    /// Kept for definitions of 3.0-3.2. All workers of a server share one cache, whatever it says.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true}))]
    pub sync_method: SyncMethod,

    /// Persistent storage
    ///
    /// Kept for definitions of 3.0-3.2. Entries are in memory only and end with the server.
    #[serde(default)]
    #[schemars(extend("x-zato" = {"advanced": true}))]
    pub persistent_storage: PersistentStorage,
}

/// How 3.0-3.2 kept the copies of processes equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum SyncMethod {
    /// Not at all.
    #[serde(rename = "no-sync")]
    None,
    /// In background.
    #[default]
    #[serde(rename = "in-background")]
    Background,
}

/// Where entries are kept besides memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum PersistentStorage {
    /// Nowhere.
    #[default]
    #[serde(rename = "no-persistent-storage")]
    None,
    /// In a database.
    #[serde(rename = "sql")]
    Sql,
}

const fn ten_thousand() -> u64 {
    10_000
}

const fn yes() -> bool {
    true
}

impl Kind for BuiltinCache {
    type Config = Self;

    const ID: &'static str = "cache.builtin";
    const LABEL: &'static str = "Built-in cache";
    const SUMMARY: &'static str = "A cache in the memory of the server, shared by its workers.";
    const ENMASSE_KEYS: &'static [&'static str] = &["zato_cache_builtin", "cache_builtin"];
    const INERT_FIELDS: &'static [InertField] = &joined::<7>(&[
        &DATABASE_NOISE,
        &[
            InertField::dropped("cache_type"),
            InertField::dropped("cache_id"),
            InertField::dropped("current_size"),
        ],
    ]);
    const SINGLE_FLAGS: &'static [SingleFlag] = &[SingleFlag { field: "is_default", except: &[OWN_OF_3_2] }];

    fn examples() -> Vec<Value> {
        vec![
            json!({"name": "crm"}),
            json!({
                "name": "sessions",
                "is_default": true,
                "max_size": 50_000,
                "max_item_size": 2_000,
                "extend_expiry_on_get": false,
                "extend_expiry_on_set": false,
            }),
        ]
    }

    fn check(config: &Self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut check = |field: &str, value: u64, most: u64| {
            if value == 0 || value > most {
                let message = format!("expected a number from 1 to {most}, found `{value}`");
                problems.push(Problem::new(message).field(field));
            }
        };
        check("max_size", config.max_size, LARGEST_SIZE);
        check("max_item_size", config.max_item_size, LARGEST_ITEM);
        problems
    }

    fn doubts(config: &Self) -> Vec<Problem> {
        let hint = "use `no-persistent-storage`, and a database for what has to outlive the server";
        let doubt = || {
            Problem::new("entries are not stored, they end with the server")
                .field("persistent_storage")
                .hint(hint)
        };
        (config.persistent_storage == PersistentStorage::Sql).then(doubt).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use zato_schema::{DynKind, decode, validate};

    use super::*;

    fn check(spec: Value) -> Result<BuiltinCache, Vec<Problem>> {
        let validated = validate(&DynKind::of::<BuiltinCache>(), "c", &spec)?;
        Ok(decode::<BuiltinCache>(&validated.spec).unwrap())
    }

    #[test]
    fn reads_what_3_2_exports() {
        let cache = check(json!({
            "cache_type": "builtin", "is_default": true, "max_size": 5, "max_item_size": 10_000,
            "extend_expiry_on_get": true, "extend_expiry_on_set": false,
            "sync_method": "in-background", "persistent_storage": "no-persistent-storage",
        }));
        let cache = cache.unwrap();
        assert_eq!((cache.is_default, cache.max_size, cache.extend_expiry_on_set), (true, 5, false));
        assert_eq!(BuiltinCache::doubts(&cache), []);
    }

    #[test]
    fn has_the_historical_defaults() {
        let cache = check(json!({})).unwrap();
        assert_eq!((cache.max_size, cache.max_item_size, cache.is_default), (10_000, 10_000, false));
        assert!(cache.extend_expiry_on_get && cache.extend_expiry_on_set);
    }

    #[test]
    fn refuses_sizes_that_make_no_sense() {
        let problems = check(json!({"max_size": 0, "max_item_size": 9_000_000})).unwrap_err();
        let fields: Vec<_> = problems.iter().filter_map(|problem| problem.field.as_deref()).collect();
        assert_eq!(fields, ["max_size", "max_item_size"]);
    }

    #[test]
    fn says_that_nothing_is_stored() {
        let doubts = BuiltinCache::doubts(&check(json!({"persistent_storage": "sql"})).unwrap());
        assert_eq!(doubts.len(), 1);
    }
}
