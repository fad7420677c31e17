//! Named XPath expressions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zato_core::Problem;
use zato_schema::{InertField, Kind};

use crate::inert::DATABASE_NOISE;

/// An XPath expression that services use by its name, with `self.msg.xpath`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct XPath {
    /// Expression
    ///
    /// XPath 1.0, for instance `/order/crm:customer/@id`. Prefixes are those of XML namespaces that are configured.
    #[schemars(extend("x-zato" = {"aliases": ["expression"]}))]
    pub value: String,
}

impl Kind for XPath {
    type Config = Self;

    const ID: &'static str = "message.xpath";
    const LABEL: &'static str = "XPath expression";
    const SUMMARY: &'static str = "A place in XML messages that services know by a name.";
    const ENMASSE_KEYS: &'static [&'static str] = &["def_xpath", "xpath"];
    const INERT_FIELDS: &'static [InertField] = &DATABASE_NOISE;

    fn examples() -> Vec<Value> {
        vec![json!({"name": "ERP CustomerId", "value": "/order/erp:customer/@id"})]
    }

    fn check(config: &Self) -> Vec<Problem> {
        if config.value.trim().is_empty() {
            return vec![
                Problem::new("it is empty").field("value").hint("for instance `/order/customer/@id`"),
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
    fn takes_expressions_that_are_not_empty() {
        let check = |value: &str| validate(&DynKind::of::<XPath>(), "x", &json!({"value": value})).is_ok();
        assert!(check("//a[@b='c']") && check("count(/a)"));
        assert!(!check(" "));
    }
}
