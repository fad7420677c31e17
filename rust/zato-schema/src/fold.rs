//! From the JSON Schema that schemars derives to [`FieldView`]s. Everything that knows JSON Schema keywords of
//! ours (`x-zato-*`) is here and in the types that emit them.

use serde::Deserialize;
use serde_json::{Map, Value};
use zato_core::Problem;

use crate::field::{Choice, FieldType, FieldView};

/// What a field says with `#[schemars(extend("x-zato" = {...}))]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Extras {
    aliases: Vec<String>,
    advanced: bool,
    lines: bool,
}

/// Returns the fields of a struct's schema in their order, and what could not be understood.
pub(crate) fn fold(schema: &Value) -> (Vec<FieldView>, Vec<Problem>) {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut fields = Vec::new();
    let mut problems = Vec::new();
    let Some(properties) = schema["properties"].as_object() else {
        return (fields, problems);
    };
    for (name, property) in properties {
        match fold_field(name, property, required.contains(&name.as_str())) {
            Ok(field) => fields.push(field),
            Err(problem) => problems.push(problem.field(name)),
        }
    }
    (fields, problems)
}

fn fold_field(name: &str, property: &Value, is_required: bool) -> Result<FieldView, Problem> {
    let empty = Map::new();
    let outer = property.as_object().unwrap_or(&empty);
    let (keywords, is_nullable) = without_null(outer);
    let extras = match keywords.get("x-zato") {
        Some(value) => Extras::deserialize(value)
            .map_err(|error| Problem::new(format!("attribute `x-zato` is not understood: {error}")))?,
        None => Extras::default(),
    };
    let (label, help) = label_and_help(text(&keywords, "description"));
    let default = match keywords.get("default") {
        Some(value) => Some(value.clone()),
        None if is_nullable && !is_required => Some(Value::Null),
        None => None,
    };
    Ok(FieldView {
        name: name.to_owned(),
        label,
        help,
        field_type: field_type(&keywords)?,
        is_required,
        is_nullable,
        default,
        aliases: extras.aliases,
        is_secret: keywords.get("x-zato-secret") == Some(&Value::Bool(true)),
        is_advanced: extras.advanced,
        takes_lines: extras.lines,
        unit: keyword(&keywords, "x-zato-unit")?,
        reference: keyword(&keywords, "x-zato-reference")?,
        none_values: keyword(&keywords, "x-zato-none")?.unwrap_or_default(),
    })
}

/// Takes `null` out of a type and merges the two levels that schemars gives some optional types.
fn without_null(outer: &Map<String, Value>) -> (Map<String, Value>, bool) {
    let mut keywords = outer.clone();
    let mut is_nullable = false;
    if let Some(Value::Array(branches)) = outer.get("anyOf") {
        let is_null = |branch: &&Value| branch["type"] == "null";
        is_nullable = branches.iter().any(|branch| is_null(&branch));
        if let Some(Value::Object(inner)) = branches.iter().find(|branch| !is_null(branch)) {
            keywords.remove("anyOf");
            for (key, value) in inner {
                keywords.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    if let Some(Value::Array(types)) = keywords.get("type") {
        is_nullable |= types.iter().any(|name| name == "null");
        if let Some(only) = types.iter().find(|name| *name != "null").cloned() {
            keywords.insert("type".to_owned(), only);
        }
    }
    (keywords, is_nullable)
}

fn field_type(keywords: &Map<String, Value>) -> Result<FieldType, Problem> {
    if let Some(choices) = choices(keywords) {
        return Ok(FieldType::Choice(choices));
    }
    match text(keywords, "type") {
        "string" => Ok(FieldType::Text),
        "boolean" => Ok(FieldType::Boolean),
        "integer" => Ok(FieldType::Integer {
            minimum: keywords.get("minimum").and_then(Value::as_i64),
            maximum: keywords.get("maximum").and_then(Value::as_i64),
        }),
        "number" => Ok(FieldType::Number { minimum: keywords.get("minimum").and_then(Value::as_f64) }),
        "array" => match keywords.get("items") {
            Some(Value::Object(items)) => Ok(FieldType::List(Box::new(field_type(items)?))),
            _ => Err(Problem::new("it is a list of anything; give its items a type")),
        },
        other => Err(Problem::new(format!("fields of JSON type `{other}` are not supported"))),
    }
}

/// Variants without documentation come as `enum`, documented ones as `const` branches of `oneOf`.
fn choices(keywords: &Map<String, Value>) -> Option<Vec<Choice>> {
    let mut choices = Vec::new();
    let mut add = |value: &Value, help: &str| {
        if let Some(value) = value.as_str() {
            choices.push(Choice { value: value.to_owned(), help: help.replace('\n', " ") });
        }
    };
    for value in keywords.get("enum").and_then(Value::as_array).into_iter().flatten() {
        add(value, "");
    }
    for branch in keywords.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        let help = branch["description"].as_str().unwrap_or_default();
        add(&branch["const"], help);
        for value in branch["enum"].as_array().into_iter().flatten() {
            add(value, help);
        }
    }
    (!choices.is_empty()).then_some(choices)
}

/// The first line is the label; lines of the rest are joined into paragraphs.
fn label_and_help(documentation: &str) -> (String, String) {
    let (first, rest) = documentation.trim().split_once('\n').unwrap_or((documentation.trim(), ""));
    let paragraphs: Vec<String> = rest
        .split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|paragraph| !paragraph.is_empty())
        .collect();
    (first.trim().trim_end_matches('.').to_owned(), paragraphs.join("\n\n"))
}

fn text<'a>(keywords: &'a Map<String, Value>, key: &str) -> &'a str {
    keywords.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn keyword<T: for<'de> Deserialize<'de>>(
    keywords: &Map<String, Value>,
    key: &str,
) -> Result<Option<T>, Problem> {
    match keywords.get(key) {
        Some(value) => T::deserialize(value)
            .map(Some)
            .map_err(|error| Problem::new(format!("attribute `{key}` is not understood: {error}"))),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests;
