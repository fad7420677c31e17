use proptest::prelude::*;
use serde_json::{Map, Value, json};
use zato_schema::{DynKind, Registry, conformance, render, validate, without_defaults};

use super::*;

fn registry() -> Registry {
    let kinds = vec![
        DynKind::of::<RestChannel>(),
        DynKind::of::<BasicAuth>(),
        DynKind::of::<ApiKey>(),
        DynKind::of::<ServiceConfig>(),
        DynKind::of::<JsonPointer>(),
        DynKind::of::<XPath>(),
        DynKind::of::<Namespace>(),
        DynKind::of::<SchedulerJob>(),
        DynKind::of::<BuiltinCache>(),
    ];
    Registry::new(kinds).unwrap()
}

#[test]
fn kinds_conform() {
    let problems: Vec<_> = conformance::check(&registry()).iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn kinds_are_found_by_their_historical_keys() {
    let registry = registry();
    for (key, item_type, id) in [
        ("channel_rest", None, "channel.rest"),
        ("channel_plain_http", None, "channel.rest"),
        ("security", Some("basic_auth"), "security.basic_auth"),
        ("def_sec", Some("apikey"), "security.api_key"),
        ("service", None, "service"),
        ("json_pointer", None, "message.json_pointer"),
        ("xpath", None, "message.xpath"),
        ("def_namespace", None, "message.namespace"),
        ("scheduler", None, "scheduler.job"),
        ("zato_cache_builtin", None, "cache.builtin"),
        ("cache_builtin", None, "cache.builtin"),
    ] {
        assert_eq!(registry.enmasse(key, item_type).unwrap().id(), id);
    }
}

#[test]
fn pages_tell_what_users_look_for() {
    let registry = registry();
    let page = render::docs(registry.get("channel.rest").unwrap());
    for part in [
        "# REST channel",
        "### `url_path`",
        "Also accepted as `security_name`, `sec_def`",
        "`qs-over-path`: That",
    ] {
        assert!(page.contains(part), "{part:?} is not in\n{page}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,10}|[a-z]{1,6}|/[a-z{}/]{0,8}|[0-9.]{1,5}".prop_map(Value::from),
        prop::sample::select(vec![
            "json",
            "none",
            "GET",
            "get",
            "zato-no-security",
            "path-over-qs",
            "*/*",
            "true"
        ])
        .prop_map(Value::from),
        prop::collection::vec("[a-z]{1,3}", 0..2).prop_map(Value::from),
    ]
}

/// A kind, and a spec with any values for any of its fields, aliases and inert fields.
fn any_spec() -> impl Strategy<Value = (usize, Value)> {
    (0..5_usize).prop_flat_map(|index| {
        let registry = registry();
        let kind = registry.iter().nth(index).unwrap();
        let mut names: Vec<String> = Vec::new();
        for field in kind.fields() {
            names.push(field.name.clone());
            names.extend(field.aliases.clone());
        }
        names.extend(kind.inert_fields().iter().map(|inert| inert.name.to_owned()));
        let example = kind.examples()[0].clone();
        let required: Vec<String> =
            kind.fields().iter().filter(|field| field.is_required).map(|field| field.name.clone()).collect();
        prop::collection::btree_map(prop::sample::select(names), any_value(), 0..5).prop_map(move |entries| {
            let mut spec: Map<String, Value> = entries.into_iter().collect();
            for name in &required {
                spec.entry(name.clone()).or_insert_with(|| example[name].clone());
            }
            (index, Value::Object(spec))
        })
    })
}

proptest! {
    #[test]
    fn the_normal_form_is_a_fixpoint_and_short_forms_lead_back_to_it((index, spec) in any_spec()) {
        let registry = registry();
        let kind = registry.iter().nth(index).unwrap();
        match validate(kind, "x", &spec) {
            Ok(first) => {
                let again = validate(kind, "x", &first.spec).map(|second| second.spec);
                prop_assert_eq!(again.as_ref(), Ok(&first.spec));
                let short = validate(kind, "x", &without_defaults(kind, &first.spec)).map(|third| third.spec);
                prop_assert_eq!(short, Ok(first.spec));
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                prop_assert!(problems.iter().all(|problem| problem.object.is_some() && problem.field.is_some()));
            }
        }
    }
}

#[test]
fn examples_of_all_kinds_are_in_the_editor_schema() {
    let schema = render::json_schema(&registry());
    for key in ["channel_rest", "channel_plain_http", "security", "def_sec", "service", "scheduler"] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
    assert_eq!(schema["properties"]["security"]["items"]["anyOf"].as_array().map(Vec::len), Some(2));
    assert_eq!(schema["additionalProperties"], json!(false));
}
