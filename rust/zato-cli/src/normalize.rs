//! Rewrites historical spellings of the command line into the one clap knows.
//!
//! Everything here is pure: a list of words in, a list of words out, so that the table of forms in
//! `tests/it/forms.rs` can be checked without running anything.

/// Words of the kind of database, which announce the old positional forms.
const ODB_TYPES: [&str; 4] = ["sqlite", "mysql", "postgresql", "oracle"];

/// Options that every command has and that take no value.
const GLOBAL_FLAGS: [&str; 3] = ["--verbose", "--store-log", "--store-config"];

/// Commands that are followed by another one, quickstart excepted, where a directory may come next.
const GROUPS: [&str; 4] = ["create", "delete", "crypto", "service"];

/// Takes the words after the name of the program and gives what the parser should see: option names with
/// dashes, old command words under their current names, and positional forms of earlier versions as options
/// (reference operations 1.4 and 2.1).
#[must_use]
pub fn normalize(words: &[String]) -> Vec<String> {
    let mut words = spell_with_dashes(words);
    let Some(first) = position_of_word(&words, 0) else { return words };
    // Zato 2.0 wrote commands with underscores: load_balancer, component_version.
    words[first] = words[first].replace('_', "-");
    if GROUPS.contains(&words[first].as_str())
        && let Some(second) = position_of_word(&words, first + 1)
    {
        words[second] = words[second].replace('_', "-");
    }
    match words[first].as_str() {
        "quickstart" => quickstart(words, first),
        "create" | "delete" => create(words, first),
        "set-admin-invoke-password" => set_admin_invoke_password(words, first),
        _ => words,
    }
}

/// Options whose value may be anything, dashes and underscores included, such as keys and passwords.
const TAKING_ANYTHING: [&str; 5] = ["password", "secret-key", "jwt-secret", "data", "payload"];

/// Gives option names dashes; values and everything after `--` are left alone.
fn spell_with_dashes(words: &[String]) -> Vec<String> {
    let (mut rest_is_positional, mut is_value) = (false, false);
    words
        .iter()
        .map(|word| {
            if std::mem::take(&mut is_value) || rest_is_positional {
                return word.clone();
            }
            rest_is_positional |= word == "--";
            let Some(body) = word.strip_prefix("--").filter(|body| is_option_name(body)) else {
                return word.clone();
            };
            let (name, value) = body.split_at(body.find('=').unwrap_or(body.len()));
            let name = name.replace('_', "-");
            is_value = value.is_empty() && TAKING_ANYTHING.iter().any(|option| name.ends_with(option));
            format!("--{name}{value}")
        })
        .collect()
}

/// Whether text after two dashes looks like the name of an option rather than like data.
fn is_option_name(body: &str) -> bool {
    let name = body.split('=').next().unwrap_or_default();
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Index of the first word from `start` on that is neither a global flag nor an option.
fn position_of_word(words: &[String], start: usize) -> Option<usize> {
    let index = start + words.get(start..)?.iter().position(|word| !GLOBAL_FLAGS.contains(&word.as_str()))?;
    (!words[index].starts_with('-')).then_some(index)
}

/// `zato quickstart DIR` means `zato quickstart create DIR`.
fn quickstart(mut words: Vec<String>, first: usize) -> Vec<String> {
    let next = words[first + 1..].iter().position(|word| !GLOBAL_FLAGS.contains(&word.as_str()));
    let next = next.map(|offset| words[first + 1 + offset].as_str());
    if !matches!(next, None | Some("create" | "help" | "-h" | "--help")) {
        words.insert(first + 1, "create".to_owned());
    }
    let Some(create) = position_of_word(&words, first + 1) else { return words };
    if words[create] != "create" {
        return words;
    }
    let mut positionals = positionals(&words, create + 1);
    let is_typed = positionals.get(1).is_some_and(|&index| ODB_TYPES.contains(&words[index].as_str()));
    if !is_typed {
        return words;
    }
    let names: &[&str] = match positionals.len() {
        8 => &["odb-type", "odb-host", "odb-port", "odb-user", "odb-db-name", "kvdb-host", "kvdb-port"],
        2..=4 => &["odb-type", "kvdb-host", "kvdb-port"],
        _ => return words,
    };
    positionals.remove(0);
    name_positionals(words, &positionals, names)
}

/// A command of 3.x of its own for what is the password of a definition like any other.
fn set_admin_invoke_password(mut words: Vec<String>, first: usize) -> Vec<String> {
    words[first] = "change-password".to_owned();
    let mut has_name = false;
    for word in &mut words {
        if let Some(value) =
            word.strip_prefix("--username").filter(|rest| rest.is_empty() || rest.starts_with('='))
        {
            *word = format!("--name{value}");
            has_name = true;
        }
    }
    if !has_name {
        words.insert(first + 1, "--name=admin.invoke".to_owned());
    }
    words
}

/// Positional forms below `zato create` and `zato delete`.
fn create(words: Vec<String>, first: usize) -> Vec<String> {
    let Some(second) = position_of_word(&words, first + 1) else { return words };
    let positionals = positionals(&words, second + 1);
    let is_type = |index: Option<&usize>| index.is_some_and(|&i| ODB_TYPES.contains(&words[i].as_str()));
    match (words[second].as_str(), positionals.len()) {
        ("odb", 1) if is_type(positionals.first()) => name_positionals(words, &positionals, &["odb-type"]),
        ("cluster", 7) if is_type(positionals.first()) => {
            let names = ["odb-type", "lb-host", "lb-port", "lb-agent-port", "broker-host", "broker-port"];
            name_positionals(words, &positionals[..6], &names)
        }
        ("server", 10) if is_type(positionals.get(1)) => {
            let names = [
                "odb-type",
                "kvdb-host",
                "kvdb-port",
                "pub-key-path",
                "priv-key-path",
                "cert-path",
                "ca-certs-path",
            ];
            name_positionals(words, &positionals[1..8], &names)
        }
        _ => words,
    }
}

/// Options of the historical forms that take no value; all others are followed by one.
const FLAGS_WITHOUT_VALUE: [&str; 7] =
    ["--no-scheduler", "--scheduler-only", "--force", "--skip-if-exists", "--help", "-h", "--no-demo"];

/// Indexes of the words from `start` on, up to `--`, that are neither options nor values of options.
fn positionals(words: &[String], start: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut index = start;
    while let Some(word) = words.get(index) {
        if word == "--" {
            break;
        }
        let is_option = word.starts_with('-') && word.len() > 1;
        let takes_value = is_option
            && !word.contains('=')
            && !GLOBAL_FLAGS.contains(&word.as_str())
            && !FLAGS_WITHOUT_VALUE.contains(&word.as_str());
        if !is_option {
            found.push(index);
        }
        index += if takes_value { 2 } else { 1 };
    }
    found
}

/// Turns the words at `indexes` into `--name=value`, in place.
fn name_positionals(mut words: Vec<String>, indexes: &[usize], names: &[&str]) -> Vec<String> {
    for (&index, name) in indexes.iter().zip(names) {
        words[index] = format!("--{name}={}", words[index]);
    }
    words
}
