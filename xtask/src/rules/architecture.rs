//! ARCHITECTURE.md has a section for every crate, and for nothing else.

use crate::finding::Finding;
use crate::tidy::Repository;

const PAGE: &str = "ARCHITECTURE.md";

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let Some(page) = repository.tree.get(PAGE) else {
        return vec![Finding::error(PAGE, None, "the document is missing")];
    };
    let section = |line: &str| Some(line.strip_prefix("### `")?.strip_suffix('`')?.to_owned());
    let sections: Vec<(usize, String)> =
        page.lines().filter_map(|(number, line)| Some((number, section(line)?))).collect();
    let mut findings = Vec::new();
    for member in &repository.members {
        if !sections.iter().any(|(_, name)| *name == member.name) {
            let message = format!("crate `{0}` has no section; begin it with ``### `{0}` ``", member.name);
            findings.push(Finding::error(PAGE, None, message));
        }
    }
    for (line, name) in sections {
        if !repository.members.iter().any(|member| member.name == name) {
            findings.push(Finding::error(PAGE, line, format!("there is no crate `{name}`")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Member;
    use crate::tree::Tree;

    fn found(page: &str) -> Vec<String> {
        let members = vec![Member { name: "zato-core".to_owned(), ..Member::default() }];
        let findings = check(&Repository { tree: Tree::of(&[(PAGE, page)]), members });
        findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn accepts_a_section_for_every_crate() {
        assert!(found("## Code map\n\n### `zato-core`\n\nVocabulary.\n").is_empty());
    }

    #[test]
    fn rejects_crates_without_sections_and_sections_without_crates() {
        let found = found("### `zato-gone`\n");
        assert!(found[0].starts_with("crate `zato-core` has no section"), "{found:?}");
        assert_eq!(found[1], "there is no crate `zato-gone`");
    }
}
