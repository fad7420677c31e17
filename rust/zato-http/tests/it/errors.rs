//! What clients see of failures, by profile and data format.

use serde_json::json;
use zato_core::Profile;
use zato_core::invocation::{Failure, FailureKind, Outcome, Response};

use crate::harness::*;

fn setup(profile: Profile) -> Setup {
    Setup::new()
        .options(|options| options.profile = profile)
        .channel("text", "/text")
        .channel_with("json", "/json", json!({"data_format": "json"}))
        .channel_with(
            "admin.invoke.json",
            "/zato/admin/invoke",
            json!({"data_format": "json", "is_internal": true}),
        )
}

async fn answers(profile: Profile, failure: Failure) -> (Answer, Answer) {
    let server = setup(profile).start(fail_with(failure)).await;
    (server.get("/text").await, server.get("/json").await)
}

#[tokio::test]
async fn every_failure_has_its_status() {
    use FailureKind::*;
    for (kind, status) in [
        (BadRequest, 400),
        (ElementMissing, 400),
        (MalformedBody, 400),
        (Unauthorized, 401),
        (Forbidden, 403),
        (NotFound, 404),
        (Inactive, 404),
        (MethodNotAllowed, 405),
        (Conflict, 409),
        (BodyTooLarge, 413),
        (TooManyRequests, 429),
        (InternalServerError, 500),
        (Exception, 500),
        (ServiceMissing, 500),
        (Lost, 500),
        (ServiceUnavailable, 503),
        (Overloaded, 503),
        (Timeout, 504),
    ] {
        for profile in Profile::ALL {
            let old_element = kind == ElementMissing && profile.has_zato_env_errors();
            let status = if old_element { 500 } else { status };
            let (text, json) = answers(profile, Failure::new(kind, "why")).await;
            assert_eq!((text.status, json.status), (status, status), "{kind:?} {profile}");
            assert_eq!(text.header("content-type"), Some("text/plain"));
            assert_eq!(json.header("content-type"), Some("application/json"));
            let body = json.json();
            if profile.has_zato_env_errors() {
                assert_eq!(body["zato_env"]["result"], "ZATO_ERROR");
                assert_eq!(body["zato_env"]["cid"].as_str().unwrap().len(), 24);
            } else {
                assert_eq!(body["result"], "Error");
                assert_eq!(body["cid"].as_str().unwrap().len(), 24);
            }
            assert_eq!(json.body.contains("\n    \"result\""), profile == Profile::V4_1, "{}", json.body);
        }
    }
}

#[tokio::test]
async fn a_status_of_its_own_is_sent_by_4_1_only() {
    for profile in Profile::ALL {
        let (text, json) = answers(profile, Failure::new(FailureKind::Reported(418), "teapot")).await;
        let status = if profile == Profile::V4_1 { 418 } else { 500 };
        assert_eq!((text.status, json.status), (status, status), "{profile}");
        assert_eq!(text.body, "teapot");
    }
}

#[tokio::test]
async fn bad_request_hides_its_message_from_3_2_on_unless_it_is_needed() {
    let failure = |needs_message| Failure { needs_message, ..Failure::new(FailureKind::BadRequest, "why") };
    for profile in Profile::ALL {
        let hidden = answers(profile, failure(false)).await.0.body;
        assert_eq!(hidden, if profile < Profile::V3_2 { "why" } else { "Bad request" });
        assert_eq!(answers(profile, failure(true)).await.0.body, "why");
    }
}

#[tokio::test]
async fn exceptions_tell_arguments_or_tracebacks_or_nothing() {
    let failure = Failure {
        arguments: vec![json!("went wrong"), json!(17)],
        traceback: Some("Traceback: x".to_owned()),
        ..Failure::new(FailureKind::Exception, "('went wrong', 17)")
    };
    let (text, json) = answers(Profile::V3_2, failure.clone()).await;
    assert_eq!(text.body, "went wrong, 17");
    assert_eq!(json.json()["details"], json!(["went wrong", 17]));
    let (text, json) = answers(Profile::V3_0, failure.clone()).await;
    assert_eq!(text.body, "Traceback: x");
    assert_eq!(json.json()["zato_env"]["details"], "Traceback: x");
    for profile in Profile::ALL {
        let setup = setup(profile).options(|options| options.return_tracebacks = false);
        let server = setup.start(fail_with(failure.clone())).await;
        assert_eq!(server.get("/text").await.body, "An error has occurred");
    }
    let (text, json) = answers(Profile::V3_2, Failure::new(FailureKind::Exception, "")).await;
    assert_eq!(text.body, "An error has occurred");
    assert_eq!(json.json().get("details"), None);
}

#[tokio::test]
async fn the_admin_channel_tells_everything() {
    for kind in [FailureKind::BadRequest, FailureKind::ServiceMissing] {
        let server = setup(Profile::V3_2).start(fail_with(Failure::new(kind, "the\nreason"))).await;
        let answer = server.get("/zato/admin/invoke").await;
        assert_eq!(answer.json()["details"], "the\nreason");
        assert_eq!(answer.header("x-zato-message"), Some("the reason"));
        assert!(!server.get("/text").await.body.contains("reason"));
    }
    let failure =
        Failure { traceback: Some("Traceback: x".into()), ..Failure::new(FailureKind::Exception, "why") };
    let server = setup(Profile::V3_2).options(|options| options.return_tracebacks = false);
    let server = server.start(fail_with(failure)).await;
    assert_eq!(server.get("/zato/admin/invoke").await.json()["details"], "Traceback: x");
}

#[tokio::test]
async fn a_user_channel_cannot_pass_for_the_admin_channel() {
    let failure = Failure::new(FailureKind::BadRequest, "secret");
    let server = Setup::new().channel("admin.invoke.json", "/a").start(fail_with(failure)).await;
    assert_eq!(server.get("/a").await.body, "Bad request");
}

#[tokio::test]
async fn headers_the_service_had_set_survive() {
    let failure = Failure {
        headers: vec![
            ("x-one".parse().unwrap(), "1".parse().unwrap()),
            ("content-type".parse().unwrap(), "text/csv".parse().unwrap()),
            ("content-length".parse().unwrap(), "5".parse().unwrap()),
            ("connection".parse().unwrap(), "close".parse().unwrap()),
        ],
        challenge: Some("Basic realm=\"x\"".to_owned()),
        ..Failure::new(FailureKind::Unauthorized, "no")
    };
    let (text, _) = answers(Profile::V3_2, failure).await;
    assert_eq!(text.header("x-one"), Some("1"));
    assert_eq!(text.header("content-type"), Some("text/plain"));
    assert_eq!(text.header("www-authenticate"), Some("Basic realm=\"x\""));
    assert_eq!((text.header("connection"), text.body.as_str()), (None, "no"));
}

#[tokio::test]
async fn overload_asks_to_come_back() {
    let (text, json) =
        answers(Profile::V3_2, Failure::new(FailureKind::Overloaded, "the queue is full")).await;
    for answer in [text, json] {
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
        assert!(!answer.body.contains("queue"));
    }
}

#[tokio::test]
async fn the_profile_of_the_service_decides_if_it_has_one() {
    let failure = Failure { profile: Some(Profile::V2_0), ..Failure::new(FailureKind::BadRequest, "why") };
    let (text, json) = answers(Profile::V3_2, failure).await;
    assert_eq!(text.body, "why");
    assert_eq!(json.json()["zato_env"]["details"], "why");
}

#[tokio::test]
async fn status_lines_can_be_worded() {
    let server = setup(Profile::V3_2)
        .options(|options| {
            let worded = zato_http::StatusOverride {
                message: Some("Nothing Here".to_owned()),
                content_type: Some("text/html".parse().unwrap()),
            };
            options.status_overrides.insert(404, worded);
        })
        .start(echo)
        .await;
    let answer = server.get("/nowhere").await;
    assert_eq!((answer.status, answer.reason.as_str()), (404, "Nothing Here"));
    assert_eq!(answer.header("content-type"), Some("text/html"));
}

#[tokio::test]
async fn statuses_that_cannot_be_sent_are_failures() {
    for status in [0, 99, 100, 101, 199, 600, 65535] {
        let server = setup(Profile::V3_2)
            .start(move |invocation| {
                let body = zato_core::invocation::Body::Full("x".into());
                let response = Response { status, content_type: None, headers: Vec::new(), body };
                invocation.reply.send(Outcome::Response(response));
            })
            .await;
        assert_eq!(server.get("/text").await.status, 500, "{status}");
    }
}

#[tokio::test]
async fn a_dropped_reply_is_a_500() {
    let server = setup(Profile::V3_2).start(drop).await;
    assert_eq!(server.get("/text").await.status, 500);
}
