//! Typed reading of INI files: references resolved, everything wrong collected, every key accounted for.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use zato_core::Problem;
use zato_schema::suggest;

use super::ini::{Entry, Stanza};
use super::secrets::SecretsFile;
use super::{Environment, ServerPaths};

/// Beginning of values that stand for one in secrets.conf.
pub(crate) const SECRET_SCHEME: &str = "zato+secret://";

/// Keys of a file that are known although nothing asks for them.
pub(super) type KnownKeys = &'static [(&'static str, &'static [&'static str])];

/// Reads one file.
pub(super) struct Reader<'a> {
    file: &'a Stanza,
    /// Name of the file in problems.
    label: &'static str,
    pub(super) paths: &'a ServerPaths,
    environment: &'a Environment,
    secrets: &'a SecretsFile,
    asked: BTreeSet<(&'static str, String)>,
    open: BTreeSet<&'static str>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
}

/// A value that was found, and where.
#[derive(Debug, Clone)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) line: u64,
    stanza: &'static str,
    key: String,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        file: &'a Stanza,
        label: &'static str,
        paths: &'a ServerPaths,
        environment: &'a Environment,
        secrets: &'a SecretsFile,
    ) -> Self {
        Self {
            file,
            label,
            paths,
            environment,
            secrets,
            asked: BTreeSet::new(),
            open: BTreeSet::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Returns the entries of a stanza whose keys are the user's own.
    pub(super) fn open_stanza(&mut self, stanza: &'static str) -> &'a [Entry] {
        self.open.insert(stanza);
        self.file.stanza(stanza).map(|found| found.entries.as_slice()).unwrap_or_default()
    }

    /// Returns a value as text with references resolved; an empty text counts as absent.
    pub(super) fn text(&mut self, stanza: &'static str, key: &str) -> Option<Found<String>> {
        let entry = self.entry(stanza, key)?;
        let found = Found { value: entry.text(), line: entry.line, stanza, key: key.to_owned() };
        self.resolve(found).filter(|found| !found.value.trim().is_empty())
    }

    /// Returns a value as it was written, without resolving anything; may be empty.
    pub(super) fn entry(&mut self, stanza: &'static str, key: &str) -> Option<&'a Entry> {
        self.asked.insert((stanza, key.to_owned()));
        self.file.stanza(stanza)?.get(key)
    }

    /// Returns the first of several spellings of a setting; others given as well are warned about.
    pub(super) fn first_of(&mut self, spellings: &[(&'static str, &str)]) -> Option<Found<String>> {
        let mut chosen: Option<Found<String>> = None;
        for (stanza, key) in spellings {
            let Some(found) = self.text(stanza, key) else { continue };
            match &chosen {
                None => chosen = Some(found),
                Some(first) if first.value.trim() != found.value.trim() => {
                    let message =
                        format!("it is ignored because `[{}] {}` is given", first.stanza, first.key);
                    let warning = self.problem(&found, message).hint("remove it");
                    self.warnings.push(warning);
                }
                Some(_) => {}
            }
        }
        chosen
    }

    /// Returns a list of texts; empty items are left out. An empty list is a value.
    pub(super) fn list(&mut self, stanza: &'static str, key: &str) -> Option<Found<Vec<String>>> {
        let entry = self.entry(stanza, key)?;
        let items = entry.items();
        let mut value = Vec::new();
        for item in items {
            let found = Found { value: item, line: entry.line, stanza, key: key.to_owned() };
            value.extend(
                self.resolve(found)
                    .map(|found| found.value.trim().to_owned())
                    .filter(|item| !item.is_empty()),
            );
        }
        Some(Found { value, line: entry.line, stanza, key: key.to_owned() })
    }

    /// Returns a flag.
    pub(super) fn boolean(&mut self, stanza: &'static str, key: &str, default: bool) -> bool {
        let Some(found) = self.text(stanza, key) else { return default };
        boolean(&found.value).unwrap_or_else(|| {
            self.refuse(&found, "true or false");
            default
        })
    }

    /// Returns a whole number from `least` to `most`.
    pub(super) fn number(&mut self, stanza: &'static str, key: &str, default: u64, range: (u64, u64)) -> u64 {
        let Some(found) = self.text(stanza, key) else { return default };
        match found.value.trim().replace('_', "").parse() {
            Ok(number) if (range.0..=range.1).contains(&number) => number,
            _ => {
                self.refuse(&found, &format!("a whole number from {} to {}", range.0, range.1));
                default
            }
        }
    }

    /// Returns a time; a number without unit is in seconds.
    pub(super) fn duration(&mut self, stanza: &'static str, key: &str, default: Duration) -> Duration {
        match self.text(stanza, key) {
            Some(found) => self.duration_of(&found).unwrap_or(default),
            None => default,
        }
    }

    /// Understands a time, or reports it.
    pub(super) fn duration_of(&mut self, found: &Found<String>) -> Option<Duration> {
        let parsed = duration(&found.value);
        if parsed.is_none() {
            self.refuse(found, "a time such as 30, 1.5, 500ms, 10s, 5m or 1h; a number alone is in seconds");
        }
        parsed
    }

    /// Returns a size in bytes; a number without unit is multiplied by `unit`.
    pub(super) fn size(&mut self, stanza: &'static str, key: &str, default: u64, unit: u64) -> u64 {
        let Some(found) = self.text(stanza, key) else { return default };
        size(&found.value, unit).unwrap_or_else(|| {
            let alone = if unit == 1 { "bytes" } else { "kB" };
            self.refuse(&found, &format!("a size such as 500kB, 10MB or 1GiB; a number alone is in {alone}"));
            default
        })
    }

    /// Returns a value of a type that knows how to read itself.
    pub(super) fn parsed<T: FromStr>(
        &mut self,
        stanza: &'static str,
        key: &str,
        expected: &str,
    ) -> Option<T> {
        let found = self.text(stanza, key)?;
        let parsed = found.value.trim().parse().ok();
        if parsed.is_none() {
            self.refuse(&found, expected);
        }
        parsed
    }

    /// Returns a path, relative ones below `config/repo`.
    pub(super) fn path(&mut self, stanza: &'static str, key: &str) -> Option<PathBuf> {
        self.text(stanza, key).map(|found| self.paths.resolve(found.value.trim()))
    }

    /// Returns the value of an environment variable that has one.
    pub(super) fn variable(&self, name: &str) -> Option<&'a str> {
        self.environment.get(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// Reports a value that is not what it should be.
    pub(super) fn refuse<T>(&mut self, found: &Found<T>, expected: &str) {
        let problem = self.problem(found, "the value cannot be used").hint(format!("give {expected}"));
        self.problems.push(problem);
    }

    /// Reports an environment variable that is not what it should be.
    pub(super) fn refuse_variable(&mut self, name: &str, expected: &str) {
        let problem = Problem::new("the value cannot be used").object("environment").field(name);
        self.problems.push(problem.hint(format!("give {expected}")));
    }

    /// Makes a problem about a value.
    pub(super) fn problem<T>(&self, found: &Found<T>, message: impl Into<String>) -> Problem {
        Problem::new(message)
            .file(self.label)
            .line(found.line)
            .object(format!("[{}]", found.stanza))
            .field(&*found.key)
    }

    /// Makes a problem about an entry of an open stanza.
    pub(super) fn entry_problem(&self, stanza: &str, entry: &Entry, message: impl Into<String>) -> Problem {
        Problem::new(message)
            .file(self.label)
            .line(entry.line)
            .object(format!("[{stanza}]"))
            .field(&*entry.key)
    }

    /// Resolves `zato+secret://NAME`, `$NAME` and `Zato_NAME` in a text of an open stanza.
    pub(super) fn resolved(&mut self, stanza: &'static str, entry: &Entry) -> Option<String> {
        let found = Found { value: entry.text(), line: entry.line, stanza, key: entry.key.clone() };
        self.resolve(found).map(|found| found.value)
    }

    fn resolve(&mut self, found: Found<String>) -> Option<Found<String>> {
        let text = found.value.trim();
        if let Some(name) = text.strip_prefix(SECRET_SCHEME) {
            let Some(secret) = self.secrets.get(name) else {
                let problem = self.problem(&found, format!("secrets.conf has no value called `{name}`"));
                self.problems.push(problem.hint("add it to secrets.conf or write the value here"));
                return None;
            };
            return Some(Found { value: secret.expose().to_owned(), ..found });
        }
        let name = text.strip_prefix('$').filter(|name| is_variable_name(name));
        if let Some(name) = name {
            let Some(value) = self.environment.get(name) else {
                let problem = self.problem(&found, format!("the environment variable `{name}` is not set"));
                self.problems.push(problem.hint("set it, or write the value here"));
                return None;
            };
            return Some(Found { value: value.to_owned(), ..found });
        }
        if text.starts_with("Zato_") && is_variable_name(text) {
            match self.environment.get(text) {
                Some(value) => return Some(Found { value: value.to_owned(), ..found }),
                None => {
                    let warning =
                        self.problem(&found, format!("the environment variable `{text}` is not set"));
                    self.warnings
                        .push(warning.hint("the text is taken as it is; set the variable if it is meant"));
                }
            }
        }
        Some(found)
    }

    /// Warns of stanzas and keys that nobody knows, and in one notice of those that have no effect. Gives problems
    /// and warnings.
    pub(super) fn finish(mut self, known: KnownKeys) -> (Vec<Problem>, Vec<Problem>) {
        let mut without_effect = Vec::new();
        let is_asked = |stanza: &str, key: &str| self.asked.iter().any(|(s, k)| *s == stanza && k == key);
        let known_keys = |stanza: &str| known.iter().find(|(name, _)| *name == stanza).map(|(_, keys)| *keys);
        let stanzas = || {
            let asked = self.asked.iter().map(|(stanza, _)| *stanza);
            asked.chain(self.open.iter().copied()).chain(known.iter().map(|(name, _)| *name))
        };
        let mut warnings = Vec::new();
        for entry in &self.file.entries {
            let problem =
                Problem::new("the key stands above the first stanza").file(self.label).line(entry.line);
            warnings.push(problem.field(&*entry.key).hint("it is ignored; put it below a `[stanza]`"));
        }
        for stanza in &self.file.stanzas {
            let name = stanza.name.as_str();
            if self.open.contains(name) {
                continue;
            }
            if !stanzas().any(|known| known == name) {
                let problem =
                    Problem::new(format!("unknown stanza `[{name}]`")).file(self.label).line(stanza.line);
                warnings.push(problem.hint(match suggest::closest(name, stanzas()) {
                    Some(meant) => format!("did you mean `[{meant}]`? It is ignored"),
                    None => "it is ignored".to_owned(),
                }));
                continue;
            }
            for entry in &stanza.entries {
                if is_asked(name, &entry.key) {
                    continue;
                }
                let keys = known_keys(name).unwrap_or_default();
                if keys.contains(&entry.key.as_str()) || keys == ["*"] {
                    without_effect.push(format!("[{name}] {}", entry.key));
                    continue;
                }
                let candidates =
                    self.asked.iter().filter(|(other, _)| *other == name).map(|(_, key)| key.as_str());
                let candidates = candidates.chain(keys.iter().copied());
                let elsewhere =
                    self.asked.iter().find(|(_, key)| *key == entry.key).map(|(stanza, _)| stanza);
                let hint = match (suggest::closest(&entry.key, candidates), elsewhere) {
                    (_, Some(stanza)) => format!("it belongs below `[{stanza}]`; here it is ignored"),
                    (Some(meant), None) => format!("did you mean `{meant}`? It is ignored"),
                    (None, None) => "it is ignored".to_owned(),
                };
                warnings.push(self.entry_problem(name, entry, "unknown key").hint(hint));
            }
        }
        if !without_effect.is_empty() {
            let message = format!("these keys are known but have no effect: {}", without_effect.join(", "));
            warnings.push(Problem::new(message).file(self.label).hint("they may stay or be removed"));
        }
        self.warnings.extend(warnings);
        (self.problems, self.warnings)
    }
}

/// Reads a flag as Python's configuration files write it.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// Reads a time of at most a hundred years.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = number_and_unit(text)?;
    let factor = match unit.as_str() {
        "" | "s" | "sec" => 1.0,
        "ms" => 0.001,
        "us" => 0.000_001,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number * factor).ok().filter(|time| time.as_secs() <= 3_153_600_000)
}

/// Reads a size.
fn size(text: &str, unit_alone: u64) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let factor = match unit.as_str() {
        "" => unit_alone,
        "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    let bytes = number * factor as f64;
    (0.0..=1e15).contains(&bytes).then_some(bytes as u64)
}

fn number_and_unit(text: &str) -> Option<(f64, String)> {
    let text = text.trim();
    let end = text
        .find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | '_'))
        .unwrap_or(text.len());
    let number = text[..end].replace('_', "").parse().ok()?;
    Some((number, text[end..].trim().to_ascii_lowercase()))
}

/// Whether a text can be the name of an environment variable.
pub(crate) fn is_variable_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_take_units() {
        assert_eq!(duration("1.5"), Some(Duration::from_millis(1_500)));
        assert_eq!(duration(" 250 ms "), Some(Duration::from_millis(250)));
        assert_eq!(duration("2m"), Some(Duration::from_secs(120)));
        for text in ["", "-1", "1w", "x", "1e400", "999999999999999"] {
            assert_eq!(duration(text), None, "{text}");
        }
        assert_eq!(size("1000", 1_000), Some(1_000_000));
        assert_eq!(size("1 MiB", 1), Some(1_048_576));
        assert_eq!(size("1.5kB", 1), Some(1_500));
        assert_eq!(size("10 TB", 1), None);
    }
}
