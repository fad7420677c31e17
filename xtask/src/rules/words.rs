//! Words that are about how the repository came to be rather than about what it is.

use crate::finding::Finding;
use crate::rules::{has_word, is_rule};
use crate::tidy::Repository;
use crate::tree::File;

/// Words nobody outside would understand, in lower case.
const WORDS: [&str; 10] = [
    "anthropic",
    "brief.md",
    "chatgpt",
    "claude",
    "copilot",
    "gpt-4",
    "model-codebases",
    "openai",
    "subagent",
    "the brief",
];

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    repository.tree.files.iter().filter(|file| !is_rule(&file.path)).flat_map(judge).collect()
}

fn judge(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        let lower = line.to_lowercase();
        if let Some(word) = WORDS.iter().find(|word| has_word(&lower, word)) {
            let message = format!("`{word}` is about how this was made; say what is, and why");
            findings.push(Finding::error(&file.path, number, message));
        }
        if names_an_issue(&lower) {
            let message = "a number of a ticket means nothing to a reader; say the reason itself";
            findings.push(Finding::error(&file.path, number, message));
        }
    }
    findings
}

/// Whether a line, in lower case, has the word `issue` followed by a number.
fn names_an_issue(lower: &str) -> bool {
    super::words_in(lower, "issue").any(|offset| {
        let rest = lower[offset + "issue".len()..].trim_start_matches([' ', '#']);
        rest.starts_with(|letter: char| letter.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        judge(&File::new("a.md", text)).len()
    }

    #[test]
    fn rejects_words_about_the_making() {
        assert_eq!(found("As the brief says\n"), 1);
        assert_eq!(found("comes with issue 12\nsee Issue #3\n"), 2);
    }

    #[test]
    fn accepts_ordinary_words() {
        assert_eq!(found("an issue of 3 kinds; the briefest; tissue 1; issues 2 tokens\n"), 0);
    }
}
