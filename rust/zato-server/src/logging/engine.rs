//! The running log.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;
use parking_lot::Mutex;
use tracing_subscriber::layer::SubscriberExt;
use zato_core::{Error, ErrorKind, Result};

use super::file::LogFile;
use super::layer::LogLayer;
use super::level::{Logger, Loggers};
use super::options::{ACCESS_LOGGER, LoggingOptions, Output};
use super::pattern::{Moment, Pattern};
use super::record::Record;
use super::writer::{Destination, Haste, Writer};
use super::{AccessLogFile, Level};
use crate::config::env::{Environment, NO_COLOR};

/// The log of this process.
static ENGINE: ArcSwapOption<Engine> = ArcSwapOption::const_empty();
/// Who is told of records while there is no log, instead of standard error.
static LISTENER: OnceLock<fn(&Record<'_>)> = OnceLock::new();
/// Lowest level that any logger writes: answers most questions about what is enabled.
static LOWEST: AtomicU8 = AtomicU8::new(Level::WARNING.number());
/// Whether this process was forked off and has no writers.
static IS_FORKED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Memory for lines, used again and again.
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
    /// Name of the thread, or its number if it has none.
    static THREAD: String = thread_name();
}

/// The log of a process while it runs; dropping it writes what is left and ends it.
#[derive(Debug)]
pub struct Logging {
    engine: Arc<Engine>,
}

impl Logging {
    /// Starts the log of this process, instead of an earlier one. Makes `tracing` write to it, unless the process
    /// has another subscriber. `is_foreground` lets console handlers write to standard error, in color if that is
    /// a terminal.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] if a thread cannot be started. Files that cannot be written are reported to standard
    /// error when it happens, they stop nothing.
    pub fn start(options: &LoggingOptions, is_foreground: bool, environment: &Environment) -> Result<Self> {
        let engine = Arc::new(Engine::new(options, is_foreground, environment)?);
        LOWEST.store(engine.loggers.load().lowest().number(), Ordering::Relaxed);
        ENGINE.store(Some(Arc::clone(&engine)));
        // Whether or not this was the first time, there is a subscriber afterwards.
        drop(tracing::subscriber::set_global_default(tracing_subscriber::registry().with(LogLayer)));
        Ok(Self { engine })
    }

    /// Returns the access log: the files of logger `zato_access_log`.
    #[must_use]
    pub fn access_log(&self) -> AccessLogFile {
        AccessLogFile::new(Arc::clone(&self.engine))
    }

    /// Waits until everything logged so far is written.
    pub fn flush(&self) {
        self.engine.flush();
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.engine.flush();
        let current = ENGINE.load();
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, &self.engine)) {
            ENGINE.store(None);
            LOWEST.store(Level::WARNING.number(), Ordering::Relaxed);
        }
    }
}

#[derive(Debug)]
pub(super) struct Engine {
    loggers: ArcSwap<Loggers>,
    /// Taken by those who change levels.
    change: Mutex<()>,
    handlers: Vec<ActiveHandler>,
    files: Writer,
    paths: Vec<PathBuf>,
    console: Option<Writer>,
    is_colored: bool,
}

#[derive(Debug)]
struct ActiveHandler {
    level: Option<Level>,
    place: Place,
    pattern: Pattern,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    File(usize),
    Console,
    Nothing,
}

impl Engine {
    fn new(options: &LoggingOptions, is_foreground: bool, environment: &Environment) -> Result<Self> {
        let mut paths: Vec<PathBuf> = Vec::new();
        let mut destinations = Vec::new();
        let mut by_path: HashMap<&PathBuf, usize> = HashMap::new();
        let mut handlers = Vec::new();
        for handler in &options.handlers {
            let place = match &handler.output {
                Output::File { path, max_size, backups } => {
                    let index = *by_path.entry(path).or_insert_with(|| {
                        destinations.push(Destination::File(LogFile::new(path.clone(), *max_size, *backups)));
                        paths.push(path.clone());
                        paths.len() - 1
                    });
                    Place::File(index)
                }
                Output::Console if is_foreground => Place::Console,
                Output::Console | Output::Nothing => Place::Nothing,
            };
            handlers.push(ActiveHandler { level: handler.level, place, pattern: handler.pattern.clone() });
        }
        let loggers = options.loggers.iter().map(|logger| {
            let known = Logger {
                level: logger.level,
                handlers: logger.handlers.clone(),
                propagates: logger.propagates,
            };
            (logger.name.clone(), known)
        });
        let is_colored =
            std::io::stderr().is_terminal() && environment.get(NO_COLOR).is_none_or(str::is_empty);
        let console = is_foreground
            .then(|| Writer::start("zato-log-console", vec![Destination::Console]))
            .transpose()?;
        Ok(Self {
            loggers: ArcSwap::from_pointee(Loggers::new(loggers)),
            change: Mutex::new(()),
            handlers,
            files: Writer::start("zato-log-files", destinations)?,
            paths,
            console,
            is_colored,
        })
    }

    fn write(&self, record: &Record<'_>) {
        let loggers = self.loggers.load();
        if record.level < loggers.level(record.logger) {
            return;
        }
        let haste = if record.level >= Level::WARNING { Haste::Urgent } else { Haste::Soon };
        let now = Timestamp::now();
        let write = |thread: &str| {
            let moment = Moment { now, process: std::process::id(), thread };
            loggers.for_each_handler(record.logger, |index| {
                let Some(handler) = self.handlers.get(index) else { return };
                if handler.level.is_some_and(|level| record.level < level) {
                    return;
                }
                with_line(|line| {
                    match handler.place {
                        Place::Nothing => return,
                        Place::File(_) => handler.pattern.write(record, &moment, line),
                        Place::Console => self.write_console(handler, record, &moment, line),
                    }
                    self.push(handler.place, line.as_bytes(), haste);
                });
            });
        };
        // While a thread ends its name may be gone already.
        if THREAD.try_with(|thread| write(thread)).is_err() {
            write("");
        }
    }

    fn write_console(
        &self,
        handler: &ActiveHandler,
        record: &Record<'_>,
        moment: &Moment<'_>,
        line: &mut String,
    ) {
        let color = color(record.level).filter(|_| self.is_colored);
        line.push_str(color.unwrap_or_default());
        handler.pattern.write(record, moment, line);
        if color.is_some() {
            line.pop();
            line.push_str("\x1b[0m\n");
        }
    }

    fn push(&self, place: Place, lines: &[u8], haste: Haste) {
        if IS_FORKED.load(Ordering::Relaxed) {
            return self.write_directly(place, lines);
        }
        match (place, &self.console) {
            (Place::File(index), _) => self.files.push(index, lines, haste),
            (Place::Console, Some(console)) => console.push(0, lines, haste),
            (Place::Console, None) | (Place::Nothing, _) => {}
        }
    }

    /// Writes without the writers and their locks, which a forked process may have inherited in any state.
    fn write_directly(&self, place: Place, lines: &[u8]) {
        let outcome = match place {
            Place::File(index) => self.paths.get(index).map_or(Ok(()), |path| {
                std::fs::OpenOptions::new().append(true).create(true).open(path)?.write_all(lines)
            }),
            Place::Console => std::io::stderr().write_all(lines),
            Place::Nothing => Ok(()),
        };
        // There is nowhere left to say that the log cannot be written.
        drop(outcome);
    }

    /// Writes lines that have their form already to the handlers of the access log.
    pub(super) fn write_access(&self, line: &[u8]) {
        let loggers = self.loggers.load();
        if Level::INFO < loggers.level(ACCESS_LOGGER) {
            return;
        }
        loggers.for_each_handler(ACCESS_LOGGER, |index| {
            let Some(handler) = self.handlers.get(index) else { return };
            if handler.level.is_none_or(|level| level <= Level::INFO) {
                self.push(handler.place, line, Haste::Lazy);
            }
        });
    }

    pub(super) fn flush(&self) {
        if IS_FORKED.load(Ordering::Relaxed) {
            return;
        }
        self.files.flush();
        if let Some(console) = &self.console {
            console.flush();
        }
    }
}

pub(super) fn emit(record: &Record<'_>) {
    if !is_enabled_anywhere(record.level) {
        return;
    }
    match &*ENGINE.load() {
        Some(engine) => engine.write(record),
        None if record.level >= Level::WARNING => match LISTENER.get() {
            Some(listener) => listener(record),
            None => write_early(record),
        },
        None => {}
    }
}

/// Makes `tracing` and early records come to a listener.
pub(super) fn listen(listener: fn(&Record<'_>)) {
    LISTENER.get_or_init(|| listener);
    // As in `Logging::start`.
    drop(tracing::subscriber::set_global_default(tracing_subscriber::registry().with(LogLayer)));
}

/// Writes to standard error, while there is no log.
fn write_early(record: &Record<'_>) {
    let cid = record.cid.map_or(Cow::Borrowed(""), |cid| format!(" cid={cid}").into());
    let fields: String = record
        .fields
        .iter()
        .filter(|(name, _)| !super::redact::is_secret_name(name))
        .map(|(name, value)| format!(" {name}={value}"))
        .collect();
    let message = super::redact::text(record.message);
    let line = format!("{} - {} - {message}{fields}{cid}\n", record.level, record.logger);
    // Without standard error nobody can be told.
    drop(std::io::stderr().lock().write_all(line.as_bytes()));
}

/// Whether any logger writes the level.
pub(super) fn is_enabled_anywhere(level: Level) -> bool {
    level.number() >= LOWEST.load(Ordering::Relaxed)
}

pub(super) fn is_enabled(logger: &str, level: Level) -> bool {
    if !is_enabled_anywhere(level) {
        return false;
    }
    match &*ENGINE.load() {
        Some(engine) => level >= engine.loggers.load().level(logger),
        None => level >= Level::WARNING,
    }
}

pub(super) fn set_level(logger: &str, level: Option<Level>) -> Result<()> {
    let current = ENGINE.load();
    let Some(engine) = &*current else {
        return Err(Error::new(ErrorKind::Internal, "the log of this process is not started"));
    };
    let _alone = engine.change.lock();
    let mut loggers = Loggers::clone(&engine.loggers.load());
    loggers.set_level(if logger == "root" { "" } else { logger }, level);
    LOWEST.store(loggers.lowest().number(), Ordering::Relaxed);
    engine.loggers.store(Arc::new(loggers));
    Ok(())
}

pub(super) fn levels() -> Vec<(String, Level)> {
    ENGINE.load().as_ref().map(|engine| engine.loggers.load().levels()).unwrap_or_default()
}

pub(super) fn flush() {
    if let Some(engine) = &*ENGINE.load() {
        engine.flush();
    }
}

pub(super) fn after_fork() {
    IS_FORKED.store(true, Ordering::Relaxed);
}

/// Lends out the line memory of this thread; nested use, which a failing `Display` may cause, gets its own.
fn with_line(act: impl FnOnce(&mut String)) {
    let mut line = LINE.try_with(RefCell::take).unwrap_or_default();
    line.clear();
    act(&mut line);
    line.shrink_to(64 * 1024);
    // While a thread ends its memory may be gone.
    drop(LINE.try_with(|slot| slot.replace(line)));
}

fn thread_name() -> String {
    let current = std::thread::current();
    current.name().map_or_else(|| format!("{:?}", current.id()), str::to_owned)
}

const fn color(level: Level) -> Option<&'static str> {
    match level.number() {
        50.. => Some("\x1b[1;31m"),
        40.. => Some("\x1b[31m"),
        30.. => Some("\x1b[33m"),
        20.. => None,
        _ => Some("\x1b[2m"),
    }
}
