//! JSON with positions. `serde_json` tells positions of errors only, never of values.

use serde_json::Number;
use zato_core::Problem;

use super::{Budget, Data, Limits, MapBuilder, Node, Outcome, Pair, Scalar};

/// Parses a JSON document.
pub(super) fn parse(text: &str, limits: Limits) -> (Option<Node>, Vec<Problem>) {
    let mut reader = Reader {
        text,
        position: 0,
        line: 1,
        line_start: 0,
        budget: Budget::new(limits),
        problems: Vec::new(),
    };
    let outcome = reader.value(1).and_then(|node| {
        reader.blanks();
        match reader.peek() {
            None => Ok(node),
            Some(other) => Err(reader.wrong(format!("unexpected `{other}` after the end of the document"))),
        }
    });
    match outcome {
        Ok(node) => (Some(node), reader.problems),
        Err(problem) => {
            reader.problems.push(*problem);
            (None, reader.problems)
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    position: usize,
    line: u64,
    line_start: usize,
    budget: Budget,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Outcome<Node> {
        self.blanks();
        let (line, column) = (self.line, self.column());
        self.budget.descend(depth, line)?;
        self.budget.spend(1, 0, line)?;
        let data = match self.peek() {
            Some('{') => self.map(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => Data::Scalar(Scalar::quoted(self.string()?)),
            Some('-' | '0'..='9') => Data::Scalar(self.number()?),
            Some(first) if first.is_ascii_alphabetic() => Data::Scalar(self.word()?),
            Some(other) => return Err(self.wrong(format!("expected a value, found `{other}`"))),
            None => return Err(self.wrong("the document ends where a value should be")),
        };
        Ok(Node { line, column, data })
    }

    fn map(&mut self, depth: usize) -> Outcome<Data> {
        self.bump();
        let mut map = MapBuilder::default();
        self.blanks();
        if self.take('}') {
            return Ok(Data::Map(map.pairs));
        }
        loop {
            self.blanks();
            let line = self.line;
            if self.peek() != Some('"') {
                return Err(self.wrong("expected a name in double quotes"));
            }
            let key = self.string()?;
            self.blanks();
            if !self.take(':') {
                return Err(self.wrong(format!("expected `:` after `{key}`")));
            }
            let value = self.value(depth + 1)?;
            map.insert(Pair { key, line, value }, &mut self.problems);
            self.blanks();
            if self.take('}') {
                return Ok(Data::Map(map.pairs));
            }
            if !self.take(',') {
                return Err(self.wrong("expected `,` or `}`"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Outcome<Data> {
        self.bump();
        let mut items = Vec::new();
        self.blanks();
        if self.take(']') {
            return Ok(Data::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.take(']') {
                return Ok(Data::List(items));
            }
            if !self.take(',') {
                return Err(self.wrong("expected `,` or `]`"));
            }
        }
    }

    /// Finds the end of a string and lets `serde_json` decode it, escapes and surrogate pairs included.
    fn string(&mut self) -> Outcome<String> {
        let start = self.position;
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        loop {
            match bytes.get(end) {
                None | Some(b'\n') => return Err(self.wrong("the string is never closed")),
                Some(b'\\') => end += 2,
                Some(b'"') => break,
                Some(_) => end += 1,
            }
        }
        let raw = self.text.get(start..=end).ok_or_else(|| self.wrong("the string is never closed"))?;
        let text: String =
            serde_json::from_str(raw).map_err(|_| self.wrong("the string has an escape that is not JSON"))?;
        self.position = end + 1;
        self.budget.spend(0, text.len(), self.line)?;
        Ok(text)
    }

    fn number(&mut self) -> Outcome<Scalar> {
        let rest = &self.text[self.position..];
        let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        let raw = &rest[..rest.bytes().take_while(is_part).count()];
        let number: Number =
            serde_json::from_str(raw).map_err(|_| self.wrong(format!("`{raw}` is not a number")))?;
        self.position += raw.len();
        Ok(Scalar::number(raw, number))
    }

    fn word(&mut self) -> Outcome<Scalar> {
        let rest = &self.text[self.position..];
        let word = &rest[..rest.bytes().take_while(u8::is_ascii_alphanumeric).count()];
        if !matches!(word, "true" | "false" | "null") {
            let problem = *self.wrong(format!("`{word}` is not a JSON value"));
            return Err(problem.hint("put text in double quotes").into());
        }
        self.position += word.len();
        Ok(Scalar::plain(word))
    }

    fn blanks(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.text.as_bytes().get(self.position) {
            self.position += 1;
            if *byte == b'\n' {
                self.line += 1;
                self.line_start = self.position;
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.position..)?.chars().next()
    }

    fn bump(&mut self) {
        self.position += self.peek().map_or(0, char::len_utf8);
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        if is_there {
            self.bump();
        }
        is_there
    }

    fn column(&self) -> u64 {
        self.text.get(self.line_start..self.position).map_or(0, |before| before.chars().count()) as u64 + 1
    }

    fn wrong(&self, message: impl Into<String>) -> Box<Problem> {
        let message = format!("invalid JSON: {} (column {})", message.into(), self.column());
        Problem::new(message).line(self.line).into()
    }
}
