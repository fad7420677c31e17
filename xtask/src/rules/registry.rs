//! Every kind is in the registry: a file that implements `Kind` for a type names a type that
//! `zato-server/src/kinds.rs` lists.

use crate::finding::Finding;
use crate::rules::has_word;
use crate::tidy::Repository;

/// Where kinds live.
const KINDS: &str = "rust/zato-connections/src/";
/// The explicit list.
const REGISTRY: &str = "rust/zato-server/src/kinds.rs";

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let tree = &repository.tree;
    let registry = tree.get(REGISTRY);
    let is_listed =
        |kind: &str| registry.is_some_and(|file| file.code_lines().any(|(_, line)| has_word(line, kind)));
    let mut findings = Vec::new();
    for file in tree.below(KINDS, "rs") {
        for (number, line) in file.code_lines().filter(|(number, _)| !file.is_test(*number)) {
            let Some(kind) = implemented(line) else { continue };
            if !is_listed(kind) {
                let message = format!("kind `{kind}` is not listed in {REGISTRY}");
                findings.push(Finding::error(&file.path, number, message));
            }
        }
    }
    findings
}

/// Returns the type that a line implements `Kind` for.
fn implemented(line: &str) -> Option<&str> {
    let (_, rest) = line.trim_start().strip_prefix("impl")?.split_once("Kind for ")?;
    rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .next()
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn found(kind: &str, registry: &str) -> usize {
        let tree = Tree::of(&[("rust/zato-connections/src/channel/x.rs", kind), (REGISTRY, registry)]);
        check(&Repository { tree, ..Repository::default() }).len()
    }

    #[test]
    fn accepts_a_kind_that_is_listed() {
        assert_eq!(found("impl Kind for X {\n", "vec![DynKind::of::<X>()]"), 0);
        assert_eq!(found("impl zato_schema::Kind for X {\n", "vec![DynKind::of::<channel::X>()]"), 0);
    }

    #[test]
    fn rejects_a_kind_that_is_not_listed_or_only_mentioned() {
        assert_eq!(found("impl Kind for X {\n", "vec![DynKind::of::<XY>()]"), 1);
        assert_eq!(found("impl Kind for X {\n", "// X comes later\n"), 1);
    }

    #[test]
    fn kinds_of_tests_need_no_entry() {
        assert_eq!(found("#[cfg(test)]\nmod tests {\n    impl Kind for X {}\n}\n", ""), 0);
    }
}
