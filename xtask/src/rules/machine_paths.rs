//! Nothing depends on the machine it was written on.

use crate::finding::Finding;
use crate::rules::is_rule;
use crate::tidy::Repository;
use crate::tree::File;

/// Directories of one machine, or shared by all its users.
const DIRECTORIES: [&str; 4] = ["/root/", "/home/", "/work/", "/tmp/"];

/// See the module.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    repository.tree.files.iter().filter(|file| !is_rule(&file.path)).flat_map(judge).collect()
}

fn judge(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines().filter(|(number, _)| !file.is_test(*number)) {
        if let Some(directory) = DIRECTORIES.iter().find(|directory| begins_path(line, directory)) {
            let message = format!("a path below `{directory}` is a path of one machine");
            findings.push(Finding::error(&file.path, number, message));
        }
    }
    findings
}

/// Whether a path of the line begins with this directory.
fn begins_path(line: &str, directory: &str) -> bool {
    let continues = |letter: char| letter.is_alphanumeric() || "._-}>)~$*".contains(letter);
    line.match_indices(directory)
        .any(|(offset, _)| !line[..offset].chars().next_back().is_some_and(continues))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        judge(&File::new(path, text)).len()
    }

    #[test]
    fn rejects_paths_of_one_machine() {
        assert_eq!(found("a.rs", "let a = \"/tmp/a\";\n"), 1);
        assert_eq!(found("a.md", "cd /home/me/zato\n"), 1);
    }

    #[test]
    fn accepts_directories_of_the_same_name_further_down() {
        assert_eq!(found("a.md", "`DIR/work/control.sock`, {base}/work/x, ../work/y\n"), 0);
    }

    #[test]
    fn tests_may_use_what_they_like() {
        assert_eq!(found("tests/e2e/a.py", "\"/tmp/a\"\n"), 0);
        assert_eq!(found("a.rs", "#[cfg(test)]\nmod tests {\n  const A: &str = \"/tmp/a\";\n}\n"), 0);
    }
}
