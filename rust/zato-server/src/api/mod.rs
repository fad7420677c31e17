//! The only writer of configuration. Importing a file, a command of the command line and an internal service that
//! edits an object are the same calls.
//!
//! Every write is decided upon a snapshot and made only if the store still has its revision; if somebody else
//! was faster it is decided anew, so that references and uniqueness hold whoever writes at the same time.

mod draft;
mod initial;
mod key;
mod password;
mod secrets;
mod write;

use std::collections::BTreeSet;
use std::sync::Arc;

use zato_core::{Error, ErrorKind, Problem, Result, Secret};
use zato_schema::{Registry, map_secrets, redact};
use zato_store::{Cipher, Object, ObjectKey, Store};

pub(crate) use draft::{Draft, PutChange, PutError, Violation, ViolationClass};
pub use initial::{Credential, Credentials, GivenPasswords, initial_data, is_initial};
pub use key::check_key;
pub use password::generate as generate_password;
pub use write::DeleteOptions;

/// Reads and writes the objects of a store on behalf of somebody. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    store: Store,
    cipher: Cipher,
    registry: Registry,
    actor: Arc<str>,
    reason: Arc<str>,
    services: Option<Arc<BTreeSet<String>>>,
}

/// An object to be written: secrets in clear, only fields that are not to have their defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct NewObject {
    /// What it is, for instance `channel.rest`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Whether it is in use.
    pub is_active: bool,
    /// Its fields.
    pub spec: serde_json::Value,
}

/// What a write led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// Revision of the store that has the changes.
    pub revision: i64,
    /// Objects that were written, as they are now, secrets redacted; unchanged ones included.
    pub objects: Vec<Object>,
    /// Objects that are gone.
    pub deleted: Vec<ObjectKey>,
    /// What the user should know.
    pub warnings: Vec<Problem>,
    /// Secrets that were made because none was given.
    pub generated: Vec<Generated>,
}

/// A secret that was made for a new object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The object.
    pub key: ObjectKey,
    /// Its field.
    pub field: String,
    /// The secret.
    pub secret: Secret,
}

impl Api {
    /// Takes the store, the cipher of its secrets, and who acts, which the history of objects will tell.
    pub fn new(store: Store, cipher: Cipher, registry: Registry, actor: impl Into<Arc<str>>) -> Self {
        Self { store, cipher, registry, actor: actor.into(), reason: Arc::from(""), services: None }
    }

    /// Says why, for the history of objects.
    #[must_use]
    pub fn because(&self, reason: impl Into<Arc<str>>) -> Self {
        Self { reason: reason.into(), ..self.clone() }
    }

    /// Says which services are deployed, so that objects that refer to others are warned about.
    #[must_use]
    pub fn knowing_services(&self, services: impl IntoIterator<Item = String>) -> Self {
        Self { services: Some(Arc::new(services.into_iter().collect())), ..self.clone() }
    }

    /// Returns the kinds there are.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Returns the store, for reading.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the cipher of the store.
    #[must_use]
    pub const fn cipher(&self) -> &Cipher {
        &self.cipher
    }

    pub(crate) fn services(&self) -> Option<&BTreeSet<String>> {
        self.services.as_deref()
    }

    pub(crate) fn actor(&self) -> &str {
        &self.actor
    }

    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns an object, its secrets redacted.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with a suggestion if there is none.
    pub async fn get(&self, kind: &str, name: &str) -> Result<Object> {
        let object = self.find(kind, name).await?;
        self.redacted(object)
    }

    /// Returns an object with its secrets in clear, for those who really need them.
    ///
    /// # Errors
    /// As [`Api::get`]; [`ErrorKind::Crypto`] if a secret cannot be decrypted with this key.
    pub async fn reveal(&self, kind: &str, name: &str) -> Result<Object> {
        let mut object = self.find(kind, name).await?;
        let kind = self.registry.require(kind)?;
        map_secrets(kind, &mut object.spec, |text| Ok(self.cipher.decrypt(text)?.expose().to_owned()))?;
        Ok(object)
    }

    /// Returns the objects of a kind sorted by name, secrets redacted.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such kind; errors of the store.
    pub async fn list(&self, kind: &str) -> Result<Vec<Object>> {
        self.registry.require(kind)?;
        self.store.list(kind).await?.into_iter().map(|object| self.redacted(object)).collect()
    }

    /// Finds a security definition of any kind by its name, which is unique over all of them; secrets redacted.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with a suggestion if there is none.
    pub async fn get_security(&self, name: &str) -> Result<Object> {
        let snapshot = self.store.snapshot().await?;
        let is_security = |object: &&Object| object.kind.starts_with("security.");
        match snapshot.objects.iter().filter(is_security).find(|object| object.name == name) {
            Some(object) => self.redacted(object.clone()),
            None => {
                let names = snapshot.objects.iter().filter(is_security).map(|object| object.name.as_str());
                Err(not_found(format!("there is no security definition `{name}`"), name, names))
            }
        }
    }

    async fn find(&self, kind: &str, name: &str) -> Result<Object> {
        let known = self.registry.require(kind)?;
        if let Some(object) = self.store.get(kind, name).await? {
            return Ok(object);
        }
        let others = self.store.list(kind).await?;
        let names = others.iter().map(|object| object.name.as_str());
        Err(not_found(format!("there is no {}", known.describe(name)), name, names))
    }

    fn redacted(&self, mut object: Object) -> Result<Object> {
        if let Some(kind) = self.registry.get(&object.kind) {
            object.spec = redact(kind, &object.spec);
            return Ok(object);
        }
        // Which of its fields are secret is not known, so that none is shown.
        Err(Error::new(ErrorKind::Invalid, format!("kind `{}` is not known to this version", object.kind))
            .hint("the store was written by a newer version of Zato"))
    }
}

fn not_found<'a>(message: String, name: &str, names: impl Iterator<Item = &'a str>) -> Error {
    let error = Error::new(ErrorKind::NotFound, message);
    match zato_schema::suggest::closest(name, names) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => error,
    }
}
