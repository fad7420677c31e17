//! A store of its own for each test.

use zato_core::Secret;
use zato_server::api::{Api, NewObject};
use zato_server::kinds;
use zato_store::{Cipher, SecretKey, Store, StoreOptions};

/// A store in a temporary directory, and the API over it.
pub(crate) struct Place {
    pub(crate) api: Api,
    pub(crate) directory: tempfile::TempDir,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store =
            Store::open(StoreOptions::sqlite(directory.path().join("zato.db")).create(true)).await.unwrap();
        store.migrate().await.unwrap();
        let cipher = Cipher::new(&SecretKey::generate().unwrap()).unwrap();
        let api = Api::new(store, cipher, kinds::registry().unwrap(), "tests");
        Self { api, directory }
    }

    /// Returns a secret field in clear.
    pub(crate) async fn secret(&self, kind: &str, name: &str, field: &str) -> Secret {
        let object = self.api.reveal(kind, name).await.unwrap();
        Secret::new(object.spec[field].as_str().unwrap())
    }

    /// Returns everything the database file holds, as bytes.
    pub(crate) fn stored_bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.directory.path()).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }
}

/// An active object.
pub(crate) fn object(kind: &str, name: &str, spec: serde_json::Value) -> NewObject {
    NewObject { kind: kind.to_owned(), name: name.to_owned(), is_active: true, spec }
}
