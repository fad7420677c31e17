//! The log of a process: there is one, so these tests take turns.

use std::fs;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use zato_http::AccessLog as _;
use zato_server::config::options::LineFormat;
use zato_server::config::{Environment, ServerPaths};
use zato_server::logging::{self, Level, Logging, LoggingOptions};

static TURN: Mutex<()> = Mutex::new(());

struct Running {
    directory: tempfile::TempDir,
    log: Logging,
    _turn: MutexGuard<'static, ()>,
}

fn start(format: LineFormat) -> Running {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = tempfile::tempdir().unwrap();
    let environment = Environment::default();
    let options =
        LoggingOptions::load(&ServerPaths::new(directory.path()), format, &environment).unwrap().value;
    let log = Logging::start(&options, false, &environment).unwrap();
    Running { directory, log, _turn: turn }
}

impl Running {
    fn read(&self, name: &str) -> String {
        self.log.flush();
        fs::read_to_string(self.directory.path().join("logs").join(name)).unwrap_or_default()
    }

    /// Lines of server.log that this test wrote: the log is the process's, and other tests may write to it at the
    /// same time, from threads of their own.
    fn own_lines(&self) -> String {
        let thread = std::thread::current().name().unwrap().to_owned();
        let text = self.read("server.log");
        text.lines().filter(|line| line.contains(&thread)).map(|line| format!("{line}\n")).collect()
    }
}

#[test]
fn records_of_services_and_of_the_server_end_up_in_server_log() {
    let running = start(LineFormat::Text);
    logging::emit(20, "crm.get-client", "hello password=hunter2", 7, Some("c1d"));
    logging::emit(10, "crm.get-client", "too fine", 8, None);
    tracing::warn!(target: "zato_rest", cid = "abc", status = 500, "response sent");
    tracing::info!(target: "zato_http::router", "table \"compiled\"");
    let text = running.own_lines();
    // The log is the process's: other tests may write to it at the same time, from threads of their own.
    let own = format!(":{} - ", std::thread::current().name().unwrap());
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.contains(&own))
        .map(|line| line.split_once(" - ").unwrap().1)
        .collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with(&format!("INFO - {}:", std::process::id())));
    assert!(lines[0].ends_with("crm.get-client:7 - hello password=****** cid=c1d"), "{}", lines[0]);
    assert!(
        lines[1].contains("WARNING") && lines[1].ends_with("response sent status=500 cid=abc"),
        "{}",
        lines[1]
    );
    assert!(lines[2].contains("zato.http.router:"), "{}", lines[2]);
}

#[test]
fn levels_change_while_it_runs() {
    let running = start(LineFormat::Text);
    assert!(!logging::is_enabled("crm.get-client", 10));
    logging::set_level("crm", Some(Level::DEBUG)).unwrap();
    assert!(logging::is_enabled("crm.get-client", 10));
    assert!(!logging::is_enabled("erp", 10) && logging::is_enabled("erp", 20));
    assert!(logging::levels().contains(&("crm".to_owned(), Level::DEBUG)));
    logging::emit(10, "crm.get-client", "fine detail", 0, None);
    logging::set_level("crm", None).unwrap();
    logging::emit(10, "crm.get-client", "not any more", 0, None);
    let text = running.own_lines();
    assert!(text.contains("fine detail") && !text.contains("not any more"), "{text}");
}

#[test]
fn the_access_log_is_a_file_of_its_own() {
    let running = start(LineFormat::Text);
    let access = running.log.access_log();
    access.write(b"127.0.0.1 - GET /zato/ping 200\n");
    assert_eq!(running.read("http_access.log"), "127.0.0.1 - GET /zato/ping 200\n");
    logging::set_level(logging::ACCESS_LOGGER, Some(Level::WARNING)).unwrap();
    access.write(b"silent\n");
    assert_eq!(running.read("http_access.log").lines().count(), 1);
    assert_eq!(running.own_lines(), "");
}

#[test]
fn json_lines_hold_all_facts() {
    let running = start(LineFormat::Json);
    tracing::error!(target: "zato", cid = "abc", file = "crm.py", "deployment failed");
    let line: serde_json::Value = serde_json::from_str(running.own_lines().trim()).unwrap();
    assert_eq!((&line["cid"], &line["file"]), (&"abc".into(), &"crm.py".into()));
    assert_eq!((&line["level"], &line["message"]), (&"ERROR".into(), &"deployment failed".into()));
}

/// Forking a process that has threads is not safe to test in itself, and what is set stays set, so that a second
/// process plays the child.
#[test]
fn a_forked_process_writes_its_lines_itself() {
    const CHILD: &str = "ZATO_TEST_LOGGING_CHILD";
    if std::env::var_os(CHILD).is_none() {
        let outcome = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "logging::a_forked_process_writes_its_lines_itself"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stdout));
        return;
    }
    let running = start(LineFormat::Text);
    logging::emit(20, "parent", "before", 0, None);
    running.log.flush();
    logging::after_fork();
    logging::emit(20, "child", "written at once", 0, None);
    let text = fs::read_to_string(running.directory.path().join("logs/server.log")).unwrap();
    assert!(text.contains("child:0 - written at once"), "{text}");
}
