//! `zato service invoke PATH SERVICE` (reference operations 1.4, connections 3.2).

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clap::Args;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use zato_connections::BasicAuth;
use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result, Secret};
use zato_schema::{Kind, decode};
use zato_server::config::{Environment, ServerOptions};

use crate::admin::Admin;
use crate::commands::wait::parse_seconds;
use crate::commands::{Session, block_on};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::http_client::{self, Address, Answer};
use crate::resolve;

/// Name of the definition that the command line calls servers with.
const DEFINITION: &str = "admin.invoke";

/// Options of `service invoke`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of the server, or of an environment
    path: PathBuf,
    /// Name of the service
    #[arg(value_name = "SERVICE")]
    name: String,
    /// What to send: JSON unless --data-format says otherwise
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    payload: String,
    /// Headers, as "key=value; key2=value2"
    #[arg(long, value_name = "HEADERS")]
    headers: Option<String>,
    /// Channel that the service sees
    #[arg(long, default_value = "invoke")]
    channel: String,
    /// Format of the payload
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    data_format: String,
    /// Transport that the service sees
    #[arg(long)]
    transport: Option<String>,
    /// URL path of the channel to invoke it through
    #[arg(long, value_name = "PATH", default_value = "/zato/admin/invoke")]
    url_path: String,
    /// Do not wait for the service; prints the CID instead
    #[arg(long, alias = "async")]
    is_async: bool,
    /// Seconds after which an asynchronous invocation is given up
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    expiration: u64,
    /// How much of a CID to print with --verbose
    #[arg(long, value_name = "LETTERS", default_value_t = 5)]
    max_cid_repr: usize,
    /// How much of a response to print with --verbose
    #[arg(long, value_name = "LETTERS", default_value_t = 2500)]
    max_response_repr: usize,
    /// Seconds to wait for the response
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = parse_seconds)]
    timeout: Duration,
}

/// Invokes the service and prints its response.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    check_payload(&arguments.payload, &arguments.data_format)?;
    let server = resolve::server(&arguments.path)?;
    let options = ServerOptions::load(&server, &Environment::of_process())?.value;
    let address = Address::of_bind(&options.bind);
    let answer = block_on(async {
        let admin = Admin::open(&server, "zato service invoke").await?;
        let definition = admin.api().reveal(BasicAuth::ID, DEFINITION).await?;
        let request = request(arguments, &decode::<BasicAuth>(&definition.spec)?)?;
        Ok(http_client::send(&address, request, arguments.timeout).await?)
    })?;
    let data = read(&arguments.name, &answer)?;
    let cid = answer.headers.get("x-zato-cid").and_then(|value| value.to_str().ok()).unwrap_or("(None)");
    session.output.detail(format!(
        "cid {}, status {}, {} bytes: {}",
        clip(cid, arguments.max_cid_repr),
        answer.status,
        data.len(),
        clip(&data, arguments.max_response_repr)
    ));
    session.output.data(if data.is_empty() { "(None)" } else { &data });
    Ok(())
}

/// Refuses what begins like JSON and is none: the server would hand it over as text.
fn check_payload(payload: &str, data_format: &str) -> Result<()> {
    if !data_format.eq_ignore_ascii_case("json") || !payload.trim_start().starts_with(['{', '[']) {
        return Ok(());
    }
    serde_json::from_str::<serde::de::IgnoredAny>(payload)
        .map(drop)
        .context(ErrorKind::Invalid, || "what --payload was given begins like JSON and is none".to_owned())
        .map_err(|error| error.hint("check quotes and brackets; with --data-format text it is sent as it is"))
}

fn request(arguments: &Arguments, definition: &BasicAuth) -> Result<Request<Full<Bytes>>> {
    let body = json!({
        "name": arguments.name,
        "payload": STANDARD.encode(&arguments.payload),
        "channel": arguments.channel,
        "data_format": arguments.data_format,
        "transport": arguments.transport,
        "is_async": arguments.is_async,
        "expiration": arguments.expiration,
    });
    let credentials = Secret::new(format!("{}:{}", definition.username, definition.password.expose()));
    let mut request = Request::builder()
        .method("POST")
        .uri(&arguments.url_path)
        .header("content-type", "application/json")
        .header("authorization", format!("Basic {}", STANDARD.encode(credentials.expose())));
    for pair in
        arguments.headers.iter().flat_map(|headers| headers.split(';')).filter(|pair| !pair.trim().is_empty())
    {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            Error::new(ErrorKind::Invalid, format!("`{}` in --headers has no `=`", pair.trim()))
                .hint("headers look like \"key=value; key2=value2\"")
        })?;
        request = request.header(name.trim(), value.trim());
    }
    request
        .body(Full::new(Bytes::from(body.to_string())))
        .context(ErrorKind::Invalid, || "the URL path or a header cannot be sent".to_owned())
}

/// Takes the response of the service out of the answer.
fn read(name: &str, answer: &Answer) -> Outcome<String> {
    let text = String::from_utf8_lossy(&answer.body);
    let parsed = serde_json::from_slice::<Value>(&answer.body).ok();
    if answer.status != 200 {
        let details = parsed.as_ref().and_then(details).unwrap_or_else(|| text.trim().to_owned());
        let message = format!("could not invoke `{name}`, the server answered {}: {details}", answer.status);
        let (kind, hint) = match answer.status {
            401 | 403 => (
                ErrorKind::Denied,
                "the server runs with another config store or key than this directory says",
            ),
            400 if details.contains("o such service") => {
                (ErrorKind::NotFound, "`zato service list PATH --with-internal` lists services")
            }
            400 => {
                (ErrorKind::Invalid, "the service does not take this input; see --payload and --data-format")
            }
            404 => (ErrorKind::NotFound, "check --url-path, and what the service was asked for"),
            503 => (ErrorKind::Overloaded, "try again later"),
            504 => (ErrorKind::Timeout, "logs/server.log tells what the service was doing"),
            _ => (ErrorKind::Service, "the log of the server, logs/server.log, tells more"),
        };
        return Err(Failure { code: ExitCode::ExceptionCaught, error: Error::new(kind, message).hint(hint) });
    }
    let response = parsed.as_ref().and_then(|value| value.pointer("/zato_service_invoke_response/response"));
    let Some(response) = response else { return Ok(text.trim_end().to_owned()) };
    let Some(encoded) = response.as_str() else { return Ok(response.to_string()) };
    let decoded = STANDARD
        .decode(encoded)
        .context(ErrorKind::Invalid, || "the server answered something that is not base64".to_owned())?;
    Ok(String::from_utf8_lossy(&decoded).into_owned())
}

/// Finds the reason in an error body of any version.
fn details(value: &Value) -> Option<String> {
    let found = value.get("details").or_else(|| value.pointer("/zato_env/details"))?;
    Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
}

fn clip(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: http::HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    #[test]
    fn broken_json_is_not_sent() {
        for payload in ["{\"a\":1", "[1,", " {a: 1}"] {
            assert_eq!(check_payload(payload, "json").unwrap_err().kind(), ErrorKind::Invalid, "{payload}");
            assert!(check_payload(payload, "text").is_ok());
        }
        for payload in ["", "{}", "[1]", "text", "a=1\nb=2", "5"] {
            assert!(check_payload(payload, "json").is_ok(), "{payload}");
        }
    }

    #[test]
    fn a_misspelled_name_is_no_defect_of_ours() {
        let kind = |status, body| read("x", &answer(status, body)).unwrap_err().error.kind();
        assert_eq!(kind(400, r#"{"result":"Error","details":"No such service `x`"}"#), ErrorKind::NotFound);
        assert_eq!(kind(404, ""), ErrorKind::NotFound);
        assert_eq!(kind(400, r#"{"details":"name is missing"}"#), ErrorKind::Invalid);
    }

    #[test]
    fn takes_the_response_out_of_its_envelope() {
        let body = json!({"zato_env": {"result": "ZATO_OK"}, "zato_service_invoke_response": {"response": "eyJhIjoxfQ=="}});
        assert_eq!(read("x", &answer(200, &body.to_string())).unwrap(), r#"{"a":1}"#);
        assert_eq!(read("x", &answer(200, "")).unwrap(), "");
    }

    #[test]
    fn tells_the_reason_of_either_error_shape() {
        for body in
            [r#"{"result":"Error","details":"no way"}"#, r#"{"zato_env":{"details":"no way"}}"#, "no way\n"]
        {
            let failure = read("x", &answer(500, body)).unwrap_err();
            assert_eq!(failure.code, ExitCode::ExceptionCaught);
            assert_eq!(failure.error.kind(), ErrorKind::Service);
            assert!(failure.error.message().ends_with("500: no way"), "{}", failure.error.message());
        }
    }

    #[test]
    fn clips_at_letters_not_bytes() {
        assert_eq!(clip("żółw", 2), "żó..");
        assert_eq!(clip("żó", 2), "żó");
    }
}
