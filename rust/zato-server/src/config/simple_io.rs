//! simple-io.conf: which names of SimpleIO elements mean which types (reference operations 4.3).

use std::path::Path;

use zato_core::guest::{NamePatterns, SimpleIoOptions};
use zato_core::{Error, ErrorKind, Problem, Result};
use zato_schema::suggest;

use super::{Loaded, ini, templates};

/// Stanzas that decide about types.
const STANZAS: [&str; 3] = ["bool", "int", "secret"];
/// Stanzas and keys that are known although they decide nothing here.
const KNOWN: [&str; 2] = ["bytes_to_str", "default"];

/// The shipped rules.
#[must_use]
pub fn defaults() -> SimpleIoOptions {
    parse(templates::SIMPLE_IO_CONF).0
}

/// Reads simple-io.conf; a file that does not exist means the shipped one.
///
/// # Errors
/// [`ErrorKind::Invalid`] with every problem, [`ErrorKind::Io`] if it cannot be read.
pub fn read(path: &Path) -> Result<Loaded<SimpleIoOptions>> {
    let text = match ini::read_text(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Loaded { value: defaults(), warnings: vec![] });
        }
        other => other?,
    };
    let (value, problems, warnings) = parse(&text);
    let named = |problem: Problem| problem.file("simple-io.conf");
    if problems.is_empty() {
        return Ok(Loaded { value, warnings: warnings.into_iter().map(named).collect() });
    }
    let problems = problems.into_iter().map(named).collect();
    Err(Error::from_problems(format!("`{}` cannot be used", path.display()), problems))
}

fn parse(text: &str) -> (SimpleIoOptions, Vec<Problem>, Vec<Problem>) {
    let (file, mut problems) = ini::parse(text);
    let mut warnings = Vec::new();
    let mut patterns = |stanza: &str| {
        let mut patterns = NamePatterns::default();
        for entry in file.stanza(stanza).map(|found| found.entries.as_slice()).unwrap_or_default() {
            let list = match entry.key.as_str() {
                "exact" => &mut patterns.exact,
                "prefix" | "prefixes" => &mut patterns.prefixes,
                "suffix" | "suffixes" => &mut patterns.suffixes,
                other => {
                    let problem = Problem::new("unknown key").line(entry.line).object(format!("[{stanza}]"));
                    let hint = suggest::hint(other, ["exact", "prefix", "suffix"]);
                    warnings.push(Problem { hint, ..problem.field(other) });
                    continue;
                }
            };
            list.extend(
                entry.items().into_iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()),
            );
        }
        patterns
    };
    let [boolean, integer, secret] = STANZAS.map(&mut patterns);
    for stanza in &file.stanzas {
        if !STANZAS.iter().chain(&KNOWN).any(|known| *known == stanza.name) {
            let problem = Problem::new(format!("unknown stanza `[{}]`", stanza.name)).line(stanza.line);
            warnings.push(Problem {
                hint: suggest::hint(&stanza.name, STANZAS.into_iter().chain(KNOWN)),
                ..problem
            });
        }
    }
    let response_element = file
        .stanza("default")
        .and_then(|stanza| stanza.get("response_elem"))
        .map_or_else(|| "response".to_owned(), super::ini::Entry::text);
    let skips_empty_input =
        match file.stanza("default").and_then(|stanza| stanza.get("skip_empty_request_keys")) {
            None => false,
            Some(entry) => super::reader::boolean(&entry.text()).unwrap_or_else(|| {
                let message = format!("expected True or False, found `{}`", entry.text());
                let problem = Problem::new(message).line(entry.line).object("[default]");
                problems.push(problem.field("skip_empty_request_keys"));
                false
            }),
        };
    (SimpleIoOptions { boolean, integer, secret, response_element, skips_empty_input }, problems, warnings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rules_are_those_of_upstream() {
        let (rules, problems, warnings) = parse(templates::SIMPLE_IO_CONF);
        assert_eq!((problems, warnings), (vec![], vec![]));
        assert_eq!(rules.boolean.prefixes, ["by_", "has_", "is_", "may_", "needs_", "should_"]);
        assert_eq!(rules.integer.exact, ["id"]);
        assert_eq!(rules.integer.suffixes, ["_count", "_id", "_size", "_size_min", "_size_max", "_timeout"]);
        assert!(rules.secret.exact.contains(&"xApiKey".to_owned()) && rules.secret.exact.len() == 11);
        assert_eq!(rules.response_element, "response");
    }

    #[test]
    fn empty_inputs_may_be_left_out_everywhere() {
        assert!(!defaults().skips_empty_input);
        assert!(parse("[default]\nskip_empty_request_keys=True\n").0.skips_empty_input);
        let (_, problems, _) = parse("[default]\nskip_empty_request_keys=perhaps\n");
        assert_eq!(problems[0].message, "expected True or False, found `perhaps`");
    }

    #[test]
    fn unknown_keys_and_stanzas_are_told_with_their_lines() {
        let (_, problems, warnings) = parse("[int]\nexact=id\nsufix=_x\n[boool]\n");
        assert_eq!(problems, vec![]);
        let found: Vec<_> =
            warnings.iter().map(|warning| (warning.line.unwrap(), warning.hint.clone().unwrap())).collect();
        assert_eq!(found[0], (3, "did you mean `suffix`?".to_owned()));
        assert_eq!(found[1], (4, "did you mean `bool`?".to_owned()));
    }
}
