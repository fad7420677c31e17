//! American spelling, chosen once.

use crate::finding::Finding;
use crate::rules::is_rule;
use crate::tidy::Repository;
use crate::tree::File;

/// Beginnings of British spellings, in lower case, with the American ones.
const SPELLINGS: &[(&str, &str)] = &[
    ("analyse", "analyze"),
    ("analysing", "analyzing"),
    ("artefact", "artifact"),
    ("authoris", "authoriz"),
    ("behaviour", "behavior"),
    ("catalogue", "catalog"),
    ("centralis", "centraliz"),
    ("colour", "color"),
    ("customis", "customiz"),
    ("deserialis", "deserializ"),
    ("emphasis", "emphasiz"),
    ("favour", "favor"),
    ("finalis", "finaliz"),
    ("generalis", "generaliz"),
    ("honour", "honor"),
    ("initialis", "initializ"),
    ("judgement", "judgment"),
    ("labelled", "labeled"),
    ("licence", "license"),
    ("minimis", "minimiz"),
    ("modelled", "modeled"),
    ("neighbour", "neighbor"),
    ("normalis", "normaliz"),
    ("optimis", "optimiz"),
    ("organis", "organiz"),
    ("prioritis", "prioritiz"),
    ("randomis", "randomiz"),
    ("recognis", "recogniz"),
    ("serialis", "serializ"),
    ("signalled", "signaled"),
    ("summaris", "summariz"),
    ("synchronis", "synchroniz"),
    ("tokenis", "tokeniz"),
    ("travelled", "traveled"),
    ("utilis", "utiliz"),
    ("whilst", "while"),
];

/// Words with such a beginning that are spelled like this everywhere.
const SAME_EVERYWHERE: [&str; 7] =
    ["emphasis", "minimis", "optimism", "optimist", "optimistic", "optimistically", "organism"];

/// Texts and names that are a contract: services and scripts may compare or import them.
const CONTRACTS: [&str; 2] = ["Cannot serialise value of type", "SerialisationError"];

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let is_ours = |file: &&File| !is_rule(&file.path) && file.path != "Cargo.lock" && file.path != "LICENSE";
    repository.tree.files.iter().filter(is_ours).flat_map(judge).collect()
}

fn judge(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines().filter(|(_, line)| !CONTRACTS.iter().any(|text| line.contains(text))) {
        for word in line.split(|letter: char| !letter.is_alphabetic()) {
            if let Some(american) = american(&word.to_lowercase()) {
                let message = format!("`{word}` is spelled `{american}..` here");
                findings.push(Finding::error(&file.path, number, message));
            }
        }
    }
    findings
}

fn american(word: &str) -> Option<&'static str> {
    if SAME_EVERYWHERE.contains(&word) {
        return None;
    }
    SPELLINGS.iter().find(|(british, _)| word.contains(british)).map(|(_, american)| *american)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_british_spellings_in_any_case_and_in_names() {
        let file = File::new("a.rs", "fn normalise_it() {} // Behaviour\nlet x = \"deserialisation\";\n");
        let lines: Vec<_> = judge(&file).into_iter().filter_map(|finding| finding.line).collect();
        assert_eq!(lines, [1, 1, 2]);
    }

    #[test]
    fn leaves_contracts_and_words_of_both_alone() {
        let text = "optimistic emphasis\nraise X('Cannot serialise value of type')\n";
        assert!(judge(&File::new("a.py", text)).is_empty());
    }
}
