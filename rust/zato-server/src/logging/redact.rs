//! Keeps secrets out of the log by their names.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// What is written in place of a secret.
pub(super) const HIDDEN: &str = "******";

/// Parts of names that tell that the value is secret.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "authorization",
    "api_key",
    "apikey",
    "api-key",
    "private_key",
    "cookie",
];

/// Words before a `=` or `:` and the value after it, in the forms of Python reprs, JSON, headers and `key=value`.
static IN_TEXT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names = SECRET_NAMES.join("|");
    Regex::new(&format!(
        r#"(?i)((?:[a-z0-9_-]*)(?:{names})(?:[a-z0-9_-]*)["']?\s*[:=]\s*)((?:basic|bearer)\s+[^\s"',;}}\])]+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s"',;}}\])]+)"#
    ))
    .ok()
});

/// Whether a field of this name is never written.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

/// Just the names: tells quickly that a text has none, as nearly all have not.
static NAMES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("(?i){}", SECRET_NAMES.join("|"))).ok());

/// Returns the text with values of secrets replaced.
pub(super) fn text(message: &str) -> Cow<'_, str> {
    if NAMES.as_ref().is_some_and(|names| !names.is_match(message)) {
        return Cow::Borrowed(message);
    }
    match IN_TEXT.as_ref() {
        Some(pattern) => pattern.replace_all(message, |found: &regex::Captures<'_>| {
            // Nothing and placeholders are no secrets, and saying so helps.
            let value = &found[2];
            if matches!(value, "None" | "null" | "True" | "False" | "true" | "false" | "\"\"" | "''" | HIDDEN)
            {
                found[0].to_owned()
            } else {
                format!("{}{HIDDEN}", &found[1])
            }
        }),
        None => Cow::Borrowed(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secrets_are_hidden_in_all_common_forms() {
        let cases = [
            ("password=hunter2 user=a", "password=****** user=a"),
            ("{'password': 'hunter 2', 'user': 'a'}", "{'password': ******, 'user': 'a'}"),
            (r#"{"api_key": "a\"b", "x": 1}"#, r#"{"api_key": ******, "x": 1}"#),
            ("Authorization: Basic dXNlcjpwYXNz", "Authorization: ******"),
            ("db_Password = hunter2, host=b", "db_Password = ******, host=b"),
            ("password=None", "password=None"),
            ("the password was changed", "the password was changed"),
            ("X-API-Key: abc", "X-API-Key: ******"),
        ];
        for (given, wanted) in cases {
            assert_eq!(text(given), wanted);
        }
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(text("REST cha -> cid=abc; GET /x name=y"), Cow::Borrowed(_)));
    }

    #[test]
    fn names_of_secrets_are_known() {
        assert!(
            is_secret_name("access_Token") && is_secret_name("jwt_secret") && !is_secret_name("username")
        );
    }
}
