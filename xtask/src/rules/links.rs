//! Links of Markdown pages lead to files that exist.

use crate::finding::Finding;
use crate::tidy::Repository;
use crate::tree::File;

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let tree = &repository.tree;
    let exists = |path: &str| {
        let directory = format!("{}/", path.trim_end_matches('/'));
        tree.get(path).is_some() || tree.files.iter().any(|file| file.path.starts_with(&directory))
    };
    let mut findings = Vec::new();
    for page in tree.files.iter().filter(|file| file.is("md")) {
        for (number, target) in targets(page) {
            if !exists(&resolve(&page.path, &target)) {
                findings.push(Finding::error(
                    &page.path,
                    number,
                    format!("the link to `{target}` leads nowhere"),
                ));
            }
        }
    }
    findings
}

/// Returns lines and relative targets of links, without fragments.
fn targets(page: &File) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut is_fenced = false;
    for (number, line) in page.lines() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        }
        if is_fenced {
            continue;
        }
        for rest in line.split("](").skip(1) {
            let target = rest.split([')', '#', ' ']).next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                found.push((number, target.to_owned()));
            }
        }
    }
    found
}

/// Returns the path, relative to the root, that a link on a page means.
fn resolve(page: &str, target: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn finds_links_that_lead_nowhere() {
        let page = "[a](../a.md#x) [b](b.md) [c](https://example.com) [d](#e) [f](..)\n```\n[g](h.md)\n```\n";
        let tree = Tree::of(&[("docs/x/page.md", page), ("docs/a.md", "")]);
        let found = check(&Repository { tree, ..Repository::default() });
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].message.contains("`b.md`"));
    }
}
