//! The little YAML that examples in documentation need.

use serde_json::Value;

/// Returns an enmasse file with one item.
pub(super) fn item(key: &str, item: &Value) -> String {
    let mut lines = vec![format!("{key}:")];
    for (index, (name, value)) in item.as_object().into_iter().flatten().enumerate() {
        let lead = if index == 0 { "  - " } else { "    " };
        lines.push(format!("{lead}{name}: {}", scalar(value)));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Everything but plainest text is written as JSON, which YAML includes.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    let begins_plainly = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    let is_word =
        matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    begins_plainly
        && !is_word
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quotes_what_is_not_plain() {
        let text = item(
            "security",
            &json!({"name": "crm.basic", "realm": "A B", "ttl": 5, "is_active": true, "x": "yes"}),
        );
        assert_eq!(
            text,
            "security:\n  - name: crm.basic\n    realm: \"A B\"\n    ttl: 5\n    is_active: true\n    x: \"yes\"\n"
        );
    }
}
