//! Settings of the ingress.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use zato_core::invocation::DataFormat;
use zato_core::{Error, ErrorKind, Profile, Result};

/// Everything that can be set about the ingress. The server fills it from server.conf; [`Default`] gives the
/// values of a fresh environment.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Compat profile of channels; a service may have another one (see [`zato_core::invocation::Failure`]).
    pub profile: Profile,
    /// Largest request body, in bytes, where the channel sets no limit of its own.
    pub max_body_bytes: u64,
    /// Bytes of request bodies that this worker holds at once; requests that need more are answered with 503.
    /// Bodies below 64 KiB are not counted.
    pub max_buffered_bytes: u64,
    /// Largest request head (request line and headers), in bytes; more is refused with 431.
    pub max_header_bytes: usize,
    /// Most headers of a request; more is refused with 431. At most 1,000.
    pub max_headers: usize,
    /// Longest request target, in bytes; more is refused with 414. At most 65,534 (a limit of hyper).
    pub max_target_bytes: usize,
    /// How long a request head may take from its first byte, or the first head from the connect.
    pub header_timeout: Duration,
    /// How long a client may send nothing while its request body is awaited.
    pub body_timeout: Duration,
    /// How long a connection may be idle between requests.
    pub keep_alive_timeout: Duration,
    /// How long a client may read nothing while a response waits to be written.
    pub write_timeout: Duration,
    /// Most connections at once; more are answered with 503 and closed.
    pub max_connections: usize,
    /// How long requests in flight may go on once the server stops.
    pub drain_timeout: Duration,
    /// How long a request may take if neither its channel nor its service says; none is forever.
    pub request_timeout: Option<Duration>,
    /// Methods that are served at all (reference operations 4.1, `[http] methods_allowed`).
    pub methods_allowed: Vec<Method>,
    /// Value of the `Server` header; none leaves the header out.
    pub server_header: Option<HeaderValue>,
    /// Whether responses carry `X-Zato-CID` under the profiles 3.2 and 4.1; older ones always do.
    pub needs_x_zato_cid: bool,
    /// Whether a 500 tells the arguments (2.x-3.1: the traceback) of the exception.
    pub return_tracebacks: bool,
    /// What a 500 says otherwise.
    pub default_error_message: String,
    /// Content type of responses on JSON channels whose service sets none.
    pub json_content_type: HeaderValue,
    /// Reason phrases and content types by status (`[http_response] code_N_message`, `code_N_content_type`).
    pub status_overrides: BTreeMap<u16, StatusOverride>,
    /// Paths that are not written to the access log, nor anything below them.
    pub access_log_ignore: Vec<String>,
    /// Paths that `zato_rest` is silent about, nor anything below them.
    pub rest_log_ignore: Vec<String>,
    /// Headers that give the address of the client, the first present wins; only believed from
    /// [`Self::trusted_proxies`].
    pub client_address_headers: Vec<HeaderName>,
    /// Who may say what the address of the client is.
    pub trusted_proxies: Vec<Network>,
}

impl HttpOptions {
    /// Returns the content type of responses where neither the service nor the channel sets one.
    #[must_use]
    pub fn content_type_of(&self, data_format: DataFormat) -> HeaderValue {
        match data_format {
            DataFormat::Json => self.json_content_type.clone(),
            DataFormat::Xml => HeaderValue::from_static("application/xml"),
            DataFormat::None | DataFormat::Form | DataFormat::Csv | DataFormat::Dict => {
                HeaderValue::from_static("text/plain")
            }
        }
    }
}

/// What an administrator says about responses of one status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatusOverride {
    /// Reason phrase in the status line, without the number.
    pub message: Option<String>,
    /// Content type of error bodies that are not JSON.
    pub content_type: Option<HeaderValue>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            max_body_bytes: 25 * 1024 * 1024,
            max_buffered_bytes: 1024 * 1024 * 1024,
            max_header_bytes: 64 * 1024,
            max_headers: 100,
            max_target_bytes: 16 * 1024,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            keep_alive_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(60),
            max_connections: 10_000,
            drain_timeout: Duration::from_secs(30),
            request_timeout: None,
            methods_allowed: vec![
                Method::GET,
                Method::POST,
                Method::DELETE,
                Method::PUT,
                Method::PATCH,
                Method::HEAD,
                Method::OPTIONS,
            ],
            server_header: Some(HeaderValue::from_static("Zato")),
            needs_x_zato_cid: false,
            return_tracebacks: true,
            default_error_message: "An error has occurred".to_owned(),
            json_content_type: HeaderValue::from_static("application/json"),
            status_overrides: BTreeMap::new(),
            access_log_ignore: Vec::new(),
            rest_log_ignore: vec!["/zato/admin/invoke".to_owned()],
            client_address_headers: Vec::new(),
            trusted_proxies: Vec::new(),
        }
    }
}

/// An IP network, for instance `10.0.0.0/8`; an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Whether the address belongs to the network. IPv4 addresses mapped into IPv6 count as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl std::str::FromStr for Network {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let invalid = || {
            Error::new(ErrorKind::Invalid, format!("`{text}` is not an IP address or network"))
                .hint("write it like 10.1.2.3, 10.0.0.0/8 or fd00::/8")
        };
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().map_err(|_| invalid())?)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(longest);
        if prefix > longest {
            return Err(invalid());
        }
        Ok(Self { address, prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_their_addresses_only() {
        let network: Network = "10.0.0.0/8".parse().unwrap();
        assert!(network.contains("10.200.1.1".parse().unwrap()));
        assert!(network.contains("::ffff:10.1.1.1".parse().unwrap()));
        assert!(!network.contains("11.0.0.1".parse().unwrap()));
        let everything: Network = "0.0.0.0/0".parse().unwrap();
        assert!(everything.contains("1.2.3.4".parse().unwrap()));
        let one: Network = "::1".parse().unwrap();
        assert!(one.contains("::1".parse().unwrap()) && !one.contains("::2".parse().unwrap()));
    }

    #[test]
    fn refuses_what_is_not_a_network() {
        for text in ["", "10.0.0.0/33", "host", "10.0.0.0/x", "::/129"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
