//! What is in a file: stanzas, keys, and values with references resolved and types converted.

use serde_json::{Map, Number, Value};
use zato_core::Problem;

use crate::config::Environment;
use crate::config::ini::{self, Entry, Stanza};
use crate::config::reader::{SECRET_SCHEME, is_variable_name};
use crate::config::secrets::SecretsFile;

/// What values may refer to, and how they are read.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    /// Variables that `$NAME` stands for; none where references are not resolved (2.0-3.1).
    pub(super) environment: Option<&'a Environment>,
    /// Values that `zato+secret://NAME` stands for.
    pub(super) secrets: &'a SecretsFile,
    /// Whether numbers and flags are converted (3.2 and later).
    pub(super) is_typed: bool,
}

/// A file that was understood, or what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// Stanzas and keys.
    pub(super) tree: Map<String, Value>,
    /// Why the file cannot be used.
    pub(super) problems: Vec<Problem>,
    /// What is odd about it.
    pub(super) warnings: Vec<Problem>,
}

impl Reading<'_> {
    /// Reads the text of a file; problems name it by `label`.
    pub(super) fn read(&self, text: &str, label: &str) -> Content {
        let (file, problems) = ini::parse(text);
        let mut content =
            Content { problems: problems.into_iter().map(unquoted).collect(), ..Content::default() };
        content.tree = self.stanza(&file, &mut content.problems, &mut content.warnings);
        for problem in content.problems.iter_mut().chain(&mut content.warnings) {
            problem.file = Some(label.to_owned());
        }
        content
    }

    fn stanza(
        &self,
        stanza: &Stanza,
        problems: &mut Vec<Problem>,
        warnings: &mut Vec<Problem>,
    ) -> Map<String, Value> {
        let mut tree = Map::new();
        for entry in &stanza.entries {
            let value = match &entry.value {
                ini::Value::Text(text) => {
                    self.text(text, entry, problems, warnings).map(|text| self.typed(text))
                }
                ini::Value::List(items) => items
                    .iter()
                    .map(|item| self.text(item, entry, problems, warnings).map(Value::String))
                    .collect::<Option<Vec<_>>>()
                    .map(Value::Array),
            };
            tree.extend(value.map(|value| (entry.key.clone(), value)));
        }
        for nested in &stanza.stanzas {
            let content = self.stanza(nested, problems, warnings);
            if tree.insert(nested.name.clone(), Value::Object(content)).is_some() {
                let message = format!("`{}` is the name of a key as well as of a stanza", nested.name);
                problems.push(Problem::new(message).line(nested.line).hint("rename one of them"));
            }
        }
        tree
    }

    /// Resolves references (reference operations 4).
    fn text(
        &self,
        text: &str,
        entry: &Entry,
        problems: &mut Vec<Problem>,
        warnings: &mut Vec<Problem>,
    ) -> Option<String> {
        if let Some(name) = text.strip_prefix(SECRET_SCHEME) {
            if let Some(secret) = self.secrets.get(name) {
                return Some(secret.expose().to_owned());
            }
            let problem = Problem::new(format!("secrets.conf has no value called `{name}`")).line(entry.line);
            problems
                .push(problem.field(&*entry.key).hint("add it to secrets.conf and start the server again"));
            return None;
        }
        if let Some(environment) = self.environment
            && let Some(name) = variable(text)
        {
            if let Some(value) = environment.get(name) {
                return Some(value.to_owned());
            }
            // What merely looks like a reference, a password for instance, is text.
            if text.starts_with("${") || name.chars().all(|letter| !letter.is_ascii_lowercase()) {
                let message = format!("the environment variable `{name}` is not set");
                let warning = Problem::new(message).line(entry.line).field(&*entry.key);
                warnings.push(warning.hint("the text is taken as it is; set the variable if it is meant"));
            }
        }
        Some(text.to_owned())
    }

    /// Converts numbers and flags; only `True` and `False` are flags, with a capital letter (observed with 3.2).
    fn typed(&self, text: String) -> Value {
        if !self.is_typed {
            return Value::String(text);
        }
        match text.as_str() {
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            _ => number(&text).map_or(Value::String(text), Value::Number),
        }
    }
}

/// The name of the variable that a text stands for: `$NAME`, `${NAME}` or `Zato_NAME`.
fn variable(text: &str) -> Option<&str> {
    let name = match text.strip_prefix('$') {
        Some(rest) => rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(rest),
        None => Some(text).filter(|text| text.starts_with("Zato_"))?,
    };
    is_variable_name(name).then_some(name)
}

/// Reads a number as Python writes it. Digits after a zero, as in telephone numbers, are text.
fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    match fraction {
        None => text.parse::<i64>().ok().map(Number::from),
        Some(fraction) if are_digits(fraction) => text.parse().ok().and_then(Number::from_f64),
        Some(_) => None,
    }
}

/// A problem that repeats nothing of a line that could not be understood, as it may be part of a secret.
fn unquoted(problem: Problem) -> Problem {
    let message = match problem.message.split_once("` is neither a stanza nor") {
        Some((_, rest)) => format!("the line is neither a stanza nor{rest}"),
        None => problem.message,
    };
    Problem { message, ..problem }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str, is_typed: bool) -> Content {
        let environment =
            [("HOME_DIR", "/home/a"), ("Zato_Port", "17"), ("port", "18")].into_iter().collect();
        let secrets = SecretsFile::default();
        let environment = is_typed.then_some(&environment);
        Reading { environment, secrets: &secrets, is_typed }.read(text, "app.ini")
    }

    #[test]
    fn values_are_converted_and_references_resolved() {
        let content = read(
            "top = 1\n[a]\nn = 30\nnegative = -5\nf = 1.50\nyes = True\nno = False\nlower = true\nphone = 0049\n\
             big = 99999999999999999999\nversion = 1.2.3\nempty =\nlist = a, 2, True\none = x,\nhome = $HOME_DIR\n\
             braces = ${HOME_DIR}\nport = Zato_Port\nlower_port = $port\npassword = $ecret\nmissing = $NOT_SET\n\
             quoted = \"a, b # c\"\n[[b]]\n[[[c]]]\nk = '''x\ny'''\n",
            true,
        );
        assert!(content.problems.is_empty(), "{:?}", content.problems);
        let expected = json!({"top": 1, "a": {
            "n": 30, "negative": -5, "f": 1.5, "yes": true, "no": false, "lower": "true", "phone": "0049",
            "big": "99999999999999999999", "version": "1.2.3", "empty": "", "list": ["a", "2", "True"], "one": ["x"],
            "home": "/home/a", "braces": "/home/a", "port": 17, "lower_port": 18, "password": "$ecret",
            "missing": "$NOT_SET", "quoted": "a, b # c", "b": {"c": {"k": "x\ny"}},
        }});
        assert_eq!(Value::Object(content.tree), expected);
        let [warning] = content.warnings.as_slice() else { panic!("{:?}", content.warnings) };
        assert_eq!((warning.line, warning.file.as_deref()), (Some(20), Some("app.ini")));
    }

    #[test]
    fn old_profiles_know_text_and_lists_only() {
        let content = read("[a]\nn = 30\nyes = True\nlist = 1, 2\nhome = $HOME_DIR\n", false);
        let expected = json!({"a": {"n": "30", "yes": "True", "list": ["1", "2"], "home": "$HOME_DIR"}});
        assert_eq!(Value::Object(content.tree), expected);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_without_what_may_be_secret() {
        let content = read("[a]\nhunter2 is my password\nkey = zato+secret://none\n[b\nx=1\nx=2\n", true);
        let lines: Vec<_> = content.problems.iter().filter_map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 4, 6, 3]);
        let all: Vec<_> = content.problems.iter().map(ToString::to_string).collect();
        assert!(all.iter().all(|text| text.contains("app.ini") && !text.contains("hunter2")), "{all:?}");
    }
}
