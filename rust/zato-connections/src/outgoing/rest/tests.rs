use zato_schema::{DynKind, decode, validate};

use super::*;

fn valid(spec: Value) -> OutgoingRest {
    decode::<OutgoingRest>(&validate(&DynKind::of::<OutgoingRest>(), "c", &spec).unwrap().spec).unwrap()
}

fn problems(spec: Value) -> String {
    let found = validate(&DynKind::of::<OutgoingRest>(), "c", &spec).unwrap_err();
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn has_the_defaults_of_3_2() {
    let config = valid(json!({"host": "http://h"}));
    assert_eq!(config.address(), "http://h/");
    assert_eq!(config.ping_method, "HEAD");
    assert_eq!(config.pool_size, 20);
    assert_eq!(config.timeout(), Some(Duration::from_secs(10)));
    assert!(config.is_verified());
    assert_eq!(config.ca_file(), None);
}

#[test]
fn reads_what_3_2_says_about_certificates() {
    assert!(!valid(json!({"host": "https://h", "sec_tls_ca_cert_id": "skip validation"})).is_verified());
    assert_eq!(valid(json!({"host": "https://h", "sec_tls_ca_cert_id": "default bundle"})).ca_file(), None);
    assert_eq!(valid(json!({"host": "https://h", "tls_ca_cert": "/ca.pem"})).ca_file(), Some("/ca.pem"));
}

#[test]
fn no_timeout_is_no_limit() {
    assert_eq!(valid(json!({"host": "http://h", "timeout": 0})).timeout(), None);
}

#[test]
fn refuses_hosts_that_are_none() {
    for host in ["h", "ftp://h", "http://", "http://u:p@h", "http://h?x=1", "http://a b"] {
        let found = problems(json!({"host": host}));
        assert!(found.contains("field `host`"), "{host}: {found}");
        assert!(!found.contains("u:p"), "{found}");
    }
}

#[test]
fn refuses_paths_that_cannot_be_filled() {
    for path in ["x", "/{", "/}", "/{}", "/{a{b}}"] {
        assert!(
            problems(json!({"host": "http://h", "url_path": path})).contains("field `url_path`"),
            "{path}"
        );
    }
    assert_eq!(valid(json!({"host": "http://h/", "url_path": "/a/{b}/{c}"})).address(), "http://h/a/{b}/{c}");
}
