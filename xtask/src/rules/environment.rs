//! Every environment variable is in the reference, and the reference lists nothing else.

use crate::finding::Finding;
use crate::tidy::Repository;
use crate::tree::File;

/// Where variables are declared.
const DECLARED: &str = "rust/zato-server/src/config/env.rs";
/// Where they are documented.
const DOCUMENTED: &str = "docs/reference/environment.md";

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let tree = &repository.tree;
    let Some(declared) = tree.get(DECLARED) else { return Vec::new() };
    let Some(documented) = tree.get(DOCUMENTED) else {
        return vec![Finding::error(
            DOCUMENTED,
            None,
            format!("the variables of {DECLARED} are documented here"),
        )];
    };
    let (names, rows) = (names(declared), rows(documented));
    let mut findings = Vec::new();
    for (line, name) in &names {
        if !rows.iter().any(|(_, row)| row == name) {
            let message = format!("`{name}` has no row in {DOCUMENTED}");
            findings.push(Finding::error(DECLARED, *line, message));
        }
    }
    for (line, row) in &rows {
        if !names.iter().any(|(_, name)| name == row) {
            let message = format!("`{row}` is not declared in {DECLARED}");
            findings.push(Finding::error(DOCUMENTED, *line, message));
        }
    }
    findings
}

/// Returns lines and names of `pub const X: &str = "NAME"`; beginnings of names get a `*`.
fn names(source: &File) -> Vec<(usize, String)> {
    let name = |line: &str| {
        let (left, right) = line.strip_prefix("pub const ")?.split_once(": &str = \"")?;
        let name = right.split('"').next()?;
        Some(if left.ends_with("_PREFIX") { format!("{name}*") } else { name.to_owned() })
    };
    source.lines().filter_map(|(number, line)| Some((number, name(line)?))).collect()
}

/// Returns lines and names of the rows of tables: ``| `NAME` | ... |``.
fn rows(page: &File) -> Vec<(usize, String)> {
    let name = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    page.lines().filter_map(|(number, line)| Some((number, name(line)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    const SOURCE: &str = "pub const A: &str = \"ZATO_A\";\npub const B_PREFIX: &str = \"Zato_B_\";\n";

    fn found(page: &str) -> Vec<String> {
        let tree = Tree::of(&[(DECLARED, SOURCE), (DOCUMENTED, page)]);
        let findings = check(&Repository { tree, ..Repository::default() });
        findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn accepts_a_complete_reference() {
        assert!(found("| Name |\n|---|\n| `ZATO_A` | x |\n| `Zato_B_*` | y |\n").is_empty());
    }

    #[test]
    fn rejects_what_is_missing_and_what_is_too_much() {
        let found = found("| `ZATO_A` | x |\n| `ZATO_C` | z |\n");
        assert!(found[0].starts_with("`Zato_B_*` has no row"), "{found:?}");
        assert!(found[1].starts_with("`ZATO_C` is not declared"), "{found:?}");
    }
}
