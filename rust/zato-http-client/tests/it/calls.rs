use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::json;
use zato_http_client::{Connections, FailureKind};

use crate::place::{Server, compile, get, object, ok, send, text};

#[test]
fn one_socket_serves_calls_that_follow_each_other() {
    let server = Server::start(|_| ok("hello"));
    let connection = server.connection();
    for _ in 0..10 {
        assert_eq!(text(send(&connection, get(&connection)).unwrap()), "hello");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[test]
fn a_request_whose_socket_breaks_is_not_sent_again() {
    let server = Server::start(|_| Vec::new());
    let connection = server.connection();
    let failure = send(&connection, get(&connection)).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connection, "{failure}");
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[test]
fn silence_has_a_limit() {
    let server = Server::start(|_| {
        std::thread::sleep(Duration::from_secs(3));
        ok("late")
    });
    let connection = server.connection();
    let mut call = get(&connection);
    call.limits.connect = None;
    call.limits.read = Some(Duration::from_millis(100));
    let begun = Instant::now();
    let failure = send(&connection, call).unwrap_err();
    assert_eq!(failure.kind, FailureKind::ReadTimeout, "{failure}");
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_body_that_breaks_off_is_no_answer() {
    let server =
        Server::start(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nshort".to_vec());
    let connection = server.connection();
    let mut call = get(&connection);
    call.limits.read = Some(Duration::from_millis(200));
    let failure = send(&connection, call).unwrap_err();
    assert!(matches!(failure.kind, FailureKind::Body | FailureKind::ReadTimeout), "{failure}");
}

#[test]
fn whoever_gives_up_ends_the_call() {
    let server = Server::start(|_| {
        std::thread::sleep(Duration::from_secs(60));
        ok("late")
    });
    let connection = server.connection();
    let pending = connection.start(get(&connection)).unwrap();
    assert!(pending.wait(Duration::from_millis(50)).is_none());
    drop(pending);
}

#[test]
fn connections_that_stay_the_same_keep_their_pools() {
    let objects = |path: &str| {
        vec![
            object(1, "outgoing.rest", "same", json!({"host": "http://h"})),
            object(2, "outgoing.rest", "other", json!({"host": "http://h", "url_path": path})),
        ]
    };
    let before = compile(objects("/a"), &Connections::default());
    let after = compile(objects("/b"), &before);
    assert!(Arc::ptr_eq(before.rest("same").unwrap(), after.rest("same").unwrap()));
    assert!(!Arc::ptr_eq(before.rest("other").unwrap(), after.rest("other").unwrap()));
    assert_eq!(after.rest_names(), ["other", "same"]);
    assert!(compile(Vec::new(), &after).rest("same").is_none());
}

#[test]
fn a_connection_without_its_definition_says_so() {
    let spec = json!({"host": "http://h", "security": "gone"});
    let connections = compile(vec![object(1, "outgoing.rest", "c", spec)], &Connections::default());
    let connection = connections.rest("c").unwrap();
    let failure = connection.start(get(connection)).unwrap_err();
    assert!(failure.to_string().contains("`gone`"), "{failure}");
}
