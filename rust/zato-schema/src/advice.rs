//! What to write instead of a value that cannot be taken.

use serde_json::Value;

use crate::DynKind;
use crate::field::{FieldType, FieldView};

/// Says how a value of a field is written.
pub(crate) fn how_to_write(field: &FieldView) -> String {
    let name = &field.name;
    let unit = field.unit.map_or_else(String::new, |unit| format!(", in {}", unit.as_str()));
    let example = match &field.field_type {
        _ if field.is_secret => return "write one text, in quotes".to_owned(),
        FieldType::Text => return "write one text, in quotes if it looks like something else".to_owned(),
        FieldType::Boolean => return "write true or false".to_owned(),
        FieldType::List(_) => return format!("write a list, for instance `{name}: [one, two]`"),
        FieldType::Choice(_) => return or_the_default(field, "write one of them"),
        FieldType::Integer { minimum, .. } => minimum.unwrap_or_default().max(1).to_string(),
        FieldType::Number { minimum } => minimum.unwrap_or_default().max(1.5).to_string(),
    };
    format!("for instance `{name}: {example}`{unit}")
}

/// Says how a field that has to be there is written, after the example of its kind.
pub(crate) fn how_to_add(kind: &DynKind, field: &FieldView) -> String {
    let example = kind.examples().first().and_then(|example| example.get(&field.name));
    let example = match example {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => return format!("add `{}`", field.name),
    };
    format!("add it, for instance `{}: {example}`", field.name)
}

/// Adds that the field may be left out, if that means something.
fn or_the_default(field: &FieldView, advice: &str) -> String {
    match &field.default {
        Some(Value::String(text)) if !text.is_empty() => format!("{advice}, or leave it out for `{text}`"),
        Some(_) => format!("{advice}, or leave it out"),
        None => advice.to_owned(),
    }
}
