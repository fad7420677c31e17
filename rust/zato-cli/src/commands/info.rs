//! `zato info PATH` (reference operations 1.4): what a component is, how it is doing, what is deployed.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::{Map, Value, json};
use zato_core::error::Context;
use zato_core::{ErrorKind, Result};
use zato_server::config::{Marker, Pidfile, ServerPaths};
use zato_server::control::{Client, ServerStatus};

use super::service::{latest_deployments, recorded, services};
use super::{Session, block_on};
use crate::exit::{ExitCode, Outcome, WithCode};
use crate::process;
use crate::render::{self, FormatOptions};
use crate::resolve::{self, Target};

/// How many deployments are shown.
const DEPLOYMENTS: u32 = 10;

/// Options of `info`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of a component, or of an environment
    path: PathBuf,
    #[command(flatten)]
    format: FormatOptions,
    /// Widths of the two columns of the text form
    #[arg(long, value_name = "WIDTH,WIDTH", default_value = "30,90", value_parser = parse_widths)]
    cols_width: (usize, usize),
}

/// Prints the facts; of an environment, those of each of its components.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let facts = match resolve::locate(&arguments.path)? {
        Target::Server(server) => vec![of_server(session, &server)?],
        Target::Other(_, path) => vec![of_component(&path)?],
        Target::Environment { servers, others, .. } => {
            let mut all = Vec::new();
            for server in &servers {
                all.push(of_server(session, server)?);
            }
            for (_, path) in &others {
                all.push(of_component(path)?);
            }
            all
        }
    };
    let text =
        || facts.iter().map(|facts| text(facts, arguments.cols_width)).collect::<Vec<_>>().join("\n\n");
    let value = match <[Map<String, Value>; 1]>::try_from(facts.clone()) {
        Ok([facts]) => Value::Object(facts),
        Err(facts) => Value::Array(facts.into_iter().map(Value::Object).collect()),
    };
    session.output.data(render::document(&value, arguments.format.format, text));
    Ok(())
}

/// Facts that every component has.
fn of_component(path: &Path) -> Outcome<Map<String, Value>> {
    let marker = Marker::read(path).exit_with(ExitCode::NotAComponent)?;
    let now = Timestamp::now();
    let mut facts = Map::new();
    facts.insert("component_details".to_owned(), to_value(&marker)?);
    facts.insert("component_full_path".to_owned(), Value::from(path.to_string_lossy()));
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    facts.insert("component_host".to_owned(), Value::from(host));
    facts.insert("component_running".to_owned(), Value::Bool(false));
    facts.insert("current_time".to_owned(), Value::from(local(now)));
    facts.insert("current_time_utc".to_owned(), Value::from(utc(now)));
    Ok(facts)
}

fn of_server(session: &Session<'_>, server: &ServerPaths) -> Outcome<Map<String, Value>> {
    let mut facts = of_component(server.base())?;
    let pid = Pidfile::holder(&server.pidfile())?;
    facts.insert("component_running".to_owned(), Value::Bool(pid.is_some()));
    let status = match pid {
        None => None,
        Some(pid) => {
            let status = block_on(async { Ok(Client::connect(server).await?.status().await?) });
            let status = status.inspect_err(|failure| {
                let error = &failure.error;
                session.output.warning(format!("the server does not answer, this is what it left: {error}"));
            });
            let status = status.ok();
            add_process(&mut facts, pid, status.as_ref());
            status
        }
    };
    if let Some(status) = &status {
        facts.insert("server".to_owned(), to_value(status)?);
    }
    // A server that did not answer once is not asked again.
    let found = match (pid, &status) {
        (Some(_), None) => block_on(recorded(server)),
        _ => block_on(services(server)),
    };
    match found {
        Ok(found) => {
            let names: Vec<Value> =
                found.services.iter().filter(|row| !row.is_internal).map(to_value).collect::<Result<_>>()?;
            facts.insert("services".to_owned(), Value::Array(names));
            facts.insert("failures".to_owned(), to_value(&found.failures)?);
        }
        Err(failure) => session.output.warning(format!("services are not known: {}", failure.error)),
    }
    match block_on(latest_deployments(server, DEPLOYMENTS)) {
        Ok(deployments) => {
            facts.insert("deployments".to_owned(), to_value(&deployments)?);
        }
        Err(failure) => session.output.warning(format!("deployments are not known: {}", failure.error)),
    }
    Ok(facts)
}

/// Adds what is known about the supervisor (the master process of earlier versions) and its workers.
fn add_process(facts: &mut Map<String, Value>, pid: u32, status: Option<&ServerStatus>) {
    let process = process::facts(pid);
    let workers: Vec<u32> =
        status.iter().flat_map(|status| &status.workers).filter_map(|worker| worker.pid).collect();
    let all: Vec<u32> = workers.iter().copied().chain([pid]).collect();
    let mut add = |key: &str, value: Value| facts.insert(key.to_owned(), value);
    add("master_proc_connections", json!(process::connections(&all)));
    add("master_proc_create_time", json!(process.created_at.map(local)));
    add("master_proc_create_time_utc", json!(process.created_at.map(utc)));
    add("master_proc_name", json!(process.name));
    add("master_proc_pid", json!(pid));
    add("master_proc_username", json!(process.username));
    add("master_proc_workers_no", json!(workers.len()));
    add("master_proc_workers_pids", json!(workers));
}

fn to_value<T: serde::Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).context(ErrorKind::Internal, || "could not write facts as JSON".to_owned())
}

fn local(at: Timestamp) -> String {
    Zoned::new(at, TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// One component as keys and values; lists of objects show one object a line.
fn text(facts: &Map<String, Value>, widths: (usize, usize)) -> String {
    let pairs: Vec<_> = facts.iter().map(|(key, value)| (key.clone(), cell(key, value))).collect();
    render::key_values(&pairs, widths)
}

fn cell(key: &str, value: &Value) -> String {
    let field = |value: &Value, name: &str| value.get(name).map(plain).unwrap_or_default();
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let lines: Vec<String> = match key {
        "services" => items
            .iter()
            .map(|item| format!("{} ({})", field(item, "name"), field(item, "location")))
            .collect(),
        "failures" => items.iter().flat_map(failure_lines).collect(),
        "deployments" => items
            .iter()
            .map(|item| {
                format!("#{} {} {}", field(item, "id"), field(item, "created_at"), field(item, "status"))
            })
            .collect(),
        _ if value.is_object() => value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| format!("{name}: {}", plain(value)))
            .collect(),
        _ if value.is_array() => items.iter().map(plain).collect(),
        _ => return plain(value),
    };
    if lines.is_empty() { "(None)".to_owned() } else { lines.join("\n") }
}

/// A unit that failed: its key, then every problem with file and line.
fn failure_lines(failure: &Value) -> Vec<String> {
    let mut lines = vec![failure.get("unit").map(plain).unwrap_or_default()];
    let problems = failure.get("problems").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    lines.extend(
        problems
            .iter()
            .filter_map(|problem| serde_json::from_value::<zato_core::Problem>(problem.clone()).ok())
            .map(|problem| format!("  {problem}")),
    );
    lines
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "(None)".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn parse_widths(text: &str) -> std::result::Result<(usize, usize), String> {
    let parsed = text.split_once(',').and_then(|(left, right)| {
        Some((left.trim().parse::<usize>().ok()?, right.trim().parse::<usize>().ok()?))
    });
    parsed
        .filter(|(left, right)| *left > 0 && *right > 0)
        .ok_or_else(|| format!("`{text}` is not two widths, such as 30,90"))
}
