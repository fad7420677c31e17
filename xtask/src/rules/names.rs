//! Names that say nothing: modules that collect what has no home, types that are a manager or a helper.

use crate::finding::Finding;
use crate::tidy::Repository;
use crate::tree::File;

/// Modules that attract whatever has no home.
const MODULES: [&str; 6] = ["utils", "util", "helpers", "helper", "misc", "common"];
/// The same for Python, where `zato.common` is a historical name that services import.
const PYTHON_MODULES: [&str; 5] = ["utils", "util", "helpers", "helper", "misc"];
/// Historical Python modules that services import (reference service-api 1.2 and 1.3).
const HISTORICAL: [&str; 2] = ["python/zato/common/util/", "python/zato/server/service/internal/helpers"];
/// Ends of type names that say nothing about the type.
const ENDINGS: [&str; 4] = ["Manager", "Wrapper", "Helper", "Impl"];

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &repository.tree.files {
        findings.extend(modules(file));
        if file.is("rs") {
            findings.extend(types(file));
        }
    }
    findings
}

fn modules(file: &File) -> Option<Finding> {
    let forbidden: &[&str] = match () {
        () if file.is("rs") => &MODULES,
        () if file.is("py") && !HISTORICAL.iter().any(|prefix| file.path.starts_with(prefix)) => {
            &PYTHON_MODULES
        }
        () => return None,
    };
    let stem = file.path.rsplit_once('.').map_or(file.path.as_str(), |(stem, _)| stem);
    let part = stem.split('/').find(|part| forbidden.contains(part))?;
    Some(Finding::error(
        &file.path,
        None,
        format!("a module called `{part}` collects what has no home; name what is in it"),
    ))
}

fn types(file: &File) -> Vec<Finding> {
    file.code_lines()
        .filter_map(|(number, line)| Some((number, declared(line)?)))
        .filter_map(|(number, name)| {
            let ending = ENDINGS.iter().find(|ending| name.ends_with(**ending))?;
            let message = format!("type `{name}`: `{ending}` says nothing; name what it is");
            Some(Finding::error(&file.path, number, message))
        })
        .collect()
}

/// Returns the name of the type that a line declares.
fn declared(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub") || *word == "unsafe");
    if !matches!(words.next()?, "struct" | "enum" | "trait" | "type" | "union") {
        return None;
    }
    words.next()?.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn found(path: &str, text: &str) -> usize {
        check(&Repository { tree: Tree::of(&[(path, text)]), ..Repository::default() }).len()
    }

    #[test]
    fn rejects_modules_without_a_subject() {
        assert_eq!(found("rust/zato-core/src/utils.rs", ""), 1);
        assert_eq!(found("rust/zato-core/src/common/a.rs", ""), 1);
        assert_eq!(found("python/zato/server/misc.py", ""), 1);
        assert_eq!(found("rust/zato-core/src/commonly.rs", ""), 0);
    }

    #[test]
    fn historical_python_modules_stay() {
        assert_eq!(found("python/zato/common/util/api.py", ""), 0);
        assert_eq!(found("python/zato/server/service/internal/helpers.py", ""), 0);
        assert_eq!(found("python/zato/common/api.py", ""), 0);
    }

    #[test]
    fn rejects_types_that_manage_wrap_and_help() {
        assert_eq!(found("rust/a/src/b.rs", "pub(crate) struct PoolManager<T> {\n"), 1);
        assert_eq!(found("rust/a/src/b.rs", "trait Helper {}\n"), 1);
        assert_eq!(found("rust/a/src/b.rs", "struct Implementation; // struct PoolManager\n"), 0);
    }
}
