//! Writing objects as a file that imports to no change.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use zato_core::{Error, ErrorKind, Result};
use zato_schema::{DynKind, Registry, suggest, without_defaults};
use zato_store::{Object, Snapshot};

use super::{historical, writer};
use crate::api::{Api, is_initial};

/// First lines of an export in YAML.
const HEADER: &str = "# Objects of Zato. A value `Zato_Enmasse_Env.NAME` stands for the environment variable NAME, which has\n\
                      # to be set before the file is imported elsewhere. Where the object exists already, a secret whose\n\
                      # variable is not set stays as it is.\n\n";

/// What to export and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// `--include-type`: types or keys, `all` or nothing for everything.
    pub include_types: Vec<String>,
    /// `--include-name`: parts of names in any case, or patterns with `*`; nothing for everything.
    pub include_names: Vec<String>,
    /// Whether secrets are written in clear; otherwise as names of environment variables.
    pub with_secrets: bool,
    /// Whether objects that every cluster has are written too.
    pub with_internal: bool,
    /// How it is written.
    pub format: Format,
}

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// YAML.
    #[default]
    Yaml,
    /// JSON.
    Json,
}

/// Returns the objects of a snapshot as an enmasse file. The order is that of kinds and names, so that two exports differ
/// only where objects do; values that are defaults are left out.
///
/// # Errors
/// [`ErrorKind::Invalid`] for a type that does not exist; [`ErrorKind::Crypto`] if a secret was asked for and cannot be
/// decrypted with this key.
pub fn export(snapshot: &Snapshot, api: &Api, options: &ExportOptions) -> Result<String> {
    let registry = api.registry();
    let kinds = selected_kinds(registry, &options.include_types)?;
    let is_named = |name: &str| {
        options.include_names.is_empty()
            || options.include_names.iter().any(|pattern| matches_name(pattern, name))
    };
    let is_wanted =
        |object: &&Object| is_named(&object.name) && (options.with_internal || !is_initial(object));
    let mut variables = Variables::default();
    let mut sections: Vec<(String, Vec<Map<String, Value>>)> = Vec::new();
    for kind in kinds {
        let key = kind.enmasse_keys().first().copied().unwrap_or_default();
        for object in snapshot.of_kind(kind.id()).filter(is_wanted) {
            let item = item(kind, object, api, options, &mut variables)?;
            match sections.iter_mut().find(|(known, _)| known == key) {
                Some((_, items)) => items.push(item),
                None => sections.push((key.to_owned(), vec![item])),
            }
        }
    }
    for (_, items) in &mut sections {
        items.sort_by(|left, right| left["name"].as_str().cmp(&right["name"].as_str()));
    }
    match options.format {
        Format::Yaml => Ok(format!("{HEADER}{}", writer::sections(&sections))),
        Format::Json => {
            let document: Map<String, Value> =
                sections.into_iter().map(|(key, items)| (key, json!(items))).collect();
            Ok(format!("{:#}\n", Value::Object(document)))
        }
    }
}

fn item(
    kind: &DynKind,
    object: &Object,
    api: &Api,
    options: &ExportOptions,
    variables: &mut Variables,
) -> Result<Map<String, Value>> {
    let mut item = Map::new();
    item.insert("name".to_owned(), object.name.clone().into());
    if let Some(item_type) = kind.enmasse_type() {
        item.insert("type".to_owned(), item_type.into());
    }
    if !object.is_active {
        item.insert("is_active".to_owned(), false.into());
    }
    if let Value::Object(fields) = without_defaults(kind, &object.spec) {
        for (name, value) in fields {
            let is_secret = kind.field(&name).is_some_and(|field| field.is_secret);
            let value = match value.as_str().filter(|text| is_secret && !text.is_empty()) {
                None => value,
                Some(sealed) if options.with_secrets => {
                    api.cipher().decrypt(sealed)?.expose().to_owned().into()
                }
                Some(_) => format!("Zato_Enmasse_Env.{}", variables.name(kind, &object.name, &name)).into(),
            };
            item.insert(name, value);
        }
    }
    Ok(item)
}

/// Names of environment variables given so far.
#[derive(Default)]
struct Variables(BTreeSet<String>);

impl Variables {
    /// Makes a name such as `Basic_Auth_Crm_Basic_Password` that shells take and that no other secret has.
    fn name(&mut self, kind: &DynKind, object: &str, field: &str) -> String {
        let kind_name = kind.enmasse_type().or(kind.enmasse_keys().first().copied()).unwrap_or_default();
        let words = [kind_name, object, field]
            .into_iter()
            .flat_map(|text| text.split(|letter: char| !letter.is_ascii_alphanumeric()));
        let words: Vec<String> = words.filter(|word| !word.is_empty()).map(capitalized).collect();
        let name = words.join("_");
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let free =
            std::iter::once(name.clone()).chain(numbered).find(|name| !self.0.contains(name)).unwrap_or(name);
        self.0.insert(free.clone());
        free
    }
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    format!("{}{rest}", first.to_ascii_uppercase())
}

fn selected_kinds<'a>(registry: &'a Registry, types: &[String]) -> Result<Vec<&'a DynKind>> {
    let types: Vec<&str> = types
        .iter()
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .collect();
    if types.is_empty() || types.contains(&"all") {
        return Ok(registry.iter().collect());
    }
    for wanted in &types {
        if registry.iter().any(|kind| is_of_type(kind, wanted)) || historical::EXPORT_TYPES.contains(wanted) {
            continue;
        }
        let known = ["all", "rest", "security"]
            .into_iter()
            .chain(registry.iter().map(DynKind::id))
            .chain(registry.enmasse_keys());
        let error = Error::new(ErrorKind::Invalid, format!("there is no type `{wanted}` to export"));
        return Err(match suggest::hint(wanted, known) {
            Some(hint) => error.hint(hint),
            None => error,
        });
    }
    Ok(registry.iter().filter(|kind| types.iter().any(|wanted| is_of_type(kind, wanted))).collect())
}

/// A type is that of upstream's option (`rest`, `security`), a top-level key, a type of security, or an identifier.
fn is_of_type(kind: &DynKind, wanted: &str) -> bool {
    let role = kind.id().split('.').next();
    let protocol = kind.id().split('.').nth(1);
    kind.id() == wanted
        || kind.enmasse_keys().contains(&wanted)
        || kind.enmasse_type() == Some(wanted)
        || (wanted == "security" && role == Some("security"))
        || (wanted == "rest" && protocol == Some("rest"))
}

fn matches_name(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.trim().to_lowercase(), name.to_lowercase());
    if !pattern.contains('*') {
        return name.contains(&pattern);
    }
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match rest.find(part) {
            Some(position) => rest = &rest[position + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use zato_connections::BasicAuth;

    use super::*;

    #[test]
    fn variables_are_identifiers_and_unique() {
        let kind = DynKind::of::<BasicAuth>();
        let mut variables = Variables::default();
        assert_eq!(variables.name(&kind, "crm.basic", "password"), "Basic_Auth_Crm_Basic_Password");
        assert_eq!(variables.name(&kind, "crm-basic", "password"), "Basic_Auth_Crm_Basic_Password_2");
        assert_eq!(variables.name(&kind, "źdźbło 1", "password"), "Basic_Auth_D_B_O_1_Password");
    }

    #[test]
    fn names_are_selected_by_parts_and_patterns() {
        for (pattern, name, is_match) in [
            ("crm", "My.CRM.get", true),
            ("crm.*", "crm.get", true),
            ("crm.*", "my.crm.get", false),
            ("*get*", "crm.get.all", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(matches_name(pattern, name), is_match, "{pattern} {name}");
        }
    }

    #[test]
    fn unknown_types_are_refused_and_those_to_come_are_empty() {
        let registry = crate::kinds::registry().unwrap();
        let ids = |types: &[&str]| -> Vec<&str> {
            let types: Vec<String> = types.iter().map(ToString::to_string).collect();
            selected_kinds(&registry, &types).unwrap().iter().map(|kind| kind.id()).collect()
        };
        assert_eq!(ids(&["security"]), ["security.basic_auth", "security.api_key", "security.bearer_token"]);
        assert_eq!(ids(&["rest, sql"]), ["channel.rest", "outgoing.rest"]);
        assert_eq!(ids(&["apikey"]), ["security.api_key"]);
        assert_eq!(ids(&[]).len(), registry.iter().count());
        let error = selected_kinds(&registry, &["securty".to_owned()]).unwrap_err();
        assert_eq!(error.get_hint(), Some("did you mean `security`?"));
    }
}
