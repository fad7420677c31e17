//! HTTP requests of commands: one request, one connection.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};
use zato_server::config::options::Bind;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// The address to reach a server of this machine at; one that listens everywhere is reached over loopback.
    pub(crate) fn of_bind(bind: &Bind) -> Self {
        let host = match bind.host.as_str() {
            "" | "0.0.0.0" | "*" => "127.0.0.1",
            "::" => "::1",
            host => host,
        };
        Self { host: host.to_owned(), port: bind.port }
    }

    fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "http://{}", self.authority())
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = |why: &str| {
            Error::new(ErrorKind::Invalid, format!("`{text}` is not an address of a server: {why}"))
                .hint("an address looks like http://localhost:17010")
        };
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let uri: http::Uri = with_scheme.parse().map_err(|_error| refuse("it is not an URL"))?;
        if uri.scheme_str() != Some("http") {
            return Err(refuse("this version speaks plain HTTP only"));
        }
        let host = uri.host().ok_or_else(|| refuse("it has no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port: uri.port_u16().unwrap_or(80) })
    }
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// Headers.
    pub(crate) headers: HeaderMap,
    /// Body.
    pub(crate) body: Bytes,
}

/// Asks for a path.
pub(crate) async fn get(address: &Address, path: &str, limit: Duration) -> Result<Answer> {
    let request = Request::builder().method("GET").uri(path).body(Full::default());
    send(address, request.context(ErrorKind::Invalid, || format!("`{path}` is not an URL path"))?, limit)
        .await
}

/// Sends a request and reads the answer, all within `limit`.
pub(crate) async fn send(
    address: &Address,
    request: Request<Full<Bytes>>,
    limit: Duration,
) -> Result<Answer> {
    tokio::time::timeout(limit, exchange(address, request)).await.unwrap_or_else(|_elapsed| {
        Err(Error::new(
            ErrorKind::Timeout,
            format!("{address} did not answer within {} ms", limit.as_millis()),
        ))
    })
}

async fn exchange(address: &Address, mut request: Request<Full<Bytes>>) -> Result<Answer> {
    let stream = TcpStream::connect((address.host.as_str(), address.port))
        .await
        .context(ErrorKind::Io, || format!("could not connect to {address}"))?;
    let host = address
        .authority()
        .parse()
        .context(ErrorKind::Invalid, || format!("`{address}` cannot be put into a header"))?;
    request.headers_mut().insert(http::header::HOST, host);
    let lost = || format!("the connection to {address} was lost");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.context(ErrorKind::Io, lost)?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await.context(ErrorKind::Io, lost)?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.context(ErrorKind::Io, lost)?.to_bytes();
    driver.abort();
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_scheme() {
        for (text, shown) in [
            ("http://localhost:17010", "http://localhost:17010"),
            ("localhost:17010", "http://localhost:17010"),
            ("http://localhost:17010/", "http://localhost:17010"),
            ("http://[::1]:17010", "http://[::1]:17010"),
            ("http://example.org", "http://example.org:80"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), shown, "{text}");
        }
        assert_eq!("https://localhost".parse::<Address>().unwrap_err().kind(), ErrorKind::Invalid);
        assert!("http://".parse::<Address>().is_err());
    }

    #[test]
    fn a_server_that_listens_everywhere_is_reached_over_loopback() {
        let bind = Bind { host: "0.0.0.0".to_owned(), port: 17010 };
        assert_eq!(Address::of_bind(&bind).to_string(), "http://127.0.0.1:17010");
    }
}
