//! Scalars: what a word without quotes means.

use serde_json::{Number, Value};

/// Text, a number, a boolean or nothing, together with how it was written, because whether `0123` is meant as
/// text is only known once it is known what it is for.
#[derive(Clone, PartialEq)]
pub struct Scalar {
    raw: String,
    value: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Null,
    Boolean(bool),
    Number(Number),
    Text,
}

impl Scalar {
    /// Makes a scalar that is text and nothing else.
    #[must_use]
    pub fn quoted(text: impl Into<String>) -> Self {
        Self { raw: text.into(), value: Kind::Text }
    }

    /// Understands a word without quotes as YAML 1.1 does, which is what existing files were written for:
    /// `yes`, `no`, `on` and `off` are booleans.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        let raw = text.into();
        let value = match raw.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
            "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Kind::Boolean(true),
            "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Kind::Boolean(false),
            text => number(text).map_or(Kind::Text, Kind::Number),
        };
        Self { raw, value }
    }

    /// Makes a scalar out of a JSON value that is neither an array nor an object.
    #[must_use]
    pub(super) fn number(raw: &str, number: Number) -> Self {
        Self { raw: raw.to_owned(), value: Kind::Number(number) }
    }

    /// Returns the text as it was written, without quotes.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.value == Kind::Null
    }

    /// Returns the boolean, if it is one.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match self.value {
            Kind::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the value; text where it is text.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.value {
            Kind::Null => Value::Null,
            Kind::Boolean(value) => Value::Bool(*value),
            Kind::Number(value) => Value::Number(value.clone()),
            Kind::Text => Value::String(self.raw.clone()),
        }
    }

    /// What it is called in messages.
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match self.value {
            Kind::Null => "nothing",
            Kind::Boolean(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text => "text",
        }
    }
}

impl std::fmt::Debug for Scalar {
    /// What kind of scalar it is; never its text, which may be a secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.describe())
    }
}

/// Decimal integers and fractions; other forms (octal, sexagesimal, infinities) stay text.
fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let has_leading_zero =
        digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    if has_leading_zero || !digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte)) {
        return None;
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    if let Ok(integer) = text.parse::<i64>() {
        return Some(integer.into());
    }
    if let Ok(integer) = text.parse::<u64>() {
        return Some(integer.into());
    }
    // An integer that fits no machine type is an identifier, not a quantity.
    if digits.bytes().all(|byte| byte.is_ascii_digit()) || digits == "." {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite()).and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_without_quotes_mean_what_yaml_1_1_says() {
        let cases = [
            ("yes", json!(true)),
            ("Off", json!(false)),
            ("~", json!(null)),
            ("12", json!(12)),
            ("-3", json!(-3)),
            ("1.5", json!(1.5)),
            ("1e3", json!(1000.0)),
            ("0123", json!("0123")),
            ("0", json!(0)),
            ("12:30", json!("12:30")),
            ("99999999999999999999", json!("99999999999999999999")),
            (".inf", json!(".inf")),
            ("2026-01-01", json!("2026-01-01")),
            (".", json!(".")),
            ("-", json!("-")),
        ];
        for (text, wanted) in cases {
            assert_eq!(Scalar::plain(text).to_json(), wanted, "{text}");
        }
        assert_eq!(Scalar::quoted("yes").to_json(), json!("yes"));
    }
}
