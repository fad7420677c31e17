//! `self.wsgi_environ`, for services that still look at it; built only when touched.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::call::Call;
use crate::request::Request;

/// Builds the dictionary: PEP 3333 keys plus the `zato.*` keys of reference connections 2.12. Empty for calls that
/// did not come over HTTP. Headers of the response are those of `self.response`, so that either may be used.
pub(crate) fn environ<'py>(
    py: Python<'py>,
    call: &Arc<Call>,
    request: &Py<Request>,
    response_headers: &Py<PyAny>,
) -> PyResult<Bound<'py, PyDict>> {
    let environ = PyDict::new(py);
    let Some(http) = call.http.as_deref() else { return Ok(environ) };
    let request = request.get();
    let path = percent_encoding::percent_decode_str(http.uri.path()).decode_utf8_lossy().into_owned();
    environ.set_item("REQUEST_METHOD", http.method.as_str())?;
    environ.set_item("SCRIPT_NAME", "")?;
    environ.set_item("PATH_INFO", path)?;
    environ.set_item("RAW_URI", http.uri.to_string())?;
    environ.set_item("QUERY_STRING", http.uri.query().unwrap_or_default())?;
    environ.set_item("SERVER_PROTOCOL", if http.is_http_10 { "HTTP/1.0" } else { "HTTP/1.1" })?;
    environ.set_item("SERVER_NAME", http.local.ip().to_string())?;
    environ.set_item("SERVER_PORT", http.local.port().to_string())?;
    environ.set_item("REMOTE_ADDR", http.remote.ip().to_string())?;
    environ.set_item("REMOTE_PORT", http.remote.port().to_string())?;
    environ.set_item("wsgi.url_scheme", "http")?;
    environ.set_item("wsgi.version", (1, 0))?;
    environ.set_item("wsgi.multithread", true)?;
    environ.set_item("wsgi.multiprocess", true)?;
    environ.set_item("wsgi.run_once", false)?;
    let body = PyBytes::new(py, &call.body);
    environ.set_item("wsgi.input", py.import("io")?.getattr("BytesIO")?.call1((&body,))?)?;
    for name in http.headers.keys() {
        let values = http.headers.get_all(name);
        let text: Vec<_> = values.iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let text = text.join(",");
        match name.as_str() {
            "content-type" => environ.set_item("CONTENT_TYPE", text)?,
            "content-length" => environ.set_item("CONTENT_LENGTH", text)?,
            other => {
                environ.set_item(format!("HTTP_{}", other.replace('-', "_").to_ascii_uppercase()), text)?
            }
        }
    }
    environ.set_item("zato.http.raw_request", body)?;
    environ.set_item("zato.http.remote_addr", http.remote.ip().to_string())?;
    let views = request.http(py)?;
    environ.set_item("zato.http.GET", views.bind(py).getattr("GET")?)?;
    environ.set_item("zato.http.POST", views.bind(py).getattr("POST")?)?;
    environ.set_item("zato.http.path_params", views.bind(py).getattr("path")?)?;
    environ.set_item("zato.request.payload", request.payload(py)?)?;
    let begun = call.begun_at().to_string();
    environ.set_item("zato.request_timestamp_utc", &begun)?;
    environ.set_item("zato.request_timestamp", begun)?;
    environ.set_item("zato.local_tz", jiff::tz::TimeZone::system().iana_name().unwrap_or("UTC"))?;
    environ.set_item("zato.http.response.headers", response_headers)?;
    environ.set_item("zato.http.response.status", py.None())?;
    let channel = PyDict::new(py);
    channel.set_item("id", call.channel.id)?;
    channel.set_item("name", &call.channel.name)?;
    channel.set_item("match_target", &call.channel.match_target)?;
    channel.set_item("service_name", &call.entry.info.name)?;
    channel.set_item("data_format", call.channel.data_format.as_str())?;
    channel.set_item("transport", call.channel.transport)?;
    channel.set_item("is_internal", call.channel.is_internal)?;
    environ.set_item("zato.http.channel_item", &channel)?;
    environ.set_item("zato.channel_item", channel)?;
    environ.set_item("zato.oauth.post_data", PyDict::new(py))?;
    match &call.security {
        Some(security) => {
            let definition = PyDict::new(py);
            definition.set_item("id", security.id)?;
            definition.set_item("name", &security.name)?;
            definition.set_item("type", security.security_type)?;
            definition.set_item("username", &security.username)?;
            definition.set_item("impl", py.None())?;
            environ.set_item("zato.sec_def", definition)?;
        }
        None => environ.set_item("zato.sec_def", py.None())?,
    }
    Ok(environ)
}
