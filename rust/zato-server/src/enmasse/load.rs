//! Reading files, and those they include.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zato_core::{Error, ErrorKind, Problem, Result};

use super::document::{Document, Include, parse_named, parse_part};
use super::finding::{Code, Finding};
use crate::config::Environment;
use crate::config::ini;

/// Most files of one import.
const FILE_LIMIT: usize = 1_000;
/// Largest file, in bytes; as the parser's.
const SIZE_LIMIT: u64 = 16 * 1024 * 1024;

/// How to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoadOptions {
    /// Whether includes that do not exist are left out with a warning (`--ignore-missing-includes`); otherwise they stop the
    /// import.
    pub ignore_missing_includes: bool,
}

/// Loads a file and everything it includes. Paths of includes are relative to the file that has them, or to the
/// first file; to the current directory if the first is a pipe, standard input for instance. Gives what could be understood together with everything that is wrong.
///
/// # Errors
/// [`ErrorKind::NotFound`] or [`ErrorKind::Io`] if the first file cannot be read.
pub fn load(path: &Path, options: LoadOptions) -> Result<Document> {
    let bytes = read_stream(path).map_err(|error| {
        let kind =
            if error.kind() == std::io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Io };
        Error::new(kind, format!("could not read `{}`", path.display())).source(error)
    })?;
    let root = if path.is_file() { path.parent().unwrap_or(Path::new("")) } else { Path::new("") };
    let root = root.to_path_buf();
    let mut loader = Loader { root, options, seen: BTreeSet::new(), result: Document::default() };
    loader.seen.insert(canonical(path));
    loader.add(path, &bytes);
    Ok(loader.result)
}

/// Reads an environment file: `KEY=value` lines, in a stanza `[env]` or without one. Its variables come over those
/// there are.
///
/// # Errors
/// [`ErrorKind::NotFound`], [`ErrorKind::Io`], or [`ErrorKind::Invalid`] with every problem.
pub fn read_env_file(path: &Path, environment: &mut Environment) -> Result<()> {
    let file = ini::read(path, &path.display().to_string())?;
    let stanzas = file.stanzas.iter().filter(|stanza| stanza.name == "env");
    for entry in stanzas.flat_map(|stanza| &stanza.entries).chain(&file.entries) {
        environment.set(&entry.key, entry.text());
    }
    Ok(())
}

struct Loader {
    root: PathBuf,
    options: LoadOptions,
    /// Files read so far; each is read once.
    seen: BTreeSet<PathBuf>,
    result: Document,
}

impl Loader {
    /// Adds a file, then the files that it includes; not recursive, so that no nesting is too deep.
    fn add(&mut self, path: &Path, bytes: &[u8]) {
        let mut waiting = vec![(path.to_path_buf(), bytes.to_vec())];
        while let Some((path, bytes)) = waiting.pop() {
            let name: Arc<str> = path.display().to_string().into();
            let document = parse_named(&bytes, &name);
            self.result.findings.extend(document.findings);
            let directory = path.parent().unwrap_or(Path::new("")).to_path_buf();
            for mut section in document.sections {
                for part in std::mem::take(&mut section.parts) {
                    let Some((path, bytes)) = self.open(&part, &directory) else { continue };
                    let (item, findings) = parse_part(&bytes, &path.display().to_string().into());
                    self.result.findings.extend(findings);
                    section.items.extend(item);
                }
                self.result.sections.push(section);
            }
            let included: Vec<_> =
                document.includes.iter().filter_map(|include| self.open(include, &directory)).collect();
            waiting.extend(included.into_iter().rev());
        }
    }

    fn open(&mut self, include: &Include, directory: &Path) -> Option<(PathBuf, Vec<u8>)> {
        let candidates = [directory.join(&include.path), self.root.join(&include.path)];
        let path = candidates.iter().find(|path| path.exists()).unwrap_or(&candidates[0]);
        let problem =
            |message: String| Problem::new(message).file(&*include.file).line(include.line).field("include");
        if self.seen.len() >= FILE_LIMIT {
            let problem = problem(format!("more than {FILE_LIMIT} files are included"));
            self.result
                .findings
                .push(Finding::new(Code::E05, problem.hint("put more objects into each file")));
            return None;
        }
        match read(path) {
            Ok(bytes) => {
                if self.seen.insert(canonical(path)) {
                    return Some((path.clone(), bytes));
                }
                let problem =
                    problem(format!("`{}` is included more than once, or includes itself", include.path));
                self.result.findings.push(Finding::new(Code::E01, problem.hint("include each file once")));
                None
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let message = format!("`{}` does not exist", include.path);
                let finding = if self.options.ignore_missing_includes {
                    Finding::new(Code::W01, problem(format!("{message} and is left out")))
                } else {
                    let hint = "paths are relative to the file that includes; \
                                --ignore-missing-includes leaves missing ones out";
                    Finding::new(Code::E14, problem(message).hint(hint))
                };
                self.result.findings.push(finding);
                None
            }
            Err(error) => {
                let problem = problem(format!("`{}` cannot be read: {error}", include.path));
                self.result
                    .findings
                    .push(Finding::new(Code::E03, problem.hint("check what it is and who may read it")));
                None
            }
        }
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    if metadata.len() > SIZE_LIMIT {
        return Err(too_large());
    }
    fs::read(path)
}

/// Reads what may be a pipe or a terminal, up to the limit.
fn read_stream(path: &Path) -> std::io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() || metadata.is_dir() {
        return read(path);
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(SIZE_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > SIZE_LIMIT {
        return Err(too_large());
    }
    Ok(bytes)
}

fn too_large() -> std::io::Error {
    std::io::Error::other(format!("it is larger than {SIZE_LIMIT} bytes"))
}

fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(directory: &tempfile::TempDir, files: &[(&str, &str)]) -> PathBuf {
        for (name, content) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        directory.path().join(files[0].0)
    }

    fn names(document: &Document) -> Vec<&str> {
        let items = document.sections.iter().flat_map(|section| &section.items);
        items.map(|item| item.node.get("name").unwrap().text().unwrap()).collect()
    }

    #[test]
    fn includes_are_relative_to_their_file_or_the_first() {
        let directory = tempfile::tempdir().unwrap();
        let path = write(
            &directory,
            &[
                ("main.yaml", "include: [sub/a.yaml]\nx: [{name: one}, 'file://./part.json']\n"),
                ("sub/a.yaml", "include:\n- b.yaml\n- sub/c.yaml\nx: [{name: two}]\n"),
                ("sub/b.yaml", "x: [{name: three}]\n"),
                ("sub/c.yaml", "x: [{name: four}]\n"),
                ("part.json", "{\"name\": \"part\"}"),
            ],
        );
        let document = load(&path, LoadOptions::default()).unwrap();
        assert_eq!(document.findings, vec![]);
        assert_eq!(names(&document), ["one", "part", "two", "three", "four"]);
        assert!(document.sections[0].items[1].file.ends_with("part.json"));
    }

    #[test]
    fn loops_missing_and_unreadable_includes_are_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = write(
            &directory,
            &[
                ("main.yaml", "x: []\ninclude:\n- a.yaml\n- gone.yaml\n- sub\n"),
                ("a.yaml", "include: main.yaml\n"),
                ("sub/x", ""),
            ],
        );
        let findings = load(&path, LoadOptions::default()).unwrap().findings;
        let found: Vec<_> =
            findings.iter().map(|finding| (finding.code, finding.problem.line.unwrap())).collect();
        assert_eq!(found, [(Code::E14, 4), (Code::E03, 5), (Code::E01, 1)]);
        let options = LoadOptions { ignore_missing_includes: true };
        assert_eq!(load(&path, options).unwrap().findings[0].code, Code::W01);
        assert_eq!(load(Path::new("/nonexistent.yaml"), options).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn environment_files_set_variables() {
        let directory = tempfile::tempdir().unwrap();
        let path = write(&directory, &[("env.ini", "A=1\n[env]\nB = two words\n[other]\nC=3\n")]);
        let mut environment = Environment::default();
        read_env_file(&path, &mut environment).unwrap();
        assert_eq!((environment.get("A"), environment.get("B")), (Some("1"), Some("two words")));
        assert_eq!(environment.get("C"), None);
    }
}
