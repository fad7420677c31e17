//! Exports import to no change.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use zato_core::Secret;
use zato_server::api::{GivenPasswords, NewObject, initial_data};
use zato_server::config::Environment;
use zato_server::enmasse::{self, ExportOptions, Format, PlanOptions};

use super::{counts, import, plan, plan_with};
use crate::place::{Place, object};

async fn export(place: &Place, options: &ExportOptions) -> String {
    let snapshot = place.api.store().snapshot().await.unwrap();
    enmasse::export(&snapshot, &place.api, options).unwrap()
}

fn samples() -> Vec<NewObject> {
    vec![
        object("security.basic_auth", "crm.basic", json!({"username": "crm", "password": "p: 'x' #1"})),
        object("security.api_key", "crm-basic", json!({"password": "yes", "header": "X-Key"})),
        object(
            "channel.rest",
            "crm.get",
            json!({"service": "crm.get", "url_path": "/crm/{id}", "security": "crm.basic"}),
        ),
        NewObject {
            is_active: false,
            ..object("channel.rest", "null", json!({"service": "0123", "url_path": "/x", "timeout": 1.5}))
        },
        object("service", "crm.get", json!({"timeout": 30})),
    ]
}

#[tokio::test]
async fn an_export_leaves_out_defaults_secrets_and_what_every_cluster_has() {
    let place = Place::new().await;
    initial_data(&place.api, &GivenPasswords::new()).await.unwrap();
    place.api.create(samples()).await.unwrap();
    let text = export(&place, &ExportOptions::default()).await;
    let body: String =
        text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    assert_eq!(
        body.trim_start(),
        "security:
  - name: crm-basic
    type: apikey
    header: X-Key
    password: Zato_Enmasse_Env.Apikey_Crm_Basic_Password

  - name: crm.basic
    type: basic_auth
    username: crm
    password: Zato_Enmasse_Env.Basic_Auth_Crm_Basic_Password

service:
  - name: crm.get
    timeout: 30

channel_rest:
  - name: crm.get
    service: crm.get
    url_path: \"/crm/{id}\"
    security: crm.basic

  - name: \"null\"
    is_active: false
    service: \"0123\"
    url_path: /x
    timeout: 1.5
"
    );
    let internal = ExportOptions { with_internal: true, ..ExportOptions::default() };
    assert!(export(&place, &internal).await.contains("admin.invoke.json"));
}

#[tokio::test]
async fn an_export_imports_to_no_change_and_elsewhere_to_the_same() {
    let (here, there) = (Place::new().await, Place::new().await);
    here.api.create(samples()).await.unwrap();
    for format in [Format::Yaml, Format::Json] {
        let text = export(&here, &ExportOptions { format, ..ExportOptions::default() }).await;
        assert_eq!(counts(&plan(&here.api, &text).await), (0, 0, 0, 5));
    }
    let options = ExportOptions { with_secrets: true, ..ExportOptions::default() };
    let text = export(&here, &options).await;
    assert_eq!(counts(&plan(&here.api, &text).await), (0, 0, 0, 5));
    assert_eq!(counts(&import(&there, &text).await), (5, 0, 0, 0));
    assert_eq!(export(&there, &options).await, text);
    assert_eq!(there.secret("security.basic_auth", "crm.basic", "password").await, Secret::new("p: 'x' #1"));
    let variables =
        [("Apikey_Crm_Basic_Password", "yes"), ("Zato_Enmasse_Env_Basic_Auth_Crm_Basic_Password", "new")];
    let without = export(&here, &ExportOptions::default()).await;
    let environment: Environment = variables.into_iter().collect();
    let changed = plan_with(&here.api, &without, &environment, PlanOptions::default()).await;
    assert_eq!(counts(&changed), (0, 1, 0, 4));
}

#[tokio::test]
async fn what_to_export_can_be_chosen() {
    let place = Place::new().await;
    place.api.create(samples()).await.unwrap();
    let options = |types: &[&str], names: &[&str]| ExportOptions {
        include_types: types.iter().map(ToString::to_string).collect(),
        include_names: names.iter().map(ToString::to_string).collect(),
        ..ExportOptions::default()
    };
    let text = export(&place, &options(&["security"], &["BASIC"])).await;
    assert!(text.contains("crm-basic") && text.contains("crm.basic") && !text.contains("channel_rest"));
    let text = export(&place, &options(&["rest"], &["crm*"])).await;
    assert!(text.contains("crm.get") && !text.contains("null") && !text.contains("security:\n"));
}

/// Text that YAML readers like to take for something else.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{1,12}",
        "[a-zA-Zążśź€😀 :#'\"{}\\[\\]&*!|>%@`\\\\,?-]{1,12}",
        prop::sample::select(vec![
            "yes",
            "null",
            "~",
            "1",
            "1.0",
            "0x1F",
            "- a",
            "# b",
            "on",
            "2026-01-01",
            "a: b",
            "'",
            "\"",
            "\\",
            "%",
            "=",
            "<<",
            "Zato"
        ])
        .prop_map(str::to_owned),
    ]
}

fn name() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.trim().to_owned()).prop_filter("a name", |name| {
        !name.is_empty() && !name.starts_with("Zato_Enmasse_Env") && !name.contains("Env.")
    })
}

fn basic_auth() -> impl Strategy<Value = Value> {
    let username = name().prop_map(|text| text.replace(':', ""));
    (username, text(), proptest::option::of(text())).prop_filter_map(
        "a username",
        |(username, password, realm)| {
            let username = username.trim().to_owned();
            let mut spec = Map::from_iter([
                ("username".to_owned(), json!(username)),
                ("password".to_owned(), json!(password)),
            ]);
            spec.extend(realm.map(|realm| ("realm".to_owned(), json!(realm))));
            (!username.is_empty()).then_some(Value::Object(spec))
        },
    )
}

fn api_key() -> impl Strategy<Value = Value> {
    ("X-[A-Za-z]{1,8}", "[ -~]{1,12}")
        .prop_map(|(header, password)| json!({"header": header, "password": password}))
}

fn channel() -> impl Strategy<Value = Value> {
    let methods = prop::sample::select(vec!["", "GET", "POST", "DELETE"]);
    let formats = prop::sample::select(vec!["", "json", "form"]);
    (name(), methods, formats, any::<bool>(), any::<bool>(), 0_u32..100_000).prop_map(
        |(service, method, data_format, match_slash, merge, timeout)| {
            json!({
                "service": service, "method": method, "data_format": data_format, "match_slash": match_slash,
                "merge_url_params_req": merge, "timeout": f64::from(timeout) / 8.0,
            })
        },
    )
}

fn objects() -> impl Strategy<Value = Vec<NewObject>> {
    let securities = prop::collection::btree_map(name(), prop_oneof![basic_auth(), api_key()], 0..5);
    let channels =
        prop::collection::btree_map(name(), (channel(), any::<bool>(), any::<prop::sample::Index>()), 0..5);
    (securities, channels).prop_map(|(securities, channels)| {
        let names: Vec<String> = securities.keys().cloned().collect();
        let mut objects: Vec<NewObject> = securities
            .into_iter()
            .map(|(name, spec)| {
                let kind =
                    if spec.get("username").is_some() { "security.basic_auth" } else { "security.api_key" };
                object(kind, &name, spec)
            })
            .collect();
        for (number, (name, (mut spec, is_active, index))) in channels.into_iter().enumerate() {
            spec["url_path"] = json!(format!("/{number}/{{id}}"));
            if !names.is_empty() && is_active {
                spec["security"] = json!(names[index.index(names.len())]);
            }
            objects.push(NewObject { is_active, ..object("channel.rest", &name, spec) });
        }
        objects
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_objects_survive_export_and_import(objects in objects()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (here, there) = (Place::new().await, Place::new().await);
            let count = objects.len();
            let unusable = |name: &str| ["zato-no-security", "ZATO_SEC_USE_RBAC"].contains(&name);
            prop_assume!(objects.iter().all(|object| !unusable(&object.name)));
            if let Err(error) = here.api.create(objects).await {
                // Names that nothing refers to as they are meant, and the like: not what this is about.
                return Err(TestCaseError::reject(error.report()));
            }
            for format in [Format::Yaml, Format::Json] {
                for with_secrets in [false, true] {
                    let options = ExportOptions { format, with_secrets, ..ExportOptions::default() };
                    let text = export(&here, &options).await;
                    let again = plan(&here.api, &text).await;
                    prop_assert_eq!(counts(&again), (0, 0, 0, count), "{}\n{}", again.findings_to_table(), text);
                    if with_secrets {
                        import(&there, &text).await;
                        prop_assert_eq!(export(&there, &options).await, text);
                    }
                }
            }
            Ok(())
        })?;
    }
}
