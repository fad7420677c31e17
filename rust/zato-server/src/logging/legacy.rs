//! The INI form of logging.conf (fileConfig of Python's `logging`), as Zato 2.0 wrote it.

use zato_core::Problem;

use super::source::{Formatter, Handler, Logger, Placed, Source};
use crate::config::ini::Stanza;

/// Whether a text is in the INI form: its first line that says anything opens a stanza.
pub(super) fn is_legacy(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    first.is_some_and(|line| line.starts_with('[') && line.ends_with(']'))
}

/// Understands the stanzas.
pub(super) fn convert(file: &Stanza, problems: &mut Vec<Problem>) -> Source {
    let mut source = Source::default();
    for stanza in &file.stanzas {
        if let Some(name) = stanza.name.strip_prefix("formatter_") {
            source.formatters.push(Formatter {
                name: name.to_owned(),
                format: raw(stanza, "format"),
                date_format: raw(stanza, "datefmt").map(|(text, _)| text).filter(|text| !text.is_empty()),
            });
        } else if let Some(name) = stanza.name.strip_prefix("handler_") {
            source.handlers.push(handler(name, stanza));
        } else if let Some(name) = stanza.name.strip_prefix("logger_") {
            source.loggers.push(logger(name, stanza));
        } else if !matches!(stanza.name.as_str(), "loggers" | "handlers" | "formatters") {
            let problem = Problem::new(format!("unknown stanza `{}`", stanza.name)).line(stanza.line);
            problems.push(problem.hint("stanzas are logger_<name>, handler_<name> and formatter_<name>"));
        }
    }
    source
}

fn handler(name: &str, stanza: &Stanza) -> Handler {
    let (class, _) = raw(stanza, "class").unwrap_or_default();
    let arguments = raw(stanza, "args").map(|(text, line)| (arguments(&text), line));
    let argument = |index: usize| -> Option<Placed> {
        let (items, line) = arguments.as_ref()?;
        Some((items.get(index)?.clone(), *line))
    };
    Handler {
        name: name.to_owned(),
        line: stanza.line,
        level: raw(stanza, "level"),
        formatter: raw(stanza, "formatter").filter(|(text, _)| !text.is_empty()),
        // Arguments of Python's RotatingFileHandler: file name, mode, size, copies.
        filename: argument(0).map(|(text, _)| text),
        max_bytes: argument(2),
        backup_count: argument(3),
        class,
    }
}

fn logger(name: &str, stanza: &Stanza) -> Logger {
    let qualified = raw(stanza, "qualname").map(|(text, _)| text).filter(|text| !text.is_empty());
    let handlers = stanza.get("handlers").map(|entry| (entry.items(), entry.line)).unwrap_or_default();
    Logger {
        name: qualified.unwrap_or_else(|| name.to_owned()),
        line: stanza.line,
        level: raw(stanza, "level"),
        handlers: handlers.0.into_iter().map(|handler| (handler.trim().to_owned(), handlers.1)).collect(),
        propagates: raw(stanza, "propagate").is_none_or(|(text, _)| text != "0"),
    }
}

fn raw(stanza: &Stanza, key: &str) -> Option<Placed> {
    stanza.get(key).map(|entry| (entry.raw.clone(), entry.line))
}

/// Takes a Python tuple of texts and numbers apart.
fn arguments(text: &str) -> Vec<String> {
    let inside = text.trim().trim_start_matches('(').trim_end_matches(')');
    inside
        .split(',')
        .map(|item| item.trim().trim_matches(['\'', '"']).to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}
