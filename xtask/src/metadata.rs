//! The workspace as cargo sees it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// One member of the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Member {
    /// Name of the package.
    pub(crate) name: String,
    /// Path of its manifest, relative to the root.
    pub(crate) manifest: String,
    /// Names of the packages it depends on, for whatever purpose.
    pub(crate) dependencies: Vec<String>,
}

/// Returns the members of the workspace at `root`, by name.
pub(crate) fn members(root: &Path) -> Result<Vec<Member>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("could not run cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let document =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    Ok(parse(&document))
}

/// Takes what matters out of the output of `cargo metadata`.
fn parse(document: &Value) -> Vec<Member> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let root = text(&document["workspace_root"]);
    let packages = document["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut members: Vec<Member> = packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
            let manifest = text(&package["manifest_path"]);
            Member {
                name: text(&package["name"]),
                manifest: manifest
                    .strip_prefix(&root)
                    .unwrap_or(&manifest)
                    .trim_start_matches('/')
                    .to_owned(),
                dependencies: dependencies.iter().map(|dependency| text(&dependency["name"])).collect(),
            }
        })
        .collect();
    members.sort_by(|one, other| one.name.cmp(&other.name));
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_manifests_and_dependencies() {
        let document = serde_json::json!({
            "workspace_root": "/r",
            "packages": [{
                "name": "b", "manifest_path": "/r/rust/b/Cargo.toml", "dependencies": [{"name": "a", "kind": "dev"}],
            }],
        });
        let expected =
            Member { name: "b".into(), manifest: "rust/b/Cargo.toml".into(), dependencies: vec!["a".into()] };
        assert_eq!(parse(&document), [expected]);
    }
}
