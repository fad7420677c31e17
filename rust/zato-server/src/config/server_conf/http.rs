//! What concerns the HTTP ingress: `[http]`, `[http_response]`, `[content_type]`, `[limits]`, and parts of `[misc]`
//! and `[logging]`.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use zato_core::Profile;
use zato_http::HttpOptions;
use zato_http::options::StatusOverride;

use super::super::reader::Reader;

/// Statuses whose texts and content types can be set.
const STATUSES: [u16; 6] = [400, 401, 403, 404, 405, 500];

pub(super) fn read(reader: &mut Reader<'_>, profile: Profile, drain_timeout: Duration) -> HttpOptions {
    let mut options = HttpOptions { profile, drain_timeout, ..HttpOptions::default() };
    limits(reader, &mut options);
    responses(reader, &mut options);
    if let Some(methods) = methods(reader) {
        options.methods_allowed = methods;
    }
    if let Some(paths) = reader.list("logging", "http_access_log_ignore") {
        options.access_log_ignore = paths.value;
    }
    if let Some(paths) = reader.list("logging", "rest_log_ignore") {
        options.rest_log_ignore = paths.value;
    }
    if let Some(found) = reader.list("http", "client_address_headers") {
        match found.value.iter().map(|name| name.parse()).collect::<Result<Vec<HeaderName>, _>>() {
            Ok(names) => options.client_address_headers = names,
            Err(_) => reader.refuse(&found, "names of headers, separated by commas"),
        }
    }
    if let Some(found) = reader.list("http", "trusted_proxies") {
        match found.value.iter().map(|network| network.parse()).collect() {
            Ok(networks) => options.trusted_proxies = networks,
            Err::<_, zato_core::Error>(_) => {
                reader.refuse(&found, "addresses or networks such as 10.0.0.0/8, separated by commas");
            }
        }
    }
    options
}

fn limits(reader: &mut Reader<'_>, options: &mut HttpOptions) {
    const LIMITS: &str = "limits";
    options.max_body_bytes = reader.size(LIMITS, "max_body_size", options.max_body_bytes, 1);
    options.max_buffered_bytes = reader.size(LIMITS, "max_buffered_size", options.max_buffered_bytes, 1);
    let mut size = |key: &str, current: usize| {
        usize::try_from(reader.size(LIMITS, key, current as u64, 1)).unwrap_or(current)
    };
    options.max_header_bytes = size("max_header_size", options.max_header_bytes);
    options.max_target_bytes = size("max_target_size", options.max_target_bytes);
    options.max_headers =
        reader.number(LIMITS, "max_headers", options.max_headers as u64, (1, 1_000)) as usize;
    options.max_connections =
        reader.number(LIMITS, "max_connections", options.max_connections as u64, (1, 1_000_000)) as usize;
    options.header_timeout = reader.duration(LIMITS, "header_timeout", options.header_timeout);
    options.body_timeout = reader.duration(LIMITS, "body_timeout", options.body_timeout);
    options.keep_alive_timeout = reader.duration(LIMITS, "keep_alive_timeout", options.keep_alive_timeout);
    options.write_timeout = reader.duration(LIMITS, "write_timeout", options.write_timeout);
    let request_timeout = reader.duration("main", "request_timeout", Duration::ZERO);
    options.request_timeout = (!request_timeout.is_zero()).then_some(request_timeout);
}

fn responses(reader: &mut Reader<'_>, options: &mut HttpOptions) {
    options.needs_x_zato_cid = reader.boolean("misc", "needs_x_zato_cid", options.needs_x_zato_cid);
    options.return_tracebacks = reader.boolean("misc", "return_tracebacks", options.return_tracebacks);
    if let Some(found) = reader.text("misc", "default_error_message") {
        options.default_error_message = found.value;
    }
    let is_emptied =
        reader.entry("misc", "http_server_header").is_some_and(|entry| entry.text().trim().is_empty());
    if is_emptied {
        options.server_header = None;
    } else if let Some(value) =
        header(reader, &[("misc", "http_server_header"), ("http_response", "server_header")])
    {
        options.server_header = Some(value);
    }
    if let Some(value) = header(reader, &[("content_type", "json")]) {
        options.json_content_type = value;
    }
    for status in STATUSES {
        let message = reader.text("http_response", &format!("code_{status}_message"));
        let content_type_key = format!("code_{status}_content_type");
        let content_type = header(reader, &[("http_response", &content_type_key)]);
        let message = message.map(|found| {
            let text = found.value.trim();
            // Upstream writes the whole of `404 Not Found`.
            text.strip_prefix(&status.to_string()).map_or(text, str::trim_start).to_owned()
        });
        if message.is_some() || content_type.is_some() {
            options.status_overrides.insert(status, StatusOverride { message, content_type });
        }
    }
}

fn header(reader: &mut Reader<'_>, spellings: &[(&'static str, &str)]) -> Option<HeaderValue> {
    let found = reader.first_of(spellings)?;
    let value = HeaderValue::from_str(found.value.trim()).ok();
    if value.is_none() {
        reader.refuse(&found, "what a header can carry: printable ASCII");
    }
    value
}

fn methods(reader: &mut Reader<'_>) -> Option<Vec<Method>> {
    let found = reader.list("http", "methods_allowed")?;
    let methods: Option<Vec<Method>> = found
        .value
        .iter()
        .map(|name| Method::from_bytes(name.to_ascii_uppercase().as_bytes()).ok())
        .collect();
    match methods {
        Some(methods) if !methods.is_empty() => Some(methods),
        _ => {
            reader.refuse(&found, "methods of HTTP separated by commas, for instance GET, POST");
            None
        }
    }
}
