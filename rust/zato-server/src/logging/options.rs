//! logging.conf (reference operations 4.8).

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use zato_core::{Error, ErrorKind, Problem, Result};

use super::Level;
use super::legacy;
use super::pattern::{DEFAULT_FORMAT, Pattern, TextPattern};
use super::source::{Source, from_tree};
use crate::config::env::{self, Environment};
use crate::config::options::LineFormat;
use crate::config::{Loaded, ServerPaths, ini, templates, tree};

/// Logger of the access log; its lines have a form of their own.
pub const ACCESS_LOGGER: &str = "zato_access_log";
/// What is written where no `maxBytes` says otherwise, reference operations 4.8.
const DEFAULT_SIZE: (u64, u32) = (20_000_000, 10);

/// How a server logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggingOptions {
    /// Where lines go.
    pub handlers: Vec<Handler>,
    /// Which lines go there.
    pub loggers: Vec<LoggerOptions>,
}

/// A place lines go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handler {
    /// Name in logging.conf.
    pub name: String,
    /// Records below this level are left out.
    pub level: Option<Level>,
    /// The place.
    pub output: Output,
    /// How lines look.
    pub pattern: Pattern,
}

/// The place of a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A file.
    File {
        /// Where it is.
        path: PathBuf,
        /// Bytes after which it is rotated; 0 for never.
        max_size: u64,
        /// How many rotated copies are kept.
        backups: u32,
    },
    /// The terminal of a server in the foreground.
    Console,
    /// Nowhere.
    Nothing,
}

/// One logger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggerOptions {
    /// Name; empty for the root.
    pub name: String,
    /// Level; none takes that of its parent.
    pub level: Option<Level>,
    /// Indexes of its handlers.
    pub handlers: Vec<usize>,
    /// Whether handlers of its parents get its records too.
    pub propagates: bool,
}

impl LoggingOptions {
    /// Reads logging.conf of a server; a file that does not exist means the shipped one.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with every problem, [`ErrorKind::Io`] if the file cannot be read.
    pub fn load(paths: &ServerPaths, format: LineFormat, environment: &Environment) -> Result<Loaded<Self>> {
        let path = paths.logging_conf();
        let text = match ini::read_text(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => templates::LOGGING_CONF.to_owned(),
            other => other?,
        };
        let (options, problems, warnings) = Self::parse(&text, paths, format, environment);
        let named = |problem: Problem| problem.file("logging.conf");
        if !problems.is_empty() {
            let problems = problems.into_iter().map(named).collect();
            return Err(Error::from_problems(format!("`{}` cannot be used", path.display()), problems));
        }
        Ok(Loaded { value: options, warnings: warnings.into_iter().map(named).collect() })
    }

    /// Says which log files cannot be written, without making any.
    #[must_use]
    pub fn unwritable(&self) -> Vec<Problem> {
        let judge = |handler: &Handler| {
            let Output::File { path, .. } = &handler.output else { return None };
            let error = check_writable(path).err()?;
            let problem = Problem::new(format!("`{}` cannot be written: {error}", path.display()));
            let problem = problem.file("logging.conf").object(format!("handler `{}`", handler.name));
            Some(problem.field("filename").hint("choose another place, or change who may write there"))
        };
        self.handlers.iter().filter_map(judge).collect()
    }

    /// Reads the text of a logging.conf; gives what could be understood, problems and warnings.
    fn parse(
        text: &str,
        paths: &ServerPaths,
        format: LineFormat,
        environment: &Environment,
    ) -> (Self, Vec<Problem>, Vec<Problem>) {
        let mut reader = Reader { paths, format, environment, problems: Vec::new(), warnings: Vec::new() };
        let source = if legacy::is_legacy(text) {
            let (stanzas, problems) = ini::parse(text);
            reader.problems.extend(problems);
            reader.warnings.push(
                Problem::new("the file is in the INI form of Zato 2.0 and was understood as such")
                    .line(1)
                    .hint("write it as YAML, as `zato create server` does, to use everything there is"),
            );
            legacy::convert(&stanzas, &mut reader.problems)
        } else {
            let (node, problems) = tree::parse(text.as_bytes(), tree::Limits::default());
            let is_readable = problems.is_empty();
            reader.problems.extend(problems);
            match node {
                Some(node) if is_readable => from_tree(&node, &mut reader.problems),
                _ => Source::default(),
            }
        };
        let options = reader.read(&source);
        (options, reader.problems, reader.warnings)
    }
}

/// Whether a file can be appended to or made, its directories included.
fn check_writable(path: &Path) -> io::Result<()> {
    if path.exists() {
        return OpenOptions::new().append(true).open(path).map(drop);
    }
    let nearest = path.ancestors().skip(1).find(|above| above.exists()).unwrap_or(Path::new("."));
    if !nearest.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::NotADirectory,
            format!("`{}` is not a directory", nearest.display()),
        ));
    }
    Ok(rustix::fs::access(nearest, Access::WRITE_OK | Access::EXEC_OK)?)
}

struct Reader<'a> {
    paths: &'a ServerPaths,
    format: LineFormat,
    environment: &'a Environment,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Reader<'_> {
    fn read(&mut self, source: &Source) -> LoggingOptions {
        let handlers: Vec<Handler> =
            source.handlers.iter().map(|handler| self.handler(source, handler)).collect();
        let mut loggers: Vec<LoggerOptions> = Vec::new();
        for logger in &source.loggers {
            let name = if logger.name == "root" { "" } else { &logger.name };
            let object = format!("logger `{}`", logger.name);
            if loggers.iter().any(|known| known.name == name) {
                let problem = Problem::new("the root logger is given twice").line(logger.line).object(object);
                self.problems.push(problem.hint("keep either `root` or the logger with the empty name"));
                continue;
            }
            let mut indexes = Vec::new();
            for (wanted, line) in &logger.handlers {
                match handlers.iter().position(|handler| handler.name == *wanted) {
                    Some(index) => indexes.push(index),
                    None => {
                        let known: Vec<_> = handlers.iter().map(|handler| handler.name.as_str()).collect();
                        let problem = Problem::new(format!("there is no handler `{wanted}`")).line(*line);
                        let hint = format!("handlers are {}", known.join(", "));
                        self.problems.push(problem.object(&*object).field("handlers").hint(hint));
                    }
                }
            }
            let level = self.level(logger.level.as_ref(), &object);
            // A level of NOTSET means "as the parent".
            let level = level.filter(|level| level.number() > 0 || name.is_empty());
            loggers.push(LoggerOptions {
                name: name.to_owned(),
                level,
                handlers: indexes,
                propagates: logger.propagates,
            });
        }
        LoggingOptions { handlers, loggers }
    }

    fn handler(&mut self, source: &Source, handler: &super::source::Handler) -> Handler {
        let object = format!("handler `{}`", handler.name);
        let class = handler.class.rsplit('.').next().unwrap_or_default();
        let output = match class {
            "StreamHandler" => Output::Console,
            "NullHandler" => Output::Nothing,
            _ if class.ends_with("FileHandler") => self.file(handler, &object, class),
            _ => {
                let problem =
                    Problem::new(format!("handlers of class `{}` are not supported", handler.class));
                let hint = "its lines are not written; use a file handler, or StreamHandler";
                self.warnings.push(problem.line(handler.line).object(&*object).field("class").hint(hint));
                Output::Nothing
            }
        };
        let is_file = matches!(output, Output::File { .. });
        let pattern = if self.format == LineFormat::Json && is_file {
            Pattern::Json
        } else {
            self.pattern(source, handler, &object)
        };
        Handler {
            name: handler.name.clone(),
            level: self.level(handler.level.as_ref(), &object),
            output,
            pattern,
        }
    }

    fn file(&mut self, handler: &super::source::Handler, object: &str, class: &str) -> Output {
        let Some(filename) = handler.filename.as_deref().filter(|name| !name.is_empty()) else {
            let problem = Problem::new("it is required").line(handler.line).object(object).field("filename");
            self.problems.push(problem.hint("give a path relative to the directory of the server"));
            return Output::Nothing;
        };
        let path = crate::config::layout::resolve_below(self.paths.base(), filename);
        let default = if class == "FileHandler" { (0, 0) } else { DEFAULT_SIZE };
        let mut number = |name: &str, given: &Option<(String, u64)>, default: u64| match given {
            None => default,
            Some((text, line)) => text.parse().unwrap_or_else(|_| {
                let problem = Problem::new(format!("`{text}` is not a whole number")).line(*line);
                self.problems.push(problem.object(object).field(name).hint("use digits only"));
                default
            }),
        };
        let mut max_size = number("maxBytes", &handler.max_bytes, default.0);
        let mut backups = number("backupCount", &handler.backup_count, u64::from(default.1));
        if path.file_name().is_some_and(|name| name == "server.log") {
            for (name, target) in [(env::LOG_MAX_SIZE, &mut max_size), (env::LOG_BACKUP_COUNT, &mut backups)]
            {
                match self.environment.get(name).map(|text| text.trim().parse()) {
                    Some(Ok(value)) => *target = value,
                    Some(Err(_)) => {
                        let problem =
                            Problem::new(format!("the environment variable {name} is not a whole number"));
                        self.problems.push(problem.object(object).hint("use digits only"));
                    }
                    None => {}
                }
            }
        }
        Output::File { path, max_size, backups: u32::try_from(backups).unwrap_or(u32::MAX) }
    }

    fn pattern(&mut self, source: &Source, handler: &super::source::Handler, object: &str) -> Pattern {
        let default = || TextPattern::parse(DEFAULT_FORMAT, None).map_or(Pattern::Json, Pattern::Text);
        let Some((name, line)) = &handler.formatter else { return default() };
        let Some(formatter) = source.formatters.iter().find(|formatter| formatter.name == *name) else {
            let problem = Problem::new(format!("there is no formatter `{name}`")).line(*line).object(object);
            self.problems.push(problem.field("formatter").hint("define it under `formatters`"));
            return default();
        };
        // Lines of the access log are made elsewhere; upstream's file names attributes that only they have.
        let is_only_for_access = source.loggers.iter().all(|logger| {
            logger.name == ACCESS_LOGGER || !logger.handlers.iter().any(|(wanted, _)| *wanted == handler.name)
        });
        if is_only_for_access {
            return default();
        }
        let Some((format, line)) = &formatter.format else { return default() };
        TextPattern::parse(format, formatter.date_format.as_deref()).map_or_else(
            |reason| {
                let problem = Problem::new(format!("the format cannot be used: {reason}")).line(*line);
                let problem = problem.object(format!("formatter `{name}`")).field("format");
                self.warnings.push(problem.hint(format!("lines look like this: {DEFAULT_FORMAT}")));
                default()
            },
            Pattern::Text,
        )
    }

    fn level(&mut self, given: Option<&(String, u64)>, object: &str) -> Option<Level> {
        let (text, line) = given?;
        let level = Level::parse(text);
        if level.is_none() {
            let problem =
                Problem::new(format!("`{text}` is not a level")).line(*line).object(object).field("level");
            self.problems.push(problem.hint("use DEBUG, INFO, WARNING, ERROR or CRITICAL"));
        }
        level
    }
}

#[cfg(test)]
#[path = "options_tests.rs"]
mod tests;
