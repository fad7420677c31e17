//! Ordered allow-lists: `[invoke_patterns_allowed]` and its relatives (reference operations 4.1).

/// Patterns with a verdict each. Inside a pattern `*` stands for anything within one segment, `**` for anything at
/// all, `?` for one character; segments are separated by `.` and `/`. A name that no pattern matches is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patterns {
    rules: Vec<(String, bool)>,
}

impl Patterns {
    /// Takes rules in the order in which they are tried.
    #[must_use]
    pub fn new(rules: Vec<(String, bool)>) -> Self {
        Self { rules }
    }

    /// Lets everything through.
    #[must_use]
    pub fn everything() -> Self {
        Self { rules: vec![("**".to_owned(), true)] }
    }

    /// The rules, in the order in which they are tried.
    pub(super) fn rules(&self) -> &[(String, bool)] {
        &self.rules
    }

    /// Whether the name is let through.
    #[must_use]
    pub fn allows(&self, name: &str) -> bool {
        self.rules.iter().find(|(pattern, _)| matches_name(pattern, name)).is_some_and(|rule| rule.1)
    }
}

/// Whether a pattern stands for everything; a bare `*` is what the shipped configuration means by that.
pub(super) fn is_everything(pattern: &str) -> bool {
    matches!(pattern, "*" | "**")
}

/// Whether a pattern matches a name, whose segments are separated by `.` and `/`.
pub(super) fn matches_name(pattern: &str, name: &str) -> bool {
    is_everything(pattern) || matches(pattern.as_bytes(), name.as_bytes(), b"./")
}

/// Whether a pattern matches a path, whose segments are separated by `/` only.
pub(super) fn matches_path(pattern: &str, path: &str) -> bool {
    is_everything(pattern) || matches(pattern.as_bytes(), path.as_bytes(), b"/")
}

/// Matches in time linear in the product of both lengths, whatever the pattern.
fn matches(pattern: &[u8], name: &[u8], separators: &[u8]) -> bool {
    let mut reachable = vec![false; name.len() + 1];
    reachable[0] = true;
    let mut rest = pattern;
    while let Some((&first, tail)) = rest.split_first() {
        let mut next = vec![false; name.len() + 1];
        match first {
            b'*' => {
                let crosses_segments = tail.first() == Some(&b'*');
                rest = if crosses_segments { &tail[1..] } else { tail };
                let mut open = false;
                for position in 0..=name.len() {
                    if position > 0 && !crosses_segments && separators.contains(&name[position - 1]) {
                        open = false;
                    }
                    open |= reachable[position];
                    next[position] = open;
                }
            }
            byte => {
                rest = tail;
                for position in 0..name.len() {
                    next[position + 1] = reachable[position] && (byte == b'?' || byte == name[position]);
                }
            }
        }
        reachable = next;
    }
    reachable[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_respect_segments_and_double_stars_do_not() {
        let patterns =
            Patterns::new(vec![("crm.*".into(), true), ("erp.**".into(), true), ("a?c".into(), true)]);
        assert!(patterns.allows("crm.get"));
        assert!(!patterns.allows("crm.get.all"));
        assert!(patterns.allows("erp.get.all"));
        assert!(patterns.allows("abc"));
        assert!(!patterns.allows("ac"));
    }

    #[test]
    fn the_first_match_decides_and_no_match_refuses() {
        let patterns = Patterns::new(vec![("crm.secret".into(), false), ("*".into(), true)]);
        assert!(!patterns.allows("crm.secret"));
        assert!(patterns.allows("crm.other.name"));
        assert!(!Patterns::default().allows("anything"));
    }

    #[test]
    fn a_hostile_pattern_takes_no_time() {
        assert!(!matches_name(&"*a".repeat(200), &"a".repeat(199)));
    }
}
