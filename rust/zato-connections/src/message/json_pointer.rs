//! Named JSON Pointers (RFC 6901).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zato_core::Problem;
use zato_schema::{InertField, Kind};

use crate::inert::DATABASE_NOISE;

/// A JSON Pointer that services use by its name, with `self.msg.json_pointer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JsonPointer {
    /// Pointer
    ///
    /// Where in a message the value is, for instance `/customer/addresses/0/city`.
    #[schemars(extend("x-zato" = {"aliases": ["expression"]}))]
    pub value: String,
}

impl Kind for JsonPointer {
    type Config = Self;

    const ID: &'static str = "message.json_pointer";
    const LABEL: &'static str = "JSON Pointer";
    const SUMMARY: &'static str = "A place in JSON messages that services know by a name.";
    const ENMASSE_KEYS: &'static [&'static str] = &["def_json_pointer", "json_pointer"];
    const INERT_FIELDS: &'static [InertField] = &DATABASE_NOISE;

    fn examples() -> Vec<Value> {
        vec![json!({"name": "CRM CustomerId", "value": "/customer/id"})]
    }

    fn check(config: &Self) -> Vec<Problem> {
        let refuse = |message: &str, hint: &str| vec![Problem::new(message).field("value").hint(hint)];
        if !config.value.starts_with('/') {
            return refuse("it does not start with `/`", "for instance `/customer/id`");
        }
        let mut escapes = config.value.split('~').skip(1);
        if escapes.any(|rest| !rest.starts_with(['0', '1'])) {
            return refuse(
                "`~` is followed by neither 0 nor 1",
                "write `~0` for `~`, and `~1` for `/` in a key",
            );
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use zato_schema::{DynKind, validate};

    use super::*;

    #[test]
    fn takes_pointers_and_nothing_else() {
        let check = |spec: Value| {
            validate(&DynKind::of::<JsonPointer>(), "p", &spec).map(drop).map_err(|found| found.len())
        };
        for value in ["/", "/a/b", "/a~1b/~0"] {
            assert_eq!(check(json!({"value": value})), Ok(()), "{value}");
        }
        assert_eq!(check(json!({"expression": "/a"})), Ok(()));
        for value in ["", "a", "#/a", "/a~2", "/a~"] {
            assert_eq!(check(json!({"value": value})), Err(1), "{value}");
        }
    }
}
