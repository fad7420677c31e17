//! Differences between two versions of a spec.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::DynKind;
use crate::secrets::redact;

/// A field that differs. Secrets are redacted on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Name of the field.
    pub field: String,
    /// Value before; absent if the field was not there.
    pub before: Option<Value>,
    /// Value after; absent if the field is not there any more.
    pub after: Option<Value>,
}

/// Returns the fields that differ between two specs in normal form, in the order of the struct, then inert ones.
#[must_use]
pub fn diff(kind: &DynKind, before: &Value, after: &Value) -> Vec<Change> {
    let (shown_before, shown_after) = (redact(kind, before), redact(kind, after));
    let declared = kind.fields().iter().map(|field| field.name.as_str());
    let mut names: Vec<&str> = declared.collect();
    for spec in [before, after] {
        for name in spec.as_object().into_iter().flat_map(Map::keys) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    names
        .into_iter()
        .filter(|name| before.get(name) != after.get(name))
        .map(|name| Change {
            field: name.to_owned(),
            before: shown_before.get(name).cloned(),
            after: shown_after.get(name).cloned(),
        })
        .collect()
}

/// Returns the spec without fields that have their default value; what an export writes.
#[must_use]
pub fn without_defaults(kind: &DynKind, spec: &Value) -> Value {
    let mut short = spec.clone();
    if let Value::Object(entries) = &mut short {
        entries.retain(|name, value| {
            kind.fields()
                .iter()
                .find(|field| field.name == *name)
                .is_none_or(|field| field.default.as_ref() != Some(value))
        });
    }
    short
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::sample;
    use crate::validate;

    #[test]
    fn tells_which_fields_differ_and_hides_secrets() {
        let kind = sample::kind();
        let before = validate(&kind, "a", &json!({"username": "u", "password": "first"})).unwrap().spec;
        let after = validate(&kind, "a", &json!({"username": "v", "password": "second"})).unwrap().spec;
        let changes = diff(&kind, &before, &after);
        assert_eq!(changes.len(), 2);
        assert_eq!(changes[0].field, "username");
        assert_eq!(changes[0].after, Some(json!("v")));
        assert_eq!(changes[1].before, Some(json!("******")));
        assert!(!format!("{changes:?}").contains("second"));
        assert!(diff(&kind, &after, &after).is_empty());
    }

    #[test]
    fn tells_of_inert_fields_too() {
        let kind = sample::kind();
        let changes = diff(&kind, &json!({"username": "u"}), &json!({"username": "u", "cache_id": 1}));
        assert_eq!(changes[0].field, "cache_id");
        assert_eq!(changes[0].before, None);
    }

    #[test]
    fn without_defaults_validates_to_the_same() {
        let kind = sample::kind();
        let full = validate(&kind, "a", &json!({"username": "u", "timeout": 3})).unwrap().spec;
        let short = without_defaults(&kind, &full);
        assert_eq!(short, json!({"username": "u", "timeout": 3}));
        assert_eq!(validate(&kind, "a", &short).unwrap().spec, full);
    }
}
