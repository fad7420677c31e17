//! Redirects, followed by the rules of RFC 9110 15.4 as `requests` reads them.

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION, PROXY_AUTHORIZATION,
};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use reqwest::Url;

use crate::failure::{Failure, FailureKind};

/// How many redirects are followed at most, as in `requests`.
pub(crate) const MOST: usize = 30;

/// A request as it stands after the redirects so far.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Where a response leads to; none if it is no redirect.
pub(crate) fn target(status: StatusCode, headers: &HeaderMap, at: &Url) -> Result<Option<Url>, Failure> {
    let is_redirect = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let Some(location) = headers.get(LOCATION).filter(|_| is_redirect) else { return Ok(None) };
    let refuse = || Failure::new(FailureKind::Redirect, "a redirect leads to what is not an HTTP URL");
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| refuse())?;
    let url = at.join(location).map_err(|_| refuse())?;
    if matches!(url.scheme(), "http" | "https") { Ok(Some(url)) } else { Err(refuse()) }
}

/// Turns a request into the one that a redirect asks for. What proves who sends it stays behind if the redirect
/// leads to another host, port or to plain HTTP; `own` is the header of the connection's security definition.
pub(crate) fn follow(step: &mut Step, status: StatusCode, to: Url, own: Option<&HeaderName>) {
    let becomes_get = match status.as_u16() {
        303 => step.method != Method::HEAD,
        301 | 302 => step.method == Method::POST,
        _ => false,
    };
    if becomes_get {
        step.method = Method::GET;
        step.body = Bytes::new();
        for name in [CONTENT_LENGTH, CONTENT_TYPE, CONTENT_ENCODING] {
            step.headers.remove(name);
        }
    }
    let is_same = step.url.scheme() == to.scheme()
        && step.url.host_str() == to.host_str()
        && step.url.port_or_known_default() == to.port_or_known_default();
    if !is_same {
        for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
            step.headers.remove(name);
        }
        if let Some(own) = own {
            step.headers.remove(own);
        }
    }
    step.url = to;
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn step(method: Method) -> Step {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic x"));
        headers.insert("x-api-key", HeaderValue::from_static("k"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        Step { method, url: Url::parse("https://a.example/x").unwrap(), headers, body: Bytes::from("b") }
    }

    #[test]
    fn a_post_becomes_a_get_except_where_the_method_stays() {
        for (status, method, expected) in [
            (301, Method::POST, Method::GET),
            (302, Method::POST, Method::GET),
            (302, Method::PUT, Method::PUT),
            (303, Method::PUT, Method::GET),
            (303, Method::HEAD, Method::HEAD),
            (307, Method::POST, Method::POST),
            (308, Method::POST, Method::POST),
        ] {
            let mut step = step(method.clone());
            let to = Url::parse("https://a.example/y").unwrap();
            follow(&mut step, StatusCode::from_u16(status).unwrap(), to, None);
            assert_eq!(step.method, expected, "{status} {method}");
            assert_eq!(step.body.is_empty(), method != expected, "{status} {method}");
        }
    }

    #[test]
    fn credentials_stay_with_their_host() {
        let key = HeaderName::from_static("x-api-key");
        for (to, stays) in [
            ("https://a.example/y", true),
            ("https://a.example:443/y", true),
            ("http://a.example/y", false),
            ("https://b.example/y", false),
            ("https://a.example:8443/y", false),
        ] {
            let mut step = step(Method::GET);
            follow(&mut step, StatusCode::FOUND, Url::parse(to).unwrap(), Some(&key));
            assert_eq!(step.headers.contains_key(AUTHORIZATION), stays, "{to}");
            assert_eq!(step.headers.contains_key(&key), stays, "{to}");
            assert!(step.headers.contains_key(CONTENT_TYPE));
        }
    }

    #[test]
    fn leads_to_http_only() {
        let at = Url::parse("https://a.example/x/y").unwrap();
        let lead = |location: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(LOCATION, HeaderValue::from_static(location));
            target(StatusCode::FOUND, &headers, &at)
        };
        assert_eq!(lead("../z").unwrap().unwrap().as_str(), "https://a.example/z");
        assert_eq!(lead("//b.example/z").unwrap().unwrap().as_str(), "https://b.example/z");
        assert!(lead("file:///etc/passwd").is_err());
        assert!(target(StatusCode::NOT_MODIFIED, &HeaderMap::new(), &at).unwrap().is_none());
    }
}
