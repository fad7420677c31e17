//! service-sources.txt: where services are read from at start (reference operations 4.4).

use std::path::PathBuf;

use zato_core::{Error, ErrorKind, Problem, Result};

use super::layout::resolve_below;
use super::{ServerPaths, ini};

/// One entry of service-sources.txt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceSource {
    /// A directory of modules.
    Directory(PathBuf),
    /// A module or package to be imported by name.
    Module(String),
}

/// Reads service-sources.txt in order; a file that does not exist means `work/hot-deploy/current`. Relative paths are
/// below the directory of the server.
///
/// # Errors
/// [`ErrorKind::Invalid`] naming the lines that are neither a path nor the name of a module, [`ErrorKind::Io`] if it
/// cannot be read.
pub fn read(paths: &ServerPaths) -> Result<Vec<ServiceSource>> {
    let path = paths.service_sources();
    let text = match ini::read_text(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(vec![ServiceSource::Directory(paths.hot_deploy_current())]);
        }
        other => other?,
    };
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let is_path = line.starts_with(['.', '/', '~']) || line.contains('/');
        if is_path {
            sources.push(ServiceSource::Directory(resolve_below(paths.base(), line)));
        } else if line.split('.').all(is_identifier) {
            sources.push(ServiceSource::Module(line.to_owned()));
        } else {
            let problem = Problem::new(format!("`{line}` is neither a path nor the name of a Python module"));
            let problem = problem.file("service-sources.txt").line(number);
            problems.push(problem.hint("write ./dir or /dir for a directory, package.module for a module"));
        }
    }
    if problems.is_empty() {
        return Ok(sources);
    }
    Err(Error::from_problems(format!("`{}` cannot be used", path.display()), problems))
}

fn is_identifier(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_and_modules_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let paths = ServerPaths::new(directory.path());
        paths.create_directories().unwrap();
        std::fs::write(paths.service_sources(), "# mine\n./src\n/srv/code\nmy_package.services\n\n").unwrap();
        let base = directory.path();
        assert_eq!(
            read(&paths).unwrap(),
            [
                ServiceSource::Directory(base.join("src")),
                ServiceSource::Directory("/srv/code".into()),
                ServiceSource::Module("my_package.services".into()),
            ]
        );
        std::fs::write(paths.service_sources(), "ok\nnot-a-module\n").unwrap();
        assert_eq!(read(&paths).unwrap_err().problems()[0].line, Some(2));
        std::fs::remove_file(paths.service_sources()).unwrap();
        assert_eq!(read(&paths).unwrap(), [ServiceSource::Directory(base.join("work/hot-deploy/current"))]);
    }
}
