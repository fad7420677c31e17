//! How a record becomes a line: Python's `%(name)s` formats, or JSON.

use std::cell::RefCell;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::record::Record;
use super::redact;

/// The format of upstream's server.log (reference operations 4.8).
pub const DEFAULT_FORMAT: &str =
    "%(asctime)s - %(levelname)s - %(process)d:%(threadName)s - %(name)s:%(lineno)d - %(message)s";

/// What turns records into lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// A format of Python's `logging`.
    Text(TextPattern),
    /// One JSON object a line.
    Json,
}

/// A format of Python's `logging`, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextPattern {
    parts: Vec<Part>,
    /// `strftime` format of times; none is Python's default with milliseconds.
    date_format: Option<String>,
    has_cid: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Field { field: Field, width: usize, is_left: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Time,
    Milliseconds,
    Level,
    LevelNumber,
    Process,
    Thread,
    Logger,
    Line,
    File,
    FileName,
    Module,
    Message,
    Cid,
    /// Known to Python but not here: written as nothing.
    Nothing,
}

impl Field {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "asctime" | "created" => Self::Time,
            "msecs" => Self::Milliseconds,
            "levelname" => Self::Level,
            "levelno" => Self::LevelNumber,
            "process" => Self::Process,
            "threadName" | "thread" => Self::Thread,
            "name" => Self::Logger,
            "lineno" => Self::Line,
            "pathname" => Self::File,
            "filename" => Self::FileName,
            "module" => Self::Module,
            "message" => Self::Message,
            "cid" => Self::Cid,
            "funcName" | "processName" | "relativeCreated" | "taskName" => Self::Nothing,
            _ => return None,
        })
    }
}

impl TextPattern {
    /// Understands a format.
    ///
    /// # Errors
    /// The name of the first attribute that does not exist, or what is wrong with the syntax.
    pub fn parse(format: &str, date_format: Option<&str>) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = format;
        while let Some((before, after)) = rest.split_once('%') {
            literal.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                literal.push('%');
                rest = after;
                continue;
            }
            let inside = after.strip_prefix('(').ok_or("`%` without `(name)s` after it")?;
            let (name, tail) = inside.split_once(')').ok_or("`%(` without `)`")?;
            let field = Field::parse(name).ok_or_else(|| format!("unknown attribute `{name}`"))?;
            let end = tail
                .find(|letter: char| letter.is_ascii_alphabetic())
                .ok_or("an attribute without a type")?;
            let (flags, after) = tail.split_at(end);
            let width = flags.trim_start_matches('-').split('.').next().unwrap_or_default();
            let width = if width.is_empty() {
                0
            } else {
                width.parse().map_err(|_| format!("bad width `{flags}`"))?
            };
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(Part::Field { field, width: usize::min(width, 200), is_left: flags.starts_with('-') });
            rest = &after[1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        let has_cid = parts.iter().any(|part| matches!(part, Part::Field { field: Field::Cid, .. }));
        Ok(Self { parts, date_format: date_format.map(str::to_owned), has_cid })
    }

    fn write(&self, record: &Record<'_>, moment: &Moment<'_>, line: &mut String) {
        for part in &self.parts {
            match part {
                Part::Literal(text) => line.push_str(text),
                Part::Field { field, width: 0, .. } => self.write_field(*field, record, moment, line),
                Part::Field { field, width, is_left } => {
                    let start = line.len();
                    self.write_field(*field, record, moment, line);
                    let missing = width.saturating_sub(line[start..].chars().count());
                    if *is_left {
                        line.extend(std::iter::repeat_n(' ', missing));
                    } else {
                        line.insert_str(start, &" ".repeat(missing));
                    }
                }
            }
        }
    }

    fn write_field(&self, field: Field, record: &Record<'_>, moment: &Moment<'_>, line: &mut String) {
        let file_name = || record.file.rsplit('/').next().unwrap_or_default();
        let outcome = match field {
            Field::Time => return moment.write(self.date_format.as_deref(), line),
            Field::Milliseconds => write!(line, "{:03}", moment.milliseconds()),
            Field::Level => line.write_str(&record.level.name()),
            Field::LevelNumber => write!(line, "{}", record.level.number()),
            Field::Process => write!(line, "{}", moment.process),
            Field::Thread => line.write_str(moment.thread),
            Field::Logger => line.write_str(if record.logger.is_empty() { "root" } else { record.logger }),
            Field::Line => write!(line, "{}", record.line),
            Field::File => line.write_str(record.file),
            Field::FileName => line.write_str(file_name()),
            Field::Module => line.write_str(file_name().split('.').next().unwrap_or_default()),
            Field::Message => return self.write_message(record, line),
            Field::Cid => line.write_str(record.cid.unwrap_or("-")),
            Field::Nothing => Ok(()),
        };
        // Writing to a string cannot fail.
        debug_assert!(outcome.is_ok());
    }

    /// Writes the message; fields and the CID go to the end of its first line, so that a traceback below it
    /// stays as it is.
    fn write_message(&self, record: &Record<'_>, line: &mut String) {
        let message = redact::text(record.message);
        let (first, rest) = match message.split_once('\n') {
            Some((first, rest)) => (first, Some(rest)),
            None => (&*message, None),
        };
        line.push_str(first);
        for (name, value) in record.fields {
            let value =
                if redact::is_secret_name(name) { redact::HIDDEN.into() } else { redact::text(value) };
            line.push(' ');
            line.push_str(name);
            line.push('=');
            if value.contains(char::is_whitespace) {
                let _ = write!(line, "{value:?}");
            } else {
                line.push_str(&value);
            }
        }
        if let Some(cid) = record.cid
            && !self.has_cid
            && !message.contains(cid)
        {
            line.push_str(" cid=");
            line.push_str(cid);
        }
        if let Some(rest) = rest {
            line.push('\n');
            line.push_str(rest);
        }
    }
}

/// When and where a record was made.
pub(super) struct Moment<'a> {
    pub(super) now: Timestamp,
    pub(super) process: u32,
    pub(super) thread: &'a str,
}

thread_local! {
    /// The last second that was written and how: turning seconds into local time is the expensive part of a line.
    static LAST_SECOND: RefCell<(i64, Option<String>, String)> = const { RefCell::new((i64::MIN, None, String::new())) };
}

impl Moment<'_> {
    fn milliseconds(&self) -> i32 {
        self.now.subsec_millisecond()
    }

    fn write(&self, date_format: Option<&str>, line: &mut String) {
        let second = self.now.as_second();
        LAST_SECOND.with_borrow_mut(|(known, known_format, text)| {
            if *known != second || known_format.as_deref() != date_format {
                let zoned = self.now.to_zoned(TimeZone::system());
                *text = jiff::fmt::strtime::format(date_format.unwrap_or("%Y-%m-%d %H:%M:%S"), &zoned)
                    .unwrap_or_else(|_| zoned.strftime("%Y-%m-%d %H:%M:%S").to_string());
                *known = second;
                *known_format = date_format.map(str::to_owned);
            }
            line.push_str(text);
        });
        if date_format.is_none() {
            let _ = write!(line, ",{:03}", self.milliseconds());
        }
    }
}

impl Pattern {
    /// Appends the line of a record, with its line end.
    pub(super) fn write(&self, record: &Record<'_>, moment: &Moment<'_>, line: &mut String) {
        match self {
            Self::Text(pattern) => pattern.write(record, moment, line),
            Self::Json => write_json(record, moment, line),
        }
        line.push('\n');
    }
}

fn write_json(record: &Record<'_>, moment: &Moment<'_>, line: &mut String) {
    let mut entries = serde_json::Map::new();
    let mut add = |name: &str, value: serde_json::Value| {
        // Fields of a record never hide what every line has.
        entries.entry(name).or_insert(value);
    };
    add("timestamp", format!("{:.6}", moment.now).into());
    add("level", record.level.name().into_owned().into());
    add("pid", moment.process.into());
    add("thread", moment.thread.into());
    add("logger", if record.logger.is_empty() { "root" } else { record.logger }.into());
    add("line", record.line.into());
    add("message", redact::text(record.message).into_owned().into());
    if let Some(cid) = record.cid {
        add("cid", cid.into());
    }
    for (name, value) in record.fields {
        let value = if redact::is_secret_name(name) { redact::HIDDEN.into() } else { redact::text(value) };
        add(name, value.into_owned().into());
    }
    line.push_str(&serde_json::Value::Object(entries).to_string());
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    fn line(pattern: &Pattern, record: &Record<'_>) -> String {
        let moment =
            Moment { now: Timestamp::new(1_700_000_000, 123_456_789).unwrap(), process: 7, thread: "worker" };
        let mut line = String::new();
        pattern.write(record, &moment, &mut line);
        line
    }

    fn text(format: &str) -> Pattern {
        Pattern::Text(TextPattern::parse(format, None).unwrap())
    }

    #[test]
    fn the_default_line_is_that_of_upstream() {
        let record = Record { line: 12, ..Record::new(Level::INFO, "crm.get", "hello") };
        let written = line(&text(DEFAULT_FORMAT), &record);
        let (time, rest) = written.split_once(" - ").unwrap();
        assert_eq!(rest, "INFO - 7:worker - crm.get:12 - hello\n");
        assert_eq!(time.len(), "2023-11-14 22:13:20,123".len());
        assert!(time.ends_with(":20,123"));
    }

    #[test]
    fn the_cid_is_on_every_line_that_has_one_and_never_twice() {
        let pattern = text("%(message)s");
        let record = Record { cid: Some("abc"), ..Record::new(Level::ERROR, "", "failed\n  File x\n    y") };
        assert_eq!(line(&pattern, &record), "failed cid=abc\n  File x\n    y\n");
        let record = Record { message: "REST cha; cid=abc; x", ..record };
        assert_eq!(line(&pattern, &record), "REST cha; cid=abc; x\n");
        assert_eq!(line(&text("%(cid)s %(message)s"), &Record { message: "m", ..record }), "abc m\n");
    }

    #[test]
    fn fields_follow_the_message_and_secrets_do_not() {
        let fields =
            [("path", "/a b".to_owned()), ("status", "200".to_owned()), ("password", "hunter2".to_owned())];
        let record = Record { fields: &fields, ..Record::new(Level::INFO, "zato", "token=abc done") };
        assert_eq!(
            line(&text("%(message)s"), &record),
            "token=****** done path=\"/a b\" status=200 password=******\n"
        );
        let json: serde_json::Value = serde_json::from_str(&line(&Pattern::Json, &record)).unwrap();
        assert_eq!(json["password"], "******");
        assert_eq!(json["message"], "token=****** done");
        assert_eq!(json["timestamp"], "2023-11-14T22:13:20.123456Z");
        assert_eq!(
            (&json["level"], &json["pid"], &json["logger"]),
            (&"INFO".into(), &7.into(), &"zato".into())
        );
    }

    #[test]
    fn widths_are_kept() {
        let record = Record::new(Level::INFO, "z", "m");
        assert_eq!(line(&text("[%(levelname)-8s|%(name)3s|100%%]"), &record), "[INFO    |  z|100%]\n");
    }

    #[test]
    fn unknown_attributes_are_named() {
        assert_eq!(TextPattern::parse("%(nope)s", None), Err("unknown attribute `nope`".to_owned()));
        assert!(TextPattern::parse("50% off", None).is_err());
        assert!(TextPattern::parse("%(message)", None).is_err());
    }
}
