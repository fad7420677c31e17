//! What a logging.conf says, before it is judged; filled from YAML or from the older INI form.

use zato_core::Problem;

use crate::config::tree::Node;

/// Text and its one-based line.
pub(super) type Placed = (String, u64);

/// Everything of a logging.conf.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) handlers: Vec<Handler>,
    pub(super) loggers: Vec<Logger>,
    pub(super) formatters: Vec<Formatter>,
}

#[derive(Debug, Default)]
pub(super) struct Handler {
    pub(super) name: String,
    pub(super) line: u64,
    pub(super) class: String,
    pub(super) level: Option<Placed>,
    pub(super) formatter: Option<Placed>,
    pub(super) filename: Option<String>,
    pub(super) max_bytes: Option<Placed>,
    pub(super) backup_count: Option<Placed>,
}

#[derive(Debug)]
pub(super) struct Logger {
    pub(super) name: String,
    pub(super) line: u64,
    pub(super) level: Option<Placed>,
    pub(super) handlers: Vec<Placed>,
    pub(super) propagates: bool,
}

#[derive(Debug, Default)]
pub(super) struct Formatter {
    pub(super) name: String,
    pub(super) format: Option<Placed>,
    pub(super) date_format: Option<String>,
}

/// Understands the dictConfig form.
pub(super) fn from_tree(root: &Node, problems: &mut Vec<Problem>) -> Source {
    let mut source = Source::default();
    if root.is_null() {
        return source;
    }
    let Some(pairs) = root.pairs() else {
        let problem =
            Problem::new(format!("the file must be a map, it is {}", root.describe())).line(root.line);
        problems.push(problem.hint("it has the keys version, loggers, handlers and formatters"));
        return source;
    };
    for pair in pairs {
        let known = [
            "loggers",
            "handlers",
            "formatters",
            "root",
            "version",
            "disable_existing_loggers",
            "filters",
            "incremental",
        ];
        match pair.key.as_str() {
            "formatters" => each(&pair.value, "formatters", problems, |name, node| {
                source.formatters.push(Formatter {
                    name: name.to_owned(),
                    format: placed(node, "format"),
                    date_format: placed(node, "datefmt").map(|(text, _)| text),
                });
            }),
            "handlers" => each(&pair.value, "handlers", problems, |name, node| {
                source.handlers.push(Handler {
                    name: name.to_owned(),
                    line: node.line,
                    class: placed(node, "class")
                        .or_else(|| placed(node, "()"))
                        .map_or_else(String::new, |(text, _)| text),
                    level: placed(node, "level"),
                    formatter: placed(node, "formatter"),
                    filename: placed(node, "filename").map(|(text, _)| text),
                    max_bytes: placed(node, "maxBytes"),
                    backup_count: placed(node, "backupCount"),
                });
            }),
            "loggers" => {
                each(&pair.value, "loggers", problems, |name, node| source.loggers.push(logger(name, node)))
            }
            "root" => source.loggers.push(logger("root", &pair.value)),
            other if known.contains(&other) => {}
            other => {
                let problem = Problem::new(format!("unknown key `{other}`")).line(pair.line).field(other);
                let hint = zato_schema::suggest::hint(other, known);
                problems.push(Problem { hint, ..problem });
            }
        }
    }
    source
}

fn logger(name: &str, node: &Node) -> Logger {
    let handlers = node.get("handlers").and_then(Node::items).unwrap_or_default();
    Logger {
        name: name.to_owned(),
        line: node.line,
        level: placed(node, "level"),
        handlers: handlers.iter().filter_map(|item| Some((item.text()?.to_owned(), item.line))).collect(),
        propagates: node.get("propagate").and_then(|value| value.scalar()?.boolean()).unwrap_or(true),
    }
}

fn each(node: &Node, key: &str, problems: &mut Vec<Problem>, mut act: impl FnMut(&str, &Node)) {
    match node.pairs() {
        Some(pairs) => {
            for pair in pairs {
                if pair.value.pairs().is_some() {
                    act(&pair.key, &pair.value);
                } else {
                    let message = format!("it must be a map, it is {}", pair.value.describe());
                    let problem = Problem::new(message).line(pair.line).field(&*pair.key);
                    problems.push(problem.hint(format!("write its settings below its name in `{key}`")));
                }
            }
        }
        None if node.is_null() => {}
        None => {
            let message = format!("it must be a map, it is {}", node.describe());
            problems.push(
                Problem::new(message).line(node.line).field(key).hint("write `name:` and settings below it"),
            );
        }
    }
}

fn placed(node: &Node, key: &str) -> Option<Placed> {
    let value = node.get(key)?;
    Some((value.text()?.to_owned(), value.line))
}
