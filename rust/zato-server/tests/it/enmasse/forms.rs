//! The forms of earlier versions and of 4.1, and what imports do.

use serde_json::json;
use zato_core::Secret;
use zato_server::api::{GivenPasswords, initial_data};
use zato_server::config::Environment;
use zato_server::enmasse::{self, Code, LoadOptions, Outcome, PlanOptions};

use super::{counts, document, import, import_with, plan, plan_with, shown};
use crate::place::{Place, object};

const FILE: &str = "security:
  - {name: crm.basic, type: basic_auth, username: crm, password: Zato_Enmasse_Env.CRM_Pwd, realm: CRM, is_active: true}
  - {name: mobile.key, type: apikey, username: X-API-Key, password: Zato_Enmasse_Env.Mobile_Key}
channel_rest:
  - {name: crm.get, url_path: '/crm/{client_id}', service: crm.get-client, security_name: crm.basic,
     method: GET, data_format: json, is_active: true, merge_url_params_req: true,
     url_params_pri: qs-over-path, params_pri: channel-params-over-msg, match_slash: true, cache_expiry: 0}
";

fn environment() -> Environment {
    [("CRM_Pwd", "p1"), ("Mobile_Key", "k1")].into_iter().collect()
}

#[tokio::test]
async fn a_file_of_3_2_is_imported_and_importing_it_again_changes_nothing() {
    let place = Place::new().await;
    let options = PlanOptions::default();
    let first = import_with(&place, FILE, &environment(), options).await;
    assert_eq!(counts(&first), (3, 0, 0, 0));
    assert_eq!(place.secret("security.basic_auth", "crm.basic", "password").await, Secret::new("p1"));
    let channel = place.api.get("channel.rest", "crm.get").await.unwrap();
    assert_eq!((&channel.spec["security"], &channel.spec["method"]), (&json!("crm.basic"), &json!("GET")));
    let revision = place.api.store().revision().await.unwrap();
    let second = import_with(&place, FILE, &environment(), options).await;
    assert_eq!(counts(&second), (0, 0, 0, 3));
    assert_eq!(place.api.store().revision().await.unwrap(), revision);
}

#[tokio::test]
async fn a_file_of_4_1_is_imported() {
    let place = Place::new().await;
    let text = "security:\n  - {name: s1, type: basic_auth, username: u, password: p}\nchannel_rest:\n\
                \x20 - {name: r1, service: demo.ping, url_path: /r1, security: s1, data_format: json, is_deprecated: false}\n";
    assert_eq!(counts(&import(&place, text).await), (2, 0, 0, 0));
}

#[tokio::test]
async fn json_of_2_0_is_imported() {
    let place = Place::new().await;
    let text = r#"{
        "def_sec": [{"name": "b", "type": "basic_auth", "username": "u", "password": "p", "is_active": true, "id": 7}],
        "channel_plain_http": [{"name": "c", "is_active": true, "is_internal": false, "service": "s", "url_path": "/a",
            "sec_def": "b", "transport": "plain_http", "connection": "channel", "ping_method": null, "pool_size": null}],
        "channel_amqp": []
    }"#;
    assert_eq!(counts(&import(&place, text).await), (2, 0, 0, 0));
    assert_eq!(place.api.get("channel.rest", "c").await.unwrap().spec["security"], "b");
}

#[tokio::test]
async fn zato_no_security_means_none() {
    let place = Place::new().await;
    import(&place, "channel_rest:\n  - {name: c, service: s, url_path: /a, sec_def: zato-no-security}\n")
        .await;
    assert_eq!(place.api.get("channel.rest", "c").await.unwrap().spec["security"], json!(null));
}

#[tokio::test]
async fn a_change_is_planned_field_by_field_without_secrets() {
    let place = Place::new().await;
    import_with(&place, FILE, &environment(), PlanOptions::default()).await;
    let changed = FILE
        .replace("/crm/{client_id}", "/crm/v2/{client_id}")
        .replace("is_active: true}", "is_active: false}");
    let environment = [("CRM_Pwd", "hunter2"), ("Mobile_Key", "k1")].into_iter().collect();
    let plan = plan_with(&place.api, &changed, &environment, PlanOptions::default()).await;
    assert_eq!(counts(&plan), (0, 2, 0, 1));
    let fields: Vec<_> =
        plan.update.iter().flat_map(|one| &one.changes).map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["password", "is_active", "url_path"]);
    assert_eq!((plan.update[1].line, plan.update[1].object.as_str()), (Some(5), "channel_rest `crm.get`"));
    let text = format!("{}{}{:?}", plan.to_text(), plan.to_json(), plan);
    assert!(!text.contains("hunter2") && text.contains("/crm/v2/{client_id}"), "{text}");
    assert_eq!(
        place.secret("security.basic_auth", "crm.basic", "password").await,
        Secret::new("p1"),
        "planned only"
    );
}

#[tokio::test]
async fn one_problem_stops_everything() {
    let place = Place::new().await;
    let text = "security:\n  - {name: good, type: apikey, password: k}\n  - {name: bad, type: apikey, header: 'X Y'}\n";
    let outcome =
        enmasse::import(&place.api, &document(text), &Environment::default(), PlanOptions::default())
            .await
            .unwrap();
    assert!(matches!(outcome, Outcome::Refused(plan) if plan.problems.len() == 1));
    assert_eq!(place.api.store().revision().await.unwrap(), 0);
}

#[tokio::test]
async fn definitions_may_follow_what_refers_to_them_and_be_in_the_store() {
    let place = Place::new().await;
    place.api.create(vec![object("security.api_key", "stored", json!({}))]).await.unwrap();
    let text = "channel_rest:\n  - {name: a, service: s, url_path: /a, security: later}\n  - {name: b, service: s, url_path: /b, security: stored}\n\
                security:\n  - {name: later, type: apikey, password: k}\n";
    assert_eq!(counts(&import(&place, text).await), (3, 0, 0, 0));
}

#[tokio::test]
async fn a_reference_to_a_definition_that_is_wrong_itself_is_told_once() {
    let place = Place::new().await;
    let text = "security:\n  - {name: x, type: apikey, heder: A}\nchannel_rest:\n  - {name: a, service: s, url_path: /a, security: x}\n";
    let plan = plan(&place.api, text).await;
    assert_eq!(plan.problems.len(), 1, "{:?}", shown(&plan.problems));
}

#[tokio::test]
async fn missing_definitions_can_be_ignored_along_with_what_needs_them() {
    let place = Place::new().await;
    let text = "channel_rest:\n  - {name: a, service: s, url_path: /a, security: gone}\n  - {name: b, service: s, url_path: /b}\n";
    let refused = plan(&place.api, text).await;
    assert_eq!(refused.problems[0].code, Code::E13);
    let options = PlanOptions { ignore_missing_definitions: true, ..PlanOptions::default() };
    let plan = import_with(&place, text, &Environment::default(), options).await;
    assert_eq!(counts(&plan), (1, 0, 0, 0));
    assert_eq!((plan.warnings[0].code, plan.warnings[0].problem.line), (Code::W04, Some(2)));
}

#[tokio::test]
async fn services_that_are_not_deployed_are_warned_about() {
    let place = Place::new().await;
    let api = place.api.knowing_services(["demo.ping".to_owned()]);
    let text = "channel_rest:\n  - {name: a, service: demo.pong, url_path: /a}\n  - {name: b, service: demo.ping, url_path: /b}\n";
    let plan = plan(&api, text).await;
    assert!(plan.is_possible());
    assert_eq!(plan.warnings.len(), 1);
    assert_eq!((plan.warnings[0].code, plan.warnings[0].problem.line), (Code::W02, Some(2)));
}

#[tokio::test]
async fn a_variable_that_is_not_set_leaves_an_existing_secret_alone() {
    let place = Place::new().await;
    let missing = plan(&place.api, FILE).await;
    assert_eq!(missing.problems.len(), 2, "{:?}", shown(&missing.problems));
    assert!(missing.problems[0].problem.message.contains("`CRM_Pwd`"));
    assert_eq!(
        (missing.problems[1].problem.line, missing.problems[1].problem.field.as_deref()),
        (Some(3), Some("password"))
    );
    import_with(&place, FILE, &environment(), PlanOptions::default()).await;
    let again = import(&place, FILE).await;
    assert_eq!(counts(&again), (0, 0, 0, 3));
    assert_eq!(
        again.warnings.iter().filter(|warning| warning.problem.message.contains("is not set")).count(),
        2
    );
    assert_eq!(place.secret("security.api_key", "mobile.key", "password").await, Secret::new("k1"));
}

#[tokio::test]
async fn values_of_all_types_may_come_from_the_environment() {
    let place = Place::new().await;
    let text = "channel_rest:\n  - {name: a, service: s, url_path: '/{Zato_Enmasse_Env.V}/x', timeout: Zato_Enmasse_Env.T, is_active: ZatoEnmasseEnv.A}\n";
    let environment = [("V", "v2"), ("T", "1.5"), ("A", "false")].into_iter().collect();
    import_with(&place, text, &environment, PlanOptions::default()).await;
    let channel = place.api.get("channel.rest", "a").await.unwrap();
    assert_eq!((&channel.spec["url_path"], &channel.spec["timeout"]), (&json!("/v2/x"), &json!(1.5)));
    assert!(!channel.is_active);
}

#[tokio::test]
async fn cleaning_deletes_what_the_file_does_not_have_but_nothing_of_the_cluster() {
    let place = Place::new().await;
    initial_data(&place.api, &GivenPasswords::new()).await.unwrap();
    let before = place.api.store().snapshot().await.unwrap().objects.len();
    import_with(&place, FILE, &environment(), PlanOptions::default()).await;
    let text = "security:\n  - {name: mobile.key, type: apikey, username: X-API-Key, password: Zato_Enmasse_Env.Mobile_Key}\n";
    let options = PlanOptions { clean: true, ..PlanOptions::default() };
    let plan = import_with(&place, text, &environment(), options).await;
    assert_eq!(counts(&plan), (0, 0, 2, 1));
    assert!(plan.to_text().contains("- channel_rest `crm.get`"));
    assert_eq!(place.api.store().snapshot().await.unwrap().objects.len(), before + 1);
}

#[tokio::test]
async fn a_definition_that_is_replaced_by_one_of_another_type_needs_cleaning() {
    let place = Place::new().await;
    import(&place, "security:\n  - {name: x, type: apikey, password: k}\n").await;
    let text = "security:\n  - {name: x, type: basic_auth, username: u, password: p}\n";
    let refused = plan(&place.api, text).await;
    assert!(refused.problems[0].to_string().contains("type `apikey`"), "{:?}", shown(&refused.problems));
    let options = PlanOptions { clean: true, ..PlanOptions::default() };
    assert_eq!(counts(&import_with(&place, text, &Environment::default(), options).await), (1, 0, 1, 0));
}

#[tokio::test]
async fn passwords_that_are_not_given_are_made_once() {
    let place = Place::new().await;
    let text = "security:\n  - {name: x, type: basic_auth, username: u}\n";
    let Outcome::Done { generated, .. } =
        enmasse::import(&place.api, &document(text), &Environment::default(), PlanOptions::default())
            .await
            .unwrap()
    else {
        panic!("refused")
    };
    assert_eq!(generated[0].secret, place.secret("security.basic_auth", "x", "password").await);
    assert_eq!(counts(&import(&place, text).await), (0, 0, 0, 1));
}

#[tokio::test]
async fn included_files_are_part_of_one_import() {
    let place = Place::new().await;
    let write = |name: &str, text: &str| std::fs::write(place.directory.path().join(name), text).unwrap();
    write(
        "main.yaml",
        "include:\n  - security.yaml\nchannel_rest:\n  - {name: a, service: s, url_path: /a, security: x}\n",
    );
    write(
        "security.yaml",
        "security:\n  - {name: x, type: apikey, password: k}\n  - {name: y, type: apikey, hedaer: k}\n",
    );
    let document = enmasse::load(&place.directory.path().join("main.yaml"), LoadOptions::default()).unwrap();
    assert_eq!(document.findings, vec![]);
    let snapshot = place.api.store().snapshot().await.unwrap();
    let plan =
        enmasse::plan(&document, &snapshot, &place.api, &Environment::default(), PlanOptions::default())
            .unwrap();
    assert_eq!(plan.problems.len(), 1);
    let problem = &plan.problems[0].problem;
    assert!(problem.file.as_ref().unwrap().ends_with("security.yaml"));
    assert_eq!((problem.line, problem.field.as_deref()), (Some(3), Some("hedaer")));
}

#[tokio::test]
async fn two_files_with_the_same_object_are_refused_naming_both_places() {
    let place = Place::new().await;
    let text =
        "security:\n  - {name: x, type: apikey, password: k}\n  - {name: x, type: apikey, password: k}\n";
    let plan = plan(&place.api, text).await;
    assert_eq!((plan.problems[0].code, plan.problems[0].problem.line), (Code::E01, Some(3)));
    assert!(plan.problems[0].problem.message.contains("line 2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_at_the_same_time_both_arrive() {
    let place = Place::new().await;
    let tasks: Vec<_> = (0..6)
        .map(|number| {
            let api = place.api.clone();
            tokio::spawn(async move {
                let text = format!("security:\n  - {{name: k{number}, type: apikey, password: k}}\n");
                let environment = Environment::default();
                enmasse::import(&api, &document(&text), &environment, PlanOptions::default()).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(place.api.list("security.api_key").await.unwrap().len(), 6);
}

#[tokio::test]
async fn thousands_of_objects_are_planned_in_no_time() {
    let place = Place::new().await;
    let mut text = "channel_rest:\n".to_owned();
    for number in 0..3_000 {
        text.push_str(&format!(
            "  - {{name: c{number}, service: s, url_path: /c/{number}, security: none{number}}}\n"
        ));
    }
    let start = std::time::Instant::now();
    let plan = plan(&place.api, &text).await;
    assert_eq!(plan.problems.len(), 3_000);
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
}
