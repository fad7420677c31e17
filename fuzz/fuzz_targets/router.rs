//! The compiled router, on any patterns and paths. What the whole table says is what its routes say alone, tried in
//! order.
#![no_main]

use http::{HeaderValue, Method};
use libfuzzer_sys::fuzz_target;
use zato_core::Profile;
use zato_http::router::{Route, Routed, Router};

const METHODS: [Method; 3] = [Method::GET, Method::POST, Method::DELETE];

fuzz_target!(|data: &str| {
    // The first line has the profile and the method, the second the path, the others a route each.
    let mut lines = data.lines();
    let first = lines.next().unwrap_or_default().as_bytes();
    let digit = |index: usize| usize::from(first.get(index).copied().unwrap_or_default());
    let profile = Profile::ALL[digit(0) % Profile::ALL.len()];
    let method = &METHODS[digit(1) % METHODS.len()];
    let accept = (digit(2) % 2 == 1).then(|| HeaderValue::from_static("text/html"));
    let path = lines.next().unwrap_or_default();
    let routes: Vec<Route<usize>> =
        lines.take(16).enumerate().map(|(index, line)| route(index, line)).collect();

    let (table, problems) = Router::compile(profile, routes.clone());
    assert!(problems.len() <= routes.len());
    let answer = table.route(method, path, accept.as_ref());

    let mut winners: Vec<&Route<usize>> = Vec::new();
    for route in &routes {
        let (alone, _) = Router::compile(profile, vec![route.clone()]);
        if let Routed::Found(_, params) = alone.route(method, path, accept.as_ref()) {
            assert!(params.iter().all(|(name, value)| !name.is_empty() && !value.is_empty()));
            if let Routed::Found(target, found) = &answer
                && *target == &route.target
            {
                assert_eq!(&params, found, "parameters of route {}", route.target);
            }
            winners.push(route);
        }
    }
    if profile < Profile::V4_1 {
        winners.sort_by_key(|route| (route.is_internal, &route.name));
    }
    match answer {
        Routed::Found(target, _) if profile < Profile::V4_1 => {
            assert_eq!(Some(*target), winners.first().map(|route| route.target));
        }
        Routed::Found(target, _) => assert!(winners.iter().any(|route| route.target == *target)),
        _ => assert!(winners.is_empty(), "{answer:?}, but {winners:?} match alone"),
    }
});

/// Makes a route of a line: a character of flags, and the pattern.
fn route(index: usize, line: &str) -> Route<usize> {
    let mut letters = line.chars();
    let flags = letters.next().map_or(0, u32::from);
    Route {
        // Not in the order of the lines.
        name: format!("{:02}", (index * 7) % 16),
        is_internal: flags & 1 != 0,
        url_path: letters.as_str().to_owned(),
        methods: if flags & 2 != 0 { vec![METHODS[index % METHODS.len()].clone()] } else { Vec::new() },
        accept: if flags & 4 != 0 { "text/html".to_owned() } else { "*/*".to_owned() },
        match_slash: flags & 8 != 0,
        target: index,
    }
}
