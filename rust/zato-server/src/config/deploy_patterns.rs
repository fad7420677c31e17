//! What may be deployed: `[deploy_patterns_allowed]` (reference operations 4.1).

use std::path::Path;

use zato_core::guest::{ServiceCandidate, Unit};

use super::patterns::{Patterns, is_everything, matches_name, matches_path};

/// Ordered rules about files, modules and services. The first rule that matches the file, the module or the service
/// decides; what no rule matches is refused.
///
/// A pattern with a slash, or one that ends in `.py` or `.pyw`, is about files: absolute paths, paths below the pickup
/// directory or, if it has no slash, names of files. Any other is about names of modules and services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeployPatterns(Patterns);

impl DeployPatterns {
    /// Takes rules in the order in which they are tried.
    #[must_use]
    pub const fn new(patterns: Patterns) -> Self {
        Self(patterns)
    }

    /// Whether a unit may be imported: whether there is a service that it could have and that would be let through.
    #[must_use]
    pub fn allows_unit(&self, unit: &Unit) -> bool {
        self.allows_import(&unit.module, &paths_of(unit))
    }

    /// Whether a module may be imported that is found by its name, wherever it is.
    #[must_use]
    pub fn allows_module(&self, module: &str) -> bool {
        self.allows_import(module, &[])
    }

    /// Whether a service may be deployed.
    #[must_use]
    pub fn allows_service(&self, candidate: &ServiceCandidate) -> bool {
        let names = [candidate.name.as_str(), candidate.module.as_str()];
        let mut rules = self.0.rules().iter();
        rules.find(|(pattern, _)| matches(pattern, &names, &candidate.files)).is_some_and(|rule| rule.1)
    }

    fn allows_import(&self, module: &str, files: &[String]) -> bool {
        for (pattern, verdict) in self.0.rules() {
            // What the services in it are called is known only after the import, and one may be called like this.
            if matches(pattern, &[module], files) || (*verdict && !is_about_files(pattern)) {
                return *verdict;
            }
        }
        false
    }
}

fn matches(pattern: &str, names: &[&str], files: &[String]) -> bool {
    if is_everything(pattern) {
        return true;
    }
    if !is_about_files(pattern) {
        return names.iter().any(|name| matches_name(pattern, name));
    }
    let file_name = |file: &String| file.rsplit('/').next().unwrap_or_default().to_owned();
    files.iter().any(|file| {
        matches_path(pattern, file) || (!pattern.contains('/') && matches_path(pattern, &file_name(file)))
    })
}

fn is_about_files(pattern: &str) -> bool {
    let has_extension =
        Path::new(pattern).extension().is_some_and(|extension| extension == "py" || extension == "pyw");
    pattern.contains('/') || has_extension
}

/// Paths that a unit is known by: its key and where it is; of a package, those of the directory and of `__init__.py`.
fn paths_of(unit: &Unit) -> Vec<String> {
    let mut paths = vec![unit.key.clone()];
    let main = unit.files.iter().find(|file| !unit.is_package || file.path == "__init__.py");
    if let Some(main) = main {
        paths.push(main.location.to_string_lossy().into_owned());
        if unit.is_package {
            paths.push(format!("{}/{}", unit.key, main.path));
            paths.extend(main.location.parent().map(|directory| directory.to_string_lossy().into_owned()));
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use zato_core::guest::SourceFile;

    use super::*;

    fn patterns(rules: &[(&str, bool)]) -> DeployPatterns {
        DeployPatterns::new(Patterns::new(
            rules.iter().map(|(pattern, verdict)| ((*pattern).to_owned(), *verdict)).collect(),
        ))
    }

    fn unit(key: &str) -> Unit {
        let is_package = !key.contains(".py");
        let path = if is_package { "__init__.py" } else { key.rsplit('/').next().unwrap() };
        let location = if is_package { format!("/pickup/{key}/{path}") } else { format!("/pickup/{key}") };
        let content = String::new();
        Unit {
            key: key.to_owned(),
            module: key.rsplit('/').next().unwrap().trim_end_matches(".py").to_owned(),
            is_package,
            is_internal: false,
            files: vec![SourceFile { path: path.to_owned(), location: location.into(), content }],
            hash: String::new(),
        }
    }

    fn service(name: &str, module: &str, file: &str) -> ServiceCandidate {
        let files = vec![format!("/pickup/{file}"), file.to_owned()];
        ServiceCandidate { name: name.to_owned(), module: module.to_owned(), files }
    }

    #[test]
    fn files_are_refused_by_path_key_and_name() {
        for pattern in ["/pickup/old/**", "old/*", "old/*.py", "c?m.py", "/pickup/**/crm.py"] {
            let patterns = patterns(&[(pattern, false), ("*", true)]);
            assert!(!patterns.allows_unit(&unit("old/crm.py")), "{pattern}");
            assert!(patterns.allows_unit(&unit("new/sales.py")), "{pattern}");
            assert!(!patterns.allows_service(&service("any", "crm", "old/crm.py")), "{pattern}");
        }
        let patterns = patterns(&[("old/*", false), ("*", true)]);
        assert!(patterns.allows_unit(&unit("old/deep/crm.py")), "a star stays in its directory");
    }

    #[test]
    fn packages_are_refused_by_directory_and_by_what_is_in_it() {
        for pattern in ["/pickup/billing", "/pickup/billing/**", "billing/**", "billing"] {
            let patterns = patterns(&[(pattern, false), ("*", true)]);
            assert!(!patterns.allows_unit(&unit("billing")), "{pattern}");
            assert!(patterns.allows_unit(&unit("billing2")), "{pattern}");
        }
    }

    #[test]
    fn modules_are_refused_by_name() {
        let patterns = patterns(&[("crm", false), ("old.**", false), ("**", true)]);
        assert!(!patterns.allows_unit(&unit("sub/crm.py")) && patterns.allows_unit(&unit("crm2.py")));
        assert!(!patterns.allows_module("old.api") && patterns.allows_module("new.api"));
        assert!(!patterns.allows_service(&service("other.name", "crm", "sub/crm.py")));
    }

    #[test]
    fn what_may_have_an_allowed_service_is_imported_and_its_services_decide() {
        let patterns = patterns(&[("crm.get.*", true)]);
        assert!(patterns.allows_unit(&unit("sales.py")), "a service in it may be called so");
        assert!(patterns.allows_service(&service("crm.get.client", "sales", "sales.py")));
        assert!(!patterns.allows_service(&service("crm.delete.client", "sales", "sales.py")));
    }

    #[test]
    fn nothing_is_imported_that_only_other_files_are_allowed_for() {
        let patterns = patterns(&[("/srv/approved/**", true)]);
        assert!(!patterns.allows_unit(&unit("crm.py")) && !patterns.allows_module("crm"));
        assert!(!DeployPatterns::default().allows_unit(&unit("crm.py")));
    }

    #[test]
    fn the_first_match_decides_whatever_it_is_about() {
        let allowing_first = patterns(&[("crm.public", true), ("/pickup/**", false)]);
        assert!(allowing_first.allows_unit(&unit("crm.py")));
        assert!(allowing_first.allows_service(&service("crm.public", "crm", "crm.py")));
        assert!(!allowing_first.allows_service(&service("crm.other", "crm", "crm.py")));
        let refusing_first = patterns(&[("/pickup/**", false), ("crm.public", true)]);
        assert!(!refusing_first.allows_unit(&unit("crm.py")));
    }
}
