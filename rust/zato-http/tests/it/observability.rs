//! Correlation IDs, the access log, figures and health.

use std::sync::Arc;

use base64::Engine as _;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::json;
use zato_core::Profile;
use zato_core::invocation::{Failure, FailureKind};
use zato_http::MetricsSource;

use crate::harness::*;

#[tokio::test]
async fn x_zato_cid_is_sent_by_old_profiles_and_on_request() {
    for profile in Profile::ALL {
        for is_needed in [false, true] {
            let server = Setup::new()
                .options(|options| {
                    options.profile = profile;
                    options.needs_x_zato_cid = is_needed;
                })
                .channel("a", "/a")
                .start(|invocation| {
                    let cid = invocation.cid.to_string();
                    invocation.reply.send(response(cid));
                })
                .await;
            let answer = server.request("GET /a HTTP/1.1\r\nHost: h\r\nX-Zato-CID: forged\r\n\r\n").await;
            let expected = (is_needed || profile < Profile::V3_2).then_some(answer.body.as_str());
            assert_eq!(answer.header("x-zato-cid"), expected, "{profile}");
            assert_eq!(server.get("/nowhere").await.header("x-zato-cid").is_some(), expected.is_some());
        }
    }
}

#[tokio::test]
async fn responses_have_date_and_server() {
    let server = Setup::new().channel("a", "/a").start(echo).await;
    let answer = server.get("/a").await;
    assert_eq!(answer.header("server"), Some("Zato"));
    assert!(answer.header("date").unwrap().ends_with(" GMT"));
    let server =
        Setup::new().options(|options| options.server_header = None).channel("a", "/a").start(echo).await;
    assert_eq!(server.get("/a").await.header("server"), None);
}

#[tokio::test]
async fn every_request_is_in_the_access_log_unless_its_path_is_ignored() {
    let server = Setup::new()
        .options(|options| options.access_log_ignore = vec!["/quiet".to_owned(), "/gone".to_owned()])
        .channel("crm.get", "/crm/{id}")
        .channel("quiet", "/quiet/{id}")
        .start(|invocation| invocation.reply.send(response("12345")))
        .await;
    server.request("GET /crm/1?secret=x HTTP/1.1\r\nHost: h\r\nUser-Agent: a\"b\r\n\r\n").await;
    server.get("/quiet/1").await;
    server.get("/gone").await;
    server.get("/goner").await;
    let mut client = server.connect().await;
    client.send("HEAD /crm/2 HTTP/1.0\r\n\r\n").await;
    client.rest().await;
    server.request("GET / HTTP/1.1\r\nBad Header\r\n\r\n").await;
    let ends = [
        "\"GET /crm/1 HTTP/1.1\" 200 5 \"-\" \"a\\x22b\"",
        "\"GET /goner HTTP/1.1\" 404 44 \"-\" \"-\"",
        "\"HEAD /crm/2 HTTP/1.0\" 200 0 \"-\" \"-\"",
        "\"- - HTTP/1.1\" 400 24 \"-\" \"-\"",
    ];
    wait_for(|| server.lines.0.lock().contains("\"- - HTTP/1.1\"")).await;
    let lines = server.lines.0.lock().clone();
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines.len(), ends.len(), "{lines:#?}");
    for (line, end) in lines.iter().zip(ends) {
        assert!(line.starts_with("127.0.0.1 ") && line.ends_with(end), "{line}");
    }
    assert!(lines[0].contains(" \"crm.get\" ["));
}

#[tokio::test]
async fn requests_whose_client_went_away_are_logged_too() {
    let (guest, mut held) = hold();
    let server = Setup::new().channel("a", "/a").start(guest).await;
    let mut client = server.connect().await;
    client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let _invocation = held.recv().await.unwrap();
    drop(client);
    wait_for(|| server.lines.0.lock().contains("\"GET /a HTTP/1.1\" 499 0 ")).await;
}

#[tokio::test]
async fn metrics_are_guarded_by_their_definition() {
    let token = base64::engine::general_purpose::STANDARD.encode("metrics-user:p");
    let request = format!("GET /metrics HTTP/1.1\r\nHost: h\r\nAuthorization: Basic {token}\r\n\r\n");
    let server = Setup::new().channel("a", "/a").start(echo).await;
    assert_eq!(server.request(&request).await.status, 404);
    let server = Setup::new().basic_auth("metrics", "p", true).channel("a", "/a").start(echo).await;
    assert_eq!(server.get("/metrics").await.status, 401);
    server.get("/a").await;
    let answer = server.request(&request).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain; version=0.0.4")));
    for line in [
        r#"zato_http_requests_total{channel="a",status="2xx",worker="0"} 1"#,
        r#"zato_http_requests_total{channel="",status="4xx",worker="0"} 1"#,
        r#"zato_guest_services{worker="0"} 7"#,
    ] {
        assert!(answer.body.contains(line), "{line}\n{}", answer.body);
    }
    // An API key of that name is something else.
    let server = Setup::new().api_key("metrics", "k").start(echo).await;
    assert_eq!(server.request("GET /metrics HTTP/1.1\r\nHost: h\r\nX-Key: k\r\n\r\n").await.status, 404);
}

struct Everybody;

impl MetricsSource for Everybody {
    fn gather(&self, own: String) -> BoxFuture<'static, String> {
        async move { zato_http::metrics::merge(&[own, "# TYPE other gauge\nother 1\n".to_owned()]) }.boxed()
    }
}

#[tokio::test]
async fn a_source_may_answer_for_all_workers() {
    let setup = Setup::new().basic_auth("metrics", "p", true);
    let server = Server::start(setup, echo, |state| state.with_metrics_source(Arc::new(Everybody))).await;
    let token = base64::engine::general_purpose::STANDARD.encode("metrics-user:p");
    let answer = server
        .request(&format!("GET /metrics HTTP/1.1\r\nHost: h\r\nAuthorization: Basic {token}\r\n\r\n"))
        .await;
    assert!(answer.body.contains("other 1") && answer.body.contains("zato_http_connections"));
}

#[tokio::test]
async fn health_needs_no_channel_and_no_credentials() {
    let server = Setup::new().channel("everything", "/{path}").start(echo).await;
    assert_eq!(server.get("/zato/health/live").await.body, "ok");
    assert_eq!(server.get("/zato/health/ready").await.status, 503);
    server.state.set_ready(true);
    let answer = server.get("/zato/health/ready").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ready"));
    server.state.set_stalled(true);
    assert_eq!(server.get("/zato/health/ready").await.status, 503);
    assert_eq!(server.get("/zato/health/live").await.status, 200);
    server.state.set_stalled(false);
    assert_eq!(server.get("/zato/health/ready").await.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let post =
        server.request("POST /zato/health/live HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx").await;
    assert_eq!((post.status, post.body.as_str()), (200, "x"));
}

#[tokio::test]
async fn a_channel_with_just_that_path_replaces_a_built_in_one() {
    let server = Setup::new()
        .channel_with("own", "/metrics", json!({}))
        .start(|invocation| invocation.reply.send(response("mine")))
        .await;
    assert_eq!(server.get("/metrics").await.body, "mine");
}

#[derive(Clone, Default)]
struct Log(Arc<parking_lot::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn invocations_are_traced_for_those_who_listen() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _listening = tracing::subscriber::set_default(subscriber);
    let server = Setup::new()
        .options(|options| options.rest_log_ignore = vec!["/quiet".to_owned()])
        .channel("crm.get", "/crm/{id}")
        .channel("quiet", "/quiet")
        .start(|invocation| match invocation.body.len() {
            0 => invocation.reply.send(response("12345")),
            _ => {
                let traceback = Some("Traceback: line 1".to_owned());
                let failure = Failure { traceback, ..Failure::new(FailureKind::Exception, "x") };
                invocation.reply.fail(failure);
            }
        })
        .await;
    server.request("GET /crm/1?x=y HTTP/1.1\r\nHost: h\r\nUser-Agent: a\tb\r\n\r\n").await;
    server.get("/quiet").await;
    server.request("POST /crm/2 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx").await;
    let text = String::from_utf8(log.0.lock().clone()).unwrap();
    assert!(text.contains("zato_rest: REST cha → cid="), "{text}");
    assert!(
        text.contains("; GET /crm/1?x=y name=crm.get; len=0; agent=a\\tb; remote-addr=127.0.0.1:"),
        "{text}"
    );
    assert!(text.contains("; 200 time=0."), "{text}");
    assert!(!text.contains("/quiet"), "{text}");
    assert!(text.contains("channel `crm.get`: the service failed\nTraceback: line 1"), "{text}");
}
