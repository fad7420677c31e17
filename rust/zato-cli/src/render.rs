//! Data as text, JSON or YAML.

use clap::{Args, ValueEnum};
use serde_json::Value;

/// How data is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for people.
    Text,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Options of commands that show data.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct FormatOptions {
    /// How to show it
    #[arg(long, value_enum, default_value = "text", ignore_case = true)]
    pub(crate) format: Format,
}

/// Writes a document; `text` is called for the form for people.
pub(crate) fn document(value: &Value, format: Format, text: impl FnOnce() -> String) -> String {
    match format {
        Format::Text => text(),
        Format::Json => format!("{value:#}"),
        Format::Yaml => yaml(value),
    }
}

/// Writes rows under their headings, columns as wide as they need to be, the last one not padded.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([headings[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.chars().count())))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(&mut headings.iter().copied())];
    let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    lines.push(line(&mut rules.iter().map(String::as_str)));
    lines.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    lines.join("\n")
}

/// Writes keys and values in two columns of at most the given widths; longer ones continue on the next line, words and
/// names in paths as a whole.
pub(crate) fn key_values(pairs: &[(String, String)], widths: (usize, usize)) -> String {
    let mut lines = Vec::new();
    for (key, value) in pairs {
        let (mut keys, mut values) = (wrap(key, widths.0), wrap(value, widths.1));
        let height = keys.len().max(values.len());
        keys.resize(height, String::new());
        values.resize(height, String::new());
        for (key, value) in keys.iter().zip(&values) {
            lines.push(format!("{key:<width$}  {value}", width = widths.0).trim_end().to_owned());
        }
    }
    lines.join("\n")
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let letters: Vec<char> = line.chars().collect();
        let mut rest = letters.as_slice();
        while rest.len() > width.max(1) {
            let (taken, left) = rest.split_at(break_at(rest, width.max(1)));
            lines.push(taken.iter().collect::<String>().trim_end().to_owned());
            rest = left;
        }
        lines.push(rest.iter().collect());
    }
    if lines.is_empty() { vec![String::new()] } else { lines }
}

/// Where to break a line that has more than `width` letters: behind a space, else behind a slash, else behind what words
/// are joined with, and anywhere in a word that is wider than the column.
fn break_at(letters: &[char], width: usize) -> usize {
    // A space that would be the first letter of the next line stays on this one, where it is not seen.
    let behind = |is_end: fn(char) -> bool, limit: usize| {
        letters[..limit].iter().rposition(|letter| is_end(*letter)).map(|at| at + 1)
    };
    let indent = letters.iter().take_while(|letter| **letter == ' ').count();
    behind(|letter| letter == ' ', width + 1)
        .filter(|end| *end > indent)
        .or_else(|| behind(|letter| letter == '/', width).filter(|end| *end > indent + 1))
        .or_else(|| behind(|letter| matches!(letter, '-' | '_' | ',' | ';'), width))
        .unwrap_or(width)
}

fn yaml(value: &Value) -> String {
    let mut text = String::new();
    write_yaml(value, 0, &mut text);
    text.trim_end().to_owned()
}

/// Block style for what holds something; scalars are written as JSON, which YAML includes.
fn write_yaml(value: &Value, indent: usize, text: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                text.push_str(&format!("{pad}{}:", yaml_key(key)));
                write_below(value, indent + 2, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                text.push_str(&format!("{pad}-"));
                write_below(item, indent + 2, text);
            }
        }
        scalar => text.push_str(&format!("{pad}{scalar}\n")),
    }
}

fn write_below(value: &Value, indent: usize, text: &mut String) {
    let is_block = match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        text.push('\n');
        write_yaml(value, indent, text);
    } else {
        text.push_str(&format!(" {value}\n"));
    }
}

fn yaml_key(key: &str) -> String {
    let is_plain = key.starts_with(|first: char| first.is_ascii_alphabetic())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        && !matches!(
            key.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if is_plain { key.to_owned() } else { Value::from(key).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_nests_and_quotes() {
        let value = json!({"a": 1, "b": [{"c": "x: y", "d": []}, "no"], "yes": null, "e": {}});
        let expected = "a: 1\nb:\n  -\n    c: \"x: y\"\n    d: []\n  - \"no\"\n\"yes\": null\ne: {}";
        assert_eq!(document(&value, Format::Yaml, String::new), expected);
    }

    #[test]
    fn tables_fit_their_widest_cell() {
        let text = table(&["name", "unit"], &[vec!["crm.get-client".into(), "crm.py".into()]]);
        assert_eq!(text, "name            unit\n--------------  ------\ncrm.get-client  crm.py");
    }

    #[test]
    fn long_values_continue_on_the_next_line() {
        let pairs = [("key".to_owned(), "0123456789".to_owned())];
        assert_eq!(key_values(&pairs, (4, 6)), "key   012345\n      6789");
    }

    #[test]
    fn lines_are_broken_between_words_and_behind_slashes() {
        let broken = |text: &str, width| wrap(text, width);
        assert_eq!(broken("crm.get (a/b.py:3)", 12), ["crm.get", "(a/b.py:3)"]);
        assert_eq!(broken("seven letters", 5), ["seven", "lette", "rs"]);
        assert_eq!(broken("/opt/environment/server1", 18), ["/opt/environment/", "server1"]);
        assert_eq!(broken("  /opt/environment/server1", 12), ["  /opt/", "environment/", "server1"]);
        assert_eq!(broken("master_proc_create_time_utc", 20), ["master_proc_create_", "time_utc"]);
        assert_eq!(broken("/ab/cdefghijk", 5), ["/ab/", "cdefg", "hijk"]);
        assert_eq!(broken("żółć żółć", 4), ["żółć", "żółć"]);
        assert_eq!(broken("", 4), [""]);
    }
}
