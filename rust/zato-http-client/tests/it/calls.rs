use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderValue, Method};
use serde_json::json;
use zato_http_client::{Body, Connections, FailureKind, Next, Pieces};

use crate::place::{Server, compile, connection, get, object, ok, send, text};

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
fn time_that_connecting_did_not_take_is_not_added_to_the_limit_of_silence() {
    let server = Server::start(|_| {
        std::thread::sleep(Duration::from_secs(20));
        ok("late")
    });
    let connection = server.connection();
    let mut call = get(&connection);
    call.limits.connect = Some(Duration::from_secs(10));
    call.limits.read = Some(Duration::from_millis(300));
    let begun = Instant::now();
    let failure = send(&connection, call).unwrap_err();
    assert_eq!(failure.kind, FailureKind::ReadTimeout, "{failure}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn limits_may_be_longer_than_clocks_go() {
    let server = Server::start(|_| ok("hello"));
    let connection = server.connection();
    let mut call = get(&connection);
    call.limits.read = Some(Duration::MAX);
    assert_eq!(text(send(&connection, call).unwrap()), "hello");
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

#[test]
fn a_message_ends_where_its_body_does_whatever_headers_say() {
    let server = Server::start(|head| ok(&head.to_lowercase()));
    let connection = server.connection();
    for (method, body, expected) in [
        (Method::GET, "", None),
        (Method::POST, "", Some("content-length: 0\r\n")),
        (Method::DELETE, "", Some("content-length: 0\r\n")),
        (Method::POST, "abcdef", Some("content-length: 6\r\n")),
    ] {
        for (name, value) in
            [("content-length", "500"), ("content-length", "3"), ("transfer-encoding", "chunked")]
        {
            let mut call = get(&connection);
            call.method = method.clone();
            call.body = Bytes::from_static(body.as_bytes());
            call.headers.insert(name, HeaderValue::from_static(value));
            let sent = text(send(&connection, call).unwrap());
            assert_eq!(sent.matches("content-length").count(), usize::from(expected.is_some()), "{sent}");
            assert!(expected.is_none_or(|expected| sent.contains(expected)), "{sent}");
            assert!(!sent.contains("transfer-encoding"), "{sent}");
        }
    }
}

/// The body of a call, which is read piece by piece.
fn pieces(server: &Server) -> Pieces {
    let connection = server.connection();
    let mut call = get(&connection);
    call.is_streamed = true;
    call.limits.read = None;
    let streamed = match send(&connection, call).unwrap().body {
        Body::Streamed(pieces) => Some(pieces),
        Body::Whole(_) => None,
    };
    streamed.unwrap()
}

#[test]
fn reading_ends_at_once_when_another_thread_stops_it() {
    // Announces more than it sends, and keeps the socket open.
    let server = Server::start(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".to_vec());
    let pieces = Arc::new(pieces(&server));
    assert!(matches!(pieces.next(Duration::from_secs(5)), Next::Piece(Ok(piece)) if piece == "abc"));
    assert!(matches!(pieces.next(Duration::from_millis(20)), Next::NotYet));
    let reader = {
        let pieces = Arc::clone(&pieces);
        std::thread::spawn(move || matches!(pieces.next(Duration::from_secs(60)), Next::End))
    };
    let begun = Instant::now();
    pieces.close();
    assert!(reader.join().unwrap());
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_socket_of_a_silent_peer_is_closed_when_nobody_reads_any_more() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let peer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut head = [0; 4096];
        assert!(stream.read(&mut head).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").unwrap();
        stream.read(&mut head).map(|read| read == 0).unwrap_or(false)
    });
    let connection = connection(json!({"host": format!("http://{address}")}));
    let mut call = get(&connection);
    call.is_streamed = true;
    call.limits.read = None;
    drop(send(&connection, call).unwrap());
    assert!(peer.join().unwrap());
}

#[test]
fn all_pieces_of_a_long_body_are_there_however_slowly_they_are_read() {
    let server = Server::start(|_| ok(&"x".repeat(3 << 20)));
    let pieces = pieces(&server);
    std::thread::sleep(Duration::from_millis(50));
    let mut length = 0;
    loop {
        match pieces.next(Duration::from_secs(5)) {
            Next::Piece(piece) => length += piece.unwrap().len(),
            Next::End => break,
            Next::NotYet => panic!("{length} bytes came"),
        }
    }
    assert_eq!(length, 3 << 20);
}
