//! What a test says about one run.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyDict;
use zato_core::Cid;
use zato_core::invocation::{ChannelInfo, DataFormat, HttpRequest, SecurityInfo};

use crate::call::{Call, Given};
use crate::entry::Entry;
use crate::invoke;

/// A request to a REST channel.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct RequestFacts {
    cid: Option<String>,
    method: String,
    /// Path and query string.
    target: String,
    headers: Vec<(String, String)>,
    path_params: Vec<(String, String)>,
    body: PyBackedBytes,
    data_format: String,
    /// Name of the channel.
    channel: String,
    /// URL path pattern of the channel.
    match_target: String,
    /// Username of who calls.
    username: Option<String>,
}

impl RequestFacts {
    pub(super) fn into_call(self, entry: Arc<Entry>) -> PyResult<Arc<Call>> {
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(refused)?;
            headers.append(name, HeaderValue::from_str(value).map_err(refused)?);
        }
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let http = HttpRequest {
            method: Method::from_bytes(self.method.as_bytes()).map_err(refused)?,
            uri: self.target.parse::<Uri>().map_err(refused)?,
            is_http_10: false,
            headers,
            path_params: self
                .path_params
                .into_iter()
                .map(|(name, value)| (Arc::from(name.as_str()), value))
                .collect(),
            remote: here,
            local: here,
        };
        let channel = ChannelInfo {
            id: 1,
            name: self.channel,
            channel_type: "http-soap",
            data_format: data_format(&self.data_format)?,
            match_target: self.match_target,
            transport: "plain_http",
            merges_url_params: true,
            ..ChannelInfo::default()
        };
        let security = self.username.map(|username| {
            let name = username.clone();
            Arc::new(SecurityInfo { id: 1, name, security_type: "basic_auth", username })
        });
        Ok(Arc::new(Call {
            cid: cid(self.cid.as_deref())?,
            entry,
            channel: Arc::new(channel),
            security,
            http: Some(Box::new(http)),
            body: Bytes::copy_from_slice(&self.body),
            given: None,
            begun: Instant::now().into(),
            foreign_cid: None,
        }))
    }
}

/// A call that hands over an object.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct CallFacts {
    cid: Option<String>,
    payload: Py<PyAny>,
    /// One of the `CHANNEL` constants.
    channel: String,
    data_format: String,
    environ: Option<Py<PyAny>>,
    channel_params: Option<Py<PyDict>>,
}

impl CallFacts {
    pub(super) fn into_call(self, entry: Arc<Entry>) -> PyResult<Arc<Call>> {
        let given = Given {
            payload: self.payload,
            data_format: self.data_format,
            transport: String::new(),
            environ: self.environ,
            wsgi_environ: None,
            channel_params: self.channel_params,
            channel: None,
            job_type: None,
            in_reply_to: None,
        };
        Ok(Arc::new(Call {
            cid: cid(self.cid.as_deref())?,
            entry,
            channel: invoke::channel_info(&self.channel)?,
            security: None,
            http: None,
            body: Bytes::new(),
            given: Some(given),
            begun: Instant::now().into(),
            foreign_cid: None,
        }))
    }
}

fn refused(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn cid(given: Option<&str>) -> PyResult<Cid> {
    let Some(text) = given else { return Ok(Cid::new()) };
    Cid::parse(text).ok_or_else(|| {
        PyValueError::new_err(format!("cid {text:?} is not 24 hexadecimal digits, as CIDs are"))
    })
}

fn data_format(text: &str) -> PyResult<DataFormat> {
    const ALL: [DataFormat; 5] =
        [DataFormat::None, DataFormat::Json, DataFormat::Xml, DataFormat::Form, DataFormat::Csv];
    ALL.into_iter().find(|format| format.as_str() == text).ok_or_else(|| {
        PyValueError::new_err(format!(
            "data_format is {text:?}; REST channels have `json`, `xml`, `form`, `csv` or none"
        ))
    })
}
