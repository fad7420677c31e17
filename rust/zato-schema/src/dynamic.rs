//! A kind with its type erased.

use schemars::generate::SchemaSettings;
use serde_json::Value;
use zato_core::Problem;

use crate::decode::{Decoded, decode_and_check};
use crate::field::FieldView;
use crate::fold::fold;
use crate::kind::{InertField, Kind, SingleFlag};

/// A [`Kind`] as a value: what the registry holds and everybody else works with.
#[derive(Debug)]
pub struct DynKind {
    id: &'static str,
    label: &'static str,
    summary: &'static str,
    enmasse_keys: &'static [&'static str],
    enmasse_type: Option<&'static str>,
    inert_fields: &'static [InertField],
    unique_together: &'static [&'static [&'static str]],
    single_flags: &'static [SingleFlag],
    examples: Vec<Value>,
    fields: Vec<FieldView>,
    defects: Vec<Problem>,
    decode_and_check: fn(Value) -> Decoded,
}

impl DynKind {
    /// Erases a kind.
    #[must_use]
    pub fn of<K: Kind>() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let schema = settings.into_generator().into_root_schema_for::<K::Config>();
        let (fields, defects) = fold(schema.as_value());
        Self {
            id: K::ID,
            label: K::LABEL,
            summary: K::SUMMARY,
            enmasse_keys: K::ENMASSE_KEYS,
            enmasse_type: K::ENMASSE_TYPE,
            inert_fields: K::INERT_FIELDS,
            unique_together: K::UNIQUE_TOGETHER,
            single_flags: K::SINGLE_FLAGS,
            examples: K::examples(),
            fields,
            defects,
            decode_and_check: decode_and_check::<K>,
        }
    }

    /// Returns the stable identifier, for instance `channel.rest`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the name for people, for instance `REST channel`.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        self.label
    }

    /// Returns what the kind is for, in one sentence.
    #[must_use]
    pub const fn summary(&self) -> &'static str {
        self.summary
    }

    /// Returns the top-level keys of enmasse files; the first is the one to write.
    #[must_use]
    pub const fn enmasse_keys(&self) -> &'static [&'static str] {
        self.enmasse_keys
    }

    /// Returns the value of `type:` in enmasse files, where several kinds share a key.
    #[must_use]
    pub const fn enmasse_type(&self) -> Option<&'static str> {
        self.enmasse_type
    }

    /// Returns fields of earlier versions that may be given without effect.
    #[must_use]
    pub const fn inert_fields(&self) -> &'static [InertField] {
        self.inert_fields
    }

    /// Returns groups of fields whose values no two objects may share; see [`Self::unique_values`].
    #[must_use]
    pub const fn unique_together(&self) -> &'static [&'static [&'static str]] {
        self.unique_together
    }

    /// Returns fields that may be true in one object of the kind only.
    #[must_use]
    pub const fn single_flags(&self) -> &'static [SingleFlag] {
        self.single_flags
    }

    /// Returns objects as they are written in enmasse files.
    #[must_use]
    pub fn examples(&self) -> &[Value] {
        &self.examples
    }

    /// Returns the fields of a spec in the order of the struct.
    #[must_use]
    pub fn fields(&self) -> &[FieldView] {
        &self.fields
    }

    /// Finds a field by its name or one of its old names.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldView> {
        self.fields.iter().find(|field| field.is_called(name))
    }

    /// Returns the fields that hold secrets.
    pub fn secret_fields(&self) -> impl Iterator<Item = &FieldView> {
        self.fields.iter().filter(|field| field.is_secret)
    }

    /// Returns what no other object of the kind may have, for each group of [`Self::unique_together`]: the text is
    /// equal exactly if the values are, and fit for a message, for instance ``url_path `/a`, method `GET` ``.
    #[must_use]
    pub fn unique_values(&self, spec: &Value) -> Vec<String> {
        let shown = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.unique_together
            .iter()
            .map(|group| {
                let parts: Vec<_> =
                    group.iter().map(|field| format!("{field} `{}`", shown(&spec[*field]))).collect();
                parts.join(", ")
            })
            .collect()
    }

    /// Returns how messages call an object, for instance ``channel_rest `crm.get` ``.
    #[must_use]
    pub fn describe(&self, name: &str) -> String {
        format!("{} `{name}`", self.enmasse_keys.first().unwrap_or(&self.id))
    }

    /// Returns what is wrong with the kind itself; for the conformance test.
    pub(crate) fn defects(&self) -> &[Problem] {
        &self.defects
    }

    /// Decodes a spec with the kind's own type.
    pub(crate) fn decode(&self, spec: Value) -> Decoded {
        (self.decode_and_check)(spec)
    }
}
