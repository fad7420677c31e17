//! Judges the objects of a document one by one, then all of them together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use zato_core::{Problem, Result};
use zato_schema::{DynKind, Envelope, FieldView, Validated, suggest, take_apart, validate};
use zato_store::{ObjectKey, Snapshot};

use super::document::{Document, Item, Section};
use super::finding::{Code, Finding};
use super::historical;
use super::place::Place;
use super::placeholder::{Resolved, resolve};
use super::plan::{Plan, Planned};
use crate::api::{Api, Draft, Generated, PutChange, PutError, Violation, is_initial};
use crate::config::Environment;

/// A plan in the making.
pub(super) struct Planner<'a> {
    api: &'a Api,
    environment: &'a Environment,
    draft: Draft<'a>,
    pub(super) plan: Plan,
    places: BTreeMap<ObjectKey, Place>,
    /// Names of objects of the document that are wrong themselves, so that references to them are not.
    failed: BTreeSet<String>,
    /// References of objects that are wrong: kind, name of the object, field and name as written, place.
    loose: Vec<Loose<'a>>,
}

/// A reference of an object that is not in the draft.
struct Loose<'a> {
    kind: &'a DynKind,
    object: String,
    field: &'a FieldView,
    name: String,
    place: Place,
}

impl<'a> Planner<'a> {
    pub(super) fn new(snapshot: &Snapshot, api: &'a Api, environment: &'a Environment) -> Self {
        Self {
            api,
            environment,
            draft: Draft::new(api.registry(), api.cipher(), snapshot),
            plan: Plan { revision: snapshot.revision, ..Plan::default() },
            places: BTreeMap::new(),
            failed: BTreeSet::new(),
            loose: Vec::new(),
        }
    }

    pub(super) fn read(&mut self, document: &Document, left_out: &BTreeSet<ObjectKey>) -> Result<()> {
        for finding in &document.findings {
            let list =
                if finding.code.is_warning() { &mut self.plan.warnings } else { &mut self.plan.problems };
            list.push(finding.clone());
        }
        let parts = document.sections.iter().flat_map(|section| &section.parts);
        for include in document.includes.iter().chain(parts) {
            let problem = Problem::new(format!("`{}` was not read", include.path)).line(include.line);
            let problem = problem.field("include").hint("only files can include others");
            self.plan.problems.push(Finding::new(Code::E14, problem));
        }
        for section in &document.sections {
            if !self.is_known(section) {
                continue;
            }
            for item in &section.items {
                self.item(section, item, left_out)?;
            }
        }
        Ok(())
    }

    /// Whether anything can be made of a section; if not, that is reported once for all of its objects.
    fn is_known(&mut self, section: &Section) -> bool {
        let key = section.key.as_str();
        if self.api.registry().enmasse_keys().any(|known| known == key) {
            return true;
        }
        let is_historical = historical::is_known_key(key);
        if is_historical && section.items.is_empty() {
            // Exports of earlier versions list what there is none of.
            return false;
        }
        let mut problem = Problem::new(if is_historical {
            format!("`{key}` is not supported yet by this server")
        } else {
            format!("unknown key `{key}`")
        });
        problem = problem.line(section.line).field(key);
        let known = self.api.registry().enmasse_keys();
        problem.hint = if is_historical {
            let known: Vec<_> = known.collect();
            Some(format!("remove it; supported are {}", known.join(", ")))
        } else {
            suggest::hint(key, known.chain(["include"]).chain(historical::KEYS.iter().copied()))
        };
        if !section.file.is_empty() {
            problem = problem.file(&*section.file);
        }
        self.plan.problems.push(Finding::new(Code::E06, problem));
        false
    }

    fn item(&mut self, section: &Section, item: &Item, left_out: &BTreeSet<ObjectKey>) -> Result<()> {
        let place = Place::of(item);
        let Some(kind) = self.kind(section, item, &place) else {
            self.failed.extend(item.node.get("name").and_then(|name| name.text()).map(str::to_owned));
            return Ok(());
        };
        let Some((envelope, validated)) = self.judge(kind, item, &place, left_out) else { return Ok(()) };
        let name = &envelope.name;
        let (change, generated) = match self.draft.put(kind, name, envelope.is_active, &validated) {
            Ok(put) => put,
            Err(PutError::Error(error)) => return Err(error),
            Err(PutError::Problems(problems)) => {
                self.fail(kind, name, problems, &place, self.plan.problems.len());
                return Ok(());
            }
        };
        for warning in validated.warnings {
            self.plan.warnings.push(Finding::new(Code::W01, place.locate(Some(kind), warning)));
        }
        let key = ObjectKey::new(kind.id(), name);
        let named = |(field, secret)| Generated { key: key.clone(), field, secret };
        self.plan.generated.extend(generated.into_iter().map(named));
        let planned = planned(kind, name, &place);
        match change {
            PutChange::Created => self.plan.create.push(planned),
            PutChange::Updated(changes) => self.plan.update.push(Planned { changes, ..planned }),
            PutChange::Unchanged => self.plan.unchanged.push(planned),
        }
        Ok(())
    }

    /// Takes an object apart and validates it; none if it is wrong, which is then reported, or left out.
    fn judge(
        &mut self,
        kind: &'a DynKind,
        item: &Item,
        place: &Place,
        left_out: &BTreeSet<ObjectKey>,
    ) -> Option<(Envelope, Validated)> {
        let resolved = resolve(kind, &item.node, self.environment);
        let before = self.plan.problems.len();
        let written_name = resolved.item.get("name").and_then(Value::as_str).unwrap_or("?").to_owned();
        self.report_missing(kind, &written_name, &resolved, place);
        let (envelope, mut problems) = take_apart(kind, &Value::Object(resolved.item));
        if !problems.is_empty() {
            problems.extend(validate(kind, &envelope.name, &envelope.spec).err().into_iter().flatten());
            self.keep_references(kind, &envelope, place);
            self.fail(kind, &written_name, problems, place, before);
            return None;
        }
        let key = ObjectKey::new(kind.id(), &envelope.name);
        if left_out.contains(&key) {
            return None;
        }
        if let Some(first) = self.places.get(&key) {
            let file = if first.file.is_empty() { String::new() } else { format!("`{}` ", first.file) };
            let problem = Problem::new(format!("it is given twice, first in {file}line {}", first.line));
            let problem = problem.object(kind.describe(&envelope.name)).hint("keep one of them");
            self.plan.problems.push(Finding::new(Code::E01, place.locate(Some(kind), problem)));
            return None;
        }
        self.places.insert(key, place.clone());
        let validated = validate(kind, &envelope.name, &envelope.spec)
            .map_err(|problems| {
                self.keep_references(kind, &envelope, place);
                self.fail(kind, &envelope.name, problems, place, before);
            })
            .ok()?;
        if self.plan.problems.len() > before {
            self.failed.insert(envelope.name);
            return None;
        }
        Some((envelope, validated))
    }

    fn kind(&mut self, section: &Section, item: &Item, place: &Place) -> Option<&'a DynKind> {
        let written = item.node.get("type").and_then(|node| node.text());
        let item_type = written.map(historical::security_type);
        let mut problem = match self.api.registry().enmasse(&section.key, item_type.as_deref()) {
            Ok(kind) => return Some(kind),
            Err(problem) => problem,
        };
        let name = item.node.get("name").and_then(|node| node.text()).unwrap_or("?");
        let code = match item_type {
            None => Code::E04,
            Some(item_type) => {
                if historical::SECURITY_TYPES.contains(&item_type.as_str()) {
                    problem.message = format!("type `{item_type}` is not supported yet by this server");
                }
                Code::E09
            }
        };
        let problem = problem.object(format!("{} `{name}`", section.key));
        self.plan.problems.push(Finding::new(code, place.locate(None, problem)));
        None
    }

    /// A secret whose variable is not set stays what it is; anything else cannot do without.
    fn report_missing(&mut self, kind: &DynKind, name: &str, resolved: &Resolved, place: &Place) {
        let exists = self.draft.exists(&ObjectKey::new(kind.id(), name));
        for missing in &resolved.missing {
            let is_secret = kind.field(&missing.field).is_some_and(|field| field.is_secret);
            let message = format!("the environment variable `{}` is not set", missing.variable);
            let problem =
                Problem::new(message).object(kind.describe(name)).field(&*missing.field).line(missing.line);
            if is_secret && exists && missing.is_whole {
                let problem = problem.hint("the secret stays as it is");
                self.plan.warnings.push(Finding::new(Code::W01, place.locate(Some(kind), problem)));
            } else {
                let problem = problem.hint("set it, or give a file that does with --env-file");
                self.plan.problems.push(Finding::new(Code::E05, place.locate(Some(kind), problem)));
            }
        }
    }

    /// Reports problems of an object, except those about a field whose variable was already found missing.
    fn fail(&mut self, kind: &DynKind, name: &str, problems: Vec<Problem>, place: &Place, before: usize) {
        let told = self.plan.problems.len();
        for problem in problems {
            let is_told = self.plan.problems[before..told]
                .iter()
                .any(|told| told.problem.field == problem.field && problem.field.is_some());
            if is_told {
                continue;
            }
            let code = match (problem.message.as_str(), problem.field.as_deref()) {
                ("it is required", Some("service")) => Code::E11,
                ("it is required", _) => Code::E08,
                ("there is no such field", _) => Code::E10,
                _ => Code::E05,
            };
            self.plan.problems.push(Finding::new(code, place.locate(Some(kind), problem)));
        }
        self.failed.insert(name.to_owned());
    }

    /// Remembers what an object refers to that is wrong otherwise, so that all of its problems are told.
    fn keep_references(&mut self, kind: &'a DynKind, envelope: &Envelope, place: &Place) {
        for (written, value) in envelope.spec.as_object().into_iter().flatten() {
            let Some(field) = kind.field(written).filter(|field| field.reference.is_some()) else { continue };
            let Some(name) = value.as_str().filter(|name| !name.trim().is_empty()) else { continue };
            if !field.none_values.iter().any(|none| none == name) {
                let (object, name) = (kind.describe(&envelope.name), name.to_owned());
                self.loose.push(Loose { kind, object, field, name, place: place.clone() });
            }
        }
    }

    /// Reports references of objects that are wrong otherwise.
    pub(super) fn report_loose(&mut self) {
        for loose in std::mem::take(&mut self.loose) {
            let Some(target) = &loose.field.reference else { continue };
            if self.failed.contains(&loose.name) {
                continue;
            }
            if let Some(problem) = self.draft.missing_reference(target, &loose.name) {
                let problem = problem.object(loose.object).field(&*loose.field.name);
                let finding = Finding::new(Code::E13, loose.place.locate(Some(loose.kind), problem));
                self.plan.problems.push(finding);
            }
        }
    }

    pub(super) fn delete_others(&mut self, snapshot: &Snapshot) {
        let registry = self.api.registry();
        for object in snapshot.objects.iter().filter(|object| !is_initial(object)) {
            let Some(kind) = registry.get(&object.kind) else { continue };
            if !self.places.contains_key(&ObjectKey::new(&object.kind, &object.name)) {
                self.plan.delete.push(Planned {
                    kind: object.kind.clone(),
                    name: object.name.clone(),
                    object: kind.describe(&object.name),
                    file: None,
                    line: None,
                    changes: Vec::new(),
                });
            }
        }
        let keys: Vec<_> =
            self.plan.delete.iter().map(|gone| ObjectKey::new(&gone.kind, &gone.name)).collect();
        self.draft.delete_all(&keys);
    }

    /// What does not hold, leaving out references to objects that are reported themselves.
    pub(super) fn violations(&self) -> Vec<Violation> {
        let is_told = |violation: &Violation| {
            violation.missing.as_ref().is_some_and(|missing| self.failed.contains(missing))
        };
        self.draft.violations().into_iter().filter(|violation| !is_told(violation)).collect()
    }

    pub(super) fn located(&self, code: Code, violation: Violation) -> Finding {
        let kind = self.api.registry().get(&violation.key.kind);
        match self.places.get(&violation.key) {
            Some(place) => Finding::new(code, place.locate(kind, violation.problem)),
            None => Finding::new(code, violation.problem),
        }
    }

    pub(super) fn finish(mut self) -> Plan {
        if let Some(services) = self.api.services() {
            for violation in self.draft.missing_services(services) {
                let finding = self.located(Code::W02, violation);
                self.plan.warnings.push(finding);
            }
        }
        let order = |finding: &Finding| (finding.problem.file.clone(), finding.problem.line);
        self.plan.problems.sort_by_key(order);
        self.plan.warnings.sort_by_key(order);
        if self.plan.is_possible() {
            self.plan.batch = self.draft.into_batch(self.api.actor(), self.api.reason());
        }
        self.plan
    }
}

fn planned(kind: &DynKind, name: &str, place: &Place) -> Planned {
    Planned {
        kind: kind.id().to_owned(),
        name: name.to_owned(),
        object: kind.describe(name),
        file: (!place.file.is_empty()).then(|| place.file.to_string()),
        line: Some(place.line),
        changes: Vec::new(),
    }
}
