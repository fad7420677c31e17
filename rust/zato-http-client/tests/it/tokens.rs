//! Authorization servers that do not do what they should.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use zato_http_client::{Connection, Connections, Failure, FailureKind};
use zato_store::{Cipher, SecretKey, Snapshot};

use crate::place::{Server, get, object, ok, send};

/// A connection that gets its tokens from a server.
fn guarded(authorization: &Server, secret: &str) -> Arc<Connection> {
    let cipher = Cipher::new(&SecretKey::generate().unwrap()).unwrap();
    let security = json!({
        "username": "client",
        "password": cipher.encrypt(&secret.to_owned().into()).unwrap(),
        "auth_endpoint": format!("http://{}/token", authorization.address),
    });
    let objects = vec![
        object(1, "security.bearer_token", "token", security),
        object(2, "outgoing.rest", "c", json!({"host": "http://127.0.0.1:1", "security": "token"})),
    ];
    let snapshot = Snapshot { revision: 1, objects };
    let (connections, problems) = Connections::compile(&snapshot, &cipher, &Connections::default());
    assert!(problems.is_empty(), "{problems:?}");
    Arc::clone(connections.rest("c").unwrap())
}

fn refusal(connection: &Connection) -> Failure {
    let failure = send(connection, get(connection)).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Token, "{failure}");
    failure
}

#[test]
fn an_answer_without_end_is_refused_before_it_takes_memory() {
    let authorization = Server::start(|_| {
        let mut answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
        answer.resize(5 << 20, b' ');
        answer
    });
    let failure = refusal(&guarded(&authorization, "secret"));
    assert!(failure.message.contains("is longer than 1048576 bytes"), "{failure}");
}

#[test]
fn a_refusal_that_repeats_the_secret_is_told_without_it() {
    for (secret, repeated) in
        [("hunter2", "hunter2"), ("hünter 2&", "h%C3%BCnter+2%26"), ("hunter\"2", "hunter\\\"2")]
    {
        let authorization = Server::start(move |_| {
            let body = format!("invalid client_secret={repeated}!");
            format!("HTTP/1.1 401 No\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
        });
        let failure = refusal(&guarded(&authorization, secret));
        assert!(failure.message.contains("invalid client_secret=***!"), "{failure}");
    }
}

#[test]
fn who_waited_for_a_token_that_was_not_given_does_not_ask_again() {
    let authorization = Server::start(|_| {
        std::thread::sleep(Duration::from_millis(500));
        ok("{}")
    });
    let connection = guarded(&authorization, "secret");
    let begun = Instant::now();
    let calls: Vec<_> = (0..8).map(|_| connection.start(get(&connection)).unwrap()).collect();
    for call in calls {
        let failure = call.wait(Duration::from_secs(20)).unwrap().unwrap_err();
        assert!(failure.message.contains("has no `access_token`"), "{failure}");
    }
    assert!(begun.elapsed() < Duration::from_millis(1800), "{:?}", begun.elapsed());
    // The next call tries again.
    refusal(&connection);
    assert!(begun.elapsed() > Duration::from_millis(1000));
}
