//! Reads the INI dialect of upstream's configuration files: nested `[[stanzas]]`, quoted and triple-quoted values,
//! lists, comments. Everything that is wrong is reported with its line, never only the first thing.

use std::fs;
use std::path::Path;

use zato_core::{Error, ErrorKind, Problem, Result};

/// Largest file that is read.
const SIZE_LIMIT: u64 = 4 * 1024 * 1024;
/// Deepest nesting of stanzas.
const DEPTH_LIMIT: usize = 8;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Plain text, without the quotes it may have had.
    Text(String),
    /// Several values separated by commas.
    List(Vec<String>),
}

/// `key = value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What is left of `=`, without quotes.
    pub key: String,
    /// One-based line.
    pub line: u64,
    /// What is right of `=` exactly as written, comments included, outer blanks removed; for values that have
    /// a syntax of their own, such as JSON payloads.
    pub raw: String,
    /// The value as this format understands it.
    pub value: Value,
}

impl Entry {
    /// Returns the value as one text; items of a list are joined by `, `.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.value {
            Value::Text(text) => text.clone(),
            Value::List(items) => items.join(", "),
        }
    }

    /// Returns the value as a list; a plain text is a list of one item, an empty text one of none.
    #[must_use]
    pub fn items(&self) -> Vec<String> {
        match &self.value {
            Value::Text(text) if text.trim().is_empty() => Vec::new(),
            Value::Text(text) => vec![text.clone()],
            Value::List(items) => items.clone(),
        }
    }
}

/// A stanza: what stands below `[name]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stanza {
    /// Text between the brackets; empty for the file itself.
    pub name: String,
    /// One-based line of the brackets; 0 for the file itself.
    pub line: u64,
    /// Its entries, in order.
    pub entries: Vec<Entry>,
    /// Its nested stanzas, in order.
    pub stanzas: Vec<Stanza>,
}

impl Stanza {
    /// Returns an entry by its key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Returns a nested stanza by its name.
    #[must_use]
    pub fn stanza(&self, name: &str) -> Option<&Self> {
        self.stanzas.iter().find(|stanza| stanza.name == name)
    }
}

/// Parses a text. What could be understood is given together with what is wrong; keys and stanzas that occur
/// twice are reported and the first one counts.
#[must_use]
pub fn parse(text: &str) -> (Stanza, Vec<Problem>) {
    let mut parser = Parser {
        lines: text.strip_prefix('\u{feff}').unwrap_or(text).lines().collect(),
        position: 0,
        open: vec![Stanza::default()],
        problems: Vec::new(),
    };
    parser.run();
    parser.finish()
}

/// Reads and parses a file. Problems name the file by `label`.
///
/// # Errors
/// [`ErrorKind::NotFound`] or [`ErrorKind::Io`] if it cannot be read, [`ErrorKind::Invalid`] with all problems
/// if it cannot be understood.
pub fn read(path: &Path, label: &str) -> Result<Stanza> {
    let (stanza, problems) = read_all(path, label)?;
    if problems.is_empty() {
        return Ok(stanza);
    }
    Err(Error::from_problems(format!("`{}` cannot be understood", path.display()), problems))
}

/// Reads and parses a file as [`parse`] does, so that values can be judged although some lines cannot be understood.
/// Problems name the file by `label`.
///
/// # Errors
/// As [`read_text`].
pub fn read_all(path: &Path, label: &str) -> Result<(Stanza, Vec<Problem>)> {
    let (stanza, problems) = parse(&read_text(path)?);
    Ok((stanza, problems.into_iter().map(|problem| problem.file(label)).collect()))
}

/// Reads a configuration file as text.
///
/// # Errors
/// [`ErrorKind::NotFound`] if it does not exist, [`ErrorKind::Io`] if it cannot be read, [`ErrorKind::Invalid`] if it is no
/// regular file, too large or not UTF-8, naming the line.
pub fn read_text(path: &Path) -> Result<String> {
    let failed = |error: std::io::Error| {
        let kind =
            if error.kind() == std::io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Io };
        Error::new(kind, format!("could not read `{}`", path.display())).source(error)
    };
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        // Reading others may wait for ever, as pipes do, or never end.
        let message = format!("`{}` is not a regular file", path.display());
        return Err(Error::new(ErrorKind::Invalid, message).hint("configuration is read from regular files"));
    }
    let size = metadata.len();
    if size > SIZE_LIMIT {
        return Err(Error::new(
            ErrorKind::Invalid,
            format!("`{}` is {size} bytes long, configuration files may have {SIZE_LIMIT}", path.display()),
        ));
    }
    let bytes = fs::read(path).map_err(failed)?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        let problem = Problem::new("the file is not UTF-8 text")
            .file(path.display().to_string())
            .line(line)
            .hint("save it as UTF-8");
        Error::from_problems(format!("could not read `{}`", path.display()), vec![problem])
    })
}

struct Parser<'a> {
    lines: Vec<&'a str>,
    position: usize,
    /// The file, then the stanzas that are open, outermost first.
    open: Vec<Stanza>,
    problems: Vec<Problem>,
}

impl Parser<'_> {
    fn run(&mut self) {
        while let Some(line) = self.lines.get(self.position) {
            let number = self.position as u64 + 1;
            self.position += 1;
            let line = line.trim();
            match line.chars().next() {
                None | Some('#' | ';') => {}
                Some('[') => self.stanza(line, number),
                Some(_) => self.entry(line, number),
            }
        }
    }

    fn finish(mut self) -> (Stanza, Vec<Problem>) {
        self.close_to(1);
        (self.open.pop().unwrap_or_default(), self.problems)
    }

    /// Files stanzas away until only `depth` are open.
    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth.max(1) {
            if let (Some(done), Some(parent)) = (self.open.pop(), self.open.last_mut()) {
                parent.stanzas.push(done);
            }
        }
    }

    fn stanza(&mut self, line: &str, number: u64) {
        let depth = line.bytes().take_while(|byte| *byte == b'[').count();
        let body = &line[depth..];
        let closing = "]".repeat(depth);
        let Some((name, rest)) = body.split_once(&closing) else {
            let hint = format!("close it with {depth} bracket{}", if depth == 1 { "" } else { "s" });
            self.problems.push(Problem::new("the stanza header is not closed").line(number).hint(hint));
            return;
        };
        let rest = rest.trim();
        if !rest.is_empty() && !rest.starts_with(['#', ';']) {
            let message = format!("unexpected `{rest}` after the stanza header");
            self.problems.push(Problem::new(message).line(number).hint("put it on a line of its own"));
        }
        if depth > DEPTH_LIMIT || depth > self.open.len() {
            let message = format!("stanza `{}` is nested {depth} deep without a parent", name.trim());
            let hint = format!("use at most {} brackets here", self.open.len().min(DEPTH_LIMIT));
            self.problems.push(Problem::new(message).line(number).hint(hint));
            return;
        }
        self.close_to(depth);
        let name = unquoted(name.trim()).to_owned();
        let first = self.open.last().and_then(|parent| parent.stanza(&name)).map(|stanza| stanza.line);
        if let Some(first) = first {
            let message = format!("stanza `{name}` was already given on line {first}");
            self.problems.push(Problem::new(message).line(number).field(&*name).hint("merge both"));
        }
        self.open.push(Stanza { name, line: number, ..Stanza::default() });
    }

    fn entry(&mut self, line: &str, number: u64) {
        let Some((key, raw)) = split_key(line) else {
            let problem = Problem::new(format!("`{}` is neither a stanza nor `key=value`", shortened(line)));
            self.problems.push(
                problem.line(number).hint("write key=value, or start the line with # to comment it out"),
            );
            return;
        };
        let raw = raw.trim();
        let parsed = match ["\"\"\"", "'''"].into_iter().find(|quotes| raw.starts_with(quotes)) {
            Some(quotes) => self.multi_line(&raw[3..], quotes),
            None => value(raw).map(|value| (value, raw.to_owned())),
        };
        let (value, raw) = match parsed {
            Ok(parsed) => parsed,
            Err(message) => {
                let hint = "put the whole value in quotes";
                self.problems.push(Problem::new(message).line(number).field(key).hint(hint));
                return;
            }
        };
        let Some(stanza) = self.open.last_mut() else { return };
        if let Some(first) = stanza.get(key) {
            let message = format!("`{key}` was already given on line {}", first.line);
            self.problems.push(Problem::new(message).line(number).field(key).hint("keep one of them"));
            return;
        }
        stanza.entries.push(Entry { key: key.to_owned(), line: number, raw, value });
    }

    /// Reads on until the closing quotes; `start` is what follows the opening ones.
    fn multi_line(&mut self, start: &str, quotes: &str) -> Result<(Value, String), &'static str> {
        let mut text = String::new();
        let mut line = start;
        let mut position = self.position;
        loop {
            if let Some((last, rest)) = line.split_once(quotes) {
                if !is_blank_or_comment(rest) {
                    return Err("there is something after the closing triple quotes");
                }
                text.push_str(last);
                self.position = position;
                return Ok((Value::Text(text.clone()), text));
            }
            text.push_str(line);
            text.push('\n');
            line = self.lines.get(position).ok_or("the triple quotes are never closed")?;
            position += 1;
        }
    }
}

/// Splits a line at the `=` that ends the key; a quoted key may contain others.
fn split_key(line: &str) -> Option<(&str, &str)> {
    let quote = line.chars().next().filter(|first| matches!(first, '"' | '\''));
    if let Some(quote) = quote
        && let Some((key, rest)) = line[1..].split_once(quote)
    {
        return Some((key, rest.trim_start().strip_prefix('=')?));
    }
    let (key, raw) = line.split_once('=')?;
    let key = key.trim();
    (!key.is_empty()).then_some((key, raw))
}

/// Understands what is right of `=`, on one line.
fn value(raw: &str) -> Result<Value, &'static str> {
    let mut items = Vec::new();
    let mut rest = raw.trim_start();
    let mut has_comma = false;
    loop {
        if is_blank_or_comment(rest) {
            break;
        }
        let item;
        if let Some(quote) = rest.chars().next().filter(|first| matches!(first, '"' | '\'')) {
            let (inside, after) = rest[1..].split_once(quote).ok_or("the quotes are never closed")?;
            item = inside.to_owned();
            rest = after.trim_start();
            if !is_blank_or_comment(rest) && !rest.starts_with(',') {
                return Err("there is something after the closing quotes");
            }
        } else {
            let end = rest.find(',').unwrap_or(rest.len()).min(comment_start(rest));
            item = rest[..end].trim_end().to_owned();
            rest = &rest[end..];
        }
        items.push(item);
        match rest.strip_prefix(',') {
            Some(after) => {
                has_comma = true;
                rest = after.trim_start();
            }
            None => break,
        }
    }
    if has_comma {
        items.retain(|item| !item.is_empty());
        return Ok(Value::List(items));
    }
    Ok(Value::Text(items.pop().unwrap_or_default()))
}

/// Where a comment starts: at a `#` with a blank before it. A `#` inside a word, as in a password or URL, is text.
fn comment_start(text: &str) -> usize {
    let mut after_blank = true;
    for (index, character) in text.char_indices() {
        if character == '#' && after_blank {
            return index;
        }
        after_blank = character.is_whitespace();
    }
    text.len()
}

fn is_blank_or_comment(text: &str) -> bool {
    let text = text.trim_start();
    text.is_empty() || text.starts_with('#')
}

fn unquoted(text: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(text)
}

/// The beginning of a line; never what may be a secret right of `=`.
fn shortened(line: &str) -> &str {
    let end = line.char_indices().nth(40).map_or(line.len(), |(index, _)| index);
    &line[..end]
}

#[cfg(test)]
#[path = "ini_tests.rs"]
mod tests;
