//! The API over a real store.

use serde_json::{Map, Value, json};
use zato_core::{ErrorKind, Secret};
use zato_server::api::{DeleteOptions, GivenPasswords, initial_data, is_initial};

use crate::place::{Place, object};

const BASIC: &str = "security.basic_auth";
const KEY: &str = "security.api_key";
const REST: &str = "channel.rest";

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[tokio::test]
async fn a_created_object_is_read_back_with_defaults_and_without_its_secret() {
    let place = Place::new().await;
    let spec = json!({"username": "crm", "password": "hunter2"});
    let written = place.api.create(vec![object(BASIC, "crm", spec)]).await.unwrap();
    assert_eq!(written.generated, vec![]);
    assert_eq!(written.objects[0].spec, json!({"username": "crm", "password": "******", "realm": "Zato"}));
    assert_eq!(place.api.get(BASIC, "crm").await.unwrap().spec["password"], "******");
    assert_eq!(place.api.list(BASIC).await.unwrap()[0].spec["password"], "******");
    assert_eq!(place.secret(BASIC, "crm", "password").await, Secret::new("hunter2"));
    let bytes = place.stored_bytes();
    assert!(!bytes.windows(7).any(|window| window == b"hunter2"));
}

#[tokio::test]
async fn a_definition_without_password_gets_a_random_one() {
    let place = Place::new().await;
    let written = place.api.create(vec![object(KEY, "mobile", json!({}))]).await.unwrap();
    assert_eq!(written.generated.len(), 1);
    assert_eq!(written.generated[0].secret, place.secret(KEY, "mobile", "password").await);
}

#[tokio::test]
async fn creating_twice_is_a_conflict_and_putting_is_not() {
    let place = Place::new().await;
    let basic = |user: &str| object(BASIC, "crm", json!({"username": user}));
    place.api.create(vec![basic("a")]).await.unwrap();
    let password = place.secret(BASIC, "crm", "password").await;
    let error = place.api.create(vec![basic("b")]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("security `crm`"), "{}", error.report());
    let written = place.api.put(vec![basic("b")]).await.unwrap();
    assert_eq!((written.objects[0].spec["username"].as_str(), written.generated.len()), (Some("b"), 0));
    assert_eq!(place.secret(BASIC, "crm", "password").await, password);
}

#[tokio::test]
async fn putting_what_is_there_changes_nothing() {
    let place = Place::new().await;
    let basic = || object(BASIC, "crm", json!({"username": "crm", "password": "p"}));
    let first = place.api.put(vec![basic()]).await.unwrap();
    let second = place.api.put(vec![basic()]).await.unwrap();
    assert_eq!((first.revision, first.objects), (second.revision, second.objects));
}

#[tokio::test]
async fn an_edit_changes_what_it_names_and_null_restores_defaults() {
    let place = Place::new().await;
    let spec = json!({"username": "crm", "password": "p", "realm": "CRM"});
    place.api.create(vec![object(BASIC, "crm", spec)]).await.unwrap();
    let changes = fields(json!({"username": "new"}));
    let written = place.api.edit(BASIC, "crm", &changes, None).await.unwrap();
    assert_eq!(written.objects[0].spec, json!({"username": "new", "password": "******", "realm": "CRM"}));
    let off = fields(json!({"realm": null, "is_active": "false"}));
    let written = place.api.edit(BASIC, "crm", &off, None).await.unwrap();
    assert_eq!(
        (written.objects[0].spec["realm"].as_str(), written.objects[0].is_active),
        (Some("Zato"), false)
    );
    let password = fields(json!({"password": "q"}));
    let written = place.api.edit(BASIC, "crm", &password, None).await.unwrap();
    assert!(!written.objects[0].is_active);
    assert_eq!(place.secret(BASIC, "crm", "password").await, Secret::new("q"));
    let error = place
        .api
        .edit(BASIC, "crm", &fields(json!({"usrname": "x", "realm": ["y"]})), None)
        .await
        .unwrap_err();
    assert_eq!(error.problems().len(), 2, "{}", error.report());
    let error = place.api.edit(BASIC, "crm", &fields(json!({"name": "other"})), None).await.unwrap_err();
    assert_eq!(error.problems()[0].field.as_deref(), Some("name"));
    let error = place.api.edit(BASIC, "cmr", &Map::new(), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_edit_by_an_old_name_of_a_field_is_an_edit_of_that_field() {
    let place = Place::new().await;
    let spec = json!({"service": "s", "url_path": "/a"});
    place
        .api
        .create(vec![object(BASIC, "b", json!({"username": "u"})), object(REST, "c", spec)])
        .await
        .unwrap();
    let written = place.api.edit(REST, "c", &fields(json!({"sec_def": "b"})), None).await.unwrap();
    assert_eq!(written.objects[0].spec["security"], "b");
    let written =
        place.api.edit(REST, "c", &fields(json!({"sec_def": "zato-no-security"})), None).await.unwrap();
    assert_eq!(written.objects[0].spec["security"], Value::Null);
}

#[tokio::test]
async fn an_expected_revision_that_is_gone_is_a_conflict() {
    let place = Place::new().await;
    let written = place.api.create(vec![object(BASIC, "crm", json!({"username": "a"}))]).await.unwrap();
    let revision = written.objects[0].revision;
    let edit = |user: &str| fields(json!({"username": user}));
    place.api.edit(BASIC, "crm", &edit("b"), Some(revision)).await.unwrap();
    let error = place.api.edit(BASIC, "crm", &edit("c"), Some(revision)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let options = DeleteOptions { expected_revision: Some(revision), ..DeleteOptions::default() };
    assert_eq!(place.api.delete(BASIC, "crm", options).await.unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn references_must_exist_and_all_problems_are_told_at_once() {
    let place = Place::new().await;
    place.api.create(vec![object(BASIC, "crm.basic", json!({"username": "a"}))]).await.unwrap();
    let channel = |name: &str, security: &str| {
        object(REST, name, json!({"service": "s", "url_path": format!("/{name}"), "security": security}))
    };
    let objects =
        vec![channel("one", "crm.basci"), channel("two", "nothing.like.it"), channel("three", "crm.basic")];
    let error = place.api.create(objects).await.unwrap_err();
    assert_eq!(error.problems().len(), 2, "{}", error.report());
    assert_eq!(error.problems()[0].hint.as_deref(), Some("did you mean `crm.basic`?"));
    assert_eq!(error.problems()[0].field.as_deref(), Some("security"));
    assert!(place.api.list(REST).await.unwrap().is_empty());
    place
        .api
        .create(vec![object(BASIC, "new", json!({"username": "b"})), channel("one", "new")])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_taken_path_names_the_channel_that_has_it() {
    let place = Place::new().await;
    let channel = |name: &str, method: &str| {
        object(REST, name, json!({"service": "s", "url_path": "/a", "method": method}))
    };
    place.api.create(vec![channel("first", "GET")]).await.unwrap();
    let error = place.api.create(vec![channel("second", "GET")]).await.unwrap_err();
    let text = error.report();
    assert!(
        text.contains("channel_rest `second`: field `url_path`")
            && text.contains("taken by channel_rest `first`"),
        "{text}"
    );
    place.api.create(vec![channel("second", "POST")]).await.unwrap();
    let error = place.api.create(vec![channel("x", "PUT"), channel("y", "PUT")]).await.unwrap_err();
    assert_eq!(error.problems().len(), 2, "both of a pair in one batch: {}", error.report());
}

#[tokio::test]
async fn names_are_unique_over_all_types_of_security() {
    let place = Place::new().await;
    place.api.create(vec![object(BASIC, "crm", json!({"username": "a"}))]).await.unwrap();
    let error = place.api.create(vec![object(KEY, "crm", json!({}))]).await.unwrap_err();
    assert!(error.report().contains("type `basic_auth`"), "{}", error.report());
    place.api.create(vec![object(REST, "crm", json!({"service": "s", "url_path": "/"}))]).await.unwrap();
}

#[tokio::test]
async fn what_is_in_use_is_deleted_only_along_with_its_users() {
    let place = Place::new().await;
    let channel = object(REST, "c", json!({"service": "s", "url_path": "/a", "security": "crm"}));
    place.api.create(vec![object(BASIC, "crm", json!({"username": "a"})), channel]).await.unwrap();
    let error = place.api.delete(BASIC, "crm", DeleteOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("is used by channel_rest `c`"), "{}", error.report());
    let cascade = DeleteOptions { cascade: true, ..DeleteOptions::default() };
    let written = place.api.delete(BASIC, "crm", cascade).await.unwrap();
    assert_eq!(written.deleted.len(), 2);
    assert!(place.api.list(REST).await.unwrap().is_empty());
    assert_eq!(place.api.delete(BASIC, "crm", cascade).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn renaming_is_followed_by_what_refers_to_the_object() {
    let place = Place::new().await;
    let channel = object(REST, "c", json!({"service": "s", "url_path": "/a", "security": "crm"}));
    place.api.create(vec![object(BASIC, "crm", json!({"username": "a"})), channel]).await.unwrap();
    let password = place.secret(BASIC, "crm", "password").await;
    place.api.rename(BASIC, "crm", "erp", None).await.unwrap();
    assert_eq!(place.api.get(REST, "c").await.unwrap().spec["security"], "erp");
    assert_eq!(place.secret(BASIC, "erp", "password").await, password);
    place.api.create(vec![object(KEY, "key", json!({}))]).await.unwrap();
    let error = place.api.rename(BASIC, "erp", "key", None).await.unwrap_err();
    assert!(error.report().contains("type `apikey`"), "{}", error.report());
    assert_eq!(place.api.rename(BASIC, "erp", " x", None).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn passwords_are_changed_by_name_whatever_the_type() {
    let place = Place::new().await;
    place.api.create(vec![object(KEY, "mobile", json!({}))]).await.unwrap();
    place.api.change_password("mobile", &Secret::new("k2")).await.unwrap();
    assert_eq!(place.secret(KEY, "mobile", "password").await, Secret::new("k2"));
    let error = place.api.change_password("moblie", &Secret::new("x")).await.unwrap_err();
    assert_eq!(error.get_hint(), Some("did you mean `mobile`?"));
    assert_eq!(
        place.api.change_password("mobile", &Secret::default()).await.unwrap_err().kind(),
        ErrorKind::Invalid
    );
    let error = place.api.change_password("mobile", &Secret::new("hunter2\n")).await.unwrap_err();
    assert!(!error.report().contains("hunter2"), "{}", error.report());
}

#[tokio::test]
async fn asterisks_stand_for_the_secret_that_is_there() {
    let place = Place::new().await;
    let masked = |name: &str| object(KEY, name, json!({"password": "******"}));
    place.api.create(vec![object(KEY, "mobile", json!({"password": "k"}))]).await.unwrap();
    place.api.put(vec![masked("mobile")]).await.unwrap();
    assert_eq!(place.secret(KEY, "mobile", "password").await, Secret::new("k"));
    assert_eq!(place.api.put(vec![masked("other")]).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn services_that_are_not_deployed_are_warned_about() {
    let place = Place::new().await;
    let api = place.api.knowing_services(["crm.get-client".to_owned()]);
    let channel = object(REST, "c", json!({"service": "crm.get-clinet", "url_path": "/a"}));
    let written = api.create(vec![channel]).await.unwrap();
    assert_eq!(written.warnings[0].field.as_deref(), Some("service"));
    assert!(written.warnings[0].hint.as_ref().unwrap().contains("crm.get-client"));
}

#[tokio::test]
async fn unknown_kinds_are_named_with_a_suggestion() {
    let place = Place::new().await;
    let error = place.api.list("channel.rset").await.unwrap_err();
    assert_eq!((error.kind(), error.get_hint()), (ErrorKind::NotFound, Some("did you mean `channel.rest`?")));
}

#[tokio::test]
async fn the_history_tells_who_and_why() {
    let place = Place::new().await;
    let api = place.api.because("zato enmasse crm.yaml");
    api.create(vec![object(KEY, "mobile", json!({}))]).await.unwrap();
    let history = api.store().history(KEY, "mobile").await.unwrap();
    assert_eq!((history[0].actor.as_str(), history[0].reason.as_str()), ("tests", "zato enmasse crm.yaml"));
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_neither_fail_nor_break_uniqueness() {
    let place = Place::new().await;
    let tasks = (0..8).map(|number| {
        let api = place.api.clone();
        tokio::spawn(async move {
            let own = object(
                REST,
                &format!("own{number}"),
                json!({"service": "s", "url_path": format!("/{number}")}),
            );
            api.create(vec![own]).await.unwrap();
            let contested =
                object(REST, &format!("contested{number}"), json!({"service": "s", "url_path": "/x"}));
            api.create(vec![contested]).await.is_ok()
        })
    });
    let mut winners = 0;
    for task in tasks.collect::<Vec<_>>() {
        winners += usize::from(task.await.unwrap());
    }
    assert_eq!(winners, 1);
    assert_eq!(place.api.list(REST).await.unwrap().len(), 9);
}

#[tokio::test]
async fn a_cluster_starts_with_its_channels_and_users() {
    let place = Place::new().await;
    let given = GivenPasswords::from([("pubapi".to_owned(), Secret::new("chosen"))]);
    let credentials = initial_data(&place.api, &given).await.unwrap();
    let users: Vec<_> = credentials.users.iter().map(|user| user.username.as_str()).collect();
    assert_eq!(users, ["admin.invoke", "pubapi", "zato.ping.plain_http.basic_auth", "metrics"]);
    assert!(credentials.to_text().expose().contains("\npubapi: chosen\n"));
    assert_eq!(place.secret(BASIC, "metrics", "password").await, credentials.users[3].password);
    let channel = place.api.get(REST, "admin.invoke.json").await.unwrap();
    assert_eq!(
        (&channel.spec["security"], &channel.spec["is_internal"]),
        (&json!("admin.invoke"), &json!(true))
    );
    let objects = place.api.store().snapshot().await.unwrap().objects;
    assert!(objects.iter().all(is_initial));
    let again = initial_data(&place.api, &GivenPasswords::new()).await.unwrap();
    assert_eq!(again.users, vec![]);
}

#[tokio::test]
async fn one_cache_of_the_user_is_the_default() {
    const CACHE: &str = "cache.builtin";
    let place = Place::new().await;
    let cache = |name: &str, is_default: bool| object(CACHE, name, json!({"is_default": is_default}));
    place
        .api
        .create(vec![cache("a", true), cache("b", false), cache("zato.bearer.token", true)])
        .await
        .unwrap();
    let error = place.api.put(vec![cache("b", true)]).await.unwrap_err();
    assert!(
        error.report().contains("field `is_default`: zato_cache_builtin `a` has it already"),
        "{}",
        error.report()
    );
    place.api.put(vec![cache("a", false), cache("b", true)]).await.unwrap();
}
