//! Commands that need no running server, and the exit codes of all.

use std::fs;

use serde_json::Value;

use crate::place::{Place, mode};

#[test]
fn the_version_names_the_compatible_one_what_it_was_built_from_and_that_of_python() {
    let done = Place::new().zato("--version");
    assert_eq!(done.code, 0);
    let line = done.stdout.trim_end();
    assert!(line.starts_with("Zato 3.2+rust.") || line.starts_with("Zato 3.2+rev."), "{line}");
    assert!(line.ends_with("-py3.11.7"), "{line}");
}

#[test]
fn usage_errors_have_the_documented_exit_codes() {
    for (line, code) in [
        ("", 14),
        ("create", 14),
        ("explode", 15),
        ("start", 29),
        ("start --speed=fast DIR", 15),
        ("encrypt --path DIR --secret-key x --data y", 13),
        ("delete basic-auth --path DIR", 29),
        ("delete basic-auth --path DIR --name x --id 1", 13),
    ] {
        let done = Place::new().zato(line);
        assert_eq!(done.code, code, "{line}: {done:?}");
        assert!(!done.stderr.is_empty(), "{line}");
    }
}

#[test]
fn help_is_no_error() {
    for line in
        ["--help", "quickstart --help", "quickstart create --help", "enmasse --help", "create server -h"]
    {
        let done = Place::new().zato(line);
        assert_eq!(done.code, 0, "{line}: {done:?}");
        assert!(done.stdout.contains("Usage"), "{line}");
        assert!(!done.stdout.contains("worker DIR"), "{line}");
    }
}

#[test]
fn commands_of_earlier_versions_that_are_not_here_say_so() {
    for line in [
        "create load-balancer DIR/lb",
        "create web_admin DIR/wa",
        "pubsub get-topics --path x",
        "sso login x",
    ] {
        let done = Place::new().zato(line);
        assert_eq!(done.code, 15, "{line}");
        assert!(done.stderr.contains("not part of this version"), "{line}: {}", done.stderr);
    }
}

#[test]
fn paths_that_are_no_components_have_codes_of_their_own() {
    let place = Place::new();
    fs::create_dir(place.path("empty")).unwrap();
    fs::create_dir(place.path("web-admin")).unwrap();
    fs::write(place.path("web-admin/.zato-info"), r#"{"version":"3.2","component":"WEB_ADMIN"}"#).unwrap();
    for (line, code) in [
        ("start DIR/none", 31),
        ("stop DIR/none", 31),
        ("info DIR/empty", 3),
        ("component-version DIR/empty", 3),
        ("start DIR/web-admin", 18),
        ("stop DIR/web-admin", 10),
        ("enmasse DIR/web-admin --export", 23),
        ("check-config DIR/web-admin", 23),
        ("service list DIR/web-admin", 23),
    ] {
        let done = place.zato(line);
        assert_eq!(done.code, code, "{line}: {done:?}");
    }
}

#[test]
fn an_old_scheduler_starts_by_saying_that_there_is_nothing_to_start() {
    let place = Place::new();
    fs::create_dir(place.path("scheduler")).unwrap();
    fs::write(place.path("scheduler/.zato-info"), r#"{"version":"3.1","component":"SCHEDULER"}"#).unwrap();
    let done = place.zato("start DIR/scheduler");
    assert_eq!(done.code, 0);
    assert!(done.stdout.contains("does not run"), "{}", done.stdout);
}

#[test]
fn keys_encrypt_and_decrypt() {
    let place = Place::new();
    let key = place.zato("create secret-key");
    let other = place.zato("crypto create-secret-key");
    assert_eq!(key.stdout.trim().len(), 44);
    assert_ne!(key.stdout, other.stdout);
    let key = key.stdout.trim();
    let token = place.zato(&format!("encrypt --secret_key {key} --data hunter2"));
    assert!(token.stdout.starts_with("gAAAA"), "{token:?}");
    let back = place.zato(&format!("decrypt --secret-key {key} --data {}", token.stdout.trim()));
    assert_eq!(back.stdout, "hunter2\n");
    let wrong =
        place.zato(&format!("decrypt --secret-key {} --data {}", other.stdout.trim(), token.stdout.trim()));
    assert_eq!(wrong.code, 16);
    assert!(!wrong.stderr.contains(other.stdout.trim()));
    place.expect(29, format!("encrypt --secret-key {key}"));
    place.expect(29, "encrypt --data x");
}

#[test]
fn data_is_encrypted_with_the_key_of_a_server() {
    let place = Place::new();
    place.quickstart();
    let token = place.zato("encrypt DIR/qs/server1 --data hunter2");
    assert_eq!(token.code, 0, "{token:?}");
    assert_eq!(
        place.zato(&format!("decrypt --path DIR/qs --data {}", token.stdout.trim())).stdout,
        "hunter2\n"
    );
}

#[test]
fn a_recorded_command_runs_again() {
    let place = Place::new();
    let key = place.expect(0, "create secret-key").stdout.trim().to_owned();
    let first = place.zato(&format!("encrypt --store-config --secret-key {key} --data one"));
    assert_eq!(first.code, 0, "{first:?}");
    let file = fs::read_dir(place.path("cwd")).unwrap().next().unwrap().unwrap();
    let name = file.file_name().into_string().unwrap();
    assert!(name.starts_with("zato.") && name.ends_with(".config"), "{name}");
    assert_eq!(mode(&file.path()), 0o600);
    let again = place.zato(&format!("from-config {name}"));
    assert!(again.stdout.starts_with("gAAAA"), "{again:?}");
    place.expect(2, "from-config none.config");
    fs::write(place.path("cwd/bad.config"), "command=stop\nspeed=fast\n").unwrap();
    let bad = place.zato("from-config bad.config");
    assert_eq!(bad.code, 15);
    assert!(bad.stderr.contains("line 2"), "{}", bad.stderr);
}

#[test]
fn info_tells_what_is_known_of_a_server_that_does_not_run() {
    let place = Place::new();
    place.quickstart();
    let done = place.zato("info DIR/qs/server1 --format json");
    let facts: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(facts["component_running"], Value::Bool(false));
    assert_eq!(facts["component_details"]["component"], "SERVER");
    assert!(facts["component_full_path"].as_str().unwrap().ends_with("/qs/server1"));
    for key in ["component_host", "current_time", "current_time_utc", "services", "deployments", "failures"] {
        assert!(facts.get(key).is_some(), "{key}");
    }
    assert!(facts.get("master_proc_pid").is_none());
    let text = place.zato("info DIR/qs/server1 --cols_width 20,60").stdout;
    assert!(text.contains("component_running") && text.contains("false"), "{text}");
    assert!(place.zato("info DIR/qs --format yaml").stdout.contains("component_running: false"));
    place.expect(15, "info DIR/qs --cols-width wide");
}

#[test]
fn the_version_of_a_component_is_its_marker() {
    let place = Place::new();
    place.quickstart();
    let done = place.zato("component_version DIR/qs/server1");
    let marker: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((marker["component"].as_str(), marker["version"].as_str()), (Some("SERVER"), Some("3.2")));
}

#[test]
fn configuration_is_checked_one_thing_after_another() {
    let place = Place::new();
    let environment = place.quickstart();
    let done = place.zato("check-config DIR/qs/server1");
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.lines().all(|line| line.starts_with("OK, ")), "{}", done.stdout);
    let conf = environment.root.join("server1/config/repo/server.conf");
    let port = place.zato("info DIR/qs/server1").stdout;
    assert!(!port.is_empty());
    let text = fs::read_to_string(&conf).unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let variables = [("Zato_Config_Bind_Port", taken.local_addr().unwrap().port().to_string())];
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(place.zato_with("check-config DIR/qs/server1", &variables).code, 18);
    fs::write(&conf, text.replace("[main]", "[main]\nqueue_limit = plenty")).unwrap();
    let bad = place.zato("check-config DIR/qs/server1");
    assert_eq!(bad.code, 21, "{bad:?}");
    assert!(bad.stderr.contains("queue_limit"), "{}", bad.stderr);
    fs::remove_file(environment.root.join("zato.db")).unwrap();
    fs::write(&conf, text).unwrap();
    place.expect(4, "check-config DIR/qs/server1");
}

#[test]
fn waiting_for_a_server_that_is_not_there_ends_with_28() {
    let place = Place::new();
    let port = crate::place::free_port();
    let done = place.zato(&format!("wait --address http://127.0.0.1:{port} --timeout 0.2 --interval 0.05"));
    assert_eq!(done.code, 28, "{done:?}");
    place.expect(29, "wait");
    place.expect(15, "wait --address https://x");
}

#[test]
fn nothing_runs_so_there_is_nothing_to_stop() {
    let place = Place::new();
    let environment = place.quickstart();
    place.expect(10, "stop DIR/qs");
    fs::write(environment.root.join("server1/pidfile"), "1").unwrap();
    place.expect(10, "stop DIR/qs/server1");
    assert!(!environment.root.join("server1/pidfile").exists());
}
