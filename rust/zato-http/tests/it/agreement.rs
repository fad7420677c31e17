//! The strict check and hyper see the same requests in the same bytes.

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zato_http::strict;

use crate::harness::*;

/// A request and the body it carries.
fn request() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let headers = prop::collection::vec(("x-[a-z]{1,8}", "[ -~]{0,20}"), 0..4);
    (prop::collection::vec(any::<u8>(), 0..300), headers, any::<bool>(), 1_usize..90).prop_map(
        |(body, headers, is_chunked, chunk_size)| {
            let mut bytes = b"POST /echo HTTP/1.1\r\nHost: h\r\n".to_vec();
            for (name, value) in headers {
                bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
            if is_chunked {
                bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                for chunk in body.chunks(chunk_size) {
                    bytes.extend_from_slice(format!("{:x};a\r\n", chunk.len()).as_bytes());
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\nX-Trailer: 1\r\n\r\n");
            } else {
                bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
                bytes.extend_from_slice(&body);
            }
            (bytes, body)
        },
    )
}

fn generate<T>(runner: &mut TestRunner, strategy: &impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).unwrap().current()
}

#[tokio::test]
async fn valid_streams_are_served_however_they_are_split() {
    let server = Setup::new().channel("echo", "/echo").start(echo).await;
    let mut runner = TestRunner::deterministic();
    let strategy = (prop::collection::vec(request(), 1..6), prop::collection::vec(1_usize..200, 1..40));
    for _ in 0..150 {
        let (requests, lengths) = generate(&mut runner, &strategy);
        let bytes: Vec<u8> = requests.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        let mut client = server.connect().await;
        let (mut position, mut lengths) = (0, lengths.into_iter().cycle());
        while position < bytes.len() {
            let end = (position + lengths.next().unwrap()).min(bytes.len());
            client.send(&bytes[position..end]).await;
            tokio::task::yield_now().await;
            position = end;
        }
        for (_, body) in requests {
            let head = client.head().await;
            assert_eq!(head.status, 200);
            let length: usize = head.header("content-length").unwrap().parse().unwrap();
            assert_eq!(client.exactly(length).await, body);
        }
    }
}

#[tokio::test]
async fn hyper_finds_nothing_wrong_with_what_the_check_lets_pass() {
    let server = Setup::new().channel("echo", "/echo").start(echo).await;
    let mut runner = TestRunner::deterministic();
    let strategy = (
        prop::collection::vec(request(), 1..3),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    );
    for _ in 0..300 {
        let (requests, damages) = generate(&mut runner, &strategy);
        let mut bytes: Vec<u8> = requests.into_iter().flat_map(|(bytes, _)| bytes).collect();
        for (position, byte) in damages {
            let position = position.index(bytes.len());
            bytes[position] = byte;
        }
        let verdict = strict::check(&bytes);
        let mut client = server.connect().await;
        client.stream.write_all(&bytes).await.unwrap();
        let mut received = Vec::new();
        let read_all = async { while client.stream.read_buf(&mut received).await.unwrap_or(0) > 0 {} };
        let is_closed = tokio::time::timeout(Duration::from_millis(20), read_all).await.is_ok();
        let text = String::from_utf8_lossy(&received);
        let request = bytes.escape_ascii();
        // Answers of hyper's own have no `server` header.
        let heads: usize =
            ["2", "4", "5"].iter().map(|digit| text.matches(&format!("HTTP/1.1 {digit}")).count()).sum();
        assert_eq!(text.matches("\r\nserver: Zato\r\n").count(), heads, "{request}\n{text}");
        if verdict.violation.is_some() {
            assert!(is_closed && text.contains("\r\nconnection: close\r\n"), "{request}\n{text}");
        }
    }
}
