//! Changes on their way to the store: made to a copy of a snapshot first, so that what must hold over all objects
//! can be checked before anything is written.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use zato_core::{Error, ErrorKind, Problem, Result, Secret};
use zato_schema::{
    Change, DynKind, Reference, ReferenceTarget, Registry, Validated, diff, references, suggest, validate,
};
use zato_store::{Batch, Cipher, ObjectKey, Operation, Snapshot};

use super::secrets::seal;

/// A snapshot and the changes that were made to it.
pub(crate) struct Draft<'a> {
    registry: &'a Registry,
    cipher: &'a Cipher,
    revision: i64,
    objects: BTreeMap<ObjectKey, State>,
    /// Objects to be checked: those that were put.
    touched: BTreeSet<ObjectKey>,
    operations: Vec<Operation>,
    suggestions: Cell<usize>,
}

#[derive(Debug, Clone)]
struct State {
    is_active: bool,
    spec: Value,
    /// Revision in the store; 0 if it is not there.
    revision: i64,
}

/// What putting an object amounts to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PutChange {
    Created,
    /// The fields that differ, secrets redacted.
    Updated(Vec<Change>),
    Unchanged,
}

/// Something that does not hold.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    pub(crate) key: ObjectKey,
    pub(crate) class: ViolationClass,
    /// Name of the definition or service that is missing.
    pub(crate) missing: Option<String>,
    pub(crate) problem: Problem,
}

/// Most names compared for one suggestion, and most suggestions made for one draft: with thousands of objects and
/// as many wrong references, comparing each with each would take minutes.
const SUGGESTION_LIMIT: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViolationClass {
    /// The object refers to one that does not exist.
    MissingDefinition,
    /// Another object has what must be unique.
    Clash,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(registry: &'a Registry, cipher: &'a Cipher, snapshot: &Snapshot) -> Self {
        let objects = snapshot.objects.iter().map(|object| {
            let state =
                State { is_active: object.is_active, spec: object.spec.clone(), revision: object.revision };
            (ObjectKey::new(&object.kind, &object.name), state)
        });
        Self {
            registry,
            cipher,
            revision: snapshot.revision,
            objects: objects.collect(),
            touched: BTreeSet::new(),
            operations: Vec::new(),
            suggestions: Cell::new(0),
        }
    }

    pub(crate) fn exists(&self, key: &ObjectKey) -> bool {
        self.objects.contains_key(key)
    }

    /// Revision of an object in the store.
    pub(crate) fn revision_of(&self, key: &ObjectKey) -> Option<i64> {
        self.objects.get(key).map(|state| state.revision)
    }

    pub(crate) fn spec(&self, key: &ObjectKey) -> Option<&Value> {
        self.objects.get(key).map(|state| &state.spec)
    }

    pub(crate) fn is_active(&self, key: &ObjectKey) -> Option<bool> {
        self.objects.get(key).map(|state| state.is_active)
    }

    /// Creates or replaces an object. Gives the secrets that were made for it, or what is wrong with those given.
    pub(crate) fn put(
        &mut self,
        kind: &DynKind,
        name: &str,
        is_active: bool,
        validated: &Validated,
    ) -> Result<(PutChange, Vec<(String, Secret)>), PutError> {
        let key = ObjectKey::new(kind.id(), name);
        let before = self.objects.get(&key);
        // Fields that are younger than the object have their defaults, which is no difference.
        let normal = before.map(|state| {
            validate(kind, name, &state.spec).map_or_else(|_| state.spec.clone(), |validated| validated.spec)
        });
        let sealed = seal(kind, validated.spec.clone(), normal.as_ref(), self.cipher)?;
        if !sealed.problems.is_empty() {
            let object = kind.describe(name);
            let problems = sealed.problems.into_iter().map(|problem| problem.object(&*object)).collect();
            return Err(PutError::Problems(problems));
        }
        let change = match (before, normal) {
            (Some(before), Some(normal)) => {
                let mut changes = diff(kind, &normal, &sealed.spec);
                if before.is_active != is_active {
                    changes.push(Change {
                        field: "is_active".to_owned(),
                        before: Some(before.is_active.into()),
                        after: Some(is_active.into()),
                    });
                }
                if changes.is_empty() { PutChange::Unchanged } else { PutChange::Updated(changes) }
            }
            _ => PutChange::Created,
        };
        self.touched.insert(key.clone());
        if change != PutChange::Unchanged {
            let revision = before.map_or(0, |state| state.revision);
            self.store_put(key, State { is_active, spec: sealed.spec, revision });
        }
        Ok((change, sealed.generated))
    }

    /// Deletes an object. If others refer to it they are deleted too, or named in an error.
    pub(crate) fn delete(&mut self, key: &ObjectKey, cascade: bool) -> Result<Vec<ObjectKey>> {
        let mut deleted = Vec::new();
        let mut waiting = vec![key.clone()];
        while let Some(key) = waiting.pop() {
            let Some(state) = self.objects.remove(&key) else { continue };
            let users = self.users(&key);
            if !users.is_empty() && !cascade {
                let names: Vec<String> = users.iter().map(|user| self.describe(user)).collect();
                self.objects.insert(key.clone(), state);
                let message = format!("{} is used by {}", self.describe(&key), names.join(", "));
                return Err(Error::new(ErrorKind::Conflict, message)
                    .hint("give them another definition first, or delete them along with it"));
            }
            self.operations.push(Operation::Delete {
                kind: key.kind.clone(),
                name: key.name.clone(),
                expected_revision: None,
            });
            self.touched.remove(&key);
            waiting.extend(users);
            deleted.push(key);
        }
        Ok(deleted)
    }

    /// Deletes objects without looking for others that refer to them; those are found by [`Self::violations`], which
    /// checks all objects from then on.
    pub(crate) fn delete_all(&mut self, keys: &[ObjectKey]) {
        for key in keys {
            if self.objects.remove(key).is_some() {
                self.touched.remove(key);
                self.operations.push(Operation::delete(&key.kind, &key.name));
            }
        }
        self.touched.extend(self.objects.keys().cloned());
    }

    /// Renames an object, and what refers to it refers to the new name.
    pub(crate) fn rename(&mut self, key: &ObjectKey, new_name: &str) -> Result<()> {
        let new_key = ObjectKey::new(&key.kind, new_name);
        if self.exists(&new_key) {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("{} exists already", self.describe(&new_key)),
            )
            .hint("choose another name"));
        }
        let users = self.users(key);
        let Some(state) = self.objects.remove(key) else { return Ok(()) };
        self.objects.insert(new_key.clone(), state);
        self.touched.insert(new_key);
        self.operations.push(Operation::rename(&key.kind, &key.name, new_name));
        for user in users {
            let Some(mut state) = self.objects.get(&user).cloned() else { continue };
            let Some(kind) = self.registry.get(&user.kind) else { continue };
            for reference in references(kind, &state.spec) {
                if reference.name != key.name || !reference.target.accepts(&key.kind) {
                    continue;
                }
                match state.spec.get_mut(&reference.field) {
                    Some(Value::Array(names)) => {
                        for name in names.iter_mut().filter(|name| name.as_str() == Some(&key.name)) {
                            *name = Value::from(new_name);
                        }
                    }
                    Some(name) => *name = Value::from(new_name),
                    None => {}
                }
            }
            self.touched.insert(user.clone());
            self.store_put(user, state);
        }
        Ok(())
    }

    /// Returns everything that does not hold for the objects that were put.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let mut taken: HashMap<(&str, String), Vec<&ObjectKey>> = HashMap::new();
        let kinds: BTreeSet<&str> = self.touched.iter().map(|key| key.kind.as_str()).collect();
        for (key, state) in &self.objects {
            let Some(kind) = self.registry.get(&key.kind).filter(|kind| kinds.contains(kind.id())) else {
                continue;
            };
            for values in kind.unique_values(&state.spec) {
                taken.entry((kind.id(), values)).or_default().push(key);
            }
        }
        let mut violations = self.second_flags();
        for key in &self.touched {
            let (Some(kind), Some(state)) = (self.registry.get(&key.kind), self.objects.get(key)) else {
                continue;
            };
            let mut add = |class, missing, problem: Problem| {
                let problem = problem.object(kind.describe(&key.name));
                violations.push(Violation { key: key.clone(), class, missing, problem });
            };
            for (name, problem) in self.missing(kind, state) {
                add(ViolationClass::MissingDefinition, Some(name), problem);
            }
            if let Some(problem) = self.name_clash(kind, key) {
                add(ViolationClass::Clash, None, problem);
            }
            for (group, values) in kind.unique_together().iter().zip(kind.unique_values(&state.spec)) {
                let Some(other) = taken
                    .get(&(kind.id(), values.clone()))
                    .and_then(|keys| keys.iter().find(|other| **other != key))
                else {
                    continue;
                };
                let message = format!("{values} is taken by {}", self.describe(other));
                let problem = Problem::new(message).field(group.first().copied().unwrap_or_default());
                add(ViolationClass::Clash, None, problem.hint(format!("change one of {}", group.join(", "))));
            }
        }
        violations
    }

    /// Finds flags that are true in a touched object and in another one, where only one may have them.
    fn second_flags(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        for key in &self.touched {
            let Some(kind) = self.registry.get(&key.kind) else { continue };
            for flag in kind.single_flags() {
                let has_it = |(key, state): &(&ObjectKey, &State)| {
                    key.kind == kind.id()
                        && !flag.except.contains(&key.name.as_str())
                        && state.spec[flag.field] == Value::Bool(true)
                };
                let holders: Vec<_> = self.objects.iter().filter(has_it).map(|(key, _)| key).collect();
                let (true, Some(other)) =
                    (holders.contains(&key), holders.iter().find(|other| **other != key))
                else {
                    continue;
                };
                let problem = Problem::new(format!("{} has it already", self.describe(other)))
                    .field(flag.field)
                    .object(kind.describe(&key.name))
                    .hint("set it to false in one of them");
                let class = ViolationClass::Clash;
                violations.push(Violation { key: key.clone(), class, missing: None, problem });
            }
        }
        violations
    }

    /// Returns warnings about services that objects refer to and that are not among those deployed.
    pub(crate) fn missing_services(&self, deployed: &BTreeSet<String>) -> Vec<Violation> {
        let mut found = Vec::new();
        for key in &self.touched {
            let (Some(kind), Some(state)) = (self.registry.get(&key.kind), self.objects.get(key)) else {
                continue;
            };
            for reference in references(kind, &state.spec) {
                if reference.target == ReferenceTarget::Service && !deployed.contains(&reference.name) {
                    let message = format!("service `{}` is not deployed", reference.name);
                    let hint = match self.suggest(&reference.name, deployed.iter().map(String::as_str)) {
                        Some(meant) => format!("deploy it, or did you mean `{meant}`?"),
                        None => "requests get an error until it is deployed".to_owned(),
                    };
                    let problem =
                        Problem::new(message).object(kind.describe(&key.name)).field(reference.field);
                    let class = ViolationClass::MissingDefinition;
                    let missing = Some(reference.name);
                    found.push(Violation { key: key.clone(), class, missing, problem: problem.hint(hint) });
                }
            }
        }
        found
    }

    /// Returns the batch, if there is anything to write.
    pub(crate) fn into_batch(self, actor: &str, reason: &str) -> Option<Batch> {
        (!self.operations.is_empty()).then(|| Batch {
            expected_revision: Some(self.revision),
            operations: self.operations,
            ..Batch::new(actor, reason)
        })
    }

    fn store_put(&mut self, key: ObjectKey, state: State) {
        self.operations.push(Operation::Put {
            kind: key.kind.clone(),
            name: key.name.clone(),
            is_active: state.is_active,
            spec: state.spec.clone(),
            expected_revision: None,
        });
        self.objects.insert(key, state);
    }

    /// References of an object to what is not there.
    fn missing(&self, kind: &DynKind, state: &State) -> Vec<(String, Problem)> {
        let missing = |reference: Reference| {
            let problem = self.missing_reference(&reference.target, &reference.name)?;
            Some((reference.name, problem.field(reference.field)))
        };
        references(kind, &state.spec).into_iter().filter_map(missing).collect()
    }

    /// Returns what is wrong with a reference, if it names no object.
    pub(crate) fn missing_reference(&self, target: &ReferenceTarget, name: &str) -> Option<Problem> {
        let is_there = |kind: &DynKind| self.exists(&ObjectKey::new(kind.id(), name));
        if *target == ReferenceTarget::Service || self.registry.targets(target).any(is_there) {
            return None;
        }
        let known = self.objects.keys().filter(|key| target.accepts(&key.kind));
        let hint = match self.suggest(name, known.map(|key| key.name.as_str())) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "create it first, or in the same file".to_owned(),
        };
        Some(Problem::new(format!("there is no definition `{name}`")).hint(hint))
    }

    fn suggest<'n>(&self, name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        let made = self.suggestions.get();
        self.suggestions.set(made + 1);
        if made < SUGGESTION_LIMIT { suggest::closest(name, known.take(SUGGESTION_LIMIT)) } else { None }
    }

    /// Kinds that share a key of enmasse files share their names, so that a name says which object is meant.
    fn name_clash(&self, kind: &DynKind, key: &ObjectKey) -> Option<Problem> {
        let shares = |other: &&DynKind| {
            other.id() != kind.id() && other.enmasse_keys().first() == kind.enmasse_keys().first()
        };
        let other = self
            .registry
            .iter()
            .filter(shares)
            .find(|other| self.exists(&ObjectKey::new(other.id(), &key.name)))?;
        let message = format!(
            "the name is taken by a definition of type `{}`",
            other.enmasse_type().unwrap_or(other.id())
        );
        Some(Problem::new(message).field("name").hint("choose another name, or delete that definition first"))
    }

    /// Objects that refer to an object.
    fn users(&self, key: &ObjectKey) -> Vec<ObjectKey> {
        let refers = |user: &ObjectKey, state: &State| {
            self.registry.get(&user.kind).is_some_and(|kind| {
                references(kind, &state.spec)
                    .iter()
                    .any(|reference| reference.name == key.name && reference.target.accepts(&key.kind))
            })
        };
        self.objects
            .iter()
            .filter(|(user, state)| refers(user, state))
            .map(|(user, _)| user.clone())
            .collect()
    }

    fn describe(&self, key: &ObjectKey) -> String {
        self.registry.get(&key.kind).map_or_else(|| key.to_string(), |kind| kind.describe(&key.name))
    }
}

/// Why an object could not be put.
#[derive(Debug)]
pub(crate) enum PutError {
    /// The input is at fault.
    Problems(Vec<Problem>),
    /// Something else is.
    Error(Error),
}

impl From<Error> for PutError {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}
