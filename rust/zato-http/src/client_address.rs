//! Finds out who the client is when there are proxies in front.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use crate::options::HttpOptions;

/// Returns the address of the client. Headers are believed only from trusted proxies; of a list of addresses,
/// the last one that is not a trusted proxy counts, because clients can put anything before it.
pub(crate) fn resolve(peer: SocketAddr, headers: &HeaderMap, options: &HttpOptions) -> SocketAddr {
    if options.client_address_headers.is_empty() {
        return peer;
    }
    let is_trusted =
        |address: IpAddr| options.trusted_proxies.iter().any(|network| network.contains(address));
    if !is_trusted(peer.ip()) {
        return peer;
    }
    for name in &options.client_address_headers {
        let mut values: Vec<&str> = Vec::new();
        for value in headers.get_all(name) {
            values.extend(value.to_str().unwrap_or_default().split(','));
        }
        let mut client = None;
        for value in values.iter().rev() {
            let Some(address) = parse(value) else { break };
            client = Some(address);
            if !is_trusted(address.ip()) {
                break;
            }
        }
        if let Some(client) = client {
            return client;
        }
    }
    peer
}

/// Parses an address with or without a port, brackets included.
fn parse(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().map(|address| SocketAddr::new(address, 0)).ok().or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn resolve_from(peer: &str, forwarded: &[&'static str]) -> String {
        let name = HeaderName::from_static("x-forwarded-for");
        let options = HttpOptions {
            client_address_headers: vec![HeaderName::from_static("x-real-ip"), name.clone()],
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..HttpOptions::default()
        };
        let headers = forwarded.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect();
        resolve(SocketAddr::new(peer.parse().unwrap(), 999), &headers, &options).ip().to_string()
    }

    #[test]
    fn believes_trusted_proxies_only() {
        assert_eq!(resolve_from("10.0.0.1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(resolve_from("9.9.9.9", &["1.2.3.4"]), "9.9.9.9");
        assert_eq!(resolve_from("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn takes_the_last_address_that_is_not_a_proxy() {
        assert_eq!(resolve_from("10.0.0.1", &["6.6.6.6, 1.2.3.4, 10.0.0.2"]), "1.2.3.4");
        assert_eq!(resolve_from("10.0.0.1", &["6.6.6.6", "1.2.3.4:555"]), "1.2.3.4");
        assert_eq!(resolve_from("10.0.0.1", &["[2001:db8::1]:80"]), "2001:db8::1");
        assert_eq!(resolve_from("10.0.0.1", &["10.0.0.3"]), "10.0.0.3");
        assert_eq!(resolve_from("10.0.0.1", &["unknown"]), "10.0.0.1");
    }
}
