//! Just enough of Rust's grammar to tell code from comments and strings, and tests from the rest.

/// A Rust source taken apart.
#[derive(Debug)]
pub(crate) struct RustText {
    /// The source with comments and the contents of strings replaced by spaces, line for line.
    pub(crate) code: String,
    /// One-based first and last lines of modules that are compiled for tests only.
    tests: Vec<(usize, usize)>,
}

impl RustText {
    /// Takes a source apart.
    pub(crate) fn new(source: &str) -> Self {
        let code = blank(source);
        let tests = test_modules(&code);
        Self { code, tests }
    }

    /// Whether a one-based line belongs to a test module.
    pub(crate) fn is_test(&self, line: usize) -> bool {
        self.tests.iter().any(|&(first, last)| (first..=last).contains(&line))
    }
}

/// What the scanner is in the middle of.
enum Inside {
    Code,
    LineComment,
    /// How deeply comments are nested.
    BlockComment(usize),
    Text,
    /// Number of `#` that end the string.
    RawText(usize),
}

/// Replaces comments and the contents of strings and characters by spaces.
fn blank(source: &str) -> String {
    let letters: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut inside = Inside::Code;
    let mut index = 0;
    while index < letters.len() {
        let rest = &letters[index..];
        let (taken, shown) = step(&mut inside, &letters[..index], rest);
        for letter in &rest[..taken] {
            code.push(if *letter == '\n' || shown { *letter } else { ' ' });
        }
        index += taken;
    }
    code
}

/// Decides about the next letters: how many, and whether they are code.
fn step(inside: &mut Inside, before: &[char], rest: &[char]) -> (usize, bool) {
    match inside {
        Inside::Code => step_in_code(inside, before, rest),
        Inside::LineComment => {
            if rest[0] == '\n' {
                *inside = Inside::Code;
            }
            (1, false)
        }
        Inside::BlockComment(depth) => {
            if rest.starts_with(&['/', '*']) {
                *depth += 1;
                return (2, false);
            }
            if rest.starts_with(&['*', '/']) {
                *depth -= 1;
                if *depth == 0 {
                    *inside = Inside::Code;
                }
                return (2, false);
            }
            (1, false)
        }
        Inside::Text => match rest[0] {
            '\\' => (2.min(rest.len()), false),
            '"' => {
                *inside = Inside::Code;
                (1, true)
            }
            _ => (1, false),
        },
        Inside::RawText(hashes) => {
            let hashes = *hashes;
            let ends =
                rest[0] == '"' && rest[1..].iter().take_while(|letter| **letter == '#').count() >= hashes;
            if ends {
                *inside = Inside::Code;
                return (1 + hashes, true);
            }
            (1, false)
        }
    }
}

fn step_in_code(inside: &mut Inside, before: &[char], rest: &[char]) -> (usize, bool) {
    if rest.starts_with(&['/', '/']) {
        *inside = Inside::LineComment;
        return (2, false);
    }
    if rest.starts_with(&['/', '*']) {
        *inside = Inside::BlockComment(1);
        return (2, false);
    }
    if rest[0] == '"' {
        *inside = Inside::Text;
        return (1, true);
    }
    let is_in_word = before.last().is_some_and(|letter| letter.is_alphanumeric() || *letter == '_');
    if rest[0] == 'r' && (!is_in_word || matches!(before.last(), Some('b' | 'c'))) {
        let hashes = rest[1..].iter().take_while(|letter| **letter == '#').count();
        if rest.get(1 + hashes) == Some(&'"') {
            *inside = Inside::RawText(hashes);
            return (2 + hashes, true);
        }
    }
    if rest[0] == '\'' {
        return (character_length(rest), false);
    }
    (1, true)
}

/// Length of a character literal; 1 for the quote of a lifetime.
fn character_length(rest: &[char]) -> usize {
    match rest.get(1) {
        Some('\\') => rest.iter().skip(3).position(|letter| *letter == '\'').map_or(1, |offset| offset + 4),
        Some(_) if rest.get(2) == Some(&'\'') => 3,
        _ => 1,
    }
}

/// Finds `#[cfg(test)] mod name { .. }` by counting braces.
fn test_modules(code: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    let mut index = 0;
    while index < lines.len() {
        if lines[index].trim_start().starts_with("#[cfg(test)]") {
            let last = end_of_item(&lines, index);
            found.push((index + 1, last + 1));
            index = last;
        }
        index += 1;
    }
    found
}

/// Index of the line on which the item that begins at `first` ends.
fn end_of_item(lines: &[&str], first: usize) -> usize {
    let mut depth = 0usize;
    for (index, line) in lines.iter().enumerate().skip(first) {
        for letter in line.chars() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 1 => return index,
                '}' => depth = depth.saturating_sub(1),
                ';' if depth == 0 => return index,
                _ => {}
            }
        }
    }
    lines.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_comments_and_strings_and_nothing_else() {
        let source = "let a = \"b // c\"; // d \"e\n/* f /* g */ h */ let i = 'j'; let k: &'static str = r#\"l\"m\"#;\n";
        let text = RustText::new(source);
        assert_eq!(text.code.chars().count(), source.chars().count());
        for gone in ["// c", "d ", " f ", " h ", "'j'", "l\"m"] {
            assert!(!text.code.contains(gone), "{gone:?} in {}", text.code);
        }
        for kept in ["let a = \"", "let i = ", "static str", "let k"] {
            assert!(text.code.contains(kept), "{kept:?} not in {}", text.code);
        }
    }

    #[test]
    fn escaped_quotes_do_not_end_strings_or_characters() {
        let code = RustText::new(r#"f("a\"b", '\'', '"', '\u{1F600}', "c") + g"#).code;
        assert!(!code.contains(['a', 'b', 'c']), "{code}");
        assert!(code.ends_with("+ g"), "{code}");
    }

    #[test]
    fn finds_where_test_modules_begin_and_end() {
        let text = RustText::new("fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() { \"}\" }\n}\nfn c() {}\n");
        let tests: Vec<usize> = (1..=6).filter(|line| text.is_test(*line)).collect();
        assert_eq!(tests, [2, 3, 4, 5]);
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_ends_at_the_semicolon() {
        let text = RustText::new("#[cfg(test)]\nmod tests;\nfn c() {}\n");
        assert!(text.is_test(2) && !text.is_test(3));
    }
}
