//! Servers that really run: supervisor and workers in processes of their own, with a guest without interpreter.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::place::{Environment, Place};

/// Stops the server even if the test fails.
struct Running<'p>(&'p Place);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.zato("stop DIR/qs");
    }
}

fn start(place: &Place) -> (Environment, Running<'_>) {
    let environment = place.quickstart();
    fs::write(environment.root.join("server1/pickup/incoming/services/demo.py"), "service demo.ping\n")
        .unwrap();
    let done = place.zato("start DIR/qs/server1");
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(done.stdout, "OK\n");
    (environment, Running(place))
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(15);
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_server_starts_answers_and_stops() {
    let place = Place::new();
    let (environment, _running) = start(&place);
    place.expect(0, "wait --path DIR/qs/server1 --timeout 10");
    place.expect(9, "start DIR/qs/server1");
    place.expect(9, "check-config DIR/qs/server1");
    let facts: Value = serde_json::from_str(&place.zato("info DIR/qs/server1 --format json").stdout).unwrap();
    assert_eq!(facts["component_running"], Value::Bool(true));
    assert_eq!(facts["master_proc_workers_no"], 1);
    assert!(facts["master_proc_connections"].to_string().contains("LISTEN"), "{facts}");
    assert!(facts["services"].to_string().contains("demo.ping"), "{facts}");
    let stopped = place.zato("stop DIR/qs/server1");
    assert_eq!(stopped.code, 0, "{stopped:?}");
    assert!(stopped.stdout.contains("shutting down"));
    assert!(!environment.root.join("server1/pidfile").exists());
    place.expect(10, "stop DIR/qs/server1");
}

/// Sends a signal to a process.
fn signal(name: &str, pid: &str) {
    assert!(std::process::Command::new("kill").args([name, pid.trim()]).status().unwrap().success());
}

/// Lets a process go on even if the test fails.
struct Suspended(String);

impl Drop for Suspended {
    fn drop(&mut self) {
        signal("-CONT", &self.0);
    }
}

#[test]
fn a_server_that_is_suspended_is_told_about_all_the_same() {
    let place = Place::new();
    let (environment, _running) = start(&place);
    let pid = fs::read_to_string(environment.root.join("server1/pidfile")).unwrap();
    signal("-STOP", &pid);
    let suspended = Suspended(pid.clone());
    let asked = Instant::now();
    let done = place.zato("info DIR/qs/server1 --format json");
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    assert_eq!(done.code, 0, "{done:?}");
    let facts: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(facts["master_proc_pid"].to_string(), pid.trim());
    assert!(facts["services"].to_string().contains("demo.ping"), "{facts}");
    assert!(done.stderr.contains("does not answer"), "{}", done.stderr);
    drop(suspended);
}

#[test]
fn services_are_invoked_with_the_credentials_of_the_store() {
    let place = Place::new();
    let (environment, _running) = start(&place);
    let done = place.zato("service invoke DIR/qs/server1 demo.ping --payload {\"a\":1}");
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains("demo.ping") && done.stdout.contains(r#"{\"a\":1}"#), "{}", done.stdout);
    let password = environment.credentials().into_iter().find(|(user, _)| user == "admin.invoke").unwrap().1;
    assert!(!(done.stdout + &done.stderr).contains(&password));
    place.expect(15, "service invoke DIR/qs/server1 demo.ping --headers odd");
}

#[test]
fn what_is_deployed_is_listed_with_what_is_not_and_rolled_back() {
    let place = Place::new();
    let (_environment, _running) = start(&place);
    fs::write(place.path("crm.py"), "service crm.one\n").unwrap();
    let first = place.zato("hot-deploy DIR/crm.py --path DIR/qs/server1");
    assert_eq!(first.code, 0, "{first:?}");
    assert!(first.stdout.contains(": crm.one"), "{}", first.stdout);
    let again = place.zato("hot-deploy DIR/crm.py --path DIR/qs/server1");
    assert!(again.stdout.contains("`crm.py` is in force as it is: crm.one"), "{}", again.stdout);
    assert!(place.zato("service list DIR/qs/server1").stdout.contains("crm.one"));
    fs::write(place.path("crm.py"), "service crm.two\n").unwrap();
    place.expect(0, "hot-deploy DIR/crm.py --path DIR/qs/server1");
    until("the second version is in force", || {
        place.zato("service list DIR/qs/server1").stdout.contains("crm.two")
    });
    fs::write(place.path("crm.py"), "x\nbroken\n").unwrap();
    let broken = place.zato("hot-deploy DIR/crm.py --path DIR/qs/server1");
    assert_eq!(broken.code, 21, "{broken:?}");
    assert!(broken.stderr.contains("crm.py:2: it is broken"), "{}", broken.stderr);
    let listed = place.zato("service list DIR/qs/server1").stdout;
    assert!(listed.contains("crm.two") && listed.contains("it is broken"), "{listed}");
    let unknown = place.zato("service rollback DIR/qs/server1 gone.py");
    assert!(unknown.stderr.contains("zato service deployments"), "{}", unknown.stderr);
    let back = place.zato("service rollback DIR/qs/server1 crm.py");
    assert_eq!(back.code, 0, "{back:?}");
    assert!(place.zato("service list DIR/qs/server1").stdout.contains("crm.one"));
    let deployments = place.zato("service deployments DIR/qs/server1");
    assert!(
        deployments.stdout.contains("failed") && deployments.stdout.contains("rollback"),
        "{}",
        deployments.stdout
    );
}

#[test]
fn a_change_is_live_when_the_command_returns() {
    let place = Place::new();
    let (_environment, _running) = start(&place);
    let done =
        place.zato("create-rest-channel --path DIR/qs/server1 --name x --url-path /x --service demo.ping");
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("Live on 1 worker after"), "{}", done.stderr);
    assert!(!done.stderr.contains("Warning"), "{}", done.stderr);
    let unknown =
        place.zato("create-rest-channel --path DIR/qs/server1 --name z --url-path /z --service demo.pong");
    assert_eq!(unknown.code, 0, "{unknown:?}");
    assert!(unknown.stderr.contains("Warning") && unknown.stderr.contains("demo.pong"), "{}", unknown.stderr);
    place.expect(0, "wait --path DIR/qs/server1 --url-path /x --timeout 1");
    fs::write(place.path("in.yaml"), "channel_rest:\n  - {name: y, url_path: /y, service: demo.ping}\n")
        .unwrap();
    let imported = place.zato("enmasse DIR/qs/server1 --import --input DIR/in.yaml");
    assert!(imported.stdout.contains("Live on 1 worker after"), "{imported:?}");
    place.expect(0, "wait --path DIR/qs/server1 --url-path /y --timeout 1");
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let place = Place::new();
    let environment = place.quickstart();
    let taken = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let done = place.zato_with("start DIR/qs/server1", &[("Zato_Config_Bind_Port", port.as_str())]);
    assert_eq!(done.code, 18, "{done:?}");
    assert!(done.stderr.contains(&port), "{}", done.stderr);
    assert!(!environment.root.join("server1/pidfile").exists());
}

#[test]
fn a_directory_that_cannot_be_written_keeps_a_server_from_starting() {
    let place = Place::new();
    let environment = place.quickstart();
    // What root may not write either: there is a file in the place of the directory.
    let logs = environment.root.join("server1/logs");
    fs::remove_dir_all(&logs).unwrap();
    fs::write(&logs, "").unwrap();
    let done = place.expect(18, "start DIR/qs/server1");
    assert!(done.stderr.contains("logs"), "{}", done.stderr);
}

#[test]
fn a_server_does_not_start_without_its_key() {
    let place = Place::new();
    let environment = place.quickstart();
    let secrets = environment.root.join("server1/config/repo/secrets.conf");
    let other = place.expect(0, "crypto create-secret-key").stdout;
    for (key, code) in [(other.trim(), "Z2003"), ("", "Z1002")] {
        fs::write(&secrets, format!("[secret_keys]\nkey1={key}\n")).unwrap();
        let done = place.zato("start DIR/qs/server1");
        assert_eq!(done.code, 18, "{done:?}");
        assert!(done.stderr.contains(code) && done.stderr.contains("secret key"), "{}", done.stderr);
        assert!(!environment.root.join("server1/pidfile").exists());
    }
}

#[test]
fn a_key_that_is_in_no_file_does_not_reach_what_services_start() {
    let place = Place::new();
    let environment = place.quickstart();
    let _running = Running(&place);
    let key = take_key(&environment);
    place.expect(0, format!("start DIR/qs/server1 --secret-key {key}"));
    let facts: Value = serde_json::from_str(&place.zato("info DIR/qs/server1 --format json").stdout).unwrap();
    let worker = facts["master_proc_workers_pids"][0].to_string();
    for file in ["environ", "cmdline"] {
        let bytes = fs::read(format!("/proc/{worker}/{file}")).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(&key), "{file} of worker {worker}");
    }
    assert_eq!(place.zato_with("check-config DIR/qs/server1", &[("ZATO_SECRET_KEY", key.as_str())]).code, 9);
}

#[test]
fn the_key_may_come_on_standard_input() {
    let place = Place::new();
    let environment = place.quickstart();
    let _running = Running(&place);
    let key = take_key(&environment);
    assert_eq!(place.zato_reading("start DIR/qs/server1", "nonsense\n").code, 15);
    assert_eq!(place.zato_reading("start DIR/qs/server1", "").code, 18);
    let done = place.zato_reading("start DIR/qs/server1", &format!("{key}\n"));
    assert_eq!(done.code, 0, "{done:?}");
}

/// Removes the key of a server from its file, and gives it.
fn take_key(environment: &Environment) -> String {
    let path = environment.root.join("server1/config/repo/secrets.conf");
    let text = fs::read_to_string(&path).unwrap();
    let line = text.lines().find(|line| line.starts_with("key1")).unwrap();
    let key = line.split_once('=').unwrap().1.trim().to_owned();
    fs::write(&path, text.replace(&key, "")).unwrap();
    key
}

#[test]
fn a_whole_environment_starts_and_stops() {
    let place = Place::new();
    let done = place.zato(&format!("quickstart create DIR/qs --servers 2 --http-port {}", two_free_ports()));
    assert_eq!(done.code, 0, "{done:?}");
    let _running = Running(&place);
    fs::create_dir(place.path("qs/load-balancer")).unwrap();
    fs::write(place.path("qs/load-balancer/.zato-info"), r#"{"version":"3.1","component":"LOAD_BALANCER"}"#)
        .unwrap();
    let started = place.zato("start DIR/qs");
    assert_eq!(started.code, 0, "{started:?}");
    assert!(
        started.stdout.contains("load-balancer") && started.stdout.contains("skipping"),
        "{}",
        started.stdout
    );
    for server in ["server1", "server2"] {
        place.expect(0, format!("wait --path DIR/qs/{server} --timeout 5"));
    }
    place.expect(0, "stop DIR/qs");
    place.expect(10, "stop DIR/qs");
}

/// Sends a signal to a process and gives its exit code.
fn end(mut child: std::process::Child, signal: &str) -> Option<i32> {
    let sent = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    child.wait().unwrap().code()
}

#[test]
fn a_server_in_the_foreground_stops_with_ctrl_c_or_when_it_is_asked_to() {
    let place = Place::new();
    let environment = place.quickstart();
    let _running = Running(&place);
    for (path, signal) in [("DIR/qs/server1", "-INT"), ("DIR/qs", "-TERM")] {
        let child = place.spawn(&format!("start {path} --fg"));
        place.expect(0, "wait --path DIR/qs/server1 --timeout 15");
        assert_eq!(end(child, signal), Some(0));
        assert!(!environment.root.join("server1/pidfile").exists());
    }
}

#[test]
fn several_servers_in_one_foreground_end_together() {
    let place = Place::new();
    let port = two_free_ports();
    place.expect(0, format!("quickstart create DIR/qs --servers 2 --http-port {port}"));
    let _running = Running(&place);
    let wait = |server: &str| place.zato(&format!("wait --path DIR/qs/{server} --timeout 15")).code;
    let child = place.spawn("start DIR/qs --fg");
    assert_eq!((wait("server1"), wait("server2")), (0, 0));
    assert_eq!(end(child, "-INT"), Some(0));
    place.expect(10, "stop DIR/qs");

    let child = place.spawn("start DIR/qs --fg");
    assert_eq!((wait("server1"), wait("server2")), (0, 0));
    place.expect(0, "stop DIR/qs/server2");
    let code = child.wait_with_output().unwrap().status.code();
    assert_eq!(code, Some(18), "one of them ended, whoever watches should know");
    place.expect(10, "stop DIR/qs/server1");
}

#[test]
fn the_scripts_of_an_environment_start_and_stop_it() {
    let place = Place::new();
    let environment = place.quickstart();
    let _running = Running(&place);
    let run = |name: &str| std::process::Command::new(environment.root.join(name)).output().unwrap();
    let started = run("zato-qs-start.sh");
    let printed = String::from_utf8_lossy(&started.stdout).into_owned();
    assert!(started.status.success(), "{printed} {}", String::from_utf8_lossy(&started.stderr));
    assert!(printed.contains("[3/3] server1 started"), "{printed}");
    let stopped = run("zato-qs-stop.sh");
    assert!(stopped.status.success());
    assert!(String::from_utf8_lossy(&stopped.stdout).contains("[1/1] server1 stopped"));
    assert!(run("zato-qs-stop.sh").status.success(), "stopping what does not run is fine");
}

/// A port such that it and the next one are free.
fn two_free_ports() -> u16 {
    loop {
        let port = crate::place::free_port();
        if port < u16::MAX && std::net::TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}
