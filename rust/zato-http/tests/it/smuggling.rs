//! Bytes that two servers could read differently never reach a service.

use crate::harness::*;

#[tokio::test]
async fn refused_shapes_are_answered_with_a_reason_and_the_connection_is_closed() {
    let server = Setup::new().channel("echo", "/{any}").start(echo).await;
    let shapes = [
        ("GET / HTTP/1.1\nHost: h\n\n", 400, "LF instead of CRLF"),
        ("GET /a HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400, "continued on the next line"),
        ("GET /a HTTP/1.1\r\nHost : h\r\n\r\n", 400, "white space"),
        (
            "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
            400,
            "Content-Length",
        ),
        (
            "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "Both",
        ),
        (
            "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            400,
            "exactly `chunked`",
        ),
        ("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\na", 400, "decimal"),
        ("GET /a HTTP/1.1\r\n\r\n", 400, "Host"),
        ("GET /a HTTP/2.0\r\nHost: h\r\n\r\n", 505, "HTTP/1.1"),
        ("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 405, "CONNECT"),
    ];
    for (shape, status, reason) in shapes {
        let mut client = server.connect().await;
        client.send(shape).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, status, "{shape:?}");
        assert!(answer.body.to_lowercase().contains(&reason.to_lowercase()), "{shape:?}: {}", answer.body);
        assert_eq!(answer.header("connection"), Some("close"), "{shape:?}");
        assert!(client.is_closed().await, "{shape:?}");
    }
    assert_eq!(server.get("/a").await.status, 200);
}

#[tokio::test]
async fn what_follows_a_refused_request_is_not_served() {
    let (guest, mut held) = hold();
    let server = Setup::new().channel("a", "/{name}").start(guest).await;
    let mut client = server.connect().await;
    let good = "GET /good HTTP/1.1\r\nHost: h\r\n\r\n";
    let bad = "POST /bad HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n";
    let smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
    client.send([good, bad, smuggled].concat()).await;
    // The good one is answered first, in order.
    let invocation = held.recv().await.unwrap();
    assert_eq!(invocation.http.as_ref().unwrap().path_params[0].1, "good");
    invocation.reply.send(response("good"));
    assert_eq!(client.answer().await.body, "good");
    assert_eq!(client.answer().await.status, 400);
    assert!(client.is_closed().await);
    assert!(held.try_recv().is_err());
}

#[tokio::test]
async fn bad_chunks_end_the_request_they_are_in() {
    let (guest, mut held) = hold();
    let server = Setup::new().channel("a", "/a").start(guest).await;
    let head = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (body, reason) in [
        ("zz\r\n", "hexadecimal"),
        ("3\r\nabcX", "CRLF"),
        ("3\nabc\r\n0\r\n\r\n", "LF"),
        ("3;\x01\r\nabc\r\n", "control character"),
        ("0\r\nContent-Length: 5\r\n\r\n", "trailer"),
    ] {
        let mut client = server.connect().await;
        client.send(head).await;
        client.send(body).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 400, "{body:?}");
        assert!(answer.body.contains(reason), "{body:?}: {}", answer.body);
        assert!(client.is_closed().await);
    }
    assert!(held.try_recv().is_err());
}

#[tokio::test]
async fn no_client_can_send_the_request_that_stands_for_a_refusal() {
    let server = Setup::new().channel("echo", "/{any}").start(echo).await;
    let mut client = server.connect().await;
    client.send("~ / HTTP/1.1\r\nHost: refused\r\nConnection: close\r\n\r\n").await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("method"), "{}", answer.body);
}

#[tokio::test]
async fn a_stray_half_request_closes_quietly() {
    let server = Setup::new().channel("echo", "/{any}").start(echo).await;
    let mut client = server.connect().await;
    client.send("GET /a HTTP/1.1\r\nHos").await;
    tokio::io::AsyncWriteExt::shutdown(&mut client.stream).await.unwrap();
    assert!(client.is_closed().await);
}
