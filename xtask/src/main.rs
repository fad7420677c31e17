//! Chores of the repository, run as `cargo xtask <chore>`. Depends on none of our crates, so that it builds in
//! seconds and works while they do not.

mod finding;
mod metadata;
mod rules;
mod rust_text;
mod tidy;
mod tree;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask tidy\n\n  tidy  check structure: dependency rules, the registry, \
                     file sizes, names, words, documents";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy::run(),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("unknown chore `{}`\n\n{USAGE}", words.join(" "));
            ExitCode::FAILURE
        }
    }
}
