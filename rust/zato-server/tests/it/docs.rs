//! Reference pages of kinds, and the JSON Schema that editors complete enmasse files with, are made from the
//! registry. Run with `ZATO_UPDATE_DOCS=1` to write them; without it they have to be what would be written.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use zato_schema::{Registry, render};
use zato_server::kinds;

const SOURCES: &str = "rust/zato-connections/src";

#[test]
fn docs_are_fresh() {
    let registry = kinds::registry().unwrap();
    let mut pages: Vec<(String, String)> = registry
        .iter()
        .map(|kind| (format!("{}.md", kind.id()), format!("{}\n{}", banner(), render::docs(kind))))
        .collect();
    pages.push(("README.md".to_owned(), index(&registry)));
    let directory = repository().join("docs/reference/kinds");
    let schema = format!("{:#}\n", render::json_schema(&registry));
    let schema_path = repository().join("docs/reference/enmasse.schema.json");

    if std::env::var_os("ZATO_UPDATE_DOCS").is_some() {
        for page in present(&directory) {
            fs::remove_file(directory.join(page)).unwrap();
        }
        fs::create_dir_all(&directory).unwrap();
        for (name, text) in &pages {
            fs::write(directory.join(name), text).unwrap();
        }
        fs::write(&schema_path, &schema).unwrap();
    }

    let how = "run `ZATO_UPDATE_DOCS=1 cargo test -p zato-server --test it docs` and commit what changes";
    for (name, text) in &pages {
        let found = fs::read_to_string(directory.join(name)).unwrap_or_default();
        assert!(found == *text, "docs/reference/kinds/{name} is out of date: {how}");
    }
    for name in present(&directory) {
        let is_known = pages.iter().any(|(page, _)| *page == name);
        assert!(is_known, "docs/reference/kinds/{name} is about no kind: {how}");
    }
    let found = fs::read_to_string(&schema_path).unwrap_or_default();
    assert!(found == schema, "docs/reference/enmasse.schema.json is out of date: {how}");
}

fn banner() -> String {
    format!("<!-- Generated from {SOURCES}; change it there. -->")
}

fn index(registry: &Registry) -> String {
    let mut page = format!("{}\n# Kinds of objects\n\n", banner());
    page.push_str(
        "Everything that can be configured while a server runs. Objects are made by the command line, by \
         [enmasse files](../../how-to/enmasse.md), and kept in the [config store](../../concepts/config-store.md). \
         Editors complete and check enmasse files with [enmasse.schema.json](../enmasse.schema.json).\n\n\
         | kind | what it is | in enmasse files |\n|---|---|---|\n",
    );
    for kind in registry.iter() {
        let key = kind.enmasse_keys().first().copied().unwrap_or_default();
        let key =
            kind.enmasse_type().map_or_else(|| format!("`{key}`"), |told| format!("`{key}`, `type: {told}`"));
        let _ = writeln!(page, "| [`{id}`]({id}.md) | {} | {key} |", kind.summary(), id = kind.id());
    }
    page
}

/// Names of the pages that are there.
fn present(directory: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
