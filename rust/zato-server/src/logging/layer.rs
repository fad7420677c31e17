//! Brings events of `tracing` to the log.

use std::fmt::{Debug, Write};

use tracing::field::{Field, Visit};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::engine;
use super::level::Level;
use super::record::Record;

/// A layer that turns every event into a [`Record`]: the target names the logger, the field `cid` becomes the
/// correlation ID, other fields follow the message.
#[derive(Debug, Clone, Copy)]
pub struct LogLayer;

impl<S: Subscriber> Layer<S> for LogLayer {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        // Levels change while the server runs, so that the question is asked each time.
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        !metadata.is_span() && is_enabled(metadata)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let mut content = Content::default();
        event.record(&mut content);
        with_logger(metadata.target(), |logger| {
            engine::emit(&Record {
                level: metadata.level().into(),
                logger,
                message: &content.message,
                line: metadata.line().unwrap_or_default(),
                file: metadata.file().unwrap_or_default(),
                cid: content.cid.as_deref(),
                fields: &content.fields,
            });
        });
    }
}

fn is_enabled(metadata: &Metadata<'_>) -> bool {
    let level = Level::from(metadata.level());
    if !engine::is_enabled_anywhere(level) {
        return false;
    }
    let mut is_enabled = false;
    with_logger(metadata.target(), |logger| is_enabled = engine::is_enabled(logger, level));
    is_enabled
}

/// Calls back with the name of the logger that a target stands for: `zato_http::router` is `zato.http.router`, while a
/// target that is no path of ours, such as `zato_rest`, stands for itself.
fn with_logger(target: &str, act: impl FnOnce(&str)) {
    let krate = target.split("::").next().unwrap_or_default();
    let is_ours = krate != target || CRATES.contains(&krate);
    match krate.strip_prefix("zato_").filter(|_| is_ours) {
        None if krate == target => act(target),
        None => act(&target.replace("::", ".")),
        Some(_) => {
            let mut name = String::with_capacity(target.len());
            name.push_str("zato.");
            name.push_str(&target[5..].replace("::", "."));
            act(&name);
        }
    }
}

const CRATES: [&str; 9] = [
    "zato_cli",
    "zato_connections",
    "zato_core",
    "zato_executor",
    "zato_http",
    "zato_py",
    "zato_schema",
    "zato_server",
    "zato_store",
];

#[derive(Default)]
struct Content {
    message: String,
    cid: Option<String>,
    fields: Vec<(&'static str, String)>,
}

impl Content {
    fn add(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.message = value,
            "cid" => self.cid = Some(value),
            name => self.fields.push((name, value)),
        }
    }
}

impl Visit for Content {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            // Writing to a string cannot fail.
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        self.add(field, text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_become_names_of_loggers() {
        let name = |target: &str| {
            let mut name = String::new();
            with_logger(target, |logger| logger.clone_into(&mut name));
            name
        };
        assert_eq!(name("zato_http::router::compile"), "zato.http.router.compile");
        assert_eq!(name("zato_http"), "zato.http");
        assert_eq!(name("zato_rest"), "zato_rest");
        assert_eq!(name("hyper::proto"), "hyper.proto");
        assert_eq!(name("crm.get-client"), "crm.get-client");
    }
}
