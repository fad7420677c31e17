//! `zato quickstart create` in all its forms.

use std::fs;

use crate::place::{Place, mode};

#[test]
fn makes_an_environment_and_tells_every_step() {
    let place = Place::new();
    let done = place.zato("quickstart create DIR/qs --servers 2 --cluster-name crm");
    assert_eq!(done.code, 0, "{done:?}");
    let steps: Vec<&str> = done.stdout.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(
        steps,
        [
            "[1/5] ODB schema created",
            "[2/5] ODB initial data created",
            "[3/5] server1 created",
            "[4/5] server2 created",
            "[5/5] Management scripts created"
        ]
    );
    assert!(done.stdout.contains("Quickstart cluster crm created"));
    assert!(done.stdout.contains("zato-qs-start.sh"));
    let root = place.path("qs");
    for file in [
        "zato.db",
        "credentials",
        "zato-qs-start.sh",
        "zato-qs-stop.sh",
        "zato-qs-restart.sh",
        "server1/.zato-info",
        "server1/config/repo/server.conf",
        "server1/config/repo/logging.conf",
        "server1/config/repo/simple-io.conf",
        "server1/config/repo/service-sources.txt",
        "server1/config/repo/pickup.conf",
        "server1/config/repo/secrets.conf",
        "server1/pickup/incoming/services/demo.py",
        "server2/config/repo/server.conf",
    ] {
        assert!(root.join(file).is_file(), "{file}");
    }
    assert!(root.join("server1/logs").is_dir());
    let conf = |server: &str| fs::read_to_string(root.join(server).join("config/repo/server.conf")).unwrap();
    assert!(conf("server1").contains("17010") && conf("server2").contains("17011"));
    assert!(!conf("server1").contains(&root.display().to_string()), "an environment can be moved");
}

#[test]
fn files_with_secrets_are_for_their_owner_only() {
    let place = Place::new();
    let environment = place.quickstart();
    for file in ["credentials", "server1/config/repo/secrets.conf"] {
        assert_eq!(mode(&environment.root.join(file)), 0o600, "{file}");
    }
}

#[test]
fn passwords_are_printed_once_and_stored_nowhere_in_clear() {
    let place = Place::new();
    let done = place.zato("quickstart create DIR/qs");
    let environment = crate::place::Environment { root: place.path("qs") };
    let credentials = environment.credentials();
    let users: Vec<&str> = credentials.iter().map(|(user, _)| user.as_str()).collect();
    assert!(users.contains(&"admin.invoke") && users.contains(&"pubapi"), "{users:?}");
    for (user, password) in &credentials {
        assert_eq!(done.stdout.matches(password.as_str()).count(), 1, "{user}");
        assert!(!done.stderr.contains(password.as_str()), "{user}");
        for file in files_below(&environment.root) {
            let holds =
                fs::read(&file).unwrap().windows(password.len()).any(|window| window == password.as_bytes());
            assert!(!holds || file.ends_with("credentials"), "{user} in {}", file.display());
        }
    }
}

#[test]
fn a_log_of_the_command_has_no_passwords_and_a_silenced_command_prints_none() {
    let place = Place::new();
    let silent =
        place.zato_with("quickstart create DIR/qs --store-log", &[("ZATO_CLI_DONT_SHOW_OUTPUT", "1")]);
    assert_eq!((silent.code, silent.stdout.as_str()), (0, ""), "{silent:?}");
    let log = fs::read_dir(place.path("cwd")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(mode(&log), 0o600);
    let text = fs::read_to_string(log).unwrap();
    assert!(text.contains("pubapi: ******"), "{text}");
    for (user, password) in (crate::place::Environment { root: place.path("qs") }).credentials() {
        assert!(!text.contains(&password), "{user}");
    }
}

#[test]
fn every_form_of_the_command_is_taken() {
    for form in [
        "quickstart create DIR/qs sqlite localhost 6379",
        "quickstart DIR/qs",
        "quickstart create DIR/qs --odb_type sqlite --cluster_name c1 --servers 1 --threads_per_server 1",
        "quickstart create DIR/qs --odb-type sqlite --kvdb-host localhost --kvdb-port 6379 --kvdb-password x",
        "quickstart create DIR/qs --redis-host localhost --redis-port 6379 --password s3cret --no-scheduler",
        "quickstart create DIR/qs --scheduler-address-for-server http://localhost:31530 --preamble-script /x",
    ] {
        let place = Place::new();
        let done = place.zato(form);
        assert_eq!(done.code, 0, "{form}: {done:?}");
        assert!(place.path("qs/zato.db").is_file(), "{form}");
    }
}

#[test]
fn other_databases_are_refused_by_name() {
    let place = Place::new();
    for form in [
        "quickstart create DIR/qs postgresql localhost 6379",
        "quickstart create DIR/qs --odb-type mysql --odb-host h --odb-port 1 --odb-user u --odb-db-name d",
        "quickstart create DIR/qs oracle h 1 u d localhost 6379",
    ] {
        let done = place.zato(form);
        assert_eq!(done.code, 15, "{form}: {done:?}");
        assert!(done.stderr.contains("sqlite"), "{}", done.stderr);
        assert!(!place.path("qs").exists(), "{form}");
    }
}

#[test]
fn a_directory_with_something_in_it_is_refused_and_left_alone() {
    let place = Place::new();
    fs::create_dir(place.path("qs")).unwrap();
    fs::write(place.path("qs/precious"), "x").unwrap();
    place.expect(5, "quickstart create DIR/qs");
    place.expect(5, "quickstart create DIR/qs --force");
    assert_eq!(fs::read_dir(place.path("qs")).unwrap().count(), 1);
}

#[test]
fn force_replaces_an_environment() {
    let place = Place::new();
    let before = place.quickstart().credentials();
    place.expect(5, "quickstart create DIR/qs");
    let done = place.zato("quickstart create DIR/qs --force");
    assert_eq!(done.code, 0, "{done:?}");
    assert_ne!((crate::place::Environment { root: place.path("qs") }).credentials(), before);
}

#[test]
fn a_given_password_is_that_of_those_who_administer_and_invoke() {
    let place = Place::new();
    place.expect(0, "quickstart create DIR/qs --password s3cret");
    let credentials = (crate::place::Environment { root: place.path("qs") }).credentials();
    let of =
        |user: &str| credentials.iter().find(|(name, _)| name == user).map(|(_, password)| password.as_str());
    assert_eq!((of("admin.invoke"), of("pubapi")), (Some("s3cret"), Some("s3cret")));
}

fn files_below(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}
