//! Validation of specs.

use serde_json::{Map, Value};
use zato_core::Problem;

use crate::DynKind;
use crate::advice::{how_to_add, how_to_write};
use crate::coerce::{Coerced, coerce};
use crate::decode::Decoded;
use crate::field::{FieldType, FieldView, quoted};
use crate::kind::{InertField, InertUse};
use crate::suggest;

/// A spec that may be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Validated {
    /// The spec in normal form: today's names, every field present, in the order of the struct, inert fields last.
    /// Validating it again gives the same.
    pub spec: Value,
    /// What the user should know though it does not matter for the outcome.
    pub warnings: Vec<Problem>,
    /// Fields that were given a value rather than left to their default, by today's names.
    pub given: Vec<String>,
}

/// Validates a spec; `name` is the object's, for messages. The spec holds neither `name` nor `is_active`
/// ([`crate::split`] takes them out).
///
/// # Errors
/// Every problem there is, not only the first.
pub fn validate(kind: &DynKind, name: &str, spec: &Value) -> Result<Validated, Vec<Problem>> {
    let mut state = State::default();
    match spec {
        Value::Object(entries) => state.read(kind, entries),
        Value::Null => {}
        _ => state.problems.push(
            Problem::new("its settings are not a set of fields").hint("write one `field: value` a line"),
        ),
    }
    state.require(kind);
    let normal = state.decode(kind);
    let object = kind.describe(name);
    if !state.problems.is_empty() {
        return Err(state.problems.into_iter().map(|problem| problem.object(object.clone())).collect());
    }
    Ok(Validated {
        spec: normal,
        warnings: state.warnings.into_iter().map(|warning| warning.object(object.clone())).collect(),
        given: state.given,
    })
}

#[derive(Default)]
struct State {
    values: Map<String, Value>,
    inert: Map<String, Value>,
    given: Vec<String>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl State {
    fn read(&mut self, kind: &DynKind, entries: &Map<String, Value>) {
        for (key, value) in entries {
            if let Some(field) = kind.field(key) {
                self.read_field(field, key, value);
            } else if let Some(inert) = kind.inert_fields().iter().find(|inert| inert.name == key) {
                self.read_inert(inert, value);
            } else {
                self.problems.push(unknown_field(kind, key));
            }
        }
    }

    fn read_field(&mut self, field: &FieldView, key: &str, value: &Value) {
        let Coerced { value, warning } = match coerce(field, value) {
            Ok(coerced) => coerced,
            Err(problem) => return self.problems.push(problem),
        };
        self.warnings.extend(warning);
        if value.is_null() {
            return;
        }
        match self.values.get(&field.name) {
            Some(earlier) if *earlier != value => {
                let message = format!("it is given twice, also as `{key}`, with different values");
                let message = if key == field.name {
                    "it is given twice, also by an old name, with different values".to_owned()
                } else {
                    message
                };
                self.problems.push(Problem::new(message).field(&field.name).hint("keep one of them"));
            }
            Some(_) => {}
            None => {
                self.values.insert(field.name.clone(), value);
                self.given.push(field.name.clone());
            }
        }
    }

    fn read_inert(&mut self, inert: &InertField, value: &Value) {
        if !InertField::is_asked_for(value) {
            return;
        }
        let advised = |problem: Problem| match inert.advice {
            Some(advice) => problem.field(inert.name).hint(advice),
            None => problem.field(inert.name),
        };
        if matches!(inert.usage, InertUse::Kept | InertUse::KeptQuietly) {
            self.inert.insert(inert.name.to_owned(), value.clone());
        }
        match inert.usage {
            InertUse::Dropped | InertUse::KeptQuietly => {}
            InertUse::Kept => self.warnings.push(advised(Problem::new("it is kept but has no effect"))),
            InertUse::Refused => self.problems.push(advised(
                Problem::new("it is not supported yet, and going on without it would take a protection away")
                    .hint("remove it and protect the object in another way"),
            )),
        }
    }

    fn require(&mut self, kind: &DynKind) {
        for field in kind.fields() {
            let is_reported = self.problems.iter().any(|problem| problem.field.as_ref() == Some(&field.name));
            if field.is_required && !self.values.contains_key(&field.name) && !is_reported {
                let problem = Problem::new("it is required").field(&field.name);
                self.problems.push(problem.hint(how_to_add(kind, field)));
            }
        }
    }

    /// Decodes until all fields at fault are known: each is set aside once it has been reported, which leaves its
    /// default. What the kind's own check says about other fields is told as well.
    fn decode(&mut self, kind: &DynKind) -> Value {
        loop {
            match kind.decode(Value::Object(self.values.clone())) {
                Decoded::Spec { mut normal, problems, doubts } => {
                    self.warnings.extend(doubts);
                    // Where something is wrong, only what was written and is right by itself is worth checking.
                    let is_sound = self.problems.is_empty();
                    let is_judged = |problem: &Problem| {
                        is_sound || problem.field.as_ref().is_some_and(|field| self.given.contains(field))
                    };
                    let problems: Vec<_> = problems.into_iter().filter(is_judged).collect();
                    self.problems.extend(problems);
                    if let Value::Object(entries) = &mut normal {
                        entries.append(&mut self.inert);
                    }
                    return normal;
                }
                Decoded::Failed { field, message } => {
                    let known = field.as_deref().and_then(|name| kind.field(name));
                    let known = known
                        .and_then(|field| self.values.shift_remove(&field.name).map(|value| (field, value)));
                    match known {
                        Some((field, value)) => {
                            self.given.retain(|given| *given != field.name);
                            self.problems.push(bad_value(field, &value, message));
                        }
                        None if self.stand_in(kind) => {}
                        None => {
                            if self.problems.is_empty() {
                                self.problems.push(Problem::new(message));
                            }
                            return Value::Null;
                        }
                    }
                }
            }
        }
    }

    /// Gives required fields that have been reported already the values of the kind's example, so that the others can be
    /// looked at; gives whether there were any.
    fn stand_in(&mut self, kind: &DynKind) -> bool {
        let example = kind.examples().first();
        let mut is_any = false;
        for field in kind.fields().iter().filter(|field| field.is_required) {
            let value = example.and_then(|example| example.get(&field.name));
            if let (false, Some(value)) = (self.values.contains_key(&field.name), value) {
                self.values.insert(field.name.clone(), value.clone());
                is_any = true;
            }
        }
        is_any && !self.problems.is_empty()
    }
}

fn unknown_field(kind: &DynKind, key: &str) -> Problem {
    let problem = Problem::new("there is no such field").field(key);
    if matches!(key, "name" | "is_active") {
        return problem.hint("it belongs to the object, beside its settings");
    }
    let names = kind.fields().iter().flat_map(|field| {
        std::iter::once(field.name.as_str()).chain(field.aliases.iter().map(String::as_str))
    });
    let inert = kind.inert_fields().iter().map(|inert| inert.name);
    let found = suggest::closest(key, names.chain(inert).chain(["name", "is_active"]));
    match found {
        Some(meant) => problem.hint(format!("did you mean `{meant}`?")),
        None => {
            let names: Vec<_> = kind.fields().iter().map(|field| field.name.as_str()).collect();
            problem.hint(format!("fields of a {} are {}", kind.label(), names.join(", ")))
        }
    }
}

fn bad_value(field: &FieldView, value: &Value, message: String) -> Problem {
    let problem = match (&field.field_type, value) {
        _ if field.is_secret => Problem::new("its value is not usable").hint(how_to_write(field)),
        (FieldType::Choice(choices), Value::String(text)) => {
            let problem = Problem::new(format!("`{text}` is not one of {}", quoted(choices)));
            match suggest::closest(text, choices.iter().map(|choice| choice.value.as_str())) {
                Some(meant) => problem.hint(format!("did you mean `{meant}`?")),
                None => problem.hint(how_to_write(field)),
            }
        }
        _ => Problem::new(message).hint(how_to_write(field)),
    };
    problem.field(&field.name)
}

#[cfg(test)]
mod tests;
