//! XML namespaces for the prefixes of XPath expressions; the name of an object is the prefix.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zato_core::Problem;
use zato_schema::{InertField, Kind};

use crate::inert::DATABASE_NOISE;

/// An XML namespace. Its name is the prefix that expressions use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Namespace {
    /// Namespace
    ///
    /// The URI that identifies the namespace, exactly as it is in documents.
    #[schemars(extend("x-zato" = {"aliases": ["uri"]}))]
    pub value: String,
}

impl Kind for Namespace {
    type Config = Self;

    const ID: &'static str = "message.namespace";
    const LABEL: &'static str = "XML namespace";
    const SUMMARY: &'static str = "A namespace under the prefix that XPath expressions use for it.";
    const ENMASSE_KEYS: &'static [&'static str] = &["def_namespace", "namespace"];
    const INERT_FIELDS: &'static [InertField] = &DATABASE_NOISE;

    fn examples() -> Vec<Value> {
        vec![json!({"name": "crm", "value": "http://example.com/crm"})]
    }

    fn check(config: &Self) -> Vec<Problem> {
        if config.value.trim().is_empty() {
            return vec![
                Problem::new("it is empty").field("value").hint("for instance `http://example.com/crm`"),
            ];
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use zato_schema::{DynKind, validate};

    use super::*;

    #[test]
    fn takes_any_name_but_none() {
        let check = |spec: Value| validate(&DynKind::of::<Namespace>(), "crm", &spec).is_ok();
        assert!(check(json!({"value": "urn:crm"})) && check(json!({"uri": "urn:crm"})));
        assert!(!check(json!({"value": ""})));
    }
}
