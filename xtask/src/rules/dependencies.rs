//! Arrows between crates point downwards only, versions live in the root manifest, and heavy or foreign trees
//! stay where they belong.

use crate::finding::Finding;
use crate::metadata::Member;
use crate::tidy::Repository;
use crate::tree::Tree;

/// Which of our crates each crate may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("zato-core", &[]),
    ("zato-schema", &["zato-core"]),
    ("zato-store", &["zato-core", "zato-schema"]),
    ("zato-scheduler", &[]),
    ("zato-connections", &["zato-core", "zato-schema", "zato-scheduler"]),
    ("zato-cache", &[]),
    ("zato-coord", &[]),
    ("zato-executor", &["zato-core"]),
    ("zato-http", &["zato-core", "zato-schema", "zato-store", "zato-connections"]),
    ("zato-http-client", &["zato-core", "zato-schema", "zato-store", "zato-connections"]),
    (
        "zato-server",
        &[
            "zato-core",
            "zato-schema",
            "zato-scheduler",
            "zato-store",
            "zato-connections",
            "zato-cache",
            "zato-coord",
            "zato-executor",
            "zato-http",
            "zato-http-client",
        ],
    ),
    (
        "zato-cli",
        &[
            "zato-core",
            "zato-schema",
            "zato-scheduler",
            "zato-store",
            "zato-connections",
            "zato-cache",
            "zato-coord",
            "zato-executor",
            "zato-http",
            "zato-http-client",
            "zato-server",
        ],
    ),
    (
        "zato-py",
        &[
            "zato-core",
            "zato-schema",
            "zato-scheduler",
            "zato-store",
            "zato-connections",
            "zato-cache",
            "zato-coord",
            "zato-executor",
            "zato-http",
            "zato-http-client",
            "zato-server",
            "zato-cli",
        ],
    ),
    ("xtask", &[]),
];

/// The only crate that knows Python.
const PYTHON_CRATE: &str = "zato-py";

/// Packages that may not get into the lock file: they need a C toolchain beyond a compiler, or link a system
/// library into wheels.
const UNWANTED_PACKAGES: [&str; 4] = ["aws-lc-sys", "native-tls", "openssl-sys", "pyo3-asyncio"];

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let members = &repository.members;
    let mut findings: Vec<Finding> = members.iter().flat_map(arrows).collect();
    findings.extend(members.iter().filter_map(names_python));
    findings.extend(members.iter().flat_map(|member| own_versions(&repository.tree, member)));
    findings.extend(unwanted(&repository.tree));
    findings
}

fn arrows(member: &Member) -> Vec<Finding> {
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == member.name) else {
        let message = format!(
            "crate `{}` is not in the table of dependency rules; say in xtask/src/rules/dependencies.rs and \
             ARCHITECTURE.md what it may use",
            member.name
        );
        return vec![Finding::error(&member.manifest, None, message)];
    };
    let is_ours = |name: &&String| ALLOWED.iter().any(|(ours, _)| *name == ours);
    member
        .dependencies
        .iter()
        .filter(is_ours)
        .filter(|name| !allowed.contains(&name.as_str()))
        .map(|name| {
            let message =
                format!("`{}` may not depend on `{name}`: arrows point downwards only", member.name);
            Finding::error(&member.manifest, None, message)
        })
        .collect()
}

fn names_python(member: &Member) -> Option<Finding> {
    let found = member.dependencies.iter().find(|name| name.starts_with("pyo3"))?;
    let message =
        format!("`{found}` belongs to `{PYTHON_CRATE}` alone; reach services through `zato_core::guest`");
    (member.name != PYTHON_CRATE).then(|| Finding::error(&member.manifest, None, message))
}

/// Finds dependencies that say more than `workspace = true`.
fn own_versions(tree: &Tree, member: &Member) -> Vec<Finding> {
    let Some(manifest) = tree.get(&member.manifest) else { return Vec::new() };
    let mut is_dependencies = false;
    let mut findings = Vec::new();
    for (number, line) in manifest.lines() {
        let line = line.trim();
        if line.starts_with('[') {
            is_dependencies = line.trim_end_matches(']').ends_with("dependencies");
        } else if is_dependencies && line.contains('=') && !line.starts_with('#') {
            let is_plain = line.replace(' ', "").contains("workspace=true");
            if !is_plain || line.contains("features") {
                let message = "versions and features belong to [workspace.dependencies] of the root manifest";
                findings.push(Finding::error(&manifest.path, number, message));
            }
        }
    }
    findings
}

fn unwanted(tree: &Tree) -> Vec<Finding> {
    let Some(lock) = tree.get("Cargo.lock") else { return Vec::new() };
    let name = |line: &str| Some(line.strip_prefix("name = \"")?.strip_suffix('"')?.to_owned());
    lock.lines()
        .filter_map(|(number, line)| Some((number, name(line)?)))
        .filter(|(_, name)| UNWANTED_PACKAGES.contains(&name.as_str()))
        .map(|(number, name)| {
            let message =
                format!("package `{name}` is not wanted; `cargo tree -i {name}` says who brings it");
            Finding::error(&lock.path, number, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, dependencies: &[&str]) -> Member {
        Member {
            name: name.to_owned(),
            manifest: format!("rust/{name}/Cargo.toml"),
            dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn messages(members: Vec<Member>, files: &[(&str, &str)]) -> Vec<String> {
        let found = check(&Repository { tree: Tree::of(files), members });
        found.into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn accepts_arrows_that_point_down() {
        assert!(messages(vec![member("zato-http", &["zato-core", "zato-store", "serde"])], &[]).is_empty());
    }

    #[test]
    fn rejects_arrows_that_point_up_and_unknown_crates() {
        let found = messages(vec![member("zato-core", &["zato-schema"]), member("zato-new", &[])], &[]);
        assert!(found[0].contains("`zato-core` may not depend on `zato-schema`"), "{found:?}");
        assert!(found[1].contains("`zato-new` is not in the table"), "{found:?}");
    }

    #[test]
    fn python_stays_in_its_crate() {
        assert!(messages(vec![member("zato-py", &["pyo3"])], &[]).is_empty());
        assert!(
            messages(vec![member("zato-cli", &["pyo3-ffi"])], &[])[0].contains("belongs to `zato-py` alone")
        );
    }

    #[test]
    fn rejects_versions_in_manifests_of_members() {
        let manifest = "[package]\nversion = \"1\"\n[dev-dependencies]\na.workspace = true\nb = \"1\"\n\
                        c = { workspace = true, features = [\"x\"] }\n[lints]\nworkspace = true\n";
        let found = messages(vec![member("xtask", &[])], &[("rust/xtask/Cargo.toml", manifest)]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("Cargo.toml:5") && found[1].contains("Cargo.toml:6"), "{found:?}");
    }

    #[test]
    fn rejects_unwanted_packages() {
        let found = messages(Vec::new(), &[("Cargo.lock", "name = \"serde\"\nname = \"openssl-sys\"\n")]);
        assert_eq!(found.len(), 1);
    }
}
