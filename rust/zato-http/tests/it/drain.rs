//! Stopping, and changing configuration while requests run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use crate::harness::*;

#[tokio::test]
async fn draining_finishes_what_is_in_flight_and_accepts_nothing_more() {
    let (guest, mut held) = hold();
    let mut server = Setup::new().channel("a", "/{name}").start(guest).await;
    let mut busy = server.connect().await;
    busy.send("GET /busy HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let invocation = held.recv().await.unwrap();
    let mut idle = server.connect().await;
    idle.send("GET /idle HTTP/1.1\r\nHost: h\r\n\r\n").await;
    held.recv().await.unwrap().reply.send(response("idle"));
    idle.answer().await;
    server.stop();
    assert!(idle.is_closed().await);
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!server.state.is_ready.load(Ordering::Relaxed));
    invocation.reply.send(response("done"));
    let answer = busy.answer().await;
    assert_eq!((answer.body.as_str(), answer.header("connection")), ("done", Some("close")));
    assert!(busy.is_closed().await);
    assert_eq!(server.stopped().await.cut_off, 0);
}

#[tokio::test]
async fn draining_ends_at_its_limit() {
    let (guest, mut held) = hold();
    let mut server = Setup::new()
        .options(|options| options.drain_timeout = Duration::from_millis(100))
        .channel("a", "/a")
        .start(guest)
        .await;
    let mut client = server.connect().await;
    client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let invocation = held.recv().await.unwrap();
    server.stop();
    let start = Instant::now();
    assert_eq!(server.stopped().await.cut_off, 1);
    assert!(start.elapsed() < Duration::from_secs(2));
    wait_for(|| invocation.reply.is_abandoned()).await;
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn connections_in_the_backlog_are_still_served() {
    let mut server = Setup::new().channel("echo", "/echo").start(echo).await;
    // Connected, and the request sent, before the server gets to run again.
    let mut clients = Vec::new();
    for _ in 0..5 {
        let stream = std::net::TcpStream::connect(server.address).unwrap();
        std::io::Write::write_all(&mut &stream, b"GET /echo HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        clients.push(stream);
    }
    server.stop();
    assert_eq!(server.stopped().await.cut_off, 0);
    for stream in clients {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut &stream, &mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    }
}

#[tokio::test]
async fn a_silent_connection_does_not_hold_draining_up() {
    let mut server = Setup::new().channel("echo", "/echo").start(echo).await;
    let mut silent = server.connect().await;
    assert_eq!(server.get("/echo").await.status, 200);
    server.stop();
    let start = Instant::now();
    assert_eq!(server.stopped().await.cut_off, 0);
    assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
    assert!(silent.is_closed().await);
}

#[tokio::test]
async fn swapping_tables_under_load_fails_no_request() {
    let setup = || Setup::new().channel("stays", "/stays/{id}");
    let server = setup().start(echo).await;
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (address, stop) = (server.address, Arc::clone(&stop));
            std::thread::spawn(move || {
                let stream = std::net::TcpStream::connect(address).unwrap();
                let mut count = 0;
                while !stop.load(Ordering::Relaxed) {
                    std::io::Write::write_all(&mut &stream, b"GET /stays/1 HTTP/1.1\r\nHost: h\r\n\r\n")
                        .unwrap();
                    let mut buffer = [0; 1024];
                    let length = std::io::Read::read(&mut &stream, &mut buffer).unwrap();
                    assert!(buffer[..length].starts_with(b"HTTP/1.1 200 OK\r\n"));
                    count += 1;
                }
                count
            })
        })
        .collect();
    for number in 0..100 {
        let (tables, problems) =
            setup().channel(&format!("other-{number}"), &format!("/other/{number}")).compile();
        assert!(problems.is_empty());
        server.tables.store(Arc::new(tables));
        assert_eq!(server.get(&format!("/other/{number}")).await.status, 200);
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        let count = tokio::task::spawn_blocking(move || client.join().unwrap()).await.unwrap();
        assert!(count > 0);
    }
}

#[tokio::test]
async fn a_request_in_flight_keeps_the_channel_it_was_routed_to() {
    let (guest, mut held) = hold();
    let server = Setup::new().channel("old", "/x").start(guest).await;
    let mut client = server.connect().await;
    client.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let invocation = held.recv().await.unwrap();
    let (tables, _) = Setup::new().compile();
    server.tables.store(Arc::new(tables));
    assert_eq!(server.get("/x").await.status, 404);
    assert_eq!(&*invocation.service, "old");
    invocation.reply.send(response("still here"));
    assert_eq!(client.answer().await.body, "still here");
}
