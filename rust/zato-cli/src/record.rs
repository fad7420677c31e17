//! `--store-config` and `--store-log` (reference operations 1.1): what was run and what it printed, as files in
//! the current directory.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};

/// Options that are about the recording itself.
const UNRECORDED: [&str; 3] = ["store_config", "store_log", "help"];

/// Opens a new `zato.<timestamp>.log`, readable by its owner only.
pub(crate) fn create_log() -> Result<File> {
    create("log").map(|(file, _)| file)
}

/// Writes the options given to `zato.<timestamp>.config`, readable by its owner only: the command, then one
/// `key=value` a line, secrets in clear. Options that were not given are left out.
pub(crate) fn store_config(command: &Command, matches: &ArgMatches) -> Result<PathBuf> {
    let text = render(command, matches);
    let (mut file, path) = create("config")?;
    file.write_all(text.as_bytes())
        .context(ErrorKind::Io, || format!("could not write `{}`", path.display()))?;
    Ok(path)
}

fn create(extension: &str) -> Result<(File, PathBuf)> {
    let stamp = jiff::Zoned::now().strftime("%Y-%m-%dT%H_%M_%S_%6f").to_string();
    let path = PathBuf::from(format!("zato.{stamp}.{extension}"));
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .context(ErrorKind::Io, || {
            format!("could not create `{}` in the current directory", path.display())
        })?;
    Ok((file, path))
}

fn render(command: &Command, matches: &ArgMatches) -> String {
    let (mut command, mut matches, mut names) = (command, matches, Vec::new());
    while let Some((name, below)) = matches.subcommand() {
        let Some(found) = command.find_subcommand(name) else { break };
        names.push(name);
        (command, matches) = (found, below);
    }
    let mut text = format!("command={}\n", names.join(" "));
    let given = |argument: &&Arg| {
        let id = argument.get_id().as_str();
        !UNRECORDED.contains(&id) && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    for argument in command.get_arguments().filter(given) {
        let key = argument.get_id().as_str();
        if matches!(argument.get_action(), ArgAction::SetTrue) {
            text.push_str(&format!("{key}=true\n"));
            continue;
        }
        for value in matches.get_raw(key).into_iter().flatten() {
            text.push_str(&format!("{key}={}\n", quote(&value.to_string_lossy())));
        }
    }
    text
}

/// Values that a line cannot hold as they are, are written as JSON strings.
fn quote(value: &str) -> String {
    let is_plain = !value.contains(['\n', '\r']) && !value.starts_with('"') && value.trim() == value;
    if is_plain { value.to_owned() } else { serde_json::Value::from(value).to_string() }
}

/// Reads a file that [`store_config`] wrote and gives the words of the command.
///
/// # Errors
/// [`ErrorKind::NotFound`] if there is no such file, [`ErrorKind::Invalid`] naming the line that is wrong.
pub(crate) fn read_config(command: &Command, path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            _ => ErrorKind::Io,
        };
        Error::new(kind, format!("could not read `{}`", path.display())).source(error)
    })?;
    words_of(command, &text).map_err(|(line, message)| {
        Error::new(ErrorKind::Invalid, format!("`{}`, line {line}: {message}", path.display()))
            .hint("a file written with --store-config begins with `command=...` and has one key=value a line")
    })
}

fn words_of(root: &Command, text: &str) -> std::result::Result<Vec<String>, (usize, String)> {
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let names = match lines.next() {
        Some((_, line)) if line.starts_with("command=") => &line["command=".len()..],
        Some((number, _)) => return Err((number, "`command=...` has to come first".to_owned())),
        None => return Err((1, "the file is empty".to_owned())),
    };
    let mut words: Vec<String> = names.split_whitespace().map(str::to_owned).collect();
    let mut command = root;
    for name in &words {
        command = command.find_subcommand(name).ok_or_else(|| (1, format!("no such command `{names}`")))?;
    }
    let mut positionals = Vec::new();
    for (number, line) in lines {
        let Some((key, value)) = line.split_once('=') else {
            return Err((number, "there is no `=`".to_owned()));
        };
        let value = unquote(value).ok_or_else(|| (number, "the value is not a JSON string".to_owned()))?;
        let argument = command
            .get_arguments()
            .chain(root.get_arguments())
            .find(|argument| argument.get_id().as_str() == key.trim())
            .ok_or_else(|| (number, format!("`zato {names}` has no option `{}`", key.trim())))?;
        match argument.get_long() {
            None => positionals.push((argument.get_index().unwrap_or(usize::MAX), value)),
            Some(long) if matches!(argument.get_action(), ArgAction::SetTrue) => {
                if value == "true" {
                    words.push(format!("--{long}"));
                }
            }
            Some(long) => words.push(format!("--{long}={value}")),
        }
    }
    positionals.sort_by_key(|(index, _)| *index);
    if !positionals.is_empty() {
        words.push("--".to_owned());
        words.extend(positionals.into_iter().map(|(_, value)| value));
    }
    Ok(words)
}

fn unquote(value: &str) -> Option<String> {
    if value.starts_with('"') { serde_json::from_str(value).ok() } else { Some(value.to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::arguments::Cli;

    fn recorded(words: &[&str]) -> (String, Vec<String>) {
        let mut command = Cli::command();
        command.build();
        let matches = command.clone().try_get_matches_from(["zato"].iter().chain(words)).unwrap();
        let text = render(&command, &matches);
        let replayed = words_of(&command, &text).unwrap();
        (text, replayed)
    }

    #[test]
    fn records_what_was_given_and_nothing_else() {
        let (text, replayed) =
            recorded(&["quickstart", "create", "/tmp/x", "--servers", "2", "--force", "--store-config"]);
        assert_eq!(text, "command=quickstart create\npath=/tmp/x\nservers=2\nforce=true\n");
        assert_eq!(replayed, ["quickstart", "create", "--servers=2", "--force", "--", "/tmp/x"]);
    }

    #[test]
    fn values_with_line_breaks_survive() {
        let (_, replayed) = recorded(&["encrypt", "--data", "one\ntwo ", "--secret-key", "k"]);
        assert!(replayed.contains(&"--data=one\ntwo ".to_owned()), "{replayed:?}");
    }

    #[test]
    fn names_the_line_that_is_wrong() {
        let mut command = Cli::command();
        command.build();
        let (line, message) = words_of(&command, "command=stop\n\nspeed=fast\n").unwrap_err();
        assert_eq!(line, 3);
        assert!(message.contains("speed"), "{message}");
        assert_eq!(words_of(&command, "path=x").unwrap_err().0, 1);
    }
}
