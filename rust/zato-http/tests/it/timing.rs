//! Clients that are slow, services that are slow, and clients that do not wait.

use std::time::{Duration, Instant};

use serde_json::json;
use zato_core::guest::GuestStatistics;

use crate::harness::*;

const SHORT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_head_that_trickles_in_is_cut_off() {
    let server = Setup::new()
        .options(|options| options.header_timeout = SHORT)
        .channel("echo", "/echo")
        .start(echo)
        .await;
    let mut client = server.connect().await;
    client.send("GET /echo HTTP/1.1\r\n").await;
    let (mut reader, mut writer) = client.stream.into_split();
    // Progress does not help: the limit is for the head as a whole.
    let trickle = tokio::spawn(async move {
        while tokio::io::AsyncWriteExt::write_all(&mut writer, b"X: y\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let mut received = String::new();
    let read = tokio::io::AsyncReadExt::read_to_string(&mut reader, &mut received);
    let _ = tokio::time::timeout(PATIENCE, read).await.unwrap();
    assert!(received.starts_with("HTTP/1.1 408 "), "{received}");
    drop(reader);
    trickle.await.unwrap();
}

#[tokio::test]
async fn a_client_that_says_nothing_is_cut_off() {
    let server = Setup::new()
        .options(|options| options.header_timeout = SHORT)
        .channel("echo", "/echo")
        .start(echo)
        .await;
    assert!(server.connect().await.is_closed().await);
}

#[tokio::test]
async fn a_body_that_stops_arriving_is_answered_with_408() {
    let server = Setup::new()
        .options(|options| options.body_timeout = SHORT)
        .channel("echo", "/echo")
        .start(echo)
        .await;
    let mut client = server.connect().await;
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc").await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 408);
    assert!(answer.body.contains("stopped arriving"));
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn idle_connections_are_closed_but_not_those_that_wait_for_a_service() {
    let (guest, mut held) = hold();
    let server = Setup::new()
        .options(|options| {
            options.keep_alive_timeout = SHORT;
            options.header_timeout = SHORT;
        })
        .channel("a", "/a")
        .start(guest)
        .await;
    let mut client = server.connect().await;
    client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let invocation = held.recv().await.unwrap();
    tokio::time::sleep(SHORT * 5).await;
    invocation.reply.send(response("late"));
    assert_eq!(client.answer().await.body, "late");
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let server = Setup::new()
        .options(|options| options.write_timeout = SHORT)
        .channel("large", "/large")
        .start(|invocation| invocation.reply.send(response(vec![b'x'; 64 * 1024 * 1024])))
        .await;
    let mut client = server.connect().await;
    client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let figures = || server.state.metrics.render(GuestStatistics::default()).unwrap();
    wait_for(|| figures().contains("zato_http_connections{worker=\"0\"} 1")).await;
    wait_for(|| figures().contains("zato_http_connections{worker=\"0\"} 0")).await;
    assert!(client.rest().await.len() < 64 * 1024 * 1024);
}

#[tokio::test]
async fn a_channel_with_a_timeout_answers_504_and_abandons_the_invocation() {
    let (guest, mut held) = hold();
    let server = Setup::new()
        .channel_with("a", "/a", json!({"timeout": 0.05, "data_format": "json"}))
        .start(guest)
        .await;
    let mut client = server.connect().await;
    client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let invocation = held.recv().await.unwrap();
    assert!(invocation.deadline.is_some());
    let answer = client.answer().await;
    assert_eq!(answer.status, 504);
    assert_eq!(answer.json()["result"], "Error");
    assert!(invocation.reply.is_abandoned());
    // The connection is as good as before.
    client.send("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 404);
}

#[tokio::test]
async fn the_limit_comes_from_the_channel_then_the_service_then_the_server() {
    let (guest, mut held) = hold();
    let server = Setup::new()
        .options(|options| options.request_timeout = Some(Duration::from_secs(300)))
        .stored("service", "slow", json!({"timeout": 200, "slow_threshold": 1000}))
        .channel("plain", "/300")
        .channel_with("by-service", "/200", json!({"service": "slow"}))
        .channel_with("by-channel", "/100", json!({"service": "slow", "timeout": 100}))
        .start(guest)
        .await;
    for seconds in [300, 200, 100] {
        let mut client = server.connect().await;
        client.send(format!("GET /{seconds} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        let deadline = held.recv().await.unwrap().deadline.unwrap();
        let left = deadline.saturating_duration_since(Instant::now());
        let expected = Duration::from_secs(seconds);
        assert!(left <= expected && left > expected - Duration::from_secs(20), "{left:?}");
    }
}

#[tokio::test]
async fn a_client_that_goes_away_abandons_its_invocation() {
    let (guest, mut held) = hold();
    let server = Setup::new().channel("a", "/a").start(guest).await;
    let mut client = server.connect().await;
    client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let invocation = held.recv().await.unwrap();
    assert!(!invocation.reply.is_abandoned());
    drop(client);
    wait_for(|| invocation.reply.is_abandoned()).await;
}
