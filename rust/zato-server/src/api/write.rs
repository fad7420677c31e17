//! Writing single objects.

use std::future::Future;

use serde_json::{Map, Value};
use zato_core::{Error, ErrorKind, Problem, Result, Secret};
use zato_schema::{DynKind, check_name, split, validate};
use zato_store::{Object, ObjectKey};

use super::draft::{Draft, PutError};
use super::{Api, Generated, NewObject, Written};

/// How often a write is decided anew because somebody else wrote in between.
const ATTEMPTS: usize = 20;

/// How to delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeleteOptions {
    /// Whether to delete what refers to the object as well, as earlier versions always did (reference operations 17.1).
    pub cascade: bool,
    /// Revision that the object must still have.
    pub expected_revision: Option<i64>,
}

/// What a write adds to a draft.
#[derive(Default)]
struct Intent {
    written: Vec<ObjectKey>,
    deleted: Vec<ObjectKey>,
    warnings: Vec<Problem>,
    generated: Vec<Generated>,
}

/// Whether objects may exist before they are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Existing {
    Refused,
    Replaced,
}

impl Api {
    /// Creates objects, all or none.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if one exists already, [`ErrorKind::Invalid`] with everything that is wrong with any of them;
    /// errors of the store.
    pub async fn create(&self, objects: Vec<NewObject>) -> Result<Written> {
        self.write(|draft| self.put_all(draft, &objects, Existing::Refused)).await
    }

    /// Creates objects or replaces them as a whole, all or none. Secrets that are not given stay as they are.
    ///
    /// # Errors
    /// As [`Api::create`], except that objects may exist.
    pub async fn put(&self, objects: Vec<NewObject>) -> Result<Written> {
        self.write(|draft| self.put_all(draft, &objects, Existing::Replaced)).await
    }

    /// Changes some fields of an object; those that are null go back to their defaults. `changes` may hold
    /// `is_active`, and `name` if it stays the same.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]; [`ErrorKind::Conflict`] if the object no longer has the expected revision;
    /// [`ErrorKind::Invalid`] with everything that is wrong.
    pub async fn edit(
        &self,
        kind: &str,
        name: &str,
        changes: &Map<String, Value>,
        expected_revision: Option<i64>,
    ) -> Result<Written> {
        let kind = self.registry().require(kind)?;
        let key = ObjectKey::new(kind.id(), name);
        self.write(|draft| {
            expect(draft, kind, &key, expected_revision)?;
            let item = merge(kind, draft, &key, changes);
            let envelope = split(kind, &item).map_err(refused)?;
            if envelope.name != name {
                let problem =
                    Problem::new("an edit does not rename").field("name").object(kind.describe(name));
                return Err(refused(vec![problem.hint("rename the object instead")]));
            }
            let is_active =
                envelope.is_active && (envelope.is_active_given || draft.is_active(&key).unwrap_or(true));
            let spec = envelope.spec;
            let object = NewObject { kind: key.kind.clone(), name: name.to_owned(), is_active, spec };
            self.put_all(draft, &[object], Existing::Replaced)
        })
        .await
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]; [`ErrorKind::Conflict`] naming the objects that use it unless they are to be deleted
    /// too, or if it no longer has the expected revision.
    pub async fn delete(&self, kind: &str, name: &str, options: DeleteOptions) -> Result<Written> {
        let kind = self.registry().require(kind)?;
        let key = ObjectKey::new(kind.id(), name);
        self.write(|draft| {
            expect(draft, kind, &key, options.expected_revision)?;
            Ok(Intent { deleted: draft.delete(&key, options.cascade)?, ..Intent::default() })
        })
        .await
    }

    /// Deletes objects and switches others off, all of them at once, leaving alone those that do not have the revision any
    /// more that is given with them.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] naming the objects that use one; errors of the store.
    pub async fn retire(&self, delete: &[(ObjectKey, i64)], switch_off: &[(ObjectKey, i64)]) -> Result<()> {
        self.write(|draft| {
            let is_same = |draft: &Draft<'_>, (key, revision): &(ObjectKey, i64)| {
                draft.revision_of(key) == Some(*revision)
            };
            let mut deleted = Vec::new();
            for entry in delete.iter().filter(|entry| is_same(draft, entry)).collect::<Vec<_>>() {
                deleted.extend(draft.delete(&entry.0, false)?);
            }
            let inactive = |(key, _): &(ObjectKey, i64)| {
                let spec = draft.spec(key)?.clone();
                Some(NewObject { kind: key.kind.clone(), name: key.name.clone(), is_active: false, spec })
            };
            let objects: Vec<NewObject> =
                switch_off.iter().filter(|entry| is_same(draft, entry)).filter_map(inactive).collect();
            Ok(Intent { deleted, ..self.put_all(draft, &objects, Existing::Replaced)? })
        })
        .await
        .map(drop)
    }

    /// Renames an object; what refers to it follows.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]; [`ErrorKind::Conflict`] if the new name is taken or the object no longer has the
    /// expected revision; [`ErrorKind::Invalid`] if nothing can be called so.
    pub async fn rename(
        &self,
        kind: &str,
        name: &str,
        new_name: &str,
        expected_revision: Option<i64>,
    ) -> Result<Written> {
        let kind = self.registry().require(kind)?;
        let key = ObjectKey::new(kind.id(), name);
        if let Some(problem) = check_name(new_name) {
            return Err(refused(vec![problem.object(kind.describe(new_name))]));
        }
        self.write(|draft| {
            expect(draft, kind, &key, expected_revision)?;
            if name != new_name {
                draft.rename(&key, new_name)?;
            }
            Ok(Intent { written: vec![ObjectKey::new(kind.id(), new_name)], ..Intent::default() })
        })
        .await
    }

    /// Changes the password, or key, of a security definition of any kind.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with a suggestion if there is no such definition; [`ErrorKind::Invalid`] if it has no
    /// password, or the new one is empty or cannot be used.
    pub async fn change_password(&self, name: &str, password: &Secret) -> Result<Written> {
        let object = self.get_security(name).await?;
        let kind = self.registry().require(&object.kind)?;
        let field = kind.secret_fields().next().ok_or_else(|| {
            Error::new(ErrorKind::Invalid, format!("{} has no password", kind.describe(name)))
        })?;
        if password.is_empty() {
            let problem = Problem::new("it is empty").field(&field.name).object(kind.describe(name));
            return Err(refused(vec![problem.hint("give a new one")]));
        }
        let changes = Map::from_iter([(field.name.clone(), Value::from(password.expose()))]);
        self.edit(kind.id(), name, &changes, None).await
    }

    fn put_all(&self, draft: &mut Draft<'_>, objects: &[NewObject], existing: Existing) -> Result<Intent> {
        let mut intent = Intent::default();
        let mut problems = Vec::new();
        for object in objects {
            let kind = self.registry().require(&object.kind)?;
            let key = ObjectKey::new(kind.id(), &object.name);
            let described = kind.describe(&object.name);
            if existing == Existing::Refused && draft.exists(&key) {
                return Err(Error::new(ErrorKind::Conflict, format!("{described} exists already"))
                    .hint("choose another name, or edit that one"));
            }
            problems.extend(check_name(&object.name).map(|problem| problem.object(&*described)));
            match validate(kind, &object.name, &object.spec) {
                Err(found) => problems.extend(found),
                Ok(validated) => match draft.put(kind, &object.name, object.is_active, &validated) {
                    Ok((_, generated)) => {
                        intent.warnings.extend(validated.warnings);
                        let named = |(field, secret)| Generated { key: key.clone(), field, secret };
                        intent.generated.extend(generated.into_iter().map(named));
                    }
                    Err(PutError::Problems(found)) => problems.extend(found),
                    Err(PutError::Error(error)) => return Err(error),
                },
            }
            intent.written.push(key);
        }
        if problems.is_empty() { Ok(intent) } else { Err(refused(problems)) }
    }

    /// Decides upon a snapshot and writes what was decided, until nobody else interferes.
    async fn write(&self, decide: impl Fn(&mut Draft<'_>) -> Result<Intent>) -> Result<Written> {
        self.retry(async || {
            let snapshot = self.store().snapshot().await?;
            let mut draft = Draft::new(self.registry(), self.cipher(), &snapshot);
            let mut intent = decide(&mut draft)?;
            let violations = draft.violations();
            if !violations.is_empty() {
                return Err(refused(violations.into_iter().map(|violation| violation.problem).collect()));
            }
            if let Some(services) = self.services() {
                let missing = draft.missing_services(services);
                intent.warnings.extend(missing.into_iter().map(|violation| violation.problem));
            }
            let (revision, objects) = match draft.into_batch(self.actor(), self.reason()) {
                None => (snapshot.revision, Vec::new()),
                Some(batch) => {
                    let applied = self.store().apply(batch).await?;
                    (applied.revision, applied.objects)
                }
            };
            let find = |key: &ObjectKey| {
                let is_it = |object: &&Object| object.kind == key.kind && object.name == key.name;
                objects.iter().find(is_it).or_else(|| snapshot.objects.iter().find(is_it)).cloned()
            };
            let written = intent.written.iter().filter_map(find).map(|object| self.redacted(object));
            Ok(Written {
                revision,
                objects: written.collect::<Result<_>>()?,
                deleted: intent.deleted,
                warnings: intent.warnings,
                generated: intent.generated,
            })
        })
        .await
    }

    /// Calls again as long as the store says that it changed meanwhile.
    pub(crate) async fn retry<T, F: Future<Output = Result<T>>>(
        &self,
        mut act: impl FnMut() -> F,
    ) -> Result<T> {
        let mut revision = self.store().revision().await?;
        for _ in 1..ATTEMPTS {
            match act().await {
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    let now = self.store().revision().await?;
                    if now == revision {
                        return Err(error);
                    }
                    revision = now;
                }
                other => return other,
            }
        }
        act().await
    }
}

/// The item that an edit leads to: what the object says, without its secrets, and the changes over it.
fn merge(kind: &DynKind, draft: &Draft<'_>, key: &ObjectKey, changes: &Map<String, Value>) -> Value {
    let mut item = draft.spec(key).and_then(Value::as_object).cloned().unwrap_or_default();
    item.retain(|name, _| kind.field(name).is_none_or(|field| !field.is_secret));
    for (name, value) in changes {
        // An old name in the changes replaces the value under today's name.
        if let Some(field) = kind.field(name) {
            item.shift_remove(&field.name);
        }
        item.insert(name.clone(), value.clone());
    }
    item.entry("name").or_insert_with(|| Value::from(key.name.clone()));
    if kind.enmasse_type().is_some() {
        item.shift_remove("type");
    }
    Value::Object(item)
}

fn expect(draft: &Draft<'_>, kind: &DynKind, key: &ObjectKey, revision: Option<i64>) -> Result<()> {
    let described = kind.describe(&key.name);
    match (draft.revision_of(key), revision) {
        (None, _) => Err(Error::new(ErrorKind::NotFound, format!("there is no {described}"))),
        (Some(now), Some(expected)) if now != expected => Err(Error::new(
            ErrorKind::Conflict,
            format!("{described} was changed in between: it has revision {now}, not {expected}"),
        )
        .hint("look at it again and repeat the change")),
        _ => Ok(()),
    }
}

fn refused(problems: Vec<Problem>) -> Error {
    let noun = if problems.len() == 1 { "problem" } else { "problems" };
    Error::from_problems(format!("nothing was changed because of {} {noun}", problems.len()), problems)
}
