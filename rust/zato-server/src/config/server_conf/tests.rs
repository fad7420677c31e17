use std::time::Duration;

use zato_core::{Problem, Profile};
use zato_http::HttpOptions;
use zato_store::SecretKey;

use super::super::env::{BIND_HOST, BIND_PORT, HOT_DEPLOY_INTERVAL, WORKERS};
use super::super::options::{StartupPayload, Workers};
use super::super::templates::{NewServer, create_server, render_server_conf};
use super::*;

fn load_with(content: &str, environment: &Environment) -> Result<Loaded<ServerOptions>> {
    let directory = tempfile::tempdir().unwrap();
    let paths = ServerPaths::new(directory.path().join("server1"));
    paths.create_directories().unwrap();
    std::fs::write(paths.server_conf(), content).unwrap();
    ServerOptions::load(&paths, environment)
}

fn load(content: &str) -> Loaded<ServerOptions> {
    load_with(content, &Environment::default()).unwrap_or_else(|error| panic!("{}", error.report()))
}

fn problems(content: &str) -> Vec<Problem> {
    load_with(content, &Environment::default()).unwrap_err().problems().to_vec()
}

fn new_server() -> NewServer {
    NewServer {
        cluster_name: "my cluster".to_owned(),
        server_name: "server1".to_owned(),
        bind: "127.0.0.1:17011".to_owned(),
        workers: "auto".to_owned(),
        database: "../../../zato.db".to_owned(),
        secret_key: Some(SecretKey::generate().unwrap()),
    }
}

#[test]
fn the_files_of_a_new_server_are_read_back_without_a_word() {
    let directory = tempfile::tempdir().unwrap();
    let paths = ServerPaths::new(directory.path().join("server1"));
    create_server(&paths, &new_server()).unwrap();
    let loaded = ServerOptions::load(&paths, &Environment::default()).unwrap();
    assert_eq!(loaded.warnings, vec![]);
    let options = loaded.value;
    assert_eq!((options.bind.to_string().as_str(), options.workers), ("127.0.0.1:17011", Workers::Auto));
    assert_eq!((options.cluster_name.as_str(), options.server_name.as_str()), ("my cluster", "server1"));
    assert_eq!(options.database.path, directory.path().join("zato.db"));
    assert_eq!(options.hot_deploy.directories[0].path, paths.incoming_services());
    assert!(options.hot_deploy.allowed.allows_module("crm.get.client"));
    assert_eq!(create_server(&paths, &new_server()).unwrap_err().kind(), ErrorKind::Conflict);
}

#[test]
fn lines_that_cannot_be_understood_do_not_hide_values_that_cannot_be_used() {
    let found = problems("[main]\nworkers = many\nnonsense\nmax_threads = -1\n[misc\n");
    let mut lines: Vec<_> = found.iter().filter_map(|problem| problem.line).collect();
    lines.sort_unstable();
    assert_eq!(lines, [2, 3, 4, 5], "{found:#?}");
}

#[test]
fn what_the_shipped_file_calls_defaults_are_the_defaults() {
    let rendered = render_server_conf(&new_server()).unwrap();
    let commented: String = rendered
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest)
                if rest
                    .split_once(" = ")
                    .is_some_and(|(key, _)| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')) =>
            {
                rest
            }
            _ => line,
        })
        .filter(|line| !line.starts_with("client_address_headers") && !line.starts_with("trusted_proxies"))
        .filter(|line| !line.starts_with("code_404"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(commented.contains("\nmax_threads = 256\n") && commented.contains("\nformat = text\n"));
    let directory = tempfile::tempdir().unwrap();
    let paths = ServerPaths::new(directory.path().join("server1"));
    paths.create_directories().unwrap();
    let read = |content: &str| {
        std::fs::write(paths.server_conf(), content).unwrap();
        ServerOptions::load(&paths, &Environment::default()).unwrap()
    };
    let (given, defaults) = (read(&commented), read(&rendered));
    assert_eq!(given.warnings, vec![]);
    assert_eq!(format!("{:?}", given.value), format!("{:?}", defaults.value));
}

#[test]
fn without_a_file_everything_has_a_default() {
    let directory = tempfile::tempdir().unwrap();
    let paths = ServerPaths::new(directory.path().join("server1"));
    let loaded = ServerOptions::load(&paths, &Environment::default()).unwrap();
    assert_eq!(loaded.warnings, vec![]);
    assert_eq!(loaded.value.bind.to_string(), "0.0.0.0:17010");
    assert_eq!(loaded.value.workers.count(), 1);
    assert_eq!(loaded.value.runtime.profile, Profile::V3_2);
    assert_eq!(loaded.value.http.server_header, HttpOptions::default().server_header);
}

#[test]
fn a_file_of_3_2_is_understood() {
    let loaded = load(
        "[main]\ngunicorn_bind=localhost:17020\ngunicorn_worker_class=gevent\ngunicorn_workers=2\n\
         gunicorn_timeout=1234567890\ngunicorn_graceful_timeout=1\nwork_dir=../../work\n\
         token=zato+secret://zato.server_conf.main.token\n\
         [http_response]\nserver_header=Apache\ncode_404_message=404 Nothing here\ncode_404_content_type=text/html\n\
         [odb]\ndb_name=/var/zato.db\nengine=sqlite\nextra=echo=False\nhost=\npool_size=60\n\
         [hot_deploy]\nbackup_history=50\nmax_batch_size=2000\nbackup_format=bztar\n\
         [misc]\nneeds_x_zato_cid=True\nreturn_tracebacks=False\nhttp_server_header=\n\
         service_invoker_allow_internal=a, b\nqueue_build_cap=30000000\n\
         [http]\nmethods_allowed=get, POST\n[content_type]\njson = application/vnd.json\nxml=text/xml\n\
         [kvdb]\nhost=localhost\nport=6379\n[rbac]\n[[auth_type_hook]]\nservice=x\n\
         [compat]\nprofile=2.0\nold_module_names=False\n[logging]\nhttp_access_log_ignore=/a, /b\nrest_log_ignore=\n\
         [startup_services_first_worker]\nmy.service={\"a\": [1, 2]}\nother.service=\nthird=file:///etc/payload\n\
         [startup_services]\nold.service=x\n[os_environ]\nMY_VAR=a b\n[user_config]\nuser=./user.conf\n",
    );
    let options = &loaded.value;
    assert_eq!(options.bind.to_string(), "localhost:17020");
    assert_eq!((options.workers.count(), options.drain_timeout), (2, Duration::from_secs(1)));
    assert_eq!(options.database.path.to_str(), Some("/var/zato.db"));
    assert_eq!((options.hot_deploy.backup_history, options.hot_deploy.max_batch_size), (50, 2_000_000));
    let http = &options.http;
    assert!(http.needs_x_zato_cid && !http.return_tracebacks && http.server_header.is_none());
    assert_eq!(http.status_overrides[&404].message.as_deref(), Some("Nothing here"));
    assert_eq!(http.methods_allowed.len(), 2);
    assert_eq!(http.json_content_type, "application/vnd.json");
    assert_eq!((http.access_log_ignore.len(), http.rest_log_ignore.len()), (2, 0));
    assert_eq!(http.profile, Profile::V2_0);
    assert!(!options.runtime.has_old_module_names);
    assert_eq!(options.invoker_allows_internal, ["a", "b"]);
    let startup: Vec<_> =
        options.startup_services_first_worker.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(startup, ["my.service", "other.service", "third", "old.service"]);
    assert_eq!(
        options.startup_services_first_worker[0].payload,
        StartupPayload::Text("{\"a\": [1, 2]}".into())
    );
    assert_eq!(options.startup_services_first_worker[2].payload, StartupPayload::File("/etc/payload".into()));
    assert_eq!(options.environment[0].1.expose(), "a b");
    assert!(!format!("{options:?}").contains("a b"));
    assert!(options.user_config[0].1.ends_with("config/repo/user.conf"));
    // One notice for what has no effect, and nothing else.
    assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings);
    assert!(loaded.warnings[0].message.contains("[main] token"));
    assert!(loaded.warnings[0].message.contains("[kvdb] host"));
}

#[test]
fn unknown_keys_and_stanzas_warn_with_a_suggestion() {
    let loaded = load("loose=1\n[mian]\nx=1\n[main]\nworkes=2\nprofile=3.2\nqqq=1\n");
    let found: Vec<_> = loaded
        .warnings
        .iter()
        .map(|warning| (warning.line.unwrap(), warning.hint.clone().unwrap_or_default()))
        .collect();
    assert_eq!(found[0].0, 1);
    assert_eq!(found[1], (2, "did you mean `[main]`? It is ignored".to_owned()));
    assert_eq!(found[2], (5, "did you mean `workers`? It is ignored".to_owned()));
    assert_eq!(found[3], (6, "it belongs below `[compat]`; here it is ignored".to_owned()));
    assert_eq!(found[4], (7, "it is ignored".to_owned()));
    assert!(loaded.warnings.iter().all(|warning| warning.file.as_deref() == Some("server.conf")));
}

#[test]
fn every_bad_value_is_told_with_line_field_and_way_out() {
    let cases = [
        ("[main]\nbind=nowhere\n", 2, "bind"),
        ("[main]\nbind=::1:80\n", 2, "bind"),
        ("[main]\nbind=localhost:99999\n", 2, "bind"),
        ("[main]\nworkers=0\n", 2, "workers"),
        ("[main]\nworkers=many\n", 2, "workers"),
        ("[main]\nmax_threads=-1\n", 2, "max_threads"),
        ("[main]\nmax_threads=4097\n", 2, "max_threads"),
        ("[main]\nqueue_limit=1.5\n", 2, "queue_limit"),
        ("[main]\nrequest_timeout=soon\n", 2, "request_timeout"),
        ("[main]\nswitch_interval=2h\n", 2, "switch_interval"),
        ("[main]\ndrain_timeout=-3\n", 2, "drain_timeout"),
        ("[odb]\n\nengine=postgresql+pg8000\n", 3, "engine"),
        ("[hot_deploy]\nbackup_history=1001\n", 2, "backup_history"),
        ("[hot_deploy]\nmax_batch_size=big\n", 2, "max_batch_size"),
        ("[hot_deploy]\ndelete_after_pick_up=maybe\n", 2, "delete_after_pick_up"),
        ("[pickup]\npoll_interval=x\n", 2, "poll_interval"),
        ("[deploy_patterns_allowed]\norder=random\n", 2, "order"),
        ("[deploy_patterns_allowed]\n*=perhaps\n", 2, "*"),
        ("[compat]\nprofile=9.9\n", 2, "profile"),
        ("[compat]\nold_module_names=some\n", 2, "old_module_names"),
        ("[misc]\nneeds_x_zato_cid=2\n", 2, "needs_x_zato_cid"),
        ("[misc]\nhttp_server_header=a\u{7f}b\n", 2, "http_server_header"),
        ("[http]\nmethods_allowed=\n", 2, "methods_allowed"),
        ("[http]\nmethods_allowed=G E T\n", 2, "methods_allowed"),
        ("[http]\ntrusted_proxies=10.0.0.0/99\n", 2, "trusted_proxies"),
        ("[limits]\nmax_body_size=1 parsec\n", 2, "max_body_size"),
        ("[limits]\nmax_headers=0\n", 2, "max_headers"),
        ("[limits]\nheader_timeout=\"\"\nbody_timeout=-\n", 3, "body_timeout"),
        ("[logging]\nformat=xml\n", 2, "format"),
        ("[startup_services_any_worker]\nmy service=1\n", 2, "my service"),
        ("[os_environ]\nA=zato+secret://missing\n", 2, "A"),
        ("[misc]\ndefault_error_message=$ZATO_TEST_NOT_SET\n", 2, "default_error_message"),
        ("[main]\nbind=a:1\nbind=b:2\n", 3, "bind"),
    ];
    for (content, line, field) in cases {
        let found = problems(content);
        assert_eq!(found.len(), 1, "{content}: {found:?}");
        let problem = &found[0];
        assert_eq!(
            (problem.line, problem.field.as_deref()),
            (Some(line), Some(field)),
            "{content}: {problem}"
        );
        assert!(problem.hint.is_some(), "{content}: {problem}");
        assert_eq!(problem.file.as_deref(), Some("server.conf"));
    }
}

#[test]
fn all_files_are_judged_together() {
    let directory = tempfile::tempdir().unwrap();
    let paths = ServerPaths::new(directory.path().join("server1"));
    paths.create_directories().unwrap();
    std::fs::write(paths.server_conf(), "[main]\nworkers=x\nqueue_limit=y\n").unwrap();
    std::fs::write(paths.pickup_conf(), "[hot-deploy.user.a]\n").unwrap();
    std::fs::write(paths.service_sources(), "a b\n").unwrap();
    std::fs::write(paths.secrets_conf(), "[secret_keys]\nkey1=x\n").unwrap();
    std::fs::write(paths.simple_io_conf(), "nonsense\n").unwrap();
    let error = ServerOptions::load(&paths, &Environment::default()).unwrap_err();
    let files: std::collections::BTreeSet<_> =
        error.problems().iter().filter_map(|problem| problem.file.clone()).collect();
    assert_eq!(files.len(), 5, "{}", error.report());
    assert_eq!(error.problems().len(), 6);
}

#[test]
fn the_environment_wins_and_is_judged_too() {
    let content = "[main]\nbind=1.2.3.4:1\nworkers=1\n";
    let environment = [(BIND_HOST, "::"), (BIND_PORT, "0"), (WORKERS, "3"), (HOT_DEPLOY_INTERVAL, "0.5")];
    let loaded = load_with(content, &environment.into_iter().collect()).unwrap();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let options = loaded.value;
    assert_eq!((options.bind.to_string().as_str(), options.workers.count()), ("[::]:0", 3));
    assert_eq!(options.hot_deploy.poll_interval, Duration::from_millis(500));
    let environment = [(BIND_PORT, "x"), (WORKERS, "0")].into_iter().collect();
    let error = load_with(content, &environment).unwrap_err();
    let fields: Vec<_> = error.problems().iter().filter_map(|problem| problem.field.as_deref()).collect();
    assert_eq!(fields, [BIND_PORT, WORKERS]);
}

#[test]
fn references_are_resolved() {
    let directory = tempfile::tempdir().unwrap();
    let paths = ServerPaths::new(directory.path().join("server1"));
    paths.create_directories().unwrap();
    std::fs::write(paths.secrets_conf(), "[zato]\nmessage=from secrets\n").unwrap();
    std::fs::write(
        paths.server_conf(),
        "[misc]\ndefault_error_message=zato+secret://message\ninitial_server_name=$NAME\n\
         initial_cluster_name=Zato_Cluster\n[os_environ]\nA=Zato_Not_There\n",
    )
    .unwrap();
    let environment = [("NAME", "from the environment"), ("Zato_Cluster", "c1")].into_iter().collect();
    let loaded = ServerOptions::load(&paths, &environment).unwrap();
    assert_eq!(loaded.value.http.default_error_message, "from secrets");
    assert_eq!(loaded.value.server_name, "from the environment");
    assert_eq!(loaded.value.cluster_name, "c1");
    assert_eq!(loaded.value.environment[0].1.expose(), "Zato_Not_There");
    assert!(loaded.warnings.iter().any(|warning| warning.line == Some(6)), "{:?}", loaded.warnings);
}

#[test]
fn contradicting_spellings_warn_and_the_newer_one_counts() {
    let loaded = load("[main]\ngunicorn_bind=a:1\nbind=b:2\ngunicorn_workers=2\nnum_threads=2\n");
    assert_eq!(loaded.value.bind.to_string(), "b:2");
    assert_eq!(loaded.warnings.len(), 1);
    assert_eq!(
        (loaded.warnings[0].line, loaded.warnings[0].field.as_deref()),
        (Some(2), Some("gunicorn_bind"))
    );
}

#[test]
fn names_that_server_conf_cannot_hold_are_refused() {
    for name in ["$HOME", "a\nb", "'\""] {
        let server = NewServer { cluster_name: name.to_owned(), ..new_server() };
        assert_eq!(render_server_conf(&server).unwrap_err().kind(), ErrorKind::Invalid, "{name}");
    }
}
