//! The binary of the tests as supervisor and as worker. These are no tests: they do nothing unless a test has
//! started them.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use zato_core::ErrorKind;
use zato_server::config::{Environment, ServerOptions, ServerPaths};
use zato_server::supervisor::{self, SupervisorOptions, WorkerCommand};
use zato_server::worker::{self, EXIT_UNABLE, WorkerOptions};

use super::fake_guest::FakeGuest;

fn server() -> Option<(ServerPaths, ServerOptions)> {
    let paths = ServerPaths::new(std::env::var_os("ZATO_TEST_SERVER")?);
    let options = ServerOptions::load(&paths, &Environment::of_process()).unwrap().value;
    tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stderr).init();
    Some((paths, options))
}

#[test]
#[ignore = "a process of other tests"]
fn supervisor_process() {
    let Some((paths, server)) = server() else { return };
    let exe = std::env::current_exe().unwrap();
    // The test harness takes no arguments of ours, so that the shell passes the number of the worker on.
    let script =
        "ZATO_TEST_WORKER=$2 exec \"$0\" server::processes::worker_process --exact --ignored --nocapture";
    let worker_command = WorkerCommand {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into(), exe.into_os_string()],
        environment: vec![(OsString::from("ZATO_TEST_IS_WORKER"), OsString::from("yes"))],
        secret_key: None,
    };
    let ready_file = std::env::var_os("ZATO_TEST_READY");
    let on_ready = Box::new(move |readiness: &supervisor::Readiness| {
        if let Some(path) = ready_file {
            std::fs::write(path, format!("{} {}", readiness.workers, readiness.elapsed.as_millis())).unwrap();
        }
    });
    let stops_on_hang_up = std::env::var_os("ZATO_TEST_TERMINAL").is_some();
    let options = SupervisorOptions { paths, server, worker_command, stops_on_hang_up, on_ready };
    let outcome = supervisor::run(options);
    std::process::exit(match outcome {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{}", error.report());
            if error.kind() == ErrorKind::Conflict { 9 } else { 16 }
        }
    });
}

#[test]
#[ignore = "a process of other tests"]
fn worker_process() {
    if std::env::var_os("ZATO_TEST_IS_WORKER").is_none() {
        return;
    }
    let Some((paths, server)) = server() else { return };
    let index: usize = std::env::var("ZATO_TEST_WORKER").unwrap().parse().unwrap();
    if let Some(pause) = std::env::var("ZATO_TEST_WORKER_PAUSE").ok().and_then(|text| text.parse().ok()) {
        std::thread::sleep(Duration::from_millis(pause));
    }
    let options =
        WorkerOptions { paths, server, index, environment: Environment::of_process(), access_log: None };
    let code = match worker::run(options, Arc::new(|options, _| FakeGuest::make(options))) {
        Ok(_) => 0,
        Err(error) => {
            eprintln!("{}", error.report());
            i32::from(EXIT_UNABLE)
        }
    };
    std::process::exit(code);
}
