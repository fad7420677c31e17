use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::conformance::sample::{self, Sample};
use crate::{decode, map_secrets, redact, references};

fn problems(kind: &DynKind, spec: Value) -> Vec<String> {
    validate(kind, "a", &spec).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn fills_in_defaults_in_the_order_of_the_struct() {
    let validated = validate(&sample::kind(), "a", &json!({"count": 2, "username": "u"})).unwrap();
    let expected = r#"{"username":"u","password":"","header":"X-Sample","timeout":null,"count":2}"#;
    assert_eq!(validated.spec.to_string(), expected);
    assert_eq!(validated.given, ["count", "username"]);
    assert_eq!(validated.warnings, []);
}

#[test]
fn renames_old_names() {
    let validated = validate(&sample::kind(), "a", &json!({"user": "u"})).unwrap();
    assert_eq!(validated.spec["username"], "u");
    assert_eq!(validated.given, ["username"]);
}

#[test]
fn refuses_an_old_name_that_contradicts_todays() {
    let found = problems(&sample::kind(), json!({"user": "u", "username": "v"}));
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("security `a`: field `username`: it is given twice"), "{found:?}");
    assert!(validate(&sample::kind(), "a", &json!({"user": "u", "username": "u"})).is_ok());
}

#[test]
fn rejects_unknown_fields_with_a_suggestion() {
    let found = problems(&sample::kind(), json!({"username": "u", "pasword": "p", "zzz": 1}));
    assert_eq!(found[0], "security `a`: field `pasword`: there is no such field (did you mean `password`?)");
    assert!(found[1].contains("fields of a Sample are username, password"), "{found:?}");
}

#[test]
fn says_that_name_belongs_to_the_object() {
    let found = problems(&sample::kind(), json!({"username": "u", "name": "x"}));
    assert!(found[0].contains("belongs to the object"), "{found:?}");
}

#[test]
fn reports_all_problems_at_once() {
    let found = problems(&sample::kind(), json!({"header": true, "timeout": "soon", "count": 300, "x": 1}));
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(found[0].contains("field `header`: expected text, got true"));
    assert!(found[1].contains("field `timeout`: expected number, 0 or more, got text `soon`"));
    assert!(found[2].contains("expected whole number from 0 to 255, got 300"));
    assert!(found[4].contains("field `username`: it is required"));
}

#[test]
fn the_check_of_the_kind_is_told_with_other_problems() {
    let found = problems(&sample::kind(), json!({"username": "a:b", "count": 300}));
    assert!(found.len() == 2 && found[1].contains("it contains a colon"), "{found:?}");
    // Nothing is said about what was not written.
    assert_eq!(problems(&sample::kind(), json!({"count": 300})).len(), 2);
}

#[test]
fn an_empty_required_text_is_missing() {
    let found = problems(&sample::kind(), json!({"username": " "}));
    assert_eq!(
        found,
        ["security `a`: field `username`: it is required (add it, for instance `username: u`)"]
    );
}

#[test]
fn problems_of_types_name_their_field() {
    let found = problems(&sample::kind(), json!({"username": "u", "timeout": 1e12}));
    assert_eq!(
        found,
        ["security `a`: field `timeout`: 1000000000000 is not a time from 0 to one year in seconds \
          (for instance `timeout: 1.5`, in seconds)"]
    );
}

#[test]
fn runs_the_check_of_the_kind() {
    assert_eq!(
        problems(&sample::kind(), json!({"username": "a:b"})),
        ["security `a`: field `username`: it contains a colon"]
    );
}

#[test]
fn reads_numbers_and_flags_written_as_text() {
    let validated =
        validate(&sample::kind(), "a", &json!({"username": 123, "timeout": "2.5", "count": " 7 "})).unwrap();
    assert_eq!(validated.spec["username"], "123");
    assert_eq!(validated.spec["timeout"], 2.5);
    assert_eq!(validated.spec["count"], 7);
    assert_eq!(validated.warnings.len(), 1);
    assert!(validated.warnings[0].hint.as_deref().unwrap().contains("quotes"));
    for (text, flag) in [("True", true), ("no", false), ("0", false)] {
        let spec = json!({"service": "s", "match_slash": text});
        assert_eq!(validate(&sample::channel(), "a", &spec).unwrap().spec["match_slash"], flag);
    }
}

#[test]
fn words_for_none_name_nothing() {
    for none in [json!("zato-no-security"), json!(""), json!(null)] {
        let validated = validate(&sample::channel(), "c", &json!({"service": "s", "sec_def": none})).unwrap();
        assert_eq!(validated.spec["security"], Value::Null);
        assert!(references(&sample::channel(), &validated.spec).iter().all(|found| found.field == "service"));
    }
}

#[test]
fn gives_references() {
    let spec = validate(&sample::channel(), "c", &json!({"service": "s", "sec_def": "a"})).unwrap().spec;
    let found = references(&sample::channel(), &spec);
    let shown: Vec<_> = found.iter().map(|one| (one.field.as_str(), one.name.as_str())).collect();
    assert_eq!(shown, [("service", "s"), ("security", "a")]);
    assert!(found[1].target.accepts("security.basic_auth") && !found[1].target.accepts("channel.rest"));
}

#[test]
fn choices_forgive_case_and_suggest() {
    let spec = |format: &str| json!({"service": "s", "data_format": format});
    assert_eq!(validate(&sample::channel(), "c", &spec("JSON")).unwrap().spec["data_format"], "json");
    assert_eq!(validate(&sample::channel(), "c", &spec("none")).unwrap().spec["data_format"], "");
    assert_eq!(
        problems(&sample::channel(), spec("jsn")),
        ["channel_sample `c`: field `data_format`: `jsn` is not one of '', `json` (did you mean `json`?)"]
            .map(|text| text.replace("`c`", "`a`"))
    );
}

#[test]
fn inert_fields_are_kept_dropped_or_refused() {
    let spec = json!({"username": "u", "cache_id": 5, "cache_expiry": 9, "cluster_id": 1, "has_rbac": false});
    let validated = validate(&sample::kind(), "a", &spec).unwrap();
    assert_eq!(validated.spec["cache_id"], 5);
    assert!(validated.spec.get("cluster_id").is_none() && validated.spec.get("has_rbac").is_none());
    assert_eq!(validated.spec["cache_expiry"], 9);
    assert_eq!(validated.warnings.len(), 1);
    assert_eq!(
        validated.warnings[0].to_string(),
        "security `a`: field `cache_id`: it is kept but has no effect (wait for it)"
    );
    let quiet = validate(&sample::kind(), "a", &json!({"username": "u", "cache_id": 0})).unwrap();
    assert!(quiet.warnings.is_empty());
    assert!(problems(&sample::kind(), json!({"username": "u", "has_rbac": true}))[0].contains("protection"));
}

#[test]
fn secrets_never_get_into_messages() {
    let found = problems(&sample::kind(), json!({"username": "u", "password": ["hunter2"]}));
    assert!(!found[0].contains("hunter2"), "{found:?}");
    let spec = validate(&sample::kind(), "a", &json!({"username": "u", "password": "hunter2"})).unwrap().spec;
    assert_eq!(redact(&sample::kind(), &spec)["password"], "******");
}

#[test]
fn secrets_can_be_encrypted_in_place() {
    let kind = sample::kind();
    let mut spec = validate(&kind, "a", &json!({"username": "u", "password": "p"})).unwrap().spec;
    map_secrets(&kind, &mut spec, |text| Ok(format!("<{text}>"))).unwrap();
    assert_eq!(spec["password"], "<p>");
    assert_eq!(spec["username"], "u");
}

#[test]
fn decodes_what_was_validated_and_names_the_field_otherwise() {
    let spec = validate(&sample::kind(), "a", &json!({"username": "u", "cache_id": 1})).unwrap().spec;
    assert_eq!(decode::<Sample>(&spec).unwrap().username, "u");
    let error = decode::<Sample>(&json!({"username": "u", "password": 5})).unwrap_err();
    assert!(error.message().contains("`password`"), "{}", error.report());
}

#[test]
fn unique_values_are_equal_exactly_if_the_fields_are() {
    let kind = sample::channel();
    let values = |spec: Value| kind.unique_values(&validate(&kind, "c", &spec).unwrap().spec);
    assert_eq!(values(json!({"service": "s"})), ["service `s`, match_slash `true`"]);
    assert_eq!(values(json!({"service": "s"})), values(json!({"service": "s", "security": "a"})));
    assert_ne!(values(json!({"service": "s"})), values(json!({"service": "s", "match_slash": false})));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e6_f64..1e6).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop_oneof!["[0-9.]{1,6}", "json|none|JSON|True|no|zato-no-security"].prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Value::from))
}

fn any_spec(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let entries = prop::collection::btree_map(prop::sample::select(names), any_value(), 0..6);
    (entries, "[a-z.]{1,8}").prop_map(|(entries, required)| {
        let mut spec: Map<String, Value> =
            entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for name in ["username", "service"] {
            spec.entry(name).or_insert_with(|| Value::from(required.clone()));
        }
        Value::Object(spec)
    })
}

const SAMPLE: &[&str] = &[
    "username",
    "password",
    "header",
    "timeout",
    "count",
    "cache_id",
    "cluster_id",
    "has_rbac",
    "user",
    "other",
];
const CHANNEL: &[&str] = &["service", "security", "sec_def", "data_format", "match_slash", "scopes"];

fn is_fixpoint(kind: &DynKind, mut spec: Value, foreign: &str) -> Result<(), TestCaseError> {
    if let Value::Object(entries) = &mut spec {
        entries.remove(foreign);
    }
    match validate(kind, "x", &spec) {
        Ok(first) => {
            let second = validate(kind, "x", &first.spec);
            prop_assert!(second.is_ok(), "{second:?}");
            prop_assert_eq!(second.unwrap().spec, first.spec);
        }
        Err(problems) => prop_assert!(problems.iter().all(|problem| problem.object.is_some())),
    }
    Ok(())
}

proptest! {
    #[test]
    fn validating_twice_changes_nothing(spec in any_spec(SAMPLE)) {
        is_fixpoint(&sample::kind(), spec, "service")?;
    }

    #[test]
    fn validating_a_channel_twice_changes_nothing(spec in any_spec(CHANNEL)) {
        is_fixpoint(&sample::channel(), spec, "username")?;
    }

    #[test]
    fn a_misspelled_field_is_suggested(name in prop::sample::select(&["username", "password", "header", "timeout"][..]),
                                       position in 0_usize..6) {
        let mut typed = name.to_owned();
        typed.remove(position);
        let spec = json!({"username": "u", &typed: "x"});
        let found = validate(&sample::kind(), "a", &spec).unwrap_err();
        let expected = format!("did you mean `{name}`?");
        prop_assert!(found.iter().any(|problem| problem.hint.as_deref() == Some(&*expected)), "{:?}", found);
    }
}
