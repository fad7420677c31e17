//! JSON Schema of enmasse files, for editors.

use serde_json::{Map, Value, json};

use crate::field::FieldType;
use crate::kind::InertUse;
use crate::{DynKind, FieldView, Registry};

/// Returns a schema (draft 2020-12) of enmasse files with objects of every kind of the registry.
#[must_use]
pub fn json_schema(registry: &Registry) -> Value {
    let mut properties = Map::new();
    for key in registry.enmasse_keys() {
        let items: Vec<Value> =
            registry.iter().filter(|kind| kind.enmasse_keys().contains(&key)).map(item).collect();
        properties.insert(key.to_owned(), json!({"type": "array", "items": {"anyOf": items}}));
    }
    properties.insert("include".to_owned(), json!({"type": "array", "items": {"type": "string"}}));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Zato enmasse file",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn item(kind: &DynKind) -> Value {
    let mut properties = Map::new();
    let mut required = vec![json!("name")];
    properties.insert("name".to_owned(), json!({"type": "string", "title": "Name"}));
    properties.insert("is_active".to_owned(), json!({"type": "boolean", "title": "Active", "default": true}));
    if let Some(name) = kind.enmasse_type() {
        properties.insert("type".to_owned(), json!({"const": name}));
        required.push(json!("type"));
    }
    for field in kind.fields() {
        let schema = property(field);
        for alias in &field.aliases {
            let mut old = schema.clone();
            old["deprecated"] = json!(true);
            properties.insert(alias.clone(), old);
        }
        properties.insert(field.name.clone(), schema);
        // A field with old names cannot be demanded by any one of them.
        if field.is_required && field.aliases.is_empty() {
            required.push(json!(field.name));
        }
    }
    for inert in kind.inert_fields().iter().filter(|inert| inert.usage != InertUse::Refused) {
        properties.insert(inert.name.to_owned(), json!({"deprecated": true}));
    }
    json!({
        "title": kind.label(),
        "description": kind.summary(),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn property(field: &FieldView) -> Value {
    let mut schema = json!({"title": field.label});
    if !field.help.is_empty() {
        schema["description"] = json!(field.help);
    }
    if let (Some(default), false) = (&field.default, field.is_secret) {
        schema["default"] = default.clone();
    }
    if field.is_secret {
        schema["writeOnly"] = json!(true);
    }
    let value = if field.takes_lines {
        json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
    } else {
        field_type(&field.field_type)
    };
    if field.is_nullable {
        schema["anyOf"] = json!([value, {"type": "null"}]);
    } else if let (Value::Object(into), Value::Object(from)) = (&mut schema, value) {
        into.extend(from);
    }
    schema
}

fn field_type(field_type: &FieldType) -> Value {
    let bounded = |name: &str, minimum: Option<Value>, maximum: Option<Value>| {
        let mut schema = json!({"type": name});
        if let Some(minimum) = minimum {
            schema["minimum"] = minimum;
        }
        if let Some(maximum) = maximum {
            schema["maximum"] = maximum;
        }
        schema
    };
    match field_type {
        FieldType::Text => json!({"type": "string"}),
        FieldType::Boolean => json!({"type": "boolean"}),
        FieldType::Integer { minimum, maximum } => {
            bounded("integer", minimum.map(Value::from), maximum.map(Value::from))
        }
        FieldType::Number { minimum } => bounded("number", minimum.map(Value::from), None),
        FieldType::Choice(choices) => {
            json!({"enum": choices.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>()})
        }
        FieldType::List(item) => json!({"type": "array", "items": self::field_type(item)}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample;

    #[test]
    fn describes_every_key_and_field() {
        let schema = json_schema(&sample::registry());
        let item = &schema["properties"]["security"]["items"]["anyOf"][0];
        assert_eq!(item["properties"]["type"]["const"], "sample");
        assert_eq!(item["properties"]["password"]["writeOnly"], true);
        assert_eq!(item["properties"]["user"]["deprecated"], true);
        assert_eq!(item["additionalProperties"], false);
        assert_eq!(schema["properties"]["def_sec"], schema["properties"]["security"]);
    }
}
