//! The files of the repository, as rules see them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::rust_text::RustText;

/// One text file.
#[derive(Debug)]
pub(crate) struct File {
    /// Path relative to the root, with forward slashes.
    pub(crate) path: String,
    /// Its content.
    pub(crate) text: String,
    /// What is code and what is test in it; for Rust files.
    rust: Option<RustText>,
}

impl File {
    /// Takes a file apart.
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        let rust = path.ends_with(".rs").then(|| RustText::new(&text));
        Self { path, text, rust }
    }

    /// Returns one-based line numbers with lines.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    /// Returns one-based line numbers with lines whose comments and string contents are blank; the lines as they
    /// are if this is not a Rust file.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let code = self.rust.as_ref().map_or(self.text.as_str(), |rust| rust.code.as_str());
        (1..).zip(code.lines())
    }

    /// Whether a line belongs to tests.
    pub(crate) fn is_test(&self, line: usize) -> bool {
        self.is_test_file() || self.rust.as_ref().is_some_and(|rust| rust.is_test(line))
    }

    /// Whether the whole file belongs to tests.
    pub(crate) fn is_test_file(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || name == "tests.rs"
            || name.ends_with("_tests.rs")
    }

    /// Whether the name ends like this.
    pub(crate) fn is(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, found)| found == extension)
    }
}

/// All text files that are, or are about to be, under version control.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// The files, in order of their paths.
    pub(crate) files: Vec<File>,
}

impl Tree {
    /// Reads the repository at `root`. Files that are not UTF-8 are left out.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let output = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .map_err(|error| format!("could not run git: {error}"))?;
        if !output.status.success() {
            return Err(format!("git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let listing = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut paths: Vec<&str> = listing.split('\0').filter(|path| !path.is_empty()).collect();
        paths.sort_unstable();
        paths.dedup();
        let read = |path: &&str| Some(File::new(*path, fs::read_to_string(root.join(path)).ok()?));
        Ok(Self { files: paths.iter().filter_map(read).collect() })
    }

    /// Makes a tree out of paths and texts.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| File::new(*path, *text)).collect() }
    }

    /// Finds a file.
    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Returns files below a directory (which ends with `/`) with an extension.
    pub(crate) fn below<'a>(
        &'a self,
        directory: &'a str,
        extension: &'a str,
    ) -> impl Iterator<Item = &'a File> + 'a {
        self.files.iter().filter(move |file| file.path.starts_with(directory) && file.is(extension))
    }
}

/// Returns the root of the repository, which is above the manifest of this crate.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}
