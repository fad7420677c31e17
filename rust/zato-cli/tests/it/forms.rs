//! Every historical spelling of a command line, and what it means (reference operations 1.4 and 2.1).

use proptest::prelude::*;
use zato_cli::normalize;

/// What was typed after `zato`, and what it means.
const FORMS: &[(&str, &str)] = &[
    // Quickstart: 3.2 and its shortcut.
    ("quickstart create /d", "quickstart create /d"),
    ("quickstart /d", "quickstart create /d"),
    ("quickstart --verbose /d", "quickstart create --verbose /d"),
    ("quickstart /d --servers 2", "quickstart create /d --servers 2"),
    ("--verbose quickstart /d", "--verbose quickstart create /d"),
    ("quickstart", "quickstart"),
    ("quickstart --help", "quickstart --help"),
    ("quickstart create --help", "quickstart create --help"),
    // Quickstart: 2.0 to 3.1, and the examples of 3.2.
    (
        "quickstart create /d sqlite localhost 6379",
        "quickstart create /d --odb-type=sqlite --kvdb-host=localhost --kvdb-port=6379",
    ),
    (
        "quickstart create /d sqlite localhost 6379 --kvdb_password  --verbose",
        "quickstart create /d --odb-type=sqlite --kvdb-host=localhost --kvdb-port=6379 --kvdb-password  --verbose",
    ),
    ("quickstart create /d sqlite", "quickstart create /d --odb-type=sqlite"),
    ("quickstart create /d sqlite localhost", "quickstart create /d --odb-type=sqlite --kvdb-host=localhost"),
    (
        "quickstart /d sqlite localhost 6379",
        "quickstart create /d --odb-type=sqlite --kvdb-host=localhost --kvdb-port=6379",
    ),
    (
        "quickstart create --servers 2 /d sqlite localhost 6379",
        "quickstart create --servers 2 /d --odb-type=sqlite --kvdb-host=localhost --kvdb-port=6379",
    ),
    (
        "quickstart create --no_scheduler /d sqlite localhost 6379",
        "quickstart create --no-scheduler /d --odb-type=sqlite --kvdb-host=localhost --kvdb-port=6379",
    ),
    (
        "quickstart create /d mysql localhost 6379 --odb_host h --odb_port 1",
        "quickstart create /d --odb-type=mysql --kvdb-host=localhost --kvdb-port=6379 --odb-host h --odb-port 1",
    ),
    // Quickstart: 1.x.
    (
        "quickstart create /d postgresql h 5432 u db localhost 6379",
        "quickstart create /d --odb-type=postgresql --odb-host=h --odb-port=5432 --odb-user=u --odb-db-name=db \
         --kvdb-host=localhost --kvdb-port=6379",
    ),
    // Flags with underscores, values untouched.
    (
        "quickstart create /d --odb_type sqlite --cluster_name my_cluster --threads_per_server=2",
        "quickstart create /d --odb-type sqlite --cluster-name my_cluster --threads-per-server=2",
    ),
    ("encrypt --data=a_b=c_d --secret_key k_k", "encrypt --data=a_b=c_d --secret-key k_k"),
    (
        "enmasse /d --import --ignore_missing_includes -- --odd_name",
        "enmasse /d --import --ignore-missing-includes -- --odd_name",
    ),
    ("service invoke /d x --payload --{\"a_b\":1}", "service invoke /d x --payload --{\"a_b\":1}"),
    // Components.
    ("create server /d cluster server1", "create server /d cluster server1"),
    (
        "create server /d sqlite localhost 6379 pub priv cert ca cluster server1",
        "create server /d --odb-type=sqlite --kvdb-host=localhost --kvdb-port=6379 --pub-key-path=pub \
         --priv-key-path=priv --cert-path=cert --ca-certs-path=ca cluster server1",
    ),
    ("create cluster c1", "create cluster c1"),
    (
        "create cluster sqlite localhost 11223 20151 localhost 6379 c1 --odb_db_name z",
        "create cluster --odb-type=sqlite --lb-host=localhost --lb-port=11223 --lb-agent-port=20151 \
         --broker-host=localhost --broker-port=6379 c1 --odb-db-name z",
    ),
    ("create cluster c1 --lb-agent_port 20151", "create cluster c1 --lb-agent-port 20151"),
    ("create odb sqlite --odb_db_name z", "create odb --odb-type=sqlite --odb-db-name z"),
    ("delete odb sqlite", "delete odb --odb-type=sqlite"),
    ("set-admin-invoke-password /d --password p", "change-password --name=admin.invoke /d --password p"),
    ("set_admin_invoke_password /d --username u", "change-password /d --name u"),
    ("create load_balancer /d", "create load-balancer /d"),
    ("create web_admin /d", "create web-admin /d"),
    ("create secret_key", "create secret-key"),
    ("component_version /d", "component-version /d"),
    ("create_rest_channel --name a_b", "create-rest-channel --name a_b"),
    ("hot_deploy a_b.py", "hot-deploy a_b.py"),
    ("crypto create_secret_key", "crypto create-secret-key"),
    ("quickstart a_b", "quickstart create a_b"),
    // Directories that look like commands or options are not rewritten.
    ("start load_balancer", "start load_balancer"),
    ("stop /d", "stop /d"),
    ("info /d --cols_width 30,90", "info /d --cols-width 30,90"),
];

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[test]
fn every_historical_form_means_what_it_meant() {
    for (typed, meant) in FORMS {
        let expected: Vec<String> =
            meant.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let given: Vec<String> =
            normalize(&words(typed)).into_iter().filter(|word| !word.is_empty()).collect();
        assert_eq!(given, expected, "{typed}");
    }
}

proptest! {
    #[test]
    fn normalizing_twice_changes_nothing(line in proptest::collection::vec("[a-z_=-]{0,8}|quickstart|create|server|sqlite|--|/d", 0..12)) {
        let once = normalize(&line);
        prop_assert_eq!(normalize(&once), once);
    }

    #[test]
    fn no_word_gets_lost(line in proptest::collection::vec("[a-z]{1,8}", 0..14)) {
        let normalized = normalize(&line).join(" ");
        for word in &line {
            prop_assert!(normalized.contains(word.as_str()), "{word} in {normalized}");
        }
    }
}
