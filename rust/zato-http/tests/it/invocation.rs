//! What a guest is given, and what becomes of what it gives back.

use http::Method;
use serde_json::json;
use zato_core::invocation::{Body, DataFormat, Outcome, ParamsPriority, Response, UrlParamsPriority};

use crate::harness::*;

#[tokio::test]
async fn an_invocation_holds_the_request_as_it_came() {
    let (guest, mut held) = hold();
    let server = Setup::new()
        .channel_with(
            "crm.get",
            "/crm/{client}/orders/{order}",
            json!({
                "service": "crm.get-order",
                "data_format": "json",
                "url_params_pri": "path-over-qs",
                "params_pri": "msg-over-channel-params",
                "merge_url_params_req": false,
            }),
        )
        .start(guest)
        .await;
    let mut client = server.connect().await;
    client
        .send(
            "POST /crm/a%20b/orders/%C5%BC?x=1&x=2 HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nX-One: 2\r\n\
             X-Zato-CID: forged\r\nContent-Length: 2\r\n\r\n{}",
        )
        .await;
    let invocation = held.recv().await.unwrap();
    assert_eq!(&*invocation.service, "crm.get-order");
    assert_ne!(invocation.cid.to_string(), "forged");
    assert_eq!(invocation.body, "{}");
    assert!(invocation.security.is_none() && invocation.deadline.is_none());
    let channel = &invocation.channel;
    assert_eq!((channel.id, channel.name.as_str(), channel.channel_type), (1, "crm.get", "http-soap"));
    assert_eq!((channel.data_format, channel.transport), (DataFormat::Json, "plain_http"));
    assert_eq!(channel.match_target, "/crm/{client}/orders/{order}");
    assert_eq!(channel.url_params_priority, UrlParamsPriority::PathOverQueryString);
    assert_eq!(channel.params_priority, ParamsPriority::MessageOverChannelParams);
    assert!(!channel.merges_url_params && !channel.is_internal && !channel.tells_full_errors);
    let http = invocation.http.as_ref().unwrap();
    assert_eq!((&http.method, http.is_http_10), (&Method::POST, false));
    assert_eq!(http.uri, "/crm/a%20b/orders/%C5%BC?x=1&x=2");
    assert_eq!(http.headers.get_all("x-one").iter().count(), 2);
    let params: Vec<_> = http.path_params.iter().map(|(name, value)| (&**name, value.as_str())).collect();
    assert_eq!(params, [("client", "a b"), ("order", "ż")]);
    assert_eq!(http.remote, client.stream.local_addr().unwrap());
    assert_eq!(http.local, server.address);
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_client_is_who_the_proxy_says() {
    let (guest, mut held) = hold();
    let server = Setup::new()
        .options(|options| {
            options.client_address_headers = vec!["x-forwarded-for".parse().unwrap()];
            options.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        })
        .channel("a", "/a")
        .start(guest)
        .await;
    let mut client = server.connect().await;
    client.send("GET /a HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6, 9.8.7.6\r\n\r\n").await;
    let invocation = held.recv().await.unwrap();
    assert_eq!(invocation.http.as_ref().unwrap().remote.ip().to_string(), "9.8.7.6");
    invocation.reply.send(response(""));
    client.answer().await;
    wait_for(|| server.lines.0.lock().starts_with("9.8.7.6 ")).await;
}

async fn respond(channel: serde_json::Value, response: fn() -> Response) -> Answer {
    let server = Setup::new()
        .channel_with("a", "/a", channel)
        .start(move |invocation| invocation.reply.send(Outcome::Response(response())))
        .await;
    server.get("/a").await
}

fn plain() -> Response {
    Response { status: 201, content_type: None, headers: Vec::new(), body: Body::Full("x".into()) }
}

#[tokio::test]
async fn content_types_come_from_service_channel_and_format_in_this_order() {
    let by_service = || Response { content_type: Some("text/csv".parse().unwrap()), ..plain() };
    let by_header = || Response {
        headers: vec![("content-type".parse().unwrap(), "text/xml".parse().unwrap())],
        content_type: Some("text/csv".parse().unwrap()),
        ..plain()
    };
    let channel = json!({"content_type": "text/html", "data_format": "json"});
    let content_type = |answer: Answer| answer.header("content-type").unwrap().to_owned();
    assert_eq!(content_type(respond(json!({}), plain).await), "text/plain");
    assert_eq!(content_type(respond(json!({"data_format": "json"}), plain).await), "application/json");
    assert_eq!(content_type(respond(channel.clone(), plain).await), "text/html");
    assert_eq!(content_type(respond(channel.clone(), by_service).await), "text/csv");
    assert_eq!(content_type(respond(channel, by_header).await), "text/xml");
}

#[tokio::test]
async fn headers_of_services_win_except_those_that_frame_the_message() {
    let answer = respond(json!({}), || {
        let header = |name: &str, value: &str| (name.parse().unwrap(), value.parse().unwrap());
        Response {
            headers: vec![
                header("server", "Mine"),
                header("set-cookie", "a=1"),
                header("set-cookie", "b=2"),
                header("content-length", "100"),
                header("transfer-encoding", "chunked"),
                header("connection", "close"),
                header("keep-alive", "x"),
            ],
            ..plain()
        }
    })
    .await;
    assert_eq!((answer.status, answer.body.as_str()), (201, "x"));
    assert_eq!(answer.header("server"), Some("Mine"));
    assert_eq!(answer.head.matches("set-cookie: ").count(), 2);
    assert_eq!(answer.header("content-length"), Some("1"));
    for name in ["transfer-encoding", "connection", "keep-alive"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn statuses_without_a_body_have_none() {
    let server = Setup::new()
        .channel("a", "/{status}")
        .start(|invocation| {
            let status = invocation.http.as_ref().unwrap().path_params[0].1.parse().unwrap();
            let response = Response { status, ..plain() };
            invocation.reply.send(Outcome::Response(response));
        })
        .await;
    let mut client = server.connect().await;
    for status in [204, 304] {
        client.send(format!("GET /{status} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert_eq!(client.head().await.status, status);
    }
    client.send("GET /200 HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(client.answer().await.body, "x");
}
