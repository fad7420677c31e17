//! Routing and credentials.

use base64::Engine as _;
use serde_json::json;
use zato_core::Profile;

use crate::harness::*;

fn basic(credentials: &str) -> String {
    let token = base64::engine::general_purpose::STANDARD.encode(credentials);
    format!("Authorization: Basic {token}\r\n")
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\n{headers}\r\n")
}

fn secured() -> Setup {
    Setup::new()
        .basic_auth("joe", "pass:word", true)
        .basic_auth("inactive", "p", false)
        .basic_auth("empty", "", true)
        .api_key("key", "k-1")
        .channel("open", "/open")
        .channel_with("basic", "/basic", json!({"security": "joe"}))
        .channel_with("json", "/json", json!({"security": "joe", "data_format": "json"}))
        .channel_with("inactive", "/inactive", json!({"security": "inactive"}))
        .channel_with("empty", "/empty", json!({"security": "empty"}))
        .channel_with("key", "/key", json!({"security": "key"}))
        .channel_with("missing", "/missing", json!({"security": "nobody"}))
        .channel_with("off", "/off", json!({"security": "joe", "is_active": false}))
}

#[tokio::test]
async fn basic_auth_admits_the_right_credentials_only() {
    let server = secured()
        .start(|invocation| {
            let security = invocation.security.as_ref().unwrap();
            let text = format!("{} {} {}", security.name, security.security_type, security.username);
            invocation.reply.send(response(text));
        })
        .await;
    let answer = server.request(&get("/basic", &basic("joe-user:pass:word"))).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "joe basic_auth joe-user"));
    let wrong = ["joe-user:pass", "joe-user:", "joe:pass:word", ":"];
    let headers = wrong.iter().map(|credentials| basic(credentials)).chain([
        String::new(),
        "Authorization: Basic\r\n".to_owned(),
        "Authorization: Bearer x\r\n".to_owned(),
        "X-Key: k-1\r\n".to_owned(),
    ]);
    for header in headers {
        let answer = server.request(&get("/basic", &header)).await;
        assert_eq!(answer.status, 401, "{header}");
        assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"Test\""));
        assert_eq!(answer.header("content-type"), Some("text/plain"));
        assert!(answer.body.starts_with("Unauthorized; cid="), "{}", answer.body);
    }
    let json = server.request(&get("/json", "")).await;
    assert_eq!(json.json()["result"], "Error");
    assert!(json.json()["details"].as_str().unwrap().starts_with("Unauthorized; cid="));
    for (path, credentials) in [("/inactive", "inactive-user:p"), ("/empty", "empty-user:")] {
        assert_eq!(server.request(&get(path, &basic(credentials))).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn a_refused_request_with_a_small_body_leaves_the_connection_usable() {
    let server = secured().start(echo).await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.send("POST /basic HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello").await;
        assert_eq!(client.answer().await.status, 401);
    }
    client.send(get("/open", "")).await;
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn api_keys_admit_the_right_key_only() {
    let server = secured().start(echo).await;
    assert_eq!(server.request(&get("/key", "x-KEY: k-1\r\n")).await.status, 200);
    for header in ["", "X-Key: k-2\r\n", "X-Key:\r\n", "X-Key: k-1\r\nX-Key: k-1\r\n", "X-Api-Key: k-1\r\n"] {
        let answer = server.request(&get("/key", header)).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, "401 Unauthorized"), "{header}");
        assert_eq!(answer.header("www-authenticate"), None);
    }
}

#[tokio::test]
async fn old_profiles_word_refusals_in_their_way() {
    let server = secured().options(|options| options.profile = Profile::V2_0).start(echo).await;
    let answer = server.request(&get("/basic", "")).await;
    assert!(answer.body.starts_with("UNAUTHORIZED path_info:[/basic], cid:["), "{}", answer.body);
    assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"Test\""));
    let answer = server.request(&get("/key", "")).await;
    assert!(answer.body.starts_with("UNAUTHORIZED path_info:[/key], cid:["), "{}", answer.body);
    assert_eq!(answer.header("www-authenticate"), Some("zato-apikey"));
    let answer = server.request(&get("/json", "")).await;
    assert_eq!(answer.json()["zato_env"]["result"], "ZATO_ERROR");
}

#[tokio::test]
async fn a_channel_whose_definition_is_missing_is_closed_not_open() {
    let setup = secured();
    let (_, problems) = setup.compile();
    let problem = problems.iter().find(|problem| problem.to_string().contains("nobody")).unwrap();
    assert_eq!(problem.object.as_deref(), Some("channel.rest `missing`"));
    assert_eq!(problem.field.as_deref(), Some("security"));
    let server = setup.start(echo).await;
    assert_eq!(server.get("/missing").await.status, 503);
    assert_eq!(server.get("/open").await.status, 200);
}

#[tokio::test]
async fn broken_objects_are_left_out_and_reported() {
    let setup = secured()
        .stored("channel.rest", "no-path", json!({"service": "x"}))
        .stored("channel.rest", "bad-pattern", json!({"service": "x", "url_path": "/{"}))
        .stored(
            "security.basic_auth",
            "undecipherable",
            json!({"username": "u", "password": "zato.secret.v1:xxxx"}),
        )
        .stored("security.basic_auth", "plain", json!({"username": "u", "password": "not encrypted"}))
        .stored("security.api_key", "bad-header", json!({"header": "a b", "password": ""}))
        .channel_with("closed", "/closed", json!({"security": "undecipherable"}));
    let (_, problems) = setup.compile();
    let about = |name: &str| {
        let object = format!("`{name}`");
        problems.iter().any(|problem| problem.object.as_deref().is_some_and(|text| text.contains(&object)))
    };
    for name in ["no-path", "bad-pattern", "undecipherable", "plain", "bad-header", "closed"] {
        assert!(about(name), "{name}: {problems:?}");
    }
    assert!(!problems.iter().any(|problem| problem.to_string().contains("not encrypted`")));
    let server = setup.start(echo).await;
    assert_eq!(server.get("/closed").await.status, 503);
    assert_eq!(server.get("/open").await.status, 200);
}

#[tokio::test]
async fn two_definitions_of_one_name_are_not_guessed_between() {
    let setup = Setup::new().basic_auth("same", "p", true).api_key("same", "k").channel_with(
        "a",
        "/a",
        json!({"security": "same"}),
    );
    assert_eq!(setup.compile().1.len(), 2);
    assert_eq!(setup.start(echo).await.request(&get("/a", "X-Key: k\r\n")).await.status, 503);
}

#[tokio::test]
async fn inactive_channels_are_not_there_for_anybody() {
    let server = secured().start(echo).await;
    let answer = server.get("/off").await;
    assert_eq!((answer.status, answer.body.as_str()), (404, "Channel inactive"));
}

#[tokio::test]
async fn unknown_urls_and_methods_are_answered_by_profile() {
    let setup =
        || {
            Setup::new()
                .channel_with("a", "/a", json!({"method": "POST", "data_format": "json"}))
                .channel_with("b", "/b", json!({"method": "PUT"}))
        };
    for profile in Profile::ALL {
        let server = setup().options(|options| options.profile = profile).start(echo).await;
        let unknown = server.get("/nowhere").await;
        assert_eq!((unknown.status, unknown.header("content-type")), (404, Some("text/plain")));
        let (wrong, text) = (server.get("/a").await, server.get("/b").await);
        if profile.has_zato_env_errors() {
            assert!(unknown.body.ends_with("Unknown URL:`/nowhere` or SOAP action:``"), "{}", unknown.body);
            assert_eq!(wrong.json()["zato_env"]["result"], "ZATO_ERROR");
        } else {
            assert!(unknown.body.starts_with("URL not found (CID:"), "{}", unknown.body);
        }
        if profile == Profile::V3_2 {
            assert_eq!(wrong.status, 404);
        } else {
            assert_eq!((wrong.status, wrong.header("allow")), (405, Some("POST")), "{profile}");
            assert_eq!((text.status, text.header("allow")), (405, Some("PUT")));
            assert!(text.body.contains("`GET`"), "{}", text.body);
        }
        let unsupported = server.request("BREW /a HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!(unsupported.status, 405);
        assert!(unsupported.body.contains("Unsupported HTTP method"), "{}", unsupported.body);
        assert_eq!(unsupported.header("allow"), Some("GET, POST, DELETE, PUT, PATCH, HEAD, OPTIONS"));
        for path in ["/%ff", "/%00"] {
            assert_eq!(server.get(path).await.status, 400, "{path}");
        }
    }
}

#[tokio::test]
async fn absolute_targets_lead_to_the_same_channel() {
    let server = secured().start(echo).await;
    assert_eq!(server.request("GET http://h/open HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 200);
    assert_eq!(server.request("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 404);
}
