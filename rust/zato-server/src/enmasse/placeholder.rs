//! `Zato_Enmasse_Env.NAME`: values that come from the environment (reference operations 19.2).

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};
use zato_schema::{DynKind, FieldType};

use crate::config::Environment;
use crate::config::env::ENMASSE_PREFIX;
use crate::config::tree::{Data, Node};

/// A placeholder inside of other text is in braces.
static INLINE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\{(?:Zato_Enmasse_Env|ZatoEnmasseEnv)\.([^\s{}]+)\}").ok());

/// A variable that is not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    /// Field of the object.
    pub(super) field: String,
    /// Name of the variable.
    pub(super) variable: String,
    /// One-based line.
    pub(super) line: u64,
    /// Whether the value of the field is the placeholder and nothing else.
    pub(super) is_whole: bool,
}

/// An object whose placeholders are resolved.
#[derive(Debug)]
pub(super) struct Resolved {
    /// Its fields; those with variables that are not set are missing.
    pub(super) item: Map<String, Value>,
    /// Variables that are not set.
    pub(super) missing: Vec<Missing>,
}

/// Returns the name of the variable if the text is a placeholder.
pub(super) fn whole(text: &str) -> Option<&str> {
    let name = ["Zato_Enmasse_Env.", "ZatoEnmasseEnv."]
        .into_iter()
        .find_map(|prefix| text.trim().strip_prefix(prefix))?;
    (!name.is_empty() && !name.contains(char::is_whitespace)).then_some(name)
}

/// Resolves the placeholders of an object of a kind. Numbers written for fields that are text stay as they are
/// written.
pub(super) fn resolve(kind: &DynKind, node: &Node, environment: &Environment) -> Resolved {
    let mut resolved = Resolved { item: Map::new(), missing: Vec::new() };
    for pair in node.pairs().unwrap_or_default() {
        let mut reader = Reader { environment, missing: Vec::new() };
        let is_text = pair.key == "name"
            || kind
                .field(&pair.key)
                .is_some_and(|field| matches!(field.field_type, FieldType::Text | FieldType::Choice(_)));
        let value = match pair.value.scalar() {
            Some(scalar) if is_text && scalar.describe() == "a number" => Value::from(scalar.raw()),
            _ => reader.value(&pair.value),
        };
        if reader.missing.is_empty() {
            resolved.item.insert(pair.key.clone(), value);
        }
        let is_scalar = pair.value.scalar().is_some();
        resolved.missing.extend(reader.missing.into_iter().map(|(variable, line, is_whole)| Missing {
            field: pair.key.clone(),
            variable,
            line,
            is_whole: is_whole && is_scalar,
        }));
    }
    resolved
}

struct Reader<'a> {
    environment: &'a Environment,
    /// Variable, line, and whether the text is nothing but the placeholder.
    missing: Vec<(String, u64, bool)>,
}

impl Reader<'_> {
    fn value(&mut self, node: &Node) -> Value {
        match &node.data {
            Data::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Data::Map(pairs) => {
                let pairs = pairs.iter().map(|pair| (pair.key.clone(), self.value(&pair.value)));
                Value::Object(pairs.collect())
            }
            Data::Scalar(scalar) => match scalar.to_json() {
                Value::String(text) => self.text(text, node.line),
                other => other,
            },
        }
    }

    fn text(&mut self, text: String, line: u64) -> Value {
        if let Some(name) = whole(&text) {
            match self.variable(name) {
                Some(value) => return Value::from(value),
                None => self.missing.push((name.to_owned(), line, true)),
            }
            return Value::Null;
        }
        let Some(pattern) = INLINE.as_ref().filter(|pattern| pattern.is_match(&text)) else {
            return Value::from(text);
        };
        let replaced = pattern.replace_all(&text, |found: &regex::Captures<'_>| {
            if let Some(value) = self.variable(&found[1]) {
                return value.to_owned();
            }
            self.missing.push((found[1].to_owned(), line, false));
            String::new()
        });
        Value::from(replaced.into_owned())
    }

    /// A name is tried as it is, then with the prefix that exports of 3.2 suggest.
    fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).or_else(|| self.environment.get(&format!("{ENMASSE_PREFIX}{name}")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zato_connections::{BasicAuth, RestChannel};

    use super::*;
    use crate::config::tree::{Limits, parse};

    fn item(kind: &DynKind, text: &str) -> Resolved {
        let environment = [("PWD_ONE", "p1"), ("Zato_Enmasse_Env_Two", "p2"), ("HOST", "h")];
        let node = parse(text.as_bytes(), Limits::default()).0.unwrap();
        resolve(kind, &node, &environment.into_iter().collect())
    }

    #[test]
    fn whole_and_inline_placeholders_are_replaced() {
        let kind = DynKind::of::<BasicAuth>();
        let resolved = item(
            &kind,
            "a: Zato_Enmasse_Env.PWD_ONE\nb: ZatoEnmasseEnv.Two\nc: 'x-{Zato_Enmasse_Env.HOST}-{ZatoEnmasseEnv.Two}'\n\
             d: [1, {e: Zato_Enmasse_Env.HOST}]\nf: /crm/{id}\n",
        );
        assert_eq!(resolved.missing, vec![]);
        let wanted = json!({"a": "p1", "b": "p2", "c": "x-h-p2", "d": [1, {"e": "h"}], "f": "/crm/{id}"});
        assert_eq!(Value::Object(resolved.item), wanted);
    }

    #[test]
    fn variables_that_are_not_set_are_named_with_field_and_line() {
        let kind = DynKind::of::<BasicAuth>();
        let resolved = item(&kind, "a: x\npassword: Zato_Enmasse_Env.NOPE\nb: 'y{Zato_Enmasse_Env.NO}'\n");
        let missing = |field: &str, variable: &str, line, is_whole| Missing {
            field: field.to_owned(),
            variable: variable.to_owned(),
            line,
            is_whole,
        };
        assert_eq!(resolved.missing, [missing("password", "NOPE", 2, true), missing("b", "NO", 3, false)]);
        assert_eq!(Value::Object(resolved.item), json!({"a": "x"}));
    }

    #[test]
    fn numbers_for_text_stay_as_they_are_written() {
        let resolved = item(&DynKind::of::<BasicAuth>(), "name: 1.10\npassword: 1.50\nis_active: true\n");
        assert_eq!(
            Value::Object(resolved.item),
            json!({"name": "1.10", "password": "1.50", "is_active": true})
        );
        let resolved = item(&DynKind::of::<RestChannel>(), "timeout: 1.50\n");
        assert_eq!(Value::Object(resolved.item), json!({"timeout": 1.5}));
    }
}
