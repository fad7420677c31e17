//! Making a value of the right type out of what files and old exports hold: numbers and flags as text
//! (environment placeholders, opaque storage of earlier versions), text that looks like a number.

use serde_json::{Number, Value};
use zato_core::Problem;

use crate::advice::how_to_write;
use crate::field::{FieldType, FieldView};

/// A value of the right type.
#[derive(Debug, PartialEq)]
pub(crate) struct Coerced {
    /// The value; null if nothing was really said.
    pub(crate) value: Value,
    /// What the user should know about it.
    pub(crate) warning: Option<Problem>,
}

/// Makes a value of a field's type.
pub(crate) fn coerce(field: &FieldView, value: &Value) -> Result<Coerced, Problem> {
    if says_nothing(field, value) {
        return Ok(Coerced { value: Value::Null, warning: None });
    }
    if field.takes_lines
        && let Some(Value::Array(lines)) = to_type(&FieldType::List(Box::new(FieldType::Text)), value)
    {
        let lines: Vec<_> = lines.iter().filter_map(Value::as_str).collect();
        return Ok(Coerced { value: Value::from(lines.join("\n")), warning: None });
    }
    match to_type(&field.field_type, value) {
        Some(coerced) => {
            let warning = (field.field_type == FieldType::Text && !value.is_string()).then(|| {
                Problem::new("it is a number and was read as text")
                    .field(&field.name)
                    .hint("put it in quotes, or leading zeros get lost")
            });
            Ok(Coerced { value: coerced, warning })
        }
        None => Err(wrong_type(field, value)),
    }
}

fn says_nothing(field: &FieldView, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) if field.none_values.contains(text) => true,
        // Forms and old exports write "" where they mean nothing; for text that may be empty it is a value.
        Value::String(text) if text.trim().is_empty() => {
            field.is_required
                || field.reference.is_some()
                || matches!(
                    field.field_type,
                    FieldType::Integer { .. }
                        | FieldType::Number { .. }
                        | FieldType::Boolean
                        | FieldType::List(_)
                )
                || (field.is_nullable && matches!(field.field_type, FieldType::Choice(_)))
        }
        _ => false,
    }
}

fn to_type(field_type: &FieldType, value: &Value) -> Option<Value> {
    match field_type {
        FieldType::Text => match value {
            Value::String(_) => Some(value.clone()),
            Value::Number(number) => Some(Value::from(number.to_string())),
            _ => None,
        },
        FieldType::Boolean => boolean(value).map(Value::Bool),
        FieldType::Integer { minimum, maximum } => {
            let number = integer(value)?;
            let is_in_range = minimum.is_none_or(|least| number >= i128::from(least))
                && maximum.is_none_or(|most| number <= i128::from(most));
            let number = Number::from_i128(number).filter(|_| is_in_range)?;
            Some(Value::Number(number))
        }
        FieldType::Number { minimum } => {
            let number = match value {
                Value::Number(number) => number.clone(),
                Value::String(text) => serde_json::from_str(text.trim()).ok()?,
                _ => return None,
            };
            let is_in_range = minimum.is_none_or(|least| number.as_f64().is_some_and(|value| value >= least));
            is_in_range.then_some(Value::Number(number))
        }
        FieldType::Choice(choices) => {
            let text = match value {
                Value::String(text) => text.trim().to_owned(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            let alike = choices.iter().find(|choice| choice.value.eq_ignore_ascii_case(&text));
            Some(Value::from(alike.map_or(text, |choice| choice.value.clone())))
        }
        FieldType::List(item) => {
            let items = value.as_array()?;
            items.iter().map(|value| to_type(item, value)).collect::<Option<Vec<_>>>().map(Value::Array)
        }
    }
}

/// Returns the flag a value stands for: a boolean, 0, 1, or one of the words earlier versions took.
pub(crate) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => number.as_i128().or_else(|| {
            let float = number.as_f64()?;
            (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i128)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn wrong_type(field: &FieldView, value: &Value) -> Problem {
    let got = match value {
        _ if field.is_secret => "something else".to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => format!("text `{}`", text.escape_debug()),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a set of fields".to_owned(),
    };
    let expected = field.field_type.describe();
    let problem = Problem::new(format!("expected {expected}, got {got}")).field(&field.name);
    match (&field.field_type, value) {
        (FieldType::Text, Value::Bool(_)) => problem.hint("put it in quotes if text is meant"),
        _ => problem.hint(how_to_write(field)),
    }
}
