//! Writing YAML that every reader of YAML understands the same way.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::config::tree::Scalar;

/// Writes sections of objects; an empty line before each object but the first of a section.
pub(super) fn sections(sections: &[(String, Vec<Map<String, Value>>)]) -> String {
    let mut out = String::new();
    for (key, items) in sections {
        if !out.is_empty() {
            out.push('\n');
        }
        line(&mut out, 0, &format!("{}:", scalar(key)));
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.push('\n');
            }
            let mut start = "- ";
            for (name, value) in item {
                out.push_str("  ");
                out.push_str(start);
                entry(&mut out, 4, name, value);
                start = "  ";
            }
        }
    }
    out
}

/// Writes `name: value`; the cursor is where the name starts.
fn entry(out: &mut String, indent: usize, name: &str, value: &Value) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            line(out, 0, &format!("{}:", scalar(name)));
            for item in items {
                out.push_str(&" ".repeat(indent + 2));
                line(out, 0, &format!("- {}", flow(item)));
            }
        }
        Value::Object(entries) if !entries.is_empty() => {
            line(out, 0, &format!("{}:", scalar(name)));
            for (name, value) in entries {
                out.push_str(&" ".repeat(indent + 2));
                entry(out, indent + 2, name, value);
            }
        }
        other => line(out, 0, &format!("{}: {}", scalar(name), flow(other))),
    }
}

fn line(out: &mut String, indent: usize, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{:indent$}{text}", "");
}

/// Writes a value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(name, value)| format!("{}: {}", scalar(name), flow(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// Writes text without quotes if nothing can take it for anything else.
fn scalar(text: &str) -> String {
    let is_harmless = |letter: char| letter.is_ascii_alphanumeric() || "_./-".contains(letter);
    let starts_well =
        text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == '/');
    let is_text = Scalar::plain(text).to_json().is_string();
    // Words that YAML 1.1 takes for booleans.
    let is_word = !matches!(text, "y" | "Y" | "n" | "N");
    if starts_well && is_text && is_word && text.chars().all(is_harmless) {
        return text.to_owned();
    }
    quoted(text)
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            // Characters that YAML does not let into text as they are, or that end lines.
            '\0'..='\x1f'
            | '\x7f'..='\u{a0}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04X}", letter as u32);
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::config::tree::{Limits, parse};

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            Just(json!(1.5)),
            any::<String>().prop_map(Value::from),
            "[a-z: #'\\-?0-9.\n]{0,8}".prop_map(Value::from),
            prop::sample::select(vec![
                "yes",
                "no",
                "~",
                "null",
                "1e3",
                "0x1F",
                "y",
                "- a",
                "a: b",
                "{a}",
                "*x",
                "&x",
                "!t",
                "%d",
                "@at",
                "",
                " ",
                "\u{85}",
                "Zato_Enmasse_Env.X"
            ])
            .prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-z~ :]{1,4}", inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(item in prop::collection::btree_map("[a-z_ :#]{1,6}", any_value(), 1..4)) {
            let item: Map<String, Value> = item.into_iter().collect();
            let text = sections(&[("key".to_owned(), vec![item.clone(), item.clone()])]);
            let (node, problems) = parse(text.as_bytes(), Limits::default());
            prop_assert_eq!(problems, vec![], "{}", text);
            prop_assert_eq!(node.unwrap().to_json(), json!({"key": [item, item]}), "{}", text);
        }
    }

    #[test]
    fn the_form_is_readable() {
        let item = json!({"name": "crm.get", "url_path": "/crm/{id}", "scopes": ["a", "b c"], "is_active": false, "extra": {}});
        let text = sections(&[("channel_rest".to_owned(), vec![item.as_object().unwrap().clone()])]);
        assert_eq!(
            text,
            "channel_rest:\n  - name: crm.get\n    url_path: \"/crm/{id}\"\n    scopes:\n      - a\n      - \"b c\"\n    is_active: false\n    extra: {}\n"
        );
    }
}
