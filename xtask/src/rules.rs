//! The rules, one file each. A rule is a function from a repository to findings; its tests use small strings.

pub(crate) mod architecture;
pub(crate) mod boundaries;
pub(crate) mod dependencies;
pub(crate) mod environment;
pub(crate) mod error_codes;
pub(crate) mod file_size;
pub(crate) mod links;
pub(crate) mod machine_paths;
pub(crate) mod markers;
pub(crate) mod names;
pub(crate) mod registry;
pub(crate) mod server_conf;
pub(crate) mod spelling;
pub(crate) mod words;

/// Whether a file holds the rules themselves, which have to name what they forbid.
fn is_rule(path: &str) -> bool {
    path.starts_with("xtask/src/rules/")
}

/// Byte offsets at which `word` stands in `line` with no letter, digit or underscore beside it.
fn words_in<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_word =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    line.match_indices(word).map(|(offset, _)| offset).filter(move |&offset| {
        !is_word(line[..offset].chars().next_back()) && !is_word(line[offset + word.len()..].chars().next())
    })
}

/// Whether `word` stands in `line` by itself.
fn has_word(line: &str, word: &str) -> bool {
    words_in(line, word).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_not_part_of_another() {
        assert!(has_word("use pyo3::x;", "pyo3"));
        assert!(!has_word("use pyo3_ffi;", "pyo3"));
        assert!(!has_word("nopyo3", "pyo3"));
    }
}
