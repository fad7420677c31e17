use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;
use crate::{Kind, Ref, Target};

#[test]
fn good_kinds_pass() {
    assert_eq!(check(&sample::registry()), []);
}

enum Nothing {}

impl Target for Nothing {
    const KINDS: &'static [&'static str] = &["nothing.*"];
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Sloppy {
    /// User
    ///
    /// A synonym.
    user: String,
    /// No help
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u8")]
    undocumented: Option<u8>,
    /// Password
    ///
    /// Not a secret.
    #[serde(default)]
    password: String,
    /// Reference
    ///
    /// To nothing.
    #[serde(default)]
    reference: Option<Ref<Nothing>>,
    /// Map
    ///
    /// Of a type nobody can show.
    #[serde(default)]
    map: std::collections::BTreeMap<String, String>,
}

impl Kind for Sloppy {
    type Config = Self;

    const ID: &'static str = "Sloppy Kind";
    const LABEL: &'static str = "Sloppy";
    const SUMMARY: &'static str = "Everything wrong.";
    const ENMASSE_KEYS: &'static [&'static str] = &["sloppy"];
    const INERT_FIELDS: &'static [crate::InertField] = &[crate::InertField::kept("password")];
    const UNIQUE_TOGETHER: &'static [&'static [&'static str]] = &[&["missing"]];

    fn examples() -> Vec<Value> {
        vec![json!({"name": "a", "user": "u", "unknown": 1})]
    }
}

#[test]
fn sloppy_kinds_are_told_everything() {
    let registry = Registry::new(vec![DynKind::of::<Sloppy>()]).unwrap();
    let found: Vec<String> = check(&registry).iter().map(ToString::to_string).collect();
    let text = found.join("\n");
    for part in [
        "identifier is not",
        "field `user`: all kinds call this `username`",
        "field `undocumented`: its doc comment lacks",
        "field `password`: it is not of type `Secret`",
        "field `password`: two fields",
        "field `missing`: it is to be unique",
        "refers to `nothing.*`",
        "fields of JSON type `object` are not supported",
        "field `unknown`: there is no such field",
        "does not give exactly its fields",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}
