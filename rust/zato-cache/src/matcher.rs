//! What keys may have in common.

use std::fmt;

use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::key::{Key, KeyKind};

/// Most memory that a compiled regular expression may take, in bytes.
const REGEX_SIZE_LIMIT: usize = 1 << 20;

/// How keys are compared with a pattern (reference connections 24.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Criterion {
    /// They begin with it.
    Prefix,
    /// They end with it.
    Suffix,
    /// The regular expression is found somewhere in them.
    Regex,
    /// They contain it.
    Contains,
    /// They do not contain it.
    NotContains,
    /// They contain all of several patterns.
    ContainsAll,
    /// They contain at least one of several patterns.
    ContainsAny,
}

/// A pattern that cannot be used; says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPattern(String);

impl fmt::Display for InvalidPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidPattern {}

/// A criterion with its patterns. A pattern of text matches keys of text, one of bytes keys of bytes; numbers have no
/// parts and are never matched.
#[derive(Debug)]
pub struct Matcher {
    kind: KeyKind,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Prefix(Vec<u8>),
    Suffix(Vec<u8>),
    Regex(Regex),
    NotContains(Box<Finder<'static>>),
    All(Vec<Finder<'static>>),
    Any(Vec<Finder<'static>>),
}

impl Matcher {
    /// Compiles patterns; exactly one unless the criterion is about several.
    ///
    /// # Errors
    /// [`InvalidPattern`] if there is none, one is a number, their types differ, or a regular expression is wrong.
    pub fn new(criterion: Criterion, patterns: &[Key]) -> Result<Self, InvalidPattern> {
        let Some(first) = patterns.first() else {
            return Err(InvalidPattern("at least one text is needed to compare keys with".to_owned()));
        };
        let kind = first.kind;
        if kind == KeyKind::Integer || patterns.iter().any(|pattern| pattern.kind != kind) {
            let message = "keys are compared with text, or with bytes, and not with both at once";
            return Err(InvalidPattern(message.to_owned()));
        }
        let finders = || patterns.iter().map(|pattern| Finder::new(&pattern.content).into_owned()).collect();
        let content = first.content.to_vec();
        let test = match criterion {
            Criterion::Prefix => Test::Prefix(content),
            Criterion::Suffix => Test::Suffix(content),
            Criterion::Regex => Test::Regex(compile(first)?),
            Criterion::NotContains => Test::NotContains(Box::new(Finder::new(&content).into_owned())),
            Criterion::Contains | Criterion::ContainsAll => Test::All(finders()),
            Criterion::ContainsAny => Test::Any(finders()),
        };
        Ok(Self { kind, test })
    }

    /// Whether a key is one of those that are meant.
    #[must_use]
    pub fn matches(&self, key: &Key) -> bool {
        let content: &[u8] = &key.content;
        self.kind == key.kind
            && match &self.test {
                Test::Prefix(prefix) => content.starts_with(prefix),
                Test::Suffix(suffix) => content.ends_with(suffix),
                Test::Regex(regex) => regex.is_match(content),
                Test::NotContains(finder) => finder.find(content).is_none(),
                Test::All(finders) => finders.iter().all(|finder| finder.find(content).is_some()),
                Test::Any(finders) => finders.iter().any(|finder| finder.find(content).is_some()),
            }
    }
}

fn compile(pattern: &Key) -> Result<Regex, InvalidPattern> {
    let text = std::str::from_utf8(&pattern.content)
        .map_err(|_| InvalidPattern("a regular expression of bytes has to be ASCII or UTF-8".to_owned()))?;
    RegexBuilder::new(text)
        .unicode(pattern.kind == KeyKind::Text)
        .size_limit(REGEX_SIZE_LIMIT)
        .build()
        .map_err(|error| {
            // The message of the library shows the place in several lines; the last one says what is the matter.
            let detail = error.to_string();
            let reason = detail.lines().last().unwrap_or_default().trim_start_matches("error: ");
            InvalidPattern(format!("the regular expression `{text}` cannot be used: {reason}"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(criterion: Criterion, patterns: &[&str], key: &str) -> bool {
        let patterns: Vec<_> = patterns.iter().map(|text| Key::text(text)).collect();
        Matcher::new(criterion, &patterns).unwrap().matches(&Key::text(key))
    }

    #[test]
    fn criteria_mean_what_they_say() {
        assert!(matches(Criterion::Prefix, &["ab"], "abc"));
        assert!(!matches(Criterion::Prefix, &["bc"], "abc"));
        assert!(matches(Criterion::Suffix, &["bc"], "abc"));
        assert!(matches(Criterion::Regex, &["b.$"], "abc"));
        assert!(!matches(Criterion::Regex, &["^b"], "abc"));
        assert!(matches(Criterion::Contains, &["b"], "abc"));
        assert!(matches(Criterion::NotContains, &["x"], "abc"));
        assert!(matches(Criterion::ContainsAll, &["a", "c"], "abc"));
        assert!(!matches(Criterion::ContainsAll, &["a", "x"], "abc"));
        assert!(matches(Criterion::ContainsAny, &["x", "c"], "abc"));
        assert!(!matches(Criterion::ContainsAny, &["x", "y"], "abc"));
    }

    #[test]
    fn types_do_not_mix() {
        let bytes = Matcher::new(Criterion::Prefix, &[Key::bytes(b"a")]).unwrap();
        assert!(bytes.matches(&Key::bytes(b"ab")) && !bytes.matches(&Key::text("ab")));
        let anything = Matcher::new(Criterion::NotContains, &[Key::text("x")]).unwrap();
        assert!(!anything.matches(&Key::integer("1")));
        for patterns in [vec![], vec![Key::integer("1")], vec![Key::text("a"), Key::bytes(b"a")]] {
            assert!(Matcher::new(Criterion::ContainsAny, &patterns).is_err());
        }
    }

    #[test]
    fn a_regular_expression_that_rust_does_not_have_is_refused_with_the_reason() {
        let error = Matcher::new(Criterion::Regex, &[Key::text("(?=a)")]).unwrap_err().to_string();
        assert_eq!(
            error,
            "the regular expression `(?=a)` cannot be used: look-around, including look-ahead and look-behind, is not supported"
        );
    }
}
