//! The list of commands as a document.

use clap::{Arg, Command, CommandFactory};

use crate::arguments::Cli;

/// What stands above the list.
const HEAD: &str = "# Commands\n\n\
    Made out of the program; `ZATO_UPDATE_DOCS=1 cargo test -p zato-cli --test it docs` writes it anew. What commands have in\n\
    common is in [the command line](cli.md).\n";

/// Returns every command with its arguments and options, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut root = Cli::command();
    root.build();
    let mut text = HEAD.to_owned();
    add(&root, &mut Vec::new(), &mut text);
    text
}

fn add(command: &Command, names: &mut Vec<String>, text: &mut String) {
    names.push(command.get_name().to_owned());
    let below: Vec<&Command> = command
        .get_subcommands()
        .filter(|subcommand| !subcommand.is_hide_set() && subcommand.get_name() != "help")
        .collect();
    if below.is_empty() {
        text.push_str(&section(command, &names.join(" ")));
    }
    for subcommand in below {
        add(subcommand, names, text);
    }
    names.pop();
}

fn section(command: &Command, name: &str) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let shown: Vec<&Arg> =
        command.get_arguments().filter(|argument| !argument.is_hide_set() && !is_common(argument)).collect();
    let positionals = shown.iter().filter(|argument| argument.is_positional());
    let usage: Vec<String> = positionals
        .map(
            |argument| {
                if argument.is_required_set() { value(argument) } else { format!("[{}]", value(argument)) }
            },
        )
        .collect();
    let mut text = format!("\n## {name}\n\n{about}.\n\n```\n{name}");
    for word in usage {
        text.push_str(&format!(" {word}"));
    }
    if shown.iter().any(|argument| !argument.is_positional()) {
        text.push_str(" [options]");
    }
    text.push_str("\n```\n");
    if shown.is_empty() {
        return text;
    }
    text.push_str("\n| argument or option | meaning |\n|---|---|\n");
    for argument in shown {
        text.push_str(&format!("| `{}` | {} |\n", spelled(argument), meaning(argument)));
    }
    text
}

/// Options that every command has are told once.
fn is_common(argument: &Arg) -> bool {
    argument.is_global_set() || argument.get_id() == "help"
}

fn spelled(argument: &Arg) -> String {
    let Some(long) = argument.get_long() else { return value(argument) };
    if argument.get_action().takes_values() {
        format!("--{long} {}", value(argument))
    } else {
        format!("--{long}")
    }
}

fn value(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let name = names.first().map_or_else(|| argument.get_id().as_str().to_uppercase(), ToString::to_string);
    let is_repeated = argument.get_num_args().is_some_and(|count| count.max_values() > 1);
    if is_repeated { format!("{name}...") } else { name }
}

fn meaning(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default().replace('|', "\\|");
    let choices: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|choice| !choice.is_hide_set())
        .map(|choice| format!("`{}`", choice.get_name()))
        .collect();
    if !choices.is_empty() && argument.get_action().takes_values() {
        text.push_str(&format!(": {}", choices.join(", ")));
    }
    let defaults: Vec<_> =
        argument.get_default_values().iter().map(|default| default.to_string_lossy()).collect();
    if !defaults.is_empty() && !argument.is_hide_default_value_set() && argument.get_action().takes_values() {
        text.push_str(&format!(" (default `{}`)", defaults.join(" ")));
    }
    let is_unused = argument.get_help_heading().is_some_and(|heading| heading.contains("not used"));
    if is_unused && !text.contains("not used") {
        text.push_str(" (accepted, not used by this version)");
    }
    if argument.is_required_set() && !argument.is_positional() {
        text.push_str("; required");
    }
    text
}
