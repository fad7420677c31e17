//! "Did you mean ...?"

/// Least similarity, from 0 to 1, at which a name is worth suggesting. Measured on real misspellings: at 0.6,
/// `pasword`, `urlpath` and `is_actve` find their field and unrelated words find none.
const LEAST_SIMILARITY: f64 = 0.6;

/// Returns the candidate most like the word, if any is like it at all. Case, hyphens and underscores do not count.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = plain(word);
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&wanted, &plain(candidate)), candidate))
        .filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

/// Returns ``did you mean `x`?``, or else the list of what there is.
pub fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(found) = closest(word, candidates.iter().copied()) {
        return Some(format!("did you mean `{found}`?"));
    }
    if candidates.is_empty() {
        return None;
    }
    Some(format!("known are {}", candidates.join(", ")))
}

fn plain(word: &str) -> String {
    word.chars().filter(|letter| !matches!(letter, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIELDS: [&str; 6] = ["url_path", "service", "method", "security", "data_format", "match_slash"];

    #[test]
    fn finds_misspelled_names() {
        for (typed, meant) in [
            ("urlpath", "url_path"),
            ("servce", "service"),
            ("Data-Format", "data_format"),
            ("mehtod", "method"),
        ] {
            assert_eq!(closest(typed, FIELDS), Some(meant), "{typed}");
        }
    }

    #[test]
    fn suggests_nothing_for_unrelated_words() {
        assert_eq!(closest("frobnicate", FIELDS), None);
        assert_eq!(closest("", FIELDS), None);
        assert_eq!(closest("x", []), None);
    }

    #[test]
    fn lists_what_there_is_when_nothing_is_close() {
        assert_eq!(hint("frobnicate", ["a", "b"]).as_deref(), Some("known are a, b"));
        assert_eq!(hint("frobnicate", []), None);
    }

    proptest! {
        #[test]
        fn a_name_itself_is_always_closest(index in 0..FIELDS.len()) {
            prop_assert_eq!(closest(FIELDS[index], FIELDS), Some(FIELDS[index]));
        }

        #[test]
        fn one_letter_left_out_is_found(index in 0..FIELDS.len(), position in 0_usize..5) {
            let mut typed = FIELDS[index].to_owned();
            typed.remove(position);
            prop_assert_eq!(closest(&typed, FIELDS), Some(FIELDS[index]));
        }

        #[test]
        fn any_text_is_survived(word in ".*") {
            let found = closest(&word, FIELDS);
            prop_assert!(found.is_none_or(|name| FIELDS.contains(&name)));
        }
    }
}
