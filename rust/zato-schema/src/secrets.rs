//! Secret fields: hiding them, and handing them to encryption.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use zato_core::Result;

use crate::DynKind;

/// What stands in place of a secret wherever one would be shown.
pub const REDACTED: &str = "******";

/// How a field of type `zato_core::Secret` is described: `#[schemars(with = "SecretText")]`. Forgetting it does
/// not compile, so a secret cannot go undeclared.
#[derive(Debug)]
pub struct SecretText;

impl JsonSchema for SecretText {
    fn schema_name() -> Cow<'static, str> {
        "SecretText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "x-zato-secret": true})
    }
}

/// Returns the spec with every secret that is set replaced by [`REDACTED`].
#[must_use]
pub fn redact(kind: &DynKind, spec: &Value) -> Value {
    let mut hidden = spec.clone();
    for field in kind.secret_fields() {
        if let Some(value) = hidden.get_mut(&field.name)
            && !matches!(value, Value::Null)
            && value.as_str() != Some("")
        {
            *value = Value::from(REDACTED);
        }
    }
    hidden
}

/// Replaces every secret that is set by what `change` makes of it; how secrets are encrypted before they are
/// stored and decrypted before they are used.
///
/// # Errors
/// Returns the first error of `change`; the spec is then unchanged.
pub fn map_secrets(
    kind: &DynKind,
    spec: &mut Value,
    mut change: impl FnMut(&str) -> Result<String>,
) -> Result<()> {
    let mut changed = Vec::new();
    for field in kind.secret_fields() {
        if let Some(text) = spec.get(&field.name).and_then(Value::as_str)
            && !text.is_empty()
        {
            changed.push((field.name.clone(), change(text)?));
        }
    }
    for (name, text) in changed {
        spec[&name] = Value::from(text);
    }
    Ok(())
}
