//! Fields that name something else.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::{DynKind, ReferenceTarget};

/// A set of kinds that a field may name; a marker type without values.
pub trait Target: 'static {
    /// Kinds that may be named; `security.*` stands for all kinds of that role.
    const KINDS: &'static [&'static str];
    /// Texts of old files that mean "nothing".
    const NONE_VALUES: &'static [&'static str] = &[];
}

/// Name of an object of one of the kinds of `T`.
pub struct Ref<T>(String, PhantomData<fn() -> T>);

impl<T> Ref<T> {
    /// Makes a reference out of a name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into(), PhantomData)
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<T> PartialEq for Ref<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Ref<T> {}

impl<T> fmt::Debug for Ref<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl<T> Serialize for Ref<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, T> Deserialize<'de> for Ref<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl<T: Target> JsonSchema for Ref<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Ref_{}", T::KINDS.join("_")).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "x-zato-reference": {"objects": T::KINDS},
            "x-zato-none": T::NONE_VALUES,
        })
    }
}

/// Name of a service of the guest, for instance `crm.get-client`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceName(pub String);

impl ServiceName {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for ServiceName {
    fn schema_name() -> Cow<'static, str> {
        "ServiceName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "x-zato-reference": "service"})
    }
}

/// A reference found in a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Field it is in.
    pub field: String,
    /// Name it gives.
    pub name: String,
    /// What may go by that name.
    pub target: ReferenceTarget,
}

/// Returns every reference a spec in normal form makes; fields without a value make none.
#[must_use]
pub fn references(kind: &DynKind, spec: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    for field in kind.fields() {
        let Some(target) = &field.reference else { continue };
        let names: Vec<&str> = match spec.get(&field.name) {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        found.extend(names.into_iter().map(|name| Reference {
            field: field.name.clone(),
            name: name.to_owned(),
            target: target.clone(),
        }));
    }
    found
}
