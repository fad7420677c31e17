//! Every key of the shipped server.conf is in the reference, below its stanza.

use crate::finding::Finding;
use crate::tidy::Repository;
use crate::tree::File;

/// The server.conf that new servers get. Keys behind `# ` are there with their defaults.
const SHIPPED: &str = "rust/zato-server/src/config/templates/server.conf";
/// Where keys are documented.
const PAGE: &str = "docs/reference/server-conf.md";

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let tree = &repository.tree;
    let (Some(shipped), Some(page)) = (tree.get(SHIPPED), tree.get(PAGE)) else { return Vec::new() };
    let mut stanza = String::new();
    let mut findings = Vec::new();
    for (number, line) in shipped.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut stanza);
            if !page.lines().any(|(_, line)| is_heading(line, name)) {
                findings.push(Finding::error(
                    SHIPPED,
                    number,
                    format!("`[{name}]` has no section in {PAGE}"),
                ));
            }
        } else if let Some(key) = key(line)
            && !is_documented(page, &stanza, key)
        {
            let message = format!("`{key}` is not documented below `[{stanza}]` in {PAGE}");
            findings.push(Finding::error(SHIPPED, number, message));
        }
    }
    findings
}

/// Returns the key of `key = value`, whether or not it is behind a `#`.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.strip_prefix("# ").unwrap_or(line).split_once(" =")?;
    key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_').then_some(key)
}

fn is_heading(line: &str, stanza: &str) -> bool {
    line.starts_with("### ") && line.contains(&format!("`[{stanza}]`"))
}

/// Whether the section names the key; `N` stands for any number.
fn is_documented(page: &File, stanza: &str, key: &str) -> bool {
    let general: String = key
        .split('_')
        .map(|part| if part.bytes().all(|byte| byte.is_ascii_digit()) { "N" } else { part })
        .collect::<Vec<_>>()
        .join("_");
    let mut is_inside = false;
    page.lines().any(|(_, line)| {
        if line.starts_with('#') {
            is_inside = is_heading(line, stanza);
        }
        is_inside && [key, &general].iter().any(|name| line.contains(&format!("`{name}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn found(shipped: &str, page: &str) -> Vec<String> {
        let tree = Tree::of(&[(SHIPPED, shipped), (PAGE, page)]);
        let findings = check(&Repository { tree, ..Repository::default() });
        findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn accepts_keys_in_their_sections() {
        let shipped = "[main]\n# What to do.\nbind = x\n# code_404_message = y\n";
        assert!(found(shipped, "### `[main]`\n| `bind` | x |\n`code_N_message`\n").is_empty());
    }

    #[test]
    fn rejects_keys_and_stanzas_that_are_missing_or_elsewhere() {
        let found = found("[main]\nbind = x\n[http]\n", "### `[main]`\n### `[other]`\n`bind`\n");
        assert!(found[0].starts_with("`bind` is not documented below `[main]`"), "{found:?}");
        assert!(found[1].starts_with("`[http]` has no section"), "{found:?}");
    }
}
