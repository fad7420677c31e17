//! One path pattern and how it is matched.

use std::sync::Arc;

use zato_core::{Problem, Profile};

/// A path pattern: literal text and placeholders. The first and last parts are literals, possibly empty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    prefix: String,
    /// Each placeholder with the literal after it.
    placeholders: Vec<Placeholder>,
    class: ValueClass,
}

#[derive(Debug, PartialEq, Eq)]
struct Placeholder {
    name: Arc<str>,
    literal_after: String,
}

/// Which characters values of placeholders consist of (reference connections 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ValueClass {
    /// Beside letters, digits, underscore and those below.
    extra: &'static str,
    takes_slash: bool,
}

/// Characters that names of placeholders may have beside letters, digits and underscore.
const NAME_EXTRA: &str = " $.-:|=~^/";

impl ValueClass {
    pub(super) fn new(profile: Profile, match_slash: bool) -> Self {
        let extra = match profile {
            Profile::V2_0 => " $.-|=~^",
            Profile::V3_0 | Profile::V3_1 | Profile::V3_2 => " $.-:|=~^",
            Profile::V4_1 => " $.-:|=~^%@+,;!()",
        };
        Self { extra, takes_slash: match_slash && profile > Profile::V2_0 }
    }

    pub(super) fn takes(self, character: char) -> bool {
        character.is_alphanumeric()
            || character == '_'
            || (character == '/' && self.takes_slash)
            || self.extra.contains(character)
    }

    fn takes_all(self, value: &str) -> bool {
        value.chars().all(|character| self.takes(character))
    }
}

impl Pattern {
    /// Compiles a pattern; a problem names the field `url_path`.
    #[expect(clippy::result_large_err, reason = "problems are rare, and met only while tables compile")]
    pub(super) fn compile(url_path: &str, match_slash: bool, profile: Profile) -> Result<Self, Problem> {
        let problem = |message: String| {
            Problem::new(message).field("url_path").hint("write it like `/customers/{customer_id}/orders`")
        };
        if !url_path.starts_with('/') {
            return Err(problem(format!("`{url_path}` does not start with a slash")));
        }
        let (prefix, mut rest) = match url_path.split_once('{') {
            Some((prefix, rest)) => (prefix, Some(rest)),
            None => (url_path, None),
        };
        let mut placeholders = Vec::<Placeholder>::new();
        while let Some(text) = rest {
            let Some((name, after)) = text.split_once('}') else {
                return Err(problem(format!("`{url_path}` has `{{` without `}}`")));
            };
            let is_name_character = |character: char| {
                character.is_alphanumeric() || character == '_' || NAME_EXTRA.contains(character)
            };
            if name.is_empty() || !name.chars().all(is_name_character) {
                return Err(problem(format!("`{name}` cannot be the name of a placeholder")));
            }
            if placeholders.iter().any(|placeholder| *placeholder.name == *name) {
                return Err(problem(format!("the placeholder `{name}` is there twice")));
            }
            let (literal, more) = match after.split_once('{') {
                Some((literal, more)) => (literal, Some(more)),
                None => (after, None),
            };
            placeholders.push(Placeholder { name: name.into(), literal_after: literal.to_owned() });
            rest = more;
        }
        let mut literals =
            std::iter::once(prefix).chain(placeholders.iter().map(|placeholder| &*placeholder.literal_after));
        if literals.any(|literal| literal.contains('}')) {
            return Err(problem(format!("`{url_path}` has `}}` without `{{`")));
        }
        Ok(Self { prefix: prefix.to_owned(), placeholders, class: ValueClass::new(profile, match_slash) })
    }

    /// Returns the whole path if there are no placeholders.
    pub(super) fn as_static(&self) -> Option<&str> {
        self.placeholders.is_empty().then_some(&self.prefix)
    }

    /// Returns the literal text before the first placeholder.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns how many literal characters there are before the first placeholder, and overall.
    pub(super) fn specificity(&self) -> (usize, usize) {
        let prefix = self.prefix.chars().count();
        let others: usize =
            self.placeholders.iter().map(|placeholder| placeholder.literal_after.chars().count()).sum();
        (prefix, prefix + others)
    }

    /// Matches a whole decoded path. Where it matches in several ways, earlier placeholders take as much as
    /// they can, as greedy groups of a regular expression do.
    pub(super) fn match_path(&self, path: &str) -> Option<Vec<(Arc<str>, String)>> {
        let rest = path.strip_prefix(self.prefix.as_str())?;
        match self.placeholders.as_slice() {
            [] => rest.is_empty().then(Vec::new),
            // By far the most common shape: what is between two literals is the value.
            [only] => {
                let value = rest.strip_suffix(only.literal_after.as_str())?;
                let is_match = !value.is_empty() && self.class.takes_all(value);
                is_match.then(|| vec![(Arc::clone(&only.name), value.to_owned())])
            }
            [.., last] => {
                if !rest.ends_with(last.literal_after.as_str()) {
                    return None;
                }
                self.match_several(rest)
            }
        }
    }

    /// Matches what follows the prefix, in time linear in its length: first, from the back, from which
    /// positions the rest of the pattern can match at all; then, from the front, the longest value that
    /// leaves one of them.
    fn match_several(&self, rest: &str) -> Option<Vec<(Arc<str>, String)>> {
        let size = rest.len();
        // One row for each placeholder: whether it and all that follows can match from a byte position on.
        // The last row says the same of the end of the pattern.
        let width = size + 1;
        let mut can_match = vec![false; width * (self.placeholders.len() + 1)];
        let last_row = width * self.placeholders.len();
        can_match[last_row + size] = true;
        for (row, placeholder) in self.placeholders.iter().enumerate().rev() {
            let mut can_end_later = false;
            for (position, character) in rest.char_indices().rev() {
                let end = position + character.len_utf8();
                let can_end_here = self.can_continue(&can_match, row, placeholder, rest, end);
                can_end_later = self.class.takes(character) && (can_end_here || can_end_later);
                can_match[row * width + position] = can_end_later;
            }
        }
        let mut params = Vec::with_capacity(self.placeholders.len());
        let mut position = 0;
        for (row, placeholder) in self.placeholders.iter().enumerate() {
            let value = self.longest_value(&can_match, row, placeholder, rest, position)?;
            position += value.len() + placeholder.literal_after.len();
            params.push((Arc::clone(&placeholder.name), value.to_owned()));
        }
        Some(params)
    }

    fn longest_value<'p>(
        &self,
        can_match: &[bool],
        row: usize,
        placeholder: &Placeholder,
        rest: &'p str,
        start: usize,
    ) -> Option<&'p str> {
        let mut longest = None;
        for (offset, character) in rest[start..].char_indices() {
            if !self.class.takes(character) {
                break;
            }
            let end = start + offset + character.len_utf8();
            if self.can_continue(can_match, row, placeholder, rest, end) {
                longest = Some(end);
            }
        }
        longest.map(|end| &rest[start..end])
    }

    /// Whether a value may end at a position: its literal follows, and then the next placeholder can match.
    fn can_continue(
        &self,
        can_match: &[bool],
        row: usize,
        placeholder: &Placeholder,
        rest: &str,
        end: usize,
    ) -> bool {
        let literal = placeholder.literal_after.as_str();
        let next = (row + 1) * (rest.len() + 1) + end + literal.len();
        rest[end..].starts_with(literal) && can_match.get(next).copied().unwrap_or(false)
    }
}
