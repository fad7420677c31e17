//! An outgoing REST connection.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use zato_connections::channel::rest::BodyFormat;
use zato_http_client::{Call, Connection, Limits, Overrides, Verification};

use super::call::{HttpCall, raise};
use crate::guest;

/// An outgoing REST connection. Keeps its name only, so that whoever holds it uses the configuration in force.
#[pyclass(module = "zato._core", frozen)]
pub(crate) struct RestConnection {
    name: String,
    /// What is used once there is none of that name any more.
    last: Arc<Connection>,
}

/// Gives the connection of a name, or `None`.
#[pyfunction]
pub(crate) fn rest_connection(name: &str) -> Option<RestConnection> {
    let last = Arc::clone(guest::outgoing()?.load().rest(name)?);
    Some(RestConnection { name: name.to_owned(), last })
}

/// Gives the names of all connections, sorted.
#[pyfunction]
pub(crate) fn rest_connection_names() -> Vec<String> {
    let Some(outgoing) = guest::outgoing() else { return Vec::new() };
    outgoing.load().rest_names().into_iter().map(str::to_owned).collect()
}

impl RestConnection {
    fn current(&self) -> Arc<Connection> {
        let found = guest::outgoing().and_then(|outgoing| outgoing.load().rest(&self.name).cloned());
        found.unwrap_or_else(|| Arc::clone(&self.last))
    }
}

#[pymethods]
impl RestConnection {
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    #[getter]
    fn id(&self) -> i64 {
        self.current().id
    }

    #[getter]
    fn is_active(&self) -> bool {
        self.current().is_active
    }

    #[getter]
    fn host(&self) -> String {
        self.current().config.host.clone()
    }

    #[getter]
    fn url_path(&self) -> String {
        self.current().config.url_path.clone()
    }

    /// Host and path, with placeholders.
    #[getter]
    fn address(&self) -> String {
        self.current().config.address()
    }

    #[getter]
    fn data_format(&self) -> &'static str {
        match self.current().config.data_format {
            BodyFormat::Json => "json",
            BodyFormat::Form => "form",
            BodyFormat::Xml => "xml",
            BodyFormat::Hl7 => "hl7",
            BodyFormat::None | BodyFormat::Csv => "",
        }
    }

    #[getter]
    fn content_type(&self) -> String {
        self.current().config.content_type.clone()
    }

    #[getter]
    fn ping_method(&self) -> String {
        self.current().config.ping_method.clone()
    }

    #[getter]
    fn pool_size(&self) -> u32 {
        self.current().config.pool_size
    }

    /// Seconds, or `None` for no limit.
    #[getter]
    fn timeout(&self) -> Option<f64> {
        self.current().config.timeout().map(|limit| limit.as_secs_f64())
    }

    #[getter]
    fn is_verified(&self) -> bool {
        self.current().config.is_verified()
    }

    /// Name, type and username of the security definition, or `None`.
    #[getter]
    fn security(&self) -> Option<(String, String, String)> {
        let connection = self.current();
        let name = connection.config.security.as_ref()?.name().to_owned();
        let (sec_type, username) = connection.security()?;
        Some((name, sec_type.to_owned(), username.to_owned()))
    }

    /// Begins a call. `timeout` is how long connecting and how long silence may last, `verify` `None` for what the
    /// connection says, a truth value or the path of a file.
    #[expect(
        clippy::too_many_arguments,
        reason = "the options of one HTTP request, given by one function in Python"
    )]
    #[pyo3(signature = (method, url, headers, body, timeout, follows_redirects, is_streamed, verify, cert, proxies, scopes, security))]
    fn start(
        &self,
        py: Python<'_>,
        method: &str,
        url: String,
        headers: Vec<(String, String)>,
        body: &[u8],
        timeout: (Option<f64>, Option<f64>),
        follows_redirects: bool,
        is_streamed: bool,
        verify: Option<Bound<'_, PyAny>>,
        cert: Vec<String>,
        proxies: Vec<(String, String)>,
        scopes: Option<String>,
        security: Option<String>,
    ) -> PyResult<HttpCall> {
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| PyValueError::new_err(format!("`{method}` is not an HTTP method")))?;
        let call = Call {
            method,
            url,
            headers: header_map(headers)?,
            body: Bytes::copy_from_slice(body),
            limits: Limits { connect: limit(timeout.0)?, read: limit(timeout.1)? },
            follows_redirects,
            is_streamed,
            overrides: Overrides {
                verification: verification(verify)?,
                client_files: cert.into_iter().map(Into::into).collect(),
                proxies,
                scopes,
                security,
            },
        };
        let connection = self.current();
        // Files are read, a TLS configuration is made at the first use.
        match py.detach(|| connection.start(call)) {
            Ok(pending) => Ok(HttpCall::new(pending)),
            Err(failure) => Err(raise(py, &failure)?),
        }
    }
}

fn header_map(headers: Vec<(String, String)>) -> PyResult<HeaderMap> {
    let mut map = HeaderMap::with_capacity(headers.len() + 2);
    for (name, value) in headers {
        let key = HeaderName::try_from(name.as_str())
            .map_err(|_| PyValueError::new_err(format!("`{name}` cannot be the name of a header")))?;
        // Beyond ASCII, `requests` sends Latin-1 if that will do, UTF-8 otherwise.
        let bytes = match value.chars().map(|letter| u8::try_from(u32::from(letter))).collect() {
            Ok(latin) => latin,
            Err(_) => value.into_bytes(),
        };
        let value = HeaderValue::from_bytes(&bytes).map_err(|_| {
            PyValueError::new_err(format!(
                "the value of header `{name}` contains line breaks or control characters"
            ))
        })?;
        map.append(key, value);
    }
    Ok(map)
}

fn limit(seconds: Option<f64>) -> PyResult<Option<Duration>> {
    seconds
        .map(|seconds| {
            Duration::try_from_secs_f64(seconds)
                .map_err(|_| PyValueError::new_err(format!("timeout={seconds} is not a number of seconds")))
        })
        .transpose()
}

fn verification(verify: Option<Bound<'_, PyAny>>) -> PyResult<Option<Verification>> {
    let Some(verify) = verify else { return Ok(None) };
    if let Ok(path) = verify.extract::<String>() {
        return Ok(Some(Verification::File(path.into())));
    }
    Ok(Some(if verify.is_truthy()? { Verification::System } else { Verification::Off }))
}
