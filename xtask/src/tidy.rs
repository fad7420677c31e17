//! `cargo xtask tidy`: structure that neither the compiler nor a linter looks after.

use std::cmp::Reverse;
use std::process::ExitCode;

use crate::finding::{Finding, Severity};
use crate::metadata::{self, Member};
use crate::rules;
use crate::tree::{self, Tree};

/// What rules look at.
#[derive(Debug, Default)]
pub(crate) struct Repository {
    /// Every text file.
    pub(crate) tree: Tree,
    /// Every crate.
    pub(crate) members: Vec<Member>,
}

/// A rule: what is wrong with a repository.
type Rule = fn(&Repository) -> Vec<Finding>;

/// Every rule, under the name it is shown with.
const RULES: &[(&str, Rule)] = &[
    ("dependencies", rules::dependencies::check),
    ("registry", rules::registry::check),
    ("file-size", rules::file_size::check),
    ("names", rules::names::check),
    ("markers", rules::markers::check),
    ("machine-paths", rules::machine_paths::check),
    ("words", rules::words::check),
    ("spelling", rules::spelling::check),
    ("error-codes", rules::error_codes::check),
    ("environment", rules::environment::check),
    ("server-conf", rules::server_conf::check),
    ("architecture", rules::architecture::check),
    ("boundaries", rules::boundaries::check),
    ("links", rules::links::check),
];

/// Checks the repository this program was built from, prints what it found, and fails if any of it is an error.
pub(crate) fn run() -> ExitCode {
    let root = tree::root();
    let repository = match (Tree::read(&root), metadata::members(&root)) {
        (Ok(tree), Ok(members)) => Repository { tree, members },
        (Err(error), _) | (_, Err(error)) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut findings: Vec<(&str, Finding)> = Vec::new();
    for (name, rule) in RULES {
        findings.extend(rule(&repository).into_iter().map(|finding| (*name, finding)));
    }
    // Errors last: that is where a terminal leaves the eye.
    findings.sort_by_key(|(_, finding)| (Reverse(finding.severity), finding.path.clone(), finding.line));
    for (name, finding) in &findings {
        eprintln!("{finding} [{name}]");
    }
    let errors = findings.iter().filter(|(_, finding)| finding.severity == Severity::Error).count();
    let (files, warnings) = (repository.tree.files.len(), findings.len() - errors);
    println!("tidy: {files} files, {} rules, {errors} errors, {warnings} warnings", RULES.len());
    if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
