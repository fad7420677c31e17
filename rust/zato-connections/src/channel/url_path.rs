//! URL path patterns of channels, for instance `/crm/{client_id}/orders` (reference connections 2.2).

use zato_core::Problem;

/// Longest pattern in characters; longer ones could not be requested through common proxies either.
pub const PATTERN_LIMIT: usize = 2_000;

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Text that a path has at this place; never empty.
    Literal(String),
    /// A value that a path has at this place, by its name.
    Parameter(String),
}

/// Takes a pattern apart. Two literals are never next to each other.
///
/// # Errors
/// Everything that is wrong with the pattern; field `url_path`.
pub fn parse(pattern: &str) -> Result<Vec<Segment>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut refuse = |message: String, hint: &str| {
        problems.push(Problem::new(message).field("url_path").hint(hint));
    };
    if !pattern.starts_with('/') {
        refuse(
            format!("`{}` does not start with `/`", pattern.escape_debug()),
            "write the path from the root",
        );
    }
    if let Some(control) = pattern.chars().find(|letter| letter.is_control()) {
        refuse(format!("it contains the control character {control:?}"), "remove it");
    }
    if pattern.chars().count() > PATTERN_LIMIT {
        refuse(format!("it is longer than {PATTERN_LIMIT} characters"), "shorten it");
    }
    let mut segments: Vec<Segment> = Vec::new();
    let mut rest = pattern;
    while let Some(position) = rest.find(['{', '}']) {
        let (literal, from_brace) = rest.split_at(position);
        push_literal(&mut segments, literal);
        let (inside, after) = match from_brace[1..].split_once('}') {
            Some(parts) if from_brace.starts_with('{') && !parts.0.contains('{') => parts,
            _ => {
                let brace = &from_brace[..1];
                refuse(format!("`{brace}` has no counterpart"), "write parameters as `{name}`");
                rest = &from_brace[1..];
                continue;
            }
        };
        if inside.is_empty() || !inside.chars().all(is_name_letter) {
            refuse(
                format!("`{{{}}}` is not a parameter", inside.escape_debug()),
                "names of parameters are made of letters, digits and underscores",
            );
        } else if segments.iter().any(|known| matches!(known, Segment::Parameter(name) if name == inside)) {
            refuse(
                format!("the parameter `{inside}` is there twice"),
                "give each parameter a name of its own",
            );
        }
        segments.push(Segment::Parameter(inside.to_owned()));
        rest = after;
    }
    push_literal(&mut segments, rest);
    if problems.is_empty() { Ok(segments) } else { Err(problems) }
}

/// Returns what of a pattern is no parameter; nothing for what is no pattern.
pub(super) fn literals(pattern: &str) -> String {
    let segments = parse(pattern).unwrap_or_default();
    let literals = segments.into_iter().filter_map(|segment| match segment {
        Segment::Literal(text) => Some(text),
        Segment::Parameter(_) => None,
    });
    literals.collect()
}

fn push_literal(segments: &mut Vec<Segment>, text: &str) {
    if !text.is_empty() {
        segments.push(Segment::Literal(text.to_owned()));
    }
}

/// What upstream allows in names of parameters; the documentation only speaks of words.
fn is_name_letter(letter: char) -> bool {
    letter.is_alphanumeric() || "_ $.-:|=~^/".contains(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn literal(text: &str) -> Segment {
        Segment::Literal(text.to_owned())
    }

    fn parameter(name: &str) -> Segment {
        Segment::Parameter(name.to_owned())
    }

    fn problems(pattern: &str) -> String {
        parse(pattern).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn takes_patterns_apart() {
        assert_eq!(parse("/").unwrap(), [literal("/")]);
        assert_eq!(
            parse("/crm/{client_id}/orders/{order-id}").unwrap(),
            [literal("/crm/"), parameter("client_id"), literal("/orders/"), parameter("order-id")]
        );
        assert_eq!(parse("/{a}{b}").unwrap(), [literal("/"), parameter("a"), parameter("b")]);
        assert_eq!(parse("/ż (x)/*").unwrap(), [literal("/ż (x)/*")]);
    }

    #[test]
    fn rejects_what_is_no_pattern() {
        for (pattern, part) in [
            ("", "does not start with `/`"),
            ("crm", "`crm` does not start with `/`"),
            ("/a\n", "control character '\\n'"),
            ("/{", "`{` has no counterpart"),
            ("/a}", "`}` has no counterpart"),
            ("/{a{b}}", "`{` has no counterpart"),
            ("/{}", "`{}` is not a parameter"),
            ("/{a?}", "`{a?}` is not a parameter"),
            ("/{a}/{a}", "the parameter `a` is there twice"),
        ] {
            let found = problems(pattern);
            assert!(found.contains(part), "{pattern:?}: {found}");
            assert!(found.contains("field `url_path`"));
        }
    }

    #[test]
    fn reports_all_problems_of_a_pattern() {
        assert_eq!(problems("a/{}/{b}/{b}/{").lines().count(), 4);
        assert!(problems(&"/".repeat(2_001)).contains("longer than 2000"));
    }

    proptest! {
        #[test]
        fn segments_make_the_pattern_again(pattern in r"/([a-z./()*]|\{[a-z_]{1,3}\}){0,8}") {
            if let Ok(segments) = parse(&pattern) {
                let again: String = segments
                    .iter()
                    .map(|segment| match segment {
                        Segment::Literal(text) => text.clone(),
                        Segment::Parameter(name) => format!("{{{name}}}"),
                    })
                    .collect();
                prop_assert_eq!(again, pattern);
            }
        }

        #[test]
        fn any_text_is_survived(pattern in "\\PC*|[{}/a\\n]*") {
            if let Err(problems) = parse(&pattern) {
                prop_assert!(!problems.is_empty());
            }
        }
    }
}
