//! The contract a kind fulfills.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zato_core::Problem;

/// One kind of configuration object: pure data, no behavior.
///
/// The struct of a kind is written once; labels and help come from its doc comments (first line and the rest),
/// defaults from serde, meaning from field types ([`crate::Ref`], [`crate::Seconds`], `Secret`). What remains is
/// said with `#[schemars(extend("x-zato" = {"aliases": [..], "advanced": true, "lines": true}))]`.
pub trait Kind: 'static {
    /// Settings of one object, without its name and whether it is active, which all objects have.
    ///
    /// Serializing must give every field, so that the serialized form is the normal form.
    type Config: Serialize + DeserializeOwned + JsonSchema;

    /// Stable identifier, `<role>.<protocol>`, for instance `channel.rest`.
    const ID: &'static str;
    /// Name for people, for instance `REST channel`.
    const LABEL: &'static str;
    /// One sentence: what it is for.
    const SUMMARY: &'static str;
    /// Top-level keys of enmasse files; the first is written, all are read (reference operations 19.3).
    const ENMASSE_KEYS: &'static [&'static str];
    /// Value of `type:` where several kinds share a key, for instance `basic_auth` under `security:`.
    const ENMASSE_TYPE: Option<&'static str> = None;
    /// Fields of earlier versions that may be given though nothing acts on them.
    const INERT_FIELDS: &'static [InertField] = &[];
    /// Groups of fields whose values, taken together, no two objects of the kind may share.
    const UNIQUE_TOGETHER: &'static [&'static [&'static str]] = &[];
    /// Fields that may be true in one object of the kind only.
    const SINGLE_FLAGS: &'static [SingleFlag] = &[];

    /// Returns objects as they are written in enmasse files, name included. The first is the simplest.
    fn examples() -> Vec<Value>;

    /// Returns everything that types alone cannot refuse. Problems name their field; the object is added later.
    fn check(config: &Self::Config) -> Vec<Problem> {
        let _ = config;
        Vec::new()
    }

    /// Returns what is allowed and hardly meant, for warnings. Problems name their field; the object is added later.
    fn doubts(config: &Self::Config) -> Vec<Problem> {
        let _ = config;
        Vec::new()
    }
}

/// A field that may be true in one object of a kind only, for instance `is_default`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SingleFlag {
    /// Its name.
    pub field: &'static str,
    /// Names of objects it means nothing in, which are not counted.
    pub except: &'static [&'static str],
}

/// A field of earlier versions without effect here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InertField {
    /// Its name.
    pub name: &'static str,
    /// What happens when it is given.
    pub usage: InertUse,
    /// What to do instead, if anything can be done.
    pub advice: Option<&'static str>,
}

/// What happens to an inert field that asks for something, that is, is not empty, false or zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InertUse {
    /// Kept in the spec, with a warning.
    Kept,
    /// Kept in the spec without a warning, because it only details what another field switches on.
    KeptQuietly,
    /// Dropped silently: it never had an effect on this kind, or is an identifier of another database.
    Dropped,
    /// Refused, because going on without it would take a protection away.
    Refused,
}

impl InertField {
    /// A feature that is not there yet: its settings are kept and warned about.
    #[must_use]
    pub const fn kept(name: &'static str) -> Self {
        Self { name, usage: InertUse::Kept, advice: None }
    }

    /// A detail of a feature that is not there yet.
    #[must_use]
    pub const fn detail(name: &'static str) -> Self {
        Self { name, usage: InertUse::KeptQuietly, advice: None }
    }

    /// Noise of old exports.
    #[must_use]
    pub const fn dropped(name: &'static str) -> Self {
        Self { name, usage: InertUse::Dropped, advice: None }
    }

    /// A protection that is not there yet.
    #[must_use]
    pub const fn refused(name: &'static str) -> Self {
        Self { name, usage: InertUse::Refused, advice: None }
    }

    /// Says what to do instead.
    #[must_use]
    pub const fn advice(mut self, advice: &'static str) -> Self {
        self.advice = Some(advice);
        self
    }

    /// Whether the value asks for anything.
    #[must_use]
    pub fn is_asked_for(value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Bool(flag) => *flag,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !matches!(
                text.trim().to_ascii_lowercase().as_str(),
                "" | "false" | "0" | "none" | "no" | "off"
            ),
            Value::Array(items) => !items.is_empty(),
            Value::Object(entries) => !entries.is_empty(),
        }
    }
}
