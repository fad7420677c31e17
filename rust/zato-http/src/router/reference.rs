//! A second implementation of routing, as plain as possible: one regular expression a channel, tried in
//! order. Tests compare the compiled router with it.

use http::{HeaderValue, Method};
use regex::Regex;
use zato_core::Profile;

use super::{Route, path};

/// Gives the index of the route that wins, and the values of its placeholders.
pub(super) fn route<T>(
    profile: Profile,
    routes: &[Route<T>],
    method: &Method,
    raw_path: &str,
    accept: Option<&HeaderValue>,
) -> Option<(usize, Vec<String>)> {
    let path = path::decode(raw_path, profile).ok()?;
    let mut order: Vec<usize> = (0..routes.len()).collect();
    order.sort_by_key(|index| {
        let route = &routes[*index];
        let literal = Regex::new(r"\{[^}]*\}").unwrap().replace_all(&route.url_path, "").chars().count();
        let prefix = route.url_path.split('{').next().unwrap_or("").chars().count();
        let most = (prefix, literal, route.accept != "*/*", !route.methods.is_empty());
        let most = if profile >= Profile::V4_1 { most } else { (0, 0, false, false) };
        (std::cmp::Reverse(most), route.is_internal, route.name.clone())
    });
    order.into_iter().find_map(|index| {
        let route = &routes[index];
        let takes_accept = route.accept == "*/*"
            || profile == Profile::V2_0
            || accept.is_some_and(|accept| accept.as_bytes() == route.accept.as_bytes());
        let takes_method = route.methods.is_empty() || route.methods.contains(method);
        if !takes_accept || !takes_method || (route.is_internal && !path.starts_with("/zato")) {
            return None;
        }
        let captures = expression(profile, route).captures(&path)?;
        let values = captures.iter().skip(1).map(|value| value.unwrap().as_str().to_owned());
        Some((index, values.collect()))
    })
}

fn expression<T>(profile: Profile, route: &Route<T>) -> Regex {
    let extra = match profile {
        Profile::V2_0 => " $.|=~^-",
        Profile::V4_1 => " $.:|=~^%@+,;!()-",
        _ => " $.:|=~^-",
    };
    let slash = if route.match_slash && profile != Profile::V2_0 { "/" } else { "" };
    let value = format!(r"([\p{{Alphabetic}}\p{{N}}_{slash}{}]+)", regex::escape(extra));
    let mut text = String::from(r"\A");
    for (index, part) in route.url_path.split('{').enumerate() {
        match part.split_once('}') {
            Some((_, literal)) if index > 0 => text.push_str(&format!("{value}{}", regex::escape(literal))),
            _ => text.push_str(&regex::escape(part)),
        }
    }
    text.push_str(r"\z");
    Regex::new(&text).unwrap()
}
