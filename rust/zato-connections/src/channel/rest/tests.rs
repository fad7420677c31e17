use zato_schema::{DynKind, Validated, decode, references, validate};

use super::*;

fn valid(spec: Value) -> Validated {
    validate(&DynKind::of::<RestChannel>(), "c", &spec).unwrap()
}

fn channel(spec: Value) -> RestChannel {
    decode::<RestChannel>(&valid(spec).spec).unwrap()
}

fn problems(spec: Value) -> String {
    let found = validate(&DynKind::of::<RestChannel>(), "c", &spec).unwrap_err();
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn has_historical_defaults() {
    let channel = channel(json!({"service": "s", "url_path": "/a"}));
    assert_eq!(channel.method, HttpMethod::Any);
    assert_eq!(channel.data_format(), DataFormat::None);
    assert_eq!(channel.http_accept, "*/*");
    assert!(channel.match_slash && channel.merge_url_params_req && !channel.is_internal);
    assert_eq!(UrlParamsPriority::from(channel.url_params_pri), UrlParamsPriority::QueryStringOverPath);
    assert_eq!(ParamsPriority::from(channel.params_pri), ParamsPriority::ChannelParamsOverMessage);
    assert_eq!((channel.timeout(), channel.max_body_size(), channel.content_type()), (None, None, None));
    assert_eq!(channel.security(), None);
}

#[test]
fn reads_what_3_2_exports() {
    let validated = valid(json!({
        "service": "crm.get-client", "url_path": "/crm/{client_id}", "security_name": "crm.basic", "method": "GET",
        "data_format": "json", "merge_url_params_req": true, "url_params_pri": "path-over-qs",
        "params_pri": "msg-over-channel-params", "match_slash": true, "cache_expiry": 0, "cache_type": null,
        "transport": "plain_http", "connection": "channel", "ping_method": "HEAD", "pool_size": 20,
        "rate_limit_type": "APPROXIMATE", "is_rate_limit_active": false, "max_len_messages_sent": 50,
        "has_rbac": false, "sec_use_rbac": false, "security_groups": [], "soap_action": "", "hl7_version": "hl7-v2",
    }));
    assert_eq!(validated.warnings, []);
    let channel = decode::<RestChannel>(&validated.spec).unwrap();
    assert_eq!(channel.security(), Some("crm.basic"));
    assert_eq!(channel.method.as_str(), Some("GET"));
    assert_eq!(channel.data_format(), DataFormat::Json);
    assert_eq!(UrlParamsPriority::from(channel.url_params_pri), UrlParamsPriority::PathOverQueryString);
    assert_eq!(ParamsPriority::from(channel.params_pri), ParamsPriority::MessageOverChannelParams);
}

#[test]
fn reads_what_4_1_exports() {
    let validated = valid(json!({
        "service": "demo.ping", "url_path": "/r1", "security": "s1", "groups": [], "data_format": "json",
        "response_cache": {"is_enabled": true, "ttl": 10, "ttl_unit": "seconds"}, "is_deprecated": false,
    }));
    let warned: Vec<_> = validated.warnings.iter().filter_map(|warning| warning.field.as_deref()).collect();
    assert_eq!(warned, ["response_cache"]);
    assert_eq!(validated.spec["response_cache"]["ttl"], 10);
}

#[test]
fn no_security_can_be_said_in_the_old_words() {
    for word in ["zato-no-security", "ZATO_NONE", ""] {
        assert_eq!(channel(json!({"service": "s", "url_path": "/a", "sec_def": word})).security(), None);
    }
}

#[test]
fn refuses_to_drop_protections_it_does_not_know() {
    for (field, value) in [
        ("has_rbac", json!(true)),
        ("sec_use_rbac", json!("True")),
        ("security_groups", json!(["partners"])),
        ("groups", json!(["partners"])),
        ("is_rate_limit_active", json!(true)),
        ("rate_limiting", json!([{"cidr_list": ["0.0.0.0/0"], "time_range": [{"limit": 100}]}])),
        ("security", json!("ZATO_SEC_USE_RBAC")),
    ] {
        let found = problems(json!({"service": "s", "url_path": "/a", field: value}));
        assert!(
            found.contains(&format!("field `{field}`")) && found.contains("not supported yet"),
            "{found}"
        );
    }
}

#[test]
fn refuses_formats_that_are_known_but_not_served() {
    let found = problems(json!({"service": "s", "url_path": "/a", "data_format": "hl7"}));
    assert!(found.contains("field `data_format`: `hl7` is known but not served yet"), "{found}");
    let served = channel(json!({"service": "s", "url_path": "/a", "data_format": "xml"}));
    assert_eq!(served.data_format(), DataFormat::Xml);
    let found = problems(json!({"service": "s", "url_path": "/a", "data_format": "yaml"}));
    assert!(found.contains("`yaml` is not one of '', `json`, `form`"), "{found}");
}

#[test]
fn refuses_what_cannot_be_requested() {
    let found = problems(json!({
        "service": " s", "url_path": "a/{b", "http_accept": "json", "content_type": "a\nb", "method": "GET",
    }));
    for part in [
        "field `url_path`: `a/{b` does not start with `/`",
        "field `url_path`: `{` has no counterpart",
        "field `service`: it begins or ends with a space",
        "field `http_accept`: it is not what an `Accept` header can be",
        "field `content_type`: it is not what a header can be",
    ] {
        assert!(found.contains(part), "{part:?} is not in\n{found}");
    }
    let found = problems(json!({"service": "s", "url_path": "/a", "method": "FETCH"}));
    assert!(found.contains("`FETCH` is not one of '', `GET`"), "{found}");
}

#[test]
fn doubts_paths_that_nobody_can_ask_for() {
    let warned = valid(json!({"service": "s", "url_path": "/b5 x?q=1#f"})).warnings;
    let fields: Vec<_> = warned.iter().filter_map(|warning| warning.field.as_deref()).collect();
    assert_eq!(fields, ["url_path", "url_path"], "{warned:?}");
    assert_eq!(valid(json!({"service": "s", "url_path": "/b5/{a}"})).warnings, []);
}

#[test]
fn takes_methods_in_any_case() {
    assert_eq!(
        channel(json!({"service": "s", "url_path": "/a", "method": "delete"})).method,
        HttpMethod::Delete
    );
}

#[test]
fn takes_accept_headers_of_several_ranges() {
    for accept in
        ["application/json", "text/html, application/xml;q=0.9, */*;q=0.8", "application/vnd.x+json"]
    {
        assert!(is_accept(accept), "{accept}");
    }
    for accept in ["", "json", "a/", "/b", "a/b,", "a b/c", "é/b"] {
        assert!(!is_accept(accept), "{accept}");
    }
}

#[test]
fn zero_is_no_limit_of_its_own() {
    let channel = channel(json!({"service": "s", "url_path": "/a", "timeout": 0, "max_body_size": "0"}));
    assert_eq!((channel.timeout(), channel.max_body_size()), (None, None));
}

#[test]
fn limits_are_in_seconds_and_bytes() {
    let channel = channel(json!({"service": "s", "url_path": "/a", "timeout": 1.5, "max_body_size": 1024}));
    assert_eq!(channel.timeout(), Some(Duration::from_millis(1500)));
    assert_eq!(channel.max_body_size(), Some(1024));
}

#[test]
fn refers_to_a_service_and_a_definition() {
    let kind = DynKind::of::<RestChannel>();
    let spec = valid(json!({"service": "s", "url_path": "/a", "security": "d"})).spec;
    let found = references(&kind, &spec);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].target, zato_schema::ReferenceTarget::Service);
    assert!(found[1].target.accepts("security.basic_auth") && found[1].target.accepts("security.api_key"));
}

#[test]
fn is_unique_by_path_method_and_accept() {
    let kind = DynKind::of::<RestChannel>();
    let spec = valid(json!({"service": "s", "url_path": "/a", "method": "GET"})).spec;
    assert_eq!(kind.unique_values(&spec), ["url_path `/a`, method `GET`, http_accept `*/*`"]);
}
