//! The INI dialect of server.conf and its neighbors, on any text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zato_server::config::ini::{self, Stanza};

fuzz_target!(|data: &str| {
    let lines = data.lines().count() as u64;
    let (file, problems) = ini::parse(data);
    walk(&file, lines);
    for problem in &problems {
        assert!(problem.line.is_none_or(|line| (1..=lines.max(1)).contains(&line)), "{problem}");
    }
});

fn walk(stanza: &Stanza, lines: u64) {
    for entry in &stanza.entries {
        assert!((1..=lines).contains(&entry.line), "line {} of {lines}", entry.line);
        let _ = (entry.text(), entry.items());
        assert!(stanza.get(&entry.key).is_some());
    }
    for inner in &stanza.stanzas {
        walk(inner, lines);
    }
}
