//! Nothing unfinished and nothing switched off: no reminders, no stubs, no lints silenced without a reason.

use crate::finding::Finding;
use crate::rules::{has_word, is_rule};
use crate::tidy::Repository;
use crate::tree::File;

/// Reminders, in any text.
const REMINDERS: [&str; 4] = ["TODO", "FIXME", "XXX", "HACK"];
/// Stubs, in Rust code.
const STUBS: [&str; 2] = ["unimplemented!", "todo!"];
/// Lints silenced, in Rust code.
const SILENCED: [&str; 2] = ["#[allow(", "#![allow("];

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    repository.tree.files.iter().filter(|file| !is_rule(&file.path)).flat_map(judge).collect()
}

fn judge(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        if let Some(word) = REMINDERS.iter().find(|word| has_word(line, word)) {
            findings.push(Finding::error(
                &file.path,
                number,
                format!("`{word}`: finish it, or write down a debt"),
            ));
        }
        if line.trim() == "//! Placeholder." {
            findings.push(Finding::error(&file.path, number, "a module without content"));
        }
    }
    if !file.is("rs") {
        return findings;
    }
    for (number, line) in file.code_lines() {
        if let Some(stub) = STUBS.iter().find(|stub| line.contains(**stub)) {
            findings.push(Finding::error(&file.path, number, format!("`{stub}` is a stub")));
        }
        if SILENCED.iter().any(|attribute| line.contains(attribute)) {
            let message = "use `#[expect(.., reason = \"..\")]`, which goes away with its reason";
            findings.push(Finding::error(&file.path, number, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<Option<usize>> {
        judge(&File::new(path, text)).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn rejects_reminders_everywhere() {
        assert_eq!(lines("a.py", "x = 1\n# TODO: more\n"), [Some(2)]);
        assert_eq!(lines("a.md", "the METHODOLOGY\n"), []);
    }

    #[test]
    fn rejects_stubs_in_code_but_not_in_comments() {
        assert_eq!(lines("a.rs", "// todo!() is forbidden\nfn a() { todo!() }\n"), [Some(2)]);
        assert_eq!(lines("a.rs", "//! Placeholder.\n"), [Some(1)]);
    }

    #[test]
    fn rejects_silenced_lints() {
        assert_eq!(lines("a.rs", "#[allow(dead_code)]\n#[expect(dead_code, reason = \"x\")]\n"), [Some(1)]);
    }
}
