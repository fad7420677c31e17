use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn route(name: &str, url_path: &str) -> Route<&'static str> {
    Route {
        name: name.to_owned(),
        is_internal: false,
        url_path: url_path.to_owned(),
        methods: Vec::new(),
        accept: "*/*".to_owned(),
        match_slash: true,
        target: Box::leak(name.to_owned().into_boxed_str()),
    }
}

fn with_method(route: Route<&'static str>, method: Method) -> Route<&'static str> {
    Route { methods: vec![method], ..route }
}

fn compile(profile: Profile, routes: &[Route<&'static str>]) -> Router<&'static str> {
    let (router, problems) = Router::compile(profile, routes.to_vec());
    assert!(problems.is_empty(), "{problems:?}");
    router
}

/// Name of the channel and values of the placeholders.
fn get(router: &Router<&'static str>, path: &str) -> Option<(&'static str, Vec<String>)> {
    match router.route(&Method::GET, path, None) {
        Routed::Found(name, params) => Some((name, params.into_iter().map(|(_, value)| value).collect())),
        _ => None,
    }
}

fn values(values: &[&str]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

#[test]
fn finds_static_paths_and_patterns() {
    let router = compile(
        Profile::V3_2,
        &[route("a", "/a"), route("b", "/b/{id}"), route("c", "/c/{x}/y/{z}"), route("root", "/")],
    );
    assert_eq!(get(&router, "/a"), Some(("a", values(&[]))));
    assert_eq!(get(&router, "/"), Some(("root", values(&[]))));
    assert_eq!(get(&router, "/b/17"), Some(("b", values(&["17"]))));
    assert_eq!(get(&router, "/b/1/2"), Some(("b", values(&["1/2"]))));
    assert_eq!(get(&router, "/c/1/y/2"), Some(("c", values(&["1", "2"]))));
    assert_eq!(get(&router, "/c/1/y/2/y/3"), Some(("c", values(&["1/y/2", "3"]))));
    for path in ["/a/", "/A", "/b/", "/b", "/c/1/y/", "/c//y/2", "", "*", "/d"] {
        assert_eq!(get(&router, path), None, "{path}");
    }
}

#[test]
fn gives_placeholders_in_the_order_of_the_pattern() {
    let router = compile(Profile::V3_2, &[route("a", "/{zebra}/to/{ant}")]);
    let Routed::Found(_, params) = router.route(&Method::GET, "/x%20y/to/%C5%BC", None) else { panic!() };
    let expected = vec![(Arc::from("zebra"), "x y".to_owned()), (Arc::from("ant"), "ż".to_owned())];
    assert_eq!(params, expected);
}

#[test]
fn the_first_name_wins_under_3_2_and_the_most_specific_under_4_1() {
    let routes =
        [route("a", "/x/{any}"), route("b", "/x/y/{any}"), route("c", "/x/y/z"), route("d", "/x/y/{any}/e")];
    let name = |profile, path| get(&compile(profile, &routes), path).map(|(name, _)| name);
    assert_eq!(name(Profile::V3_2, "/x/y/z"), Some("a"));
    assert_eq!(name(Profile::V4_1, "/x/y/z"), Some("c"));
    assert_eq!(name(Profile::V4_1, "/x/y/1"), Some("b"));
    assert_eq!(name(Profile::V4_1, "/x/y/1/e"), Some("d"));
    assert_eq!(name(Profile::V4_1, "/x/1"), Some("a"));
}

#[test]
fn internal_channels_come_last_and_only_below_their_root() {
    let internal = |name: &str, path: &str| Route { is_internal: true, ..route(name, path) };
    let router = compile(
        Profile::V3_2,
        &[internal("a.internal", "/zato/ping"), route("z", "/zato/{name}"), internal("b", "/{any}")],
    );
    assert_eq!(get(&router, "/zato/ping"), Some(("z", values(&["ping"]))));
    assert_eq!(get(&router, "/other"), None);
}

#[test]
fn literal_text_is_literal() {
    let router = compile(Profile::V3_2, &[route("a", "/v1.0/(x)+/{id}")]);
    assert!(get(&router, "/v1.0/(x)+/1").is_some());
    assert_eq!(get(&router, "/v1x0/(x)+/1"), None);
}

#[test]
fn values_have_the_characters_of_their_profile() {
    let takes = |profile, match_slash, path: &str| {
        let router = compile(profile, &[Route { match_slash, ..route("a", "/x/{v}") }]);
        get(&router, path).is_some()
    };
    for profile in Profile::ALL {
        for character in ["a", "%20", "$", "a.b", "-", "|", "=", "~", "^", "_", "%C5%BC", "7"] {
            assert!(takes(profile, false, &format!("/x/{character}")), "{profile} {character}");
        }
        assert!(!takes(profile, false, "/x/a/b"));
        assert!(!takes(profile, true, "/x/"));
        assert_eq!(takes(profile, true, "/x/a/b"), profile > Profile::V2_0);
        assert_eq!(takes(profile, true, "/x/:"), profile > Profile::V2_0);
        for character in ["%25", "@", "+", ",", ";", "!", "(", ")"] {
            assert_eq!(
                takes(profile, true, &format!("/x/{character}")),
                profile == Profile::V4_1,
                "{character}"
            );
        }
        assert!(!takes(profile, true, "/x/%22"));
    }
}

#[test]
fn a_wrong_method_is_not_found_under_3_2_and_told_elsewhere() {
    let routes = [
        with_method(route("a", "/x/{id}"), Method::POST),
        with_method(route("b", "/x/1"), Method::PUT),
        with_method(route("c", "/y"), Method::GET),
    ];
    for profile in Profile::ALL {
        let router = compile(profile, &routes);
        assert_eq!(router.route(&Method::PUT, "/x/1", None), Routed::Found(&"b", Vec::new()), "{profile}");
        let outcome = router.route(&Method::GET, "/x/1", None);
        match outcome {
            Routed::NotFound => assert_eq!(profile, Profile::V3_2),
            Routed::WrongMethod { channel, allow } => {
                assert_ne!(profile, Profile::V3_2);
                assert_eq!(allow, "POST, PUT");
                assert_eq!(channel, if profile == Profile::V4_1 { &"b" } else { &"a" });
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(router.route(&Method::GET, "/z", None), Routed::NotFound);
    }
}

#[test]
fn accept_is_compared_literally() {
    let json = Route { accept: "application/json".to_owned(), ..route("a", "/x") };
    let routes = [json, route("b", "/x")];
    let name = |profile, accept: Option<&'static str>| {
        let router = compile(profile, &routes);
        match router.route(&Method::GET, "/x", accept.map(HeaderValue::from_static).as_ref()) {
            Routed::Found(name, _) => *name,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(name(Profile::V3_2, Some("application/json")), "a");
    assert_eq!(name(Profile::V3_2, Some("application/json, */*")), "b");
    assert_eq!(name(Profile::V3_2, Some("*/*")), "b");
    assert_eq!(name(Profile::V3_2, None), "b");
    assert_eq!(name(Profile::V2_0, None), "a");
}

#[test]
fn reports_patterns_that_are_wrong() {
    for pattern in ["x", "", "/{", "/{a", "/a}", "/{a}}", "/{}", "/{a{b}}", "/{a}/{a}", "/{a%b}"] {
        let (router, problems) = Router::compile(Profile::V3_2, vec![route("a", pattern), route("b", "/b")]);
        assert_eq!(problems.len(), 1, "{pattern}");
        assert_eq!(problems[0].1.field.as_deref(), Some("url_path"));
        assert!(get(&router, "/b").is_some());
    }
    let bad_accept = Route { accept: "a\nb".to_owned(), ..route("a", "/a") };
    let (_, problems) = Router::compile(Profile::V3_2, vec![bad_accept]);
    assert_eq!(problems[0].1.field.as_deref(), Some("http_accept"));
}

#[test]
fn malformed_paths_are_told_apart() {
    let router = compile(Profile::V3_2, &[route("a", "/{x}")]);
    assert_eq!(router.route(&Method::GET, "/%ff", None), Routed::Malformed(PathError::NotText));
    assert_eq!(router.route(&Method::GET, "/%00", None), Routed::Malformed(PathError::ControlCharacter));
}

#[test]
fn no_pattern_takes_long_on_any_path() {
    let router = compile(Profile::V3_2, &[route("a", "/{a}/{b}/{c}/{d}/{e}{f}{g}/x")]);
    let path = format!("/{}", "a/".repeat(8000));
    let start = Instant::now();
    assert_eq!(get(&router, &path), None);
    let path = format!("{path}/x");
    assert!(get(&router, &path).is_some());
    assert!(start.elapsed() < Duration::from_secs(5));
}

fn any_route() -> impl Strategy<Value = Route<&'static str>> {
    let literal =
        prop_oneof![Just("/"), Just("/a"), Just("a"), Just("/a/"), Just("."), Just("/zato/"), Just("ż")];
    let part = prop_oneof![3 => literal.prop_map(String::from), 2 => Just("{}".to_owned())];
    let method = prop_oneof![2 => Just(vec![]), 1 => Just(vec![Method::GET]), 1 => Just(vec![Method::POST])];
    let accept = prop_oneof![3 => Just("*/*"), 1 => Just("text/a")];
    (prop::collection::vec(part, 0..6), method, accept, any::<bool>(), prop::bool::weighted(0.2)).prop_map(
        |(parts, methods, accept, match_slash, is_internal)| {
            let mut url_path = "/".to_owned();
            for (index, part) in parts.into_iter().enumerate() {
                url_path.push_str(&part.replace("{}", &format!("{{p{index}}}")));
            }
            Route { methods, accept: accept.to_owned(), match_slash, is_internal, ..route("", &url_path) }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn agrees_with_the_plain_implementation(
        mut routes in prop::collection::vec(any_route(), 1..7),
        profile in prop::sample::select(&Profile::ALL[..]),
        path in "/(zato/)?(a|/|\\.|ż|%20|%2F|-|\\(|zato){0,9}",
        method in prop::sample::select(vec![Method::GET, Method::POST]),
        accept in prop::option::of(Just(HeaderValue::from_static("text/a"))),
    ) {
        for (index, route) in routes.iter_mut().enumerate() {
            route.name = format!("channel-{index}");
            route.target = Box::leak(route.name.clone().into_boxed_str());
        }
        let expected = reference::route(profile, &routes, &method, &path, accept.as_ref())
            .map(|(index, values)| (routes[index].target, values));
        let router = compile(profile, &routes);
        let actual = match router.route(&method, &path, accept.as_ref()) {
            Routed::Found(name, params) => Some((*name, params.into_iter().map(|(_, value)| value).collect())),
            _ => None,
        };
        prop_assert_eq!(actual, expected);
    }

    #[test]
    fn never_panics(pattern in "\\PC{0,20}", path in "\\PC{0,40}", profile in prop::sample::select(&Profile::ALL[..])) {
        let routes = vec![route("a", &format!("/{pattern}")), route("b", "/{a}ż{b}"), route("c", "/{c}")];
        let (router, _) = Router::compile(profile, routes);
        let _ = router.route(&Method::GET, &path, None);
        let _ = router.route(&Method::GET, &format!("/{path}"), None);
    }
}
