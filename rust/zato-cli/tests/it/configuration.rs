//! Config stores, clusters, servers and objects, without a running server.

use std::fs;

use serde_json::Value;

use crate::place::Place;

#[test]
fn a_config_store_is_made_once_and_deleted_once() {
    let place = Place::new();
    place.expect(4, "delete odb --odb_db_name DIR/zato.db");
    place.expect(0, "create odb --odb-type sqlite --odb_db_name DIR/zato.db");
    place.expect(1, "create odb --odb_db_name DIR/zato.db");
    place.expect(0, "create odb --odb-db-name DIR/zato.db --skip-if-exists");
    place.expect(15, "create odb postgresql");
    place.expect(0, "delete odb --odb-db-name DIR/zato.db");
    assert!(!place.path("zato.db").exists());
}

#[test]
fn cluster_and_servers_are_made_by_hand() {
    let place = Place::new();
    place.expect(4, "create cluster c1 --odb-db-name DIR/zato.db");
    place.zato("create odb --odb-db-name DIR/zato.db");
    let key = place.expect(0, "create secret-key").stdout.trim().to_owned();
    let done = place.zato(&format!(
        "create cluster c1 --odb-db-name DIR/zato.db --secret-key {key} --lb-agent_port 20151"
    ));
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains("pubapi: "), "{}", done.stdout);
    assert!(!done.stdout.contains(&key), "a given key is not repeated");
    place.expect(6, "create cluster c2 --odb-db-name DIR/zato.db");
    place.expect(6, "create cluster c1 --odb-db-name DIR/zato.db");
    place.expect(0, "create cluster c1 --odb-db-name DIR/zato.db --skip-if-exists");

    let create = "--odb-db-name DIR/zato.db";
    place.expect(29, format!("create server DIR/server1 c1 server1 {create}"));
    place.expect(8, format!("create server DIR/server1 other server1 {create} --secret-key {key}"));
    let wrong = place.expect(0, "create secret-key").stdout.trim().to_owned();
    place.expect(16, format!("create server DIR/server1 c1 server1 {create} --secret-key {wrong}"));
    let made = place
        .zato(&format!("create server DIR/server1 c1 server1 {create} --secret_key {key} --http-port 17020"));
    assert_eq!(made.code, 0, "{made:?}");
    place.expect(7, format!("create server DIR/other c1 server1 {create}"));
    place.expect(5, format!("create server DIR/server1 c1 server2 {create}"));
    let second = place.zato("create server DIR/server2 sqlite localhost 6379 pub priv cert ca c1 server2");
    assert_eq!(second.code, 0, "{second:?}");
    assert!(second.stdout.contains("17021"), "{}", second.stdout);
    let conf = fs::read_to_string(place.path("server2/config/repo/server.conf")).unwrap();
    assert!(conf.contains("17021"), "{conf}");
}

#[test]
fn a_server_that_cannot_be_made_leaves_nothing_behind() {
    let place = Place::new();
    place.expect(4, "create server DIR/server1 c1 server1");
    assert!(!place.path("server1").exists());
}

#[test]
fn definitions_and_channels_are_made_changed_and_deleted() {
    let place = Place::new();
    place.quickstart();
    let made =
        place.zato("create basic-auth --path DIR/qs/server1 --name crm --username crm.user --realm CRM");
    assert_eq!(made.code, 0, "{made:?}");
    let shown: Value = serde_json::from_str(&made.stdout).unwrap();
    assert_eq!(shown["username"], "crm.user");
    assert_eq!(shown["password"].as_str().unwrap().len(), 36, "a random one is printed");
    assert!(shown["id"].is_i64());

    let given = place.zato("create basic_auth --path DIR/qs/server1 --name given --password hunter2");
    assert_eq!(given.code, 0, "{given:?}");
    assert!(!(given.stdout + &given.stderr).contains("hunter2"), "a given one is not repeated");
    let again = place.zato("create basic-auth --path DIR/qs/server1 --name crm --password x");
    assert_ne!(again.code, 0);
    assert!(again.stderr.contains("crm"), "{}", again.stderr);

    let key = place.zato(
        "create api-key --path DIR/qs/server1 --name mobile --header X-Mobile --password k --is-active false",
    );
    assert_eq!(key.code, 0, "{key:?}");

    let channel = place.zato("create-rest-channel --path DIR/qs --name crm.get --url_path /crm/{id} --service crm.get --basic-auth true");
    assert_eq!(channel.code, 0, "{channel:?}");
    let shown: Value = serde_json::from_str(&channel.stdout).unwrap();
    assert_eq!(
        (shown["url_path"].as_str(), shown["username"].as_str()),
        (Some("/crm/{id}"), Some("crm.get"))
    );
    place.expect(21, "create-rest-channel --path DIR/qs --name x --url-path x --service s");
    place.expect(13, "create-rest-channel --path DIR/qs --name x --service s --basic-auth --api-key");

    place.expect(0, "change-password --path DIR/qs --name mobile --password other");
    place.expect(15, "change-password --path DIR/qs --name mobil --password other");
    place.expect(29, "change-password --path DIR/qs --name mobile");

    let id = shown["id"].as_i64().unwrap();
    place.expect(0, format!("delete-rest-channel --path DIR/qs --id {id}"));
    place.expect(15, "delete-rest-channel --path DIR/qs --name crm.get");
    place.expect(0, "delete api-key --path DIR/qs --name mobile");
    place.expect(0, "delete basic-auth --path DIR/qs --name crm");
}

#[test]
fn changing_the_password_of_a_user_of_the_credentials_file_changes_the_file() {
    let place = Place::new();
    let environment = place.quickstart();
    let done = place.zato("change-password --path DIR/qs/server1 --name pubapi --password hunter2");
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!done.stdout.contains("hunter2"));
    assert!(environment.credentials().contains(&("pubapi".to_owned(), "hunter2".to_owned())));
}

#[test]
fn enmasse_plans_imports_and_exports_without_a_running_server() {
    let place = Place::new();
    place.quickstart();
    let text = "security:\n  - {name: crm.basic, type: basic_auth, username: crm, password: hunter2}\n\
                channel_rest:\n  - {name: crm.get, url_path: /crm, service: demo.ping, security: crm.basic}\n";
    fs::write(place.path("in.yaml"), text).unwrap();
    let plan = place.zato("enmasse DIR/qs/server1 --import --input DIR/in.yaml --dry-run");
    assert_eq!(plan.code, 0, "{plan:?}");
    assert!(
        plan.stdout.contains("crm.get") && plan.stdout.to_lowercase().contains("create"),
        "{}",
        plan.stdout
    );
    let first = place.zato("enmasse DIR/qs/server1 --import --input DIR/in.yaml");
    assert_eq!(first.code, 0, "{first:?}");
    assert!(!(first.stdout + &first.stderr).contains("hunter2"));
    let second = place.zato("enmasse DIR/qs --import --input DIR/in.yaml");
    assert!(second.stdout.to_lowercase().contains("no change"), "{}", second.stdout);
    let export = place.zato("enmasse DIR/qs --export --output DIR/out.yaml");
    assert_eq!(export.code, 0, "{export:?}");
    let exported = fs::read_to_string(place.path("out.yaml")).unwrap();
    assert!(exported.contains("crm.get") && !exported.contains("hunter2"), "{exported}");
    let third = place.zato("enmasse DIR/qs --import --input DIR/out.yaml");
    assert!(third.stdout.to_lowercase().contains("no change"), "{third:?}");
}

#[test]
fn a_bad_import_changes_nothing_and_tells_every_problem() {
    let place = Place::new();
    place.quickstart();
    let text = "channel_rest:\n  - {name: good, url_path: /good, service: demo.ping}\n  - {name: b1, url_path: b1, service: x}\n\
                \x20 - {name: b2, url_pth: /b2, service: x}\n";
    fs::write(place.path("in.yaml"), text).unwrap();
    let done = place.zato("enmasse DIR/qs/server1 --import --input DIR/in.yaml");
    assert_eq!(done.code, 21, "{done:?}");
    for word in ["b1", "url_path", "url_pth", "in.yaml"] {
        assert!(done.stderr.contains(word), "{word}: {}", done.stderr);
    }
    let plan = place.zato("enmasse DIR/qs/server1 --export");
    assert!(!plan.stdout.contains("/good"), "{plan:?}");
}

#[test]
fn input_that_is_hardly_meant_is_refused() {
    let place = Place::new();
    place.expect(15, "quickstart create DIR/other sqlite localhost notaport");
    place.expect(15, "quickstart create DIR/other --password=");
    place.quickstart();
    place.expect(15, "create basic-auth --path DIR/qs --name a --password=");
    place.expect(15, "create api-key --path DIR/qs --name a --password=");
    place.expect(21, "create api-key --path DIR/qs --name a --header Content-Length");
    let done = place.expect(0, "create-rest-channel --path DIR/qs --name c --service s --url-path /a?q=1");
    assert!(done.stderr.contains("Warning") && done.stderr.contains("`?`"), "{}", done.stderr);
}

#[test]
fn imports_come_from_pipes_and_exports_are_what_their_names_say() {
    let place = Place::new();
    place.quickstart();
    let text = "security:\n  - {name: piped, type: apikey, password: k}\n";
    for (input, done) in [("-", "1 to create"), ("/dev/stdin", "o change")] {
        let line = format!("enmasse DIR/qs --import --input {input}");
        let imported = place.zato_reading(&line, text);
        assert_eq!(imported.code, 0, "{imported:?}");
        assert!(imported.stdout.contains(done), "{imported:?}");
    }
    let wrong = place.zato_reading("enmasse DIR/qs --import --input -", "nonsense:\n- x\n");
    assert!(wrong.code == 21 && wrong.stderr.contains("/dev/stdin:1"), "{wrong:?}");
    place.expect(0, "enmasse DIR/qs --export --output DIR/rt.json");
    let exported: Value = serde_json::from_str(&fs::read_to_string(place.path("rt.json")).unwrap()).unwrap();
    assert_eq!(exported["security"][0]["name"], "piped");
    place.expect(0, "enmasse DIR/qs --export --output DIR/odd.json --format yaml");
    assert!(fs::read_to_string(place.path("odd.json")).unwrap().contains("\nsecurity:"));
}

#[test]
fn what_would_keep_a_server_from_starting_or_logging_is_told_before() {
    let place = Place::new();
    let environment = place.quickstart();
    let file = |name: &str| environment.root.join("server1/config/repo").join(name);
    place.expect(0, "check-config DIR/qs/server1");
    let pickup = "[hot-deploy.user.a]\npickup_from=x\npatterns=[[[\n";
    fs::write(file("pickup.conf"), pickup).unwrap();
    let done = place.expect(21, "check-config DIR/qs/server1");
    assert!(done.stderr.contains("pickup.conf:3"), "{}", done.stderr);
    fs::remove_file(file("pickup.conf")).unwrap();
    fs::write(place.path("taken"), "").unwrap();
    let logging = fs::read_to_string(file("logging.conf")).unwrap();
    let nowhere = place.path("taken/server.log").display().to_string();
    let moved = logging.replacen("./logs/server.log", &nowhere, 1);
    assert_ne!(moved, logging);
    fs::write(file("logging.conf"), moved).unwrap();
    let done = place.expect(21, "check-config DIR/qs/server1");
    assert!(done.stderr.contains("taken/server.log"), "{}", done.stderr);
    let started = place.zato("start DIR/qs/server1");
    place.zato("stop DIR/qs/server1");
    assert_eq!(started.code, 0, "{started:?}");
    assert!(started.stderr.contains("Warning") && started.stderr.contains("taken"), "{}", started.stderr);
}

#[test]
fn a_file_without_objects_is_no_order_to_delete_everything() {
    let place = Place::new();
    place.quickstart();
    place.expect(0, "create basic-auth --path DIR/qs --name mine --password x");
    for (text, code) in [("", 12), ("# later\n", 12), ("channel_rest:\n", 12), ("channel_rest: [\n", 21)] {
        fs::write(place.path("in.yaml"), text).unwrap();
        let done = place.zato("enmasse DIR/qs --import --input DIR/in.yaml --clean-odb");
        assert_eq!(done.code, code, "{text:?}: {done:?}");
    }
    let export = place.zato("enmasse DIR/qs --export --output -");
    assert!(export.stdout.contains("name: mine"), "{export:?}");
}

#[test]
fn enmasse_has_its_exit_codes() {
    let place = Place::new();
    place.quickstart();
    fs::write(place.path("in.yaml"), "channel_rest: []\n").unwrap();
    for (options, code) in [
        ("", 14),
        ("--import", 12),
        ("--import --export --input DIR/in.yaml", 13),
        ("--import --input DIR/none.yaml", 2),
        ("--import --input DIR", 30),
        ("--export --format xml", 15),
        ("--export --include-type everything", 15),
    ] {
        let line = format!("enmasse DIR/qs/server1 {options}");
        let done = place.zato(line.trim_end());
        assert_eq!(done.code, code, "{options}: {done:?}");
    }
}
