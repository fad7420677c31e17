//! Which file names are code, what modules are called, and what comes first.

use std::cmp::Ordering;
use std::path::Path;

use globset::GlobMatcher;
use zato_core::guest::Unit;

/// Beginnings of names that are deployed first, as most other modules import them (reference operations 6.3).
const FIRST: [&str; 6] = ["common", "util", "model", "core", "channel", "adapter"];

/// Whether a file of that name can be a module. Temporary files of editors and tools are not, whatever their
/// extension.
pub(super) fn is_source(name: &str, patterns: &[GlobMatcher]) -> bool {
    let has_extension =
        Path::new(name).extension().is_some_and(|extension| extension == "py" || extension == "pyw");
    has_extension
        && !is_ignored(name)
        && (patterns.is_empty() || patterns.iter().any(|glob| glob.is_match(name)))
}

/// Says why a file or directory that looks like code is not taken because of its name, with the way out; none if it
/// is taken, or is none of our business.
pub(super) fn refusal(name: &str, is_directory: bool) -> Option<(&'static str, &'static str)> {
    let extension = Path::new(name).extension().map(|extension| extension.to_ascii_lowercase());
    if is_ignored(name) || !(is_directory || extension.is_some_and(|small| small == "py" || small == "pyw")) {
        return None;
    }
    // Keys of units are lines of logs and of listings.
    if name.chars().any(char::is_control) {
        return Some(("the name has a line break or another control character", "rename it"));
    }
    (!is_directory && !is_source(name, &[]))
        .then_some(("Python finds modules only if their names end in small letters", "rename it to `.py`"))
}

/// Whether a file or directory of that name is none of our business: hidden (version control, virtual environments,
/// Vim's and Emacs's own files), a backup, or something that Python makes itself.
pub(crate) fn is_ignored(name: &str) -> bool {
    name.starts_with('.')
        || name.ends_with('~')
        || (name.starts_with('#') && name.ends_with('#'))
        || name == "__pycache__"
        // Vim probes whether it may write to a directory with a file of this name.
        || name == "4913"
        || [".swp", ".swo", ".swx", ".tmp", ".bak", ".orig", ".part", ".pyc", ".pyo"]
            .iter()
            .any(|ending| name.ends_with(ending))
        // What IDEs of the JetBrains family write while saving.
        || name.ends_with("___jb_tmp___")
        || name.ends_with("___jb_old___")
}

/// Whether a change of something by that name can matter although the name itself is ignored: volumes of
/// Kubernetes switch versions by renaming the symbolic link `..data`.
pub(super) fn is_version_switch(name: &str) -> bool {
    name.starts_with("..")
}

/// Returns the name of the module or package at a path below a pickup directory: below a directory `src` or else
/// `source` the path from there with dots, otherwise the file name alone, without the extension (reference
/// service-api 2.2). Hyphens and dots stay: services are named after them.
pub(super) fn module_name(relative: &str, is_package: bool) -> String {
    let stem = match relative.rsplit_once('.') {
        Some((stem, "py" | "pyw")) if !is_package => stem,
        _ => relative,
    };
    let parts: Vec<&str> = stem.split('/').collect();
    let last = parts.len() - 1;
    let below = |root: &str| parts[..last].iter().rposition(|part| *part == root).map(|at| at + 1);
    parts[below("src").or_else(|| below("source")).unwrap_or(last)..].join(".")
}

/// Compares keys of units by the order in which they are deployed.
fn compare_keys(left: &str, right: &str) -> Ordering {
    rank(left).cmp(&rank(right)).then_with(|| left.cmp(right))
}

/// Puts units in the order in which they are deployed.
pub(super) fn sorted(mut units: Vec<Unit>) -> Vec<Unit> {
    units.sort_by(|left, right| compare_keys(&left.key, &right.key));
    units
}

fn rank(key: &str) -> usize {
    let best = |part: &str| FIRST.iter().position(|first| part.starts_with(first));
    key.split('/').filter_map(best).min().unwrap_or(FIRST.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_why_a_name_is_refused() {
        assert!(refusal("UPPER.PY", false).unwrap().0.contains("small letters"));
        assert!(refusal("a.Pyw", false).unwrap().1.contains(".py"));
        assert!(refusal("new\nline.py", false).unwrap().0.contains("line break"));
        assert!(refusal("new\nline", true).is_some());
        for (name, is_directory) in [
            ("crm.py", false),
            ("CRM.py", false),
            ("DATA.PY", true),
            ("new\nline.txt", false),
            (".x\n.py", false),
        ] {
            assert_eq!(refusal(name, is_directory), None, "{name:?}");
        }
    }

    #[test]
    fn temporary_files_are_no_sources() {
        for name in ["crm.py", "my-api.py", "my.api.py", "gui.pyw", "__init__.py", "Crm.py"] {
            assert!(is_source(name, &[]), "{name}");
        }
        for name in [
            ".crm.py",
            ".#crm.py",
            "#crm.py#",
            "crm.py~",
            ".crm.py.swp",
            "crm.py.swp",
            "4913",
            "crm.py.tmp",
            "crm.pyc",
            "crm.txt",
            "crm",
            "py",
            ".py",
            "crm.py___jb_tmp___",
            "crm.PY.bak",
        ] {
            assert!(!is_source(name, &[]), "{name}");
        }
    }

    #[test]
    fn modules_are_called_after_their_paths() {
        assert_eq!(module_name("crm.py", false), "crm");
        assert_eq!(module_name("my-api.py", false), "my-api");
        assert_eq!(module_name("my.api.py", false), "my.api");
        assert_eq!(module_name("gui.pyw", false), "gui");
        assert_eq!(module_name("sales/crm.py", false), "crm");
        assert_eq!(module_name("impl/src/api/user.py", false), "api.user");
        assert_eq!(module_name("src/crm.py", false), "crm");
        assert_eq!(module_name("src.py", false), "src");
        assert_eq!(module_name("billing", true), "billing");
        assert_eq!(module_name("old/billing.py", true), "billing.py");
        assert_eq!(module_name("source/a/src/b/c.py", false), "b.c");
    }

    #[test]
    fn shared_code_comes_first() {
        let mut keys =
            vec!["zoo.py", "adapter1.py", "models/x.py", "api.py", "common.py", "util_text.py", "core/a.py"];
        keys.sort_by(|left, right| compare_keys(left, right));
        assert_eq!(
            keys,
            ["common.py", "util_text.py", "models/x.py", "core/a.py", "adapter1.py", "api.py", "zoo.py"]
        );
    }
}
