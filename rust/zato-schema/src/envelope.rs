//! Parting what all objects have (name, whether active) from what their kind defines.

use serde_json::{Map, Value};
use zato_core::Problem;

use crate::DynKind;
use crate::coerce::boolean;

/// Longest name of an object, in characters.
pub const NAME_LIMIT: usize = 200;

/// An object as it is written in files and requests, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Name of the object.
    pub name: String,
    /// Whether it is active; objects are unless they say otherwise (reference operations 19.6).
    pub is_active: bool,
    /// Whether `is_active` was written down.
    pub is_active_given: bool,
    /// The rest, for [`crate::validate`].
    pub spec: Value,
}

/// Takes an object apart. `name` and `is_active` leave the spec, and `type` if the kind is told by it.
///
/// # Errors
/// Everything that is wrong with these fields; the spec itself is not looked at.
pub fn split(kind: &DynKind, item: &Value) -> Result<Envelope, Vec<Problem>> {
    let (envelope, problems) = take_apart(kind, item);
    if problems.is_empty() { Ok(envelope) } else { Err(problems) }
}

/// Takes an object apart as [`split`] does, and gives what could be understood together with everything that is wrong
/// with these fields, so that the spec can be looked at too. A name that is missing is `?`.
#[must_use]
pub fn take_apart(kind: &DynKind, item: &Value) -> (Envelope, Vec<Problem>) {
    let Value::Object(entries) = item else {
        let problem = Problem::new("it is not a set of fields").object(kind.describe("?"));
        let hint = "write `name: ...` and the other fields below each other";
        let envelope =
            Envelope { name: "?".to_owned(), is_active: true, is_active_given: false, spec: Value::Null };
        return (envelope, vec![problem.hint(hint)]);
    };
    let mut spec: Map<String, Value> = entries.clone();
    let mut problems = Vec::new();
    let name = match spec.shift_remove("name") {
        Some(Value::String(name)) => {
            problems.extend(check_name(&name));
            name
        }
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Null) | None => {
            problems
                .push(Problem::new("it is required").field("name").hint("give the object a name of its own"));
            "?".to_owned()
        }
        Some(_) => {
            problems
                .push(Problem::new("it is not text").field("name").hint("write one text, without brackets"));
            "?".to_owned()
        }
    };
    let given = spec.shift_remove("is_active").filter(|value| !value.is_null());
    let is_active_given = given.is_some();
    let is_active = match given.as_ref().map(boolean) {
        None => true,
        Some(Some(flag)) => flag,
        Some(None) => {
            let problem = Problem::new("it is neither true nor false").field("is_active");
            problems.push(problem.hint("write true or false; objects are active unless they say otherwise"));
            true
        }
    };
    if kind.enmasse_type().is_some() {
        spec.shift_remove("type");
    }
    let object = kind.describe(&name);
    let problems = problems.into_iter().map(|problem| problem.object(object.clone())).collect();
    (Envelope { name, is_active, is_active_given, spec: Value::Object(spec) }, problems)
}

/// Returns what is wrong with the name of an object, if anything is.
#[must_use]
pub fn check_name(name: &str) -> Option<Problem> {
    let (message, hint) = if name.trim().is_empty() {
        ("it is empty".to_owned(), "give the object a name of its own")
    } else if name.chars().any(char::is_control) {
        ("it contains control characters".to_owned(), "remove line breaks, tabs and the like")
    } else if name.trim() != name {
        ("it begins or ends with a space".to_owned(), "remove the space")
    } else if name.chars().count() > NAME_LIMIT {
        (format!("it is longer than {NAME_LIMIT} characters"), "shorten it")
    } else {
        return None;
    };
    Some(Problem::new(message).field("name").hint(hint))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::conformance::sample;

    #[test]
    fn parts_name_and_activity_from_the_spec() {
        let item = json!({"name": "a", "is_active": "false", "type": "sample", "username": "u"});
        let envelope = split(&sample::kind(), &item).unwrap();
        assert_eq!(envelope.name, "a");
        assert!(!envelope.is_active && envelope.is_active_given);
        assert_eq!(envelope.spec, json!({"username": "u"}));
    }

    #[test]
    fn objects_are_active_unless_they_say_otherwise() {
        let envelope = split(&sample::kind(), &json!({"name": 7, "is_active": null})).unwrap();
        assert!(envelope.is_active && !envelope.is_active_given);
        assert_eq!(envelope.name, "7");
    }

    #[test]
    fn says_everything_that_is_wrong() {
        let problems = split(&sample::kind(), &json!({"is_active": "perhaps"})).unwrap_err();
        let fields: Vec<_> = problems.iter().filter_map(|problem| problem.field.as_deref()).collect();
        assert_eq!(fields, ["name", "is_active"]);
        assert!(split(&sample::kind(), &json!([1])).is_err());
    }

    #[test]
    fn what_is_understood_is_given_with_what_is_wrong() {
        let item = json!({"name": "a", "is_active": "perhaps", "username": 5});
        let (envelope, problems) = take_apart(&sample::kind(), &item);
        assert_eq!((envelope.name.as_str(), &envelope.spec), ("a", &json!({"username": 5})));
        assert_eq!(problems.len(), 1);
        assert!(problems[0].hint.is_some());
    }

    #[test]
    fn refuses_names_nobody_could_type() {
        for name in ["", " ", "a\n", " a", &"x".repeat(201)] {
            assert!(check_name(name).is_some(), "{name:?}");
        }
        for name in ["a", "zażółć gęślą jaźń", "My Channel (v2)"] {
            assert!(check_name(name).is_none(), "{name:?}");
        }
    }
}
