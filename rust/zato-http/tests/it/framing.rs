//! Connections and messages: keep-alive, pipelining, bodies of both kinds, limits.

use std::time::Duration;

use bytes::Bytes;
use futures::SinkExt as _;
use serde_json::json;
use zato_core::invocation::{Body, Outcome, Response};

use crate::harness::*;

fn post(path: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let server = Setup::new().channel("echo", "/echo").start(echo).await;
    let mut client = server.connect().await;
    for number in 0..50 {
        client.send(post("/echo", &number.to_string())).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.body), (200, number.to_string()));
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_although_they_end_in_another() {
    let (guest, mut held) = hold();
    let server = Setup::new().channel("a", "/{name}").start(guest).await;
    let mut client = server.connect().await;
    client.send([post("/1", "one"), post("/2", ""), post("/3", "three")].concat()).await;
    for expected in ["one", "", "three"] {
        let invocation = held.recv().await.unwrap();
        assert_eq!(invocation.body, expected);
        let name = invocation.http.as_ref().unwrap().path_params[0].1.clone();
        invocation.reply.send(response(name));
    }
    for expected in ["1", "2", "3"] {
        assert_eq!(client.answer().await.body, expected);
    }
}

#[tokio::test]
async fn a_pipelined_response_does_not_wait_for_the_next_service() {
    let (guest, mut held) = hold();
    let server = Setup::new().channel("a", "/{name}").start(guest).await;
    let mut client = server.connect().await;
    client.send([post("/1", ""), post("/2", ""), post("/3", "")].concat()).await;
    held.recv().await.unwrap().reply.send(response("first"));
    let _second = held.recv().await.unwrap();
    assert_eq!(client.answer().await.body, "first");
}

#[tokio::test]
async fn requests_may_arrive_byte_by_byte() {
    let server = Setup::new().channel("echo", "/echo").start(echo).await;
    let mut client = server.connect().await;
    let chunked = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    for byte in [post("/echo", "hello").as_str(), chunked].concat().bytes() {
        client.send([byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(client.answer().await.body, "hello");
    assert_eq!(client.answer().await.body, "abcde");
}

#[tokio::test]
async fn large_bodies_pass_both_ways() {
    let server = Setup::new().channel("echo", "/echo").start(echo).await;
    let body = "0123456789abcdef".repeat(200_000);
    let mut client = server.connect().await;
    let sent = post("/echo", &body);
    let (mut reader, mut writer) = client.stream.into_split();
    let writing = tokio::spawn(async move {
        tokio::io::AsyncWriteExt::write_all(&mut writer, sent.as_bytes()).await.unwrap();
        writer
    });
    let mut received = Vec::new();
    while !received.ends_with(b"cdef") || received.len() < body.len() {
        assert!(tokio::io::AsyncReadExt::read_buf(&mut reader, &mut received).await.unwrap() > 0);
    }
    assert!(received.ends_with(body.as_bytes()));
    client.stream = reader.reunite(writing.await.unwrap()).unwrap();
    // Chunked, in pieces larger than any buffer.
    let pieces: String = body.as_bytes().chunks(100_000).fold(String::new(), |mut text, piece| {
        text.push_str(&format!("{:x}\r\n{}\r\n", piece.len(), std::str::from_utf8(piece).unwrap()));
        text
    });
    let mut client = server.connect().await;
    let head = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send(format!("{head}{pieces}0\r\n\r\n")).await;
    assert_eq!(client.answer().await.body, body);
}

#[tokio::test]
async fn streams_are_sent_as_they_are_made() {
    let (sender, receiver) = futures::channel::mpsc::channel(1);
    let receiver = std::sync::Mutex::new(Some(receiver));
    let server = Setup::new()
        .channel("stream", "/stream")
        .start(move |invocation| {
            let pieces = receiver.lock().unwrap().take().unwrap();
            invocation.reply.send(Outcome::Response(Response {
                status: 200,
                content_type: Some("text/event-stream".parse().unwrap()),
                headers: Vec::new(),
                body: Body::Stream(pieces),
            }));
        })
        .await;
    let mut client = server.connect().await;
    client.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let head = client.head().await;
    assert_eq!(head.header("transfer-encoding"), Some("chunked"));
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    let mut sender = sender;
    for piece in ["one", "", "two"] {
        sender.send(Ok(Bytes::from(piece))).await.unwrap();
        if !piece.is_empty() {
            assert_eq!(client.chunk().await.as_deref(), Some(piece));
        }
    }
    drop(sender);
    assert_eq!(client.chunk().await, None);
    wait_for(|| server.lines.0.lock().contains("\"GET /stream HTTP/1.1\" 200 6 ")).await;
}

#[tokio::test]
async fn a_stream_to_an_old_client_ends_with_the_connection() {
    let server = Setup::new()
        .channel("stream", "/stream")
        .start(|invocation| {
            let (mut sender, pieces) = futures::channel::mpsc::channel(2);
            for piece in ["one ", "two"] {
                sender.try_send(Ok(Bytes::from(piece))).unwrap();
            }
            let body = Body::Stream(pieces);
            let response = Response { status: 200, content_type: None, headers: Vec::new(), body };
            invocation.reply.send(Outcome::Response(response));
        })
        .await;
    let mut client = server.connect().await;
    client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").await;
    let head = client.head().await;
    assert_eq!((head.header("transfer-encoding"), head.header("content-length")), (None, None));
    assert_eq!(client.rest().await, "one two");
}

#[tokio::test]
async fn a_stream_ends_for_the_service_when_the_client_goes_away() {
    let (mut sender, receiver) = futures::channel::mpsc::channel(1);
    let receiver = std::sync::Mutex::new(Some(receiver));
    let server = Setup::new()
        .channel("stream", "/stream")
        .start(move |invocation| {
            let body = Body::Stream(receiver.lock().unwrap().take().unwrap());
            let response = Response { status: 200, content_type: None, headers: Vec::new(), body };
            invocation.reply.send(Outcome::Response(response));
        })
        .await;
    let mut client = server.connect().await;
    client.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await;
    drop(client);
    wait_for(|| sender.try_send(Ok(Bytes::from("x"))).is_err_and(|error| error.is_disconnected())).await;
}

#[tokio::test]
async fn a_slow_reader_holds_a_stream_back() {
    let (mut sender, receiver) = futures::channel::mpsc::channel(1);
    let receiver = std::sync::Mutex::new(Some(receiver));
    let server = Setup::new()
        .channel("stream", "/stream")
        .start(move |invocation| {
            let body = Body::Stream(receiver.lock().unwrap().take().unwrap());
            let response = Response { status: 200, content_type: None, headers: Vec::new(), body };
            invocation.reply.send(Outcome::Response(response));
        })
        .await;
    let mut client = server.connect().await;
    client.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await;
    // A client that reads nothing: what is under way is bounded by the buffers, whatever a service produces.
    let piece = Bytes::from(vec![b'x'; 64 * 1024]);
    let mut accepted = 0_usize;
    let stuck = async {
        while accepted < 4096 {
            sender.send(Ok(piece.clone())).await.unwrap();
            accepted += 1;
        }
    };
    assert!(tokio::time::timeout(Duration::from_millis(500), stuck).await.is_err(), "{accepted} pieces");
}

#[tokio::test]
async fn expect_100_continue_is_answered_only_if_the_body_is_wanted() {
    let server = Setup::new()
        .options(|options| options.max_body_bytes = 10)
        .basic_auth("sec", "p", true)
        .channel("echo", "/echo")
        .channel_with("guarded", "/guarded", json!({"security": "sec"}))
        .start(echo)
        .await;
    let head = |path: &str, length: usize| {
        format!("POST {path} HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n")
    };
    let mut client = server.connect().await;
    client.send(head("/echo", 5)).await;
    assert_eq!(client.head().await.status, 100);
    client.send("hello").await;
    assert_eq!(client.answer().await.body, "hello");
    for (path, length, status) in [("/echo", 11, 413), ("/guarded", 5, 401), ("/nowhere", 5, 404)] {
        let mut client = server.connect().await;
        client.send(head(path, length)).await;
        assert_eq!(client.answer().await.status, status, "{path}");
        assert!(client.is_closed().await);
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let server = Setup::new()
        .channel("hello", "/hello")
        .start(|invocation| invocation.reply.send(response("hello")))
        .await;
    let mut client = server.connect().await;
    client.send("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\nGET /hello HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let head = client.head().await;
    assert_eq!((head.status, head.header("content-length")), (200, Some("5")));
    assert_eq!(client.answer().await.body, "hello");
}

#[tokio::test]
async fn options_reaches_the_service() {
    let server = Setup::new()
        .channel("a", "/a")
        .start(|invocation| {
            let method = invocation.http.as_ref().unwrap().method.to_string();
            invocation.reply.send(response(method));
        })
        .await;
    assert_eq!(server.request("OPTIONS /a HTTP/1.1\r\nHost: h\r\n\r\n").await.body, "OPTIONS");
}

#[tokio::test]
async fn options_of_the_server_as_a_whole_lists_its_methods() {
    let server = Setup::new().channel("everything", "/{path}").start(echo).await;
    let answer = server.request("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!((answer.status, answer.header("content-length")), (200, Some("0")));
    assert_eq!(answer.header("allow"), Some("GET, POST, DELETE, PUT, PATCH, HEAD, OPTIONS"));
    let server =
        Setup::new().options(|options| options.methods_allowed = vec![http::Method::GET]).start(echo).await;
    assert_eq!(server.request("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 405);
}

#[tokio::test]
async fn http_1_0_is_answered_and_closed_unless_asked_to_stay() {
    let server = Setup::new().channel("echo", "/echo").start(echo).await;
    let mut client = server.connect().await;
    client.send("GET /echo HTTP/1.0\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 200);
    assert!(client.is_closed().await);
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").await;
        assert_eq!(client.answer().await.header("connection"), Some("keep-alive"));
    }
}

#[tokio::test]
async fn bodies_beyond_the_limit_are_refused_with_the_limit() {
    let server = Setup::new()
        .options(|options| options.max_body_bytes = 1000)
        .channel("echo", "/echo")
        .channel_with("small", "/small", json!({"max_body_size": 10}))
        .start(echo)
        .await;
    assert_eq!(server.request(&post("/echo", &"x".repeat(1000))).await.status, 200);
    let answer = server.request(&post("/echo", &"x".repeat(1001))).await;
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("1000 bytes"), "{}", answer.body);
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(server.request(&post("/small", &"x".repeat(11))).await.status, 413);
    let mut client = server.connect().await;
    client.send("POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    for _ in 0..3 {
        client.send("5\r\n01234\r\n").await;
    }
    assert_eq!(client.answer().await.status, 413);
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn large_bodies_share_a_limit_and_small_ones_do_not_count() {
    let (guest, mut held) = hold();
    let server = Setup::new()
        .options(|options| options.max_buffered_bytes = 1_000_000)
        .channel("a", "/a")
        .start(guest)
        .await;
    let mut first = server.connect().await;
    first.send(post("/a", &"x".repeat(700_000))).await;
    let invocation = held.recv().await.unwrap();
    let refused = server.request(&post("/a", &"x".repeat(700_000))).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    let mut small = server.connect().await;
    small.send(post("/a", &"x".repeat(60_000))).await;
    held.recv().await.unwrap().reply.send(response("small"));
    assert_eq!(small.answer().await.body, "small");
    // What was held is free again once the first is answered.
    invocation.reply.send(response("first"));
    assert_eq!(first.answer().await.body, "first");
    first.send(post("/a", &"x".repeat(700_000))).await;
    held.recv().await.unwrap().reply.send(response("again"));
    assert_eq!(first.answer().await.body, "again");
}

#[tokio::test]
async fn a_refused_upload_does_not_reset_the_connection_before_the_answer_is_read() {
    let server = Setup::new()
        .options(|options| options.max_body_bytes = 10)
        .channel("echo", "/echo")
        .start(echo)
        .await;
    for _ in 0..20 {
        let mut client = server.connect().await;
        client.send(post("/echo", &"x".repeat(100_000))).await;
        assert_eq!(client.answer().await.status, 413);
    }
}

#[tokio::test]
async fn heads_beyond_the_limits_are_refused() {
    let server = Setup::new()
        .options(|options| {
            options.max_header_bytes = 2000;
            options.max_headers = 5;
            options.max_target_bytes = 100;
        })
        .channel("echo", "/{any}")
        .start(echo)
        .await;
    let request = |target: usize, headers: usize, value: usize| {
        let header = format!("X: {}\r\n", "v".repeat(value));
        format!("GET /{} HTTP/1.1\r\nHost: h\r\n{}\r\n", "t".repeat(target), header.repeat(headers))
    };
    assert_eq!(server.request(&request(90, 4, 100)).await.status, 200);
    assert_eq!(server.request(&request(100, 0, 0)).await.status, 414);
    assert_eq!(server.request(&request(1, 5, 1)).await.status, 431);
    assert_eq!(server.request(&request(1, 1, 2000)).await.status, 431);
}

#[tokio::test]
async fn more_headers_than_hyper_takes_by_default_are_served_if_allowed() {
    let server = Setup::new()
        .options(|options| options.max_headers = 500)
        .channel("count", "/count")
        .start(|invocation| {
            let count = invocation.http.as_ref().unwrap().headers.len().to_string();
            invocation.reply.send(response(count));
        })
        .await;
    let headers = (0..400).fold(String::new(), |text, number| format!("{text}X-{number}: v\r\n"));
    let answer = server.request(&format!("GET /count HTTP/1.1\r\nHost: h\r\n{headers}\r\n")).await;
    assert_eq!(answer.body, "401");
}

#[tokio::test]
async fn connections_beyond_the_limit_are_told_so() {
    let server = Setup::new()
        .options(|options| options.max_connections = 2)
        .channel("echo", "/echo")
        .start(echo)
        .await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut client = server.connect().await;
        client.send(post("/echo", "x")).await;
        assert_eq!(client.answer().await.status, 200);
        clients.push(client);
    }
    let answer = server.request(&post("/echo", "x")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    clients.pop();
    let mut status = 503;
    while status == 503 {
        status = server.request(&post("/echo", "x")).await.status;
    }
    assert_eq!(status, 200);
}
