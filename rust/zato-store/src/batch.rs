//! Changes to objects.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::object::{Object, ObjectKey};

/// Changes that are made together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Who makes the changes, for instance a user name or `cli`; kept in the history.
    pub actor: String,
    /// Why, in the actor's words; kept in the history.
    pub reason: String,
    /// If given, the changes are made only if this is still the revision of the store.
    pub expected_revision: Option<i64>,
    /// The changes, made in this order; a later one sees what an earlier one did.
    pub operations: Vec<Operation>,
}

impl Batch {
    /// Makes a batch without operations and without expectations.
    pub fn new(actor: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { actor: actor.into(), reason: reason.into(), ..Self::default() }
    }

    /// Adds an operation.
    #[must_use]
    pub fn with(mut self, operation: Operation) -> Self {
        self.operations.push(operation);
        self
    }
}

/// One change to one object.
///
/// Its `expected_revision`, if given, is the [`Object::revision`] that the change was decided upon; the batch is
/// refused if the object was changed meanwhile. For a put, 0 means that the object must not exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Operation {
    /// Creates an object, or replaces what the existing one says. An object that says so already is left alone.
    Put {
        /// What it is.
        kind: String,
        /// Its name.
        name: String,
        /// Whether it is in use.
        is_active: bool,
        /// Its fields, with secrets encrypted.
        spec: Value,
        /// See [`Operation`].
        expected_revision: Option<i64>,
    },
    /// Deletes an object that has to exist.
    Delete {
        /// What it is.
        kind: String,
        /// Its name.
        name: String,
        /// See [`Operation`].
        expected_revision: Option<i64>,
    },
    /// Renames an object that has to exist to a name that has not. References to it in other objects are not
    /// followed: whoever renames puts those objects in the same batch.
    Rename {
        /// What it is.
        kind: String,
        /// Its name now.
        name: String,
        /// Its name from then on.
        new_name: String,
        /// See [`Operation`].
        expected_revision: Option<i64>,
    },
}

impl Operation {
    /// Creates or replaces an object whatever its revision.
    pub fn put(kind: impl Into<String>, name: impl Into<String>, is_active: bool, spec: Value) -> Self {
        Self::Put { kind: kind.into(), name: name.into(), is_active, spec, expected_revision: None }
    }

    /// Creates an object that must not exist yet.
    pub fn create(kind: impl Into<String>, name: impl Into<String>, is_active: bool, spec: Value) -> Self {
        Self::Put { kind: kind.into(), name: name.into(), is_active, spec, expected_revision: Some(0) }
    }

    /// Deletes an object whatever its revision.
    pub fn delete(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self::Delete { kind: kind.into(), name: name.into(), expected_revision: None }
    }

    /// Renames an object whatever its revision.
    pub fn rename(kind: impl Into<String>, name: impl Into<String>, new_name: impl Into<String>) -> Self {
        Self::Rename {
            kind: kind.into(),
            name: name.into(),
            new_name: new_name.into(),
            expected_revision: None,
        }
    }

    /// Returns the name of the object as it is before the operation.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        let (Self::Put { kind, name, .. }
        | Self::Delete { kind, name, .. }
        | Self::Rename { kind, name, .. }) = self;
        ObjectKey::new(kind, name)
    }
}

/// What a batch led to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// Revision of the store afterwards: one more than before, or the same if there was nothing to change.
    pub revision: i64,
    /// The objects of the operations as they are after the batch, in the order of the operations and each once;
    /// deleted ones are missing.
    pub objects: Vec<Object>,
}
