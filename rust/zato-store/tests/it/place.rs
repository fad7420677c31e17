//! Where the stores of the tests are.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use zato_core::guest::{ServiceInfo, SourceFile, Unit};
use zato_store::{Operation, Store, StoreOptions};

/// A place of its own for the stores of one test; gone when dropped.
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    /// A place for SQLite files.
    pub(crate) fn sqlite() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("zato.db")
    }

    pub(crate) fn options(&self) -> StoreOptions {
        StoreOptions::sqlite(self.path())
    }

    /// Opens the store, making it if there is none.
    pub(crate) async fn open(&self) -> Store {
        let store = Store::open(self.options().create(true)).await.unwrap();
        store.migrate().await.unwrap();
        store
    }
}

/// Runs one ignored test of this binary in another process, with the store to use in its environment.
pub(crate) fn spawn(test: &str, place: &Place) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(STORE_VARIABLE, place.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

const STORE_VARIABLE: &str = "ZATO_STORE_TEST_PATH";

/// Opens the store that [`spawn`] named; nothing if the test was not started by it.
pub(crate) async fn open_as_child() -> Option<Store> {
    let path = std::env::var_os(STORE_VARIABLE)?;
    Some(Store::open(StoreOptions::sqlite(path)).await.unwrap())
}

/// Puts an active REST channel with one number in its spec.
pub(crate) fn put(name: &str, number: i64) -> Operation {
    Operation::put("channel.rest", name, true, spec(number))
}

pub(crate) fn spec(number: i64) -> Value {
    json!({"service": "demo.ping", "url_path": format!("/{number}"), "number": number})
}

/// A unit of one file whose content and hash are as given.
pub(crate) fn unit(key: &str, hash: &str) -> Unit {
    Unit {
        key: key.to_owned(),
        module: key.trim_end_matches(".py").to_owned(),
        is_package: false,
        is_internal: false,
        files: vec![SourceFile {
            path: key.to_owned(),
            location: PathBuf::from("/pickup").join(key),
            content: format!("# {hash}\n"),
        }],
        hash: hash.to_owned(),
    }
}

pub(crate) fn service(name: &str, unit: &str) -> ServiceInfo {
    ServiceInfo {
        name: name.to_owned(),
        impl_name: name.to_owned(),
        unit: unit.to_owned(),
        file: format!("/pickup/{unit}"),
        line: 4,
        is_internal: false,
    }
}
