//! Levels, and which logger writes which of them.

use std::collections::HashMap;
use std::fmt;

/// A level with Python's numbers, so that levels in between, which services may define, keep their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u8);

impl Level {
    /// Finest detail.
    pub const TRACE: Self = Self(5);
    /// What helps to find a fault.
    pub const DEBUG: Self = Self(10);
    /// What happens normally.
    pub const INFO: Self = Self(20);
    /// What may need attention.
    pub const WARNING: Self = Self(30);
    /// What failed.
    pub const ERROR: Self = Self(40);
    /// What stops the server.
    pub const CRITICAL: Self = Self(50);

    /// Takes one of Python's numbers; what is out of range becomes the nearest that is not.
    #[must_use]
    pub fn from_number(number: i64) -> Self {
        Self(u8::try_from(number.clamp(0, 255)).unwrap_or(u8::MAX))
    }

    /// Returns Python's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Reads a name, in any case, or a number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_uppercase().as_str() {
            "TRACE" | "TRACE1" => Self::TRACE,
            "DEBUG" => Self::DEBUG,
            "INFO" => Self::INFO,
            "WARN" | "WARNING" => Self::WARNING,
            "ERROR" | "EXCEPTION" => Self::ERROR,
            "CRITICAL" | "FATAL" => Self::CRITICAL,
            "NOTSET" => Self(0),
            other => Self(other.parse().ok()?),
        })
    }

    /// Returns the name, or `Level n` for levels without one, as Python does.
    #[must_use]
    pub fn name(self) -> std::borrow::Cow<'static, str> {
        match self {
            Self(0) => "NOTSET".into(),
            Self::TRACE => "TRACE".into(),
            Self::DEBUG => "DEBUG".into(),
            Self::INFO => "INFO".into(),
            Self::WARNING => "WARNING".into(),
            Self::ERROR => "ERROR".into(),
            Self::CRITICAL => "CRITICAL".into(),
            Self(number) => format!("Level {number}").into(),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name())
    }
}

impl From<&tracing::Level> for Level {
    fn from(level: &tracing::Level) -> Self {
        match *level {
            tracing::Level::TRACE => Self::TRACE,
            tracing::Level::DEBUG => Self::DEBUG,
            tracing::Level::INFO => Self::INFO,
            tracing::Level::WARN => Self::WARNING,
            tracing::Level::ERROR => Self::ERROR,
        }
    }
}

/// What is known of one logger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Logger {
    /// Its level; none takes that of its parent.
    pub(super) level: Option<Level>,
    /// Indexes of its own handlers.
    pub(super) handlers: Vec<usize>,
    /// Whether handlers of its parents get its records as well.
    pub(super) propagates: bool,
}

/// All configured loggers by name; the root is the empty name. Names are a tree parted by dots, as in Python.
#[derive(Debug, Clone, Default)]
pub(super) struct Loggers {
    by_name: HashMap<String, Logger>,
}

impl Loggers {
    pub(super) fn new(loggers: impl IntoIterator<Item = (String, Logger)>) -> Self {
        Self { by_name: loggers.into_iter().collect() }
    }

    /// The level in force for a logger.
    pub(super) fn level(&self, name: &str) -> Level {
        self.ancestors(name).find_map(|logger| logger.level).unwrap_or(Level::WARNING)
    }

    /// Calls back for every handler that gets records of a logger.
    pub(super) fn for_each_handler(&self, name: &str, mut act: impl FnMut(usize)) {
        for logger in self.ancestors(name) {
            logger.handlers.iter().for_each(|handler| act(*handler));
            if !logger.propagates {
                break;
            }
        }
    }

    /// Sets or removes the level of a logger; one that was not known gets an entry.
    pub(super) fn set_level(&mut self, name: &str, level: Option<Level>) {
        let logger = self.by_name.entry(name.to_owned()).or_insert_with(|| Logger {
            level: None,
            handlers: Vec::new(),
            propagates: true,
        });
        logger.level = level;
    }

    /// Lowest level that any logger is set to.
    pub(super) fn lowest(&self) -> Level {
        let set = self.by_name.values().filter_map(|logger| logger.level);
        set.chain([self.level("")]).min().unwrap_or(Level::WARNING)
    }

    /// Loggers that have a level of their own, sorted by name.
    pub(super) fn levels(&self) -> Vec<(String, Level)> {
        let mut levels: Vec<_> =
            self.by_name.iter().filter_map(|(name, logger)| Some((name.clone(), logger.level?))).collect();
        levels.sort();
        levels
    }

    /// The logger itself and its parents as far as they are known, nearest first, the root last.
    fn ancestors<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Logger> {
        let mut next = Some(if name == "root" { "" } else { name });
        std::iter::from_fn(move || {
            let current = next?;
            next = match current.rsplit_once('.') {
                Some((parent, _)) => Some(parent),
                None if current.is_empty() => None,
                None => Some(""),
            };
            Some(current)
        })
        .filter_map(|name| self.by_name.get(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loggers() -> Loggers {
        let logger =
            |level, handlers: &[usize], propagates| Logger { level, handlers: handlers.to_vec(), propagates };
        Loggers::new([
            (String::new(), logger(Some(Level::INFO), &[0], true)),
            ("zato".to_owned(), logger(Some(Level::WARNING), &[1], false)),
            ("zato.http".to_owned(), logger(None, &[2], true)),
        ])
    }

    #[test]
    fn levels_and_handlers_come_from_parents() {
        let loggers = loggers();
        assert_eq!(loggers.level("crm.get-client"), Level::INFO);
        assert_eq!(loggers.level("zato.http.router"), Level::WARNING);
        assert_eq!(loggers.level("root"), Level::INFO);
        let mut handlers = Vec::new();
        loggers.for_each_handler("zato.http.router", |handler| handlers.push(handler));
        assert_eq!(handlers, [2, 1]);
        handlers.clear();
        loggers.for_each_handler("zatox", |handler| handlers.push(handler));
        assert_eq!(handlers, [0]);
    }

    #[test]
    fn a_level_can_be_changed_and_taken_back() {
        let mut loggers = loggers();
        loggers.set_level("crm", Some(Level::DEBUG));
        assert_eq!((loggers.level("crm.get"), loggers.lowest()), (Level::DEBUG, Level::DEBUG));
        loggers.set_level("crm", None);
        assert_eq!((loggers.level("crm.get"), loggers.lowest()), (Level::INFO, Level::INFO));
    }

    #[test]
    fn names_and_numbers_are_understood() {
        assert_eq!(Level::parse("warn"), Some(Level::WARNING));
        assert_eq!(Level::parse("15").unwrap().name(), "Level 15");
        assert_eq!(Level::parse("loud"), None);
        assert_eq!(Level::from_number(-3).number(), 0);
    }
}
