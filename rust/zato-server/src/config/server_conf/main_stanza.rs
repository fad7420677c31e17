//! `[main]` and `[odb]`.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use super::super::env::{BIND_HOST, BIND_PORT, WORKERS};
use super::super::options::{Bind, DatabaseEngine, DatabaseOptions, Workers};
use super::super::reader::Reader;

const MOST_WORKERS: usize = 1_024;

pub(super) fn bind(reader: &mut Reader<'_>) -> Bind {
    let mut bind = Bind { host: "0.0.0.0".to_owned(), port: 17010 };
    if let Some(found) = reader.first_of(&[("main", "bind"), ("main", "gunicorn_bind")]) {
        match parse_bind(&found.value) {
            Some(parsed) => bind = parsed,
            None => reader.refuse(&found, "HOST:PORT, for instance 0.0.0.0:17010 or [::]:17010"),
        }
    }
    if let Some(found) = reader.text("main", "bind_host") {
        bind.host = host(&found.value);
    }
    if let Some(port) = reader.parsed("main", "bind_port", "a port from 0 to 65535") {
        bind.port = port;
    }
    if let Some(value) = reader.variable(BIND_HOST) {
        bind.host = host(value);
    }
    if let Some(value) = reader.variable(BIND_PORT) {
        match value.parse() {
            Ok(port) => bind.port = port,
            Err(_) => reader.refuse_variable(BIND_PORT, "a port from 0 to 65535"),
        }
    }
    bind
}

fn parse_bind(text: &str) -> Option<Bind> {
    let (before, port) = text.trim().rsplit_once(':')?;
    let is_bare_ipv6 = before.contains(':') && !before.starts_with('[');
    let port = port.parse().ok().filter(|_| !is_bare_ipv6 && !before.contains(char::is_whitespace))?;
    Some(Bind { host: host(before), port })
}

/// Empty and `*` mean all interfaces; brackets of IPv6 addresses are not part of the host.
fn host(text: &str) -> String {
    match text.trim().trim_start_matches('[').trim_end_matches(']') {
        "" | "*" => "0.0.0.0".to_owned(),
        host => host.to_owned(),
    }
}

pub(super) fn workers(reader: &mut Reader<'_>) -> Workers {
    let expected = format!("auto or a whole number from 1 to {MOST_WORKERS}");
    // Asked for even if the environment wins: the keys are known, and a wrong value is wrong all the same.
    let spellings = [("main", "workers"), ("main", "num_threads"), ("main", "gunicorn_workers")];
    let configured = reader.first_of(&spellings).map_or(Workers::Fixed(NonZeroUsize::MIN), |found| {
        parse_workers(&found.value).unwrap_or_else(|| {
            reader.refuse(&found, &expected);
            Workers::Fixed(NonZeroUsize::MIN)
        })
    });
    let Some(value) = reader.variable(WORKERS) else { return configured };
    parse_workers(value).unwrap_or_else(|| {
        reader.refuse_variable(WORKERS, &expected);
        configured
    })
}

fn parse_workers(text: &str) -> Option<Workers> {
    match text.trim() {
        "auto" => Some(Workers::Auto),
        text => {
            text.parse().ok().filter(|count: &NonZeroUsize| count.get() <= MOST_WORKERS).map(Workers::Fixed)
        }
    }
}

pub(super) fn drain_timeout(reader: &mut Reader<'_>) -> Duration {
    let spellings =
        [("main", "drain_timeout"), ("main", "graceful_timeout"), ("main", "gunicorn_graceful_timeout")];
    let found = reader.first_of(&spellings);
    // A foreground server told to stop is gone within two seconds, whatever its services do.
    found.and_then(|found| reader.duration_of(&found)).unwrap_or(Duration::from_millis(1_500))
}

pub(super) fn stuck_timeout(reader: &mut Reader<'_>) -> Option<Duration> {
    let limit = reader.duration("main", "stuck_timeout", Duration::from_secs(10));
    (!limit.is_zero()).then_some(limit)
}

pub(super) fn switch_interval(reader: &mut Reader<'_>) -> Duration {
    // Measured: below 5 ms nothing is gained, 20 ms serves CPU-bound services best (reference execution-model 8).
    let default = Duration::from_millis(20);
    let Some(found) = reader.text("main", "switch_interval") else { return default };
    match reader.duration_of(&found) {
        Some(interval) if (Duration::from_micros(10)..=Duration::from_secs(1)).contains(&interval) => {
            interval
        }
        Some(_) => {
            reader.refuse(&found, "a time from 10us to 1s");
            default
        }
        None => default,
    }
}

pub(super) fn database(reader: &mut Reader<'_>) -> DatabaseOptions {
    if let Some(found) = reader.text("odb", "engine")
        && !found.value.trim().starts_with("sqlite")
    {
        let message = format!("the engine `{}` is not supported yet", found.value.trim());
        let problem = reader.problem(&found, message).hint("use sqlite");
        reader.problems.push(problem);
    }
    let paths = reader.paths;
    let path = reader.text("odb", "db_name").map_or_else(
        || paths.default_database(),
        |found| {
            let text = found.value.trim();
            let text = text.strip_prefix("sqlite:").unwrap_or(text);
            let text = text.strip_prefix("//").filter(|rest| Path::new(rest).is_absolute()).unwrap_or(text);
            paths.resolve(text)
        },
    );
    DatabaseOptions { engine: DatabaseEngine::Sqlite, path }
}
