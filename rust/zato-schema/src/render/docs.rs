//! The reference page of a kind.

use std::fmt::Write as _;

use serde_json::Value;

use crate::field::{FieldType, FieldView, ReferenceTarget};
use crate::kind::InertUse;
use crate::render::yaml;
use crate::{DynKind, InertField};

/// Returns the page of a kind in Markdown: what it is for, examples, fields (those few users need last), and
/// fields of earlier versions.
#[must_use]
pub fn docs(kind: &DynKind) -> String {
    let mut page = format!("# {}\n\n{}\n\n", kind.label(), kind.summary());
    let _ = writeln!(page, "Kind `{}`. {}\n", kind.id(), enmasse_sentence(kind));
    if !kind.examples().is_empty() {
        page.push_str("## Examples\n\n");
        let key = kind.enmasse_keys().first().copied().unwrap_or_default();
        for example in kind.examples() {
            let _ = writeln!(page, "```yaml\n{}```\n", yaml::item(key, example));
        }
    }
    page.push_str("## Fields\n\n");
    page.push_str("### `name`\n\nName. Text, required. Unique among objects of the kind.\n\n");
    page.push_str("### `is_active`\n\nActive. True or false, default `true`.\n\n");
    for field in kind.fields().iter().filter(|field| !field.is_advanced) {
        section(&mut page, field);
    }
    if kind.fields().iter().any(|field| field.is_advanced) {
        page.push_str("## Advanced fields\n\n");
        for field in kind.fields().iter().filter(|field| field.is_advanced) {
            section(&mut page, field);
        }
    }
    for (usage, title) in [
        (InertUse::Kept, "Kept with a warning, without effect"),
        (InertUse::KeptQuietly, "Kept, without effect"),
        (InertUse::Dropped, "Accepted and dropped"),
        (InertUse::Refused, "Refused unless empty"),
    ] {
        inert(&mut page, kind.inert_fields(), usage, title);
    }
    page
}

fn enmasse_sentence(kind: &DynKind) -> String {
    let keys: Vec<_> = kind.enmasse_keys().iter().map(|key| format!("`{key}`")).collect();
    let told_by = kind.enmasse_type().map(|name| format!(" with `type: {name}`")).unwrap_or_default();
    format!("In enmasse files: {}{told_by}.", keys.join(" or "))
}

fn section(page: &mut String, field: &FieldView) {
    let mut facts = vec![sentence_case(&field.field_type.describe())];
    if field.takes_lines {
        facts.push("or a list of lines".to_owned());
    }
    facts.extend(field.unit.map(|unit| format!("in {}", unit.as_str())));
    match &field.reference {
        Some(ReferenceTarget::Service) => facts.push("name of a service".to_owned()),
        Some(ReferenceTarget::Objects(kinds)) => {
            facts.push(format!("name of a `{}` object", kinds.join("`, `")))
        }
        None => {}
    }
    facts.push(match &field.default {
        _ if field.is_required => "required".to_owned(),
        Some(Value::Null) | None => "no default".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "empty by default".to_owned(),
        Some(Value::String(text)) => format!("default `{text}`"),
        Some(value) => format!("default `{value}`"),
    });
    if field.is_secret {
        facts.push("secret".to_owned());
    }
    let _ = writeln!(page, "### `{}`\n\n{}. {}.\n", field.name, field.label, facts.join(", "));
    if !field.help.is_empty() {
        let _ = writeln!(page, "{}\n", field.help);
    }
    if let FieldType::Choice(choices) = &field.field_type
        && choices.iter().any(|choice| !choice.help.is_empty())
    {
        for choice in choices {
            let value = if choice.value.is_empty() { "''" } else { &choice.value };
            let _ = writeln!(page, "- `{value}`: {}", choice.help);
        }
        page.push('\n');
    }
    if !field.aliases.is_empty() {
        let _ = writeln!(page, "Also accepted as `{}`.\n", field.aliases.join("`, `"));
    }
}

fn inert(page: &mut String, fields: &[InertField], usage: InertUse, title: &str) {
    let names: Vec<_> =
        fields.iter().filter(|field| field.usage == usage).map(|field| format!("`{}`", field.name)).collect();
    if !names.is_empty() {
        let _ = writeln!(page, "## {title}\n\n{}\n", names.join(", "));
    }
}

fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample;

    #[test]
    fn a_page_has_examples_fields_defaults_and_old_names() {
        let page = docs(&sample::kind());
        for part in [
            "# Sample\n",
            "`security` or `def_sec` with `type: sample`",
            "```yaml\nsecurity:\n  - name: a\n",
            "### `username`\n\nUsername. Text, required.",
            "in seconds",
            "default `X-Sample`",
            "## Advanced fields",
            "Also accepted as `user`",
            "## Kept with a warning, without effect\n\n`cache_id`",
        ] {
            assert!(page.contains(part), "{part:?} is not in\n{page}");
        }
        assert!(!page.contains("\n\n\n"), "{page}");
    }
}
