//! `[startup_services_first_worker]` and its relatives.

use super::super::options::{StartupPayload, StartupService};
use super::super::reader::Reader;

pub(super) fn services(reader: &mut Reader<'_>, stanza: &'static str) -> Vec<StartupService> {
    let mut services = Vec::new();
    for entry in reader.open_stanza(stanza) {
        if entry.key.chars().any(char::is_whitespace) {
            let problem = reader.entry_problem(stanza, entry, "the name of a service has no blanks in it");
            reader.problems.push(problem.hint("write service.name=payload"));
            continue;
        }
        let Some(resolved) = reader.resolved(stanza, entry) else { continue };
        // A payload may be JSON, with quotes and commas that would mean something else in this format.
        let text = if resolved == entry.text() { unquoted(&entry.raw).to_owned() } else { resolved };
        let payload = match text.strip_prefix("file://") {
            Some(path) => StartupPayload::File(reader.paths.resolve(path)),
            None => StartupPayload::Text(text),
        };
        services.push(StartupService { name: entry.key.clone(), payload });
    }
    services
}

fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| {
            text.strip_prefix(quote)?.strip_suffix(quote).filter(|inside| !inside.contains(quote))
        })
        .unwrap_or(text)
}
