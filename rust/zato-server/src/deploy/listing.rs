//! What is in a pickup directory at one moment, without reading any file.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use globset::GlobMatcher;
use zato_core::Problem;

use super::names;
use crate::config::marker::MARKER_FILE;

/// Deepest nesting of directories that is followed.
const DEPTH_LIMIT: usize = 32;

/// Most files of a pickup directory; more are a mistake, such as a link to the root of the file system.
const FILE_LIMIT: usize = 20_000;

/// A pickup directory.
#[derive(Debug, Clone)]
pub(super) struct Root {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Whether directories below it are walked, and packages taken.
    pub(super) is_recursive: bool,
    /// What file names have to look like; none takes every source file.
    pub(super) patterns: Vec<GlobMatcher>,
    /// Other pickup directories: what is in one of them is not looked for in another around it.
    pub(super) others: Vec<PathBuf>,
}

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signature {
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    inode: (u64, u64),
}

/// What a file keeps when it is renamed. Its inode alone may belong to a new file already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    inode: (u64, u64),
    size: u64,
    modified: (i64, i64),
}

impl Signature {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            inode: (metadata.dev(), metadata.ino()),
        }
    }

    /// What the file keeps when it is renamed.
    pub(super) const fn identity(&self) -> Identity {
        Identity { inode: self.inode, size: self.size, modified: self.modified }
    }

    /// Size in bytes.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }
}

/// A source file.
#[derive(Debug, Clone)]
pub(super) struct ListedFile {
    /// Path inside of its unit.
    pub(super) path: String,
    /// Where it is, through the pickup directory.
    pub(super) location: PathBuf,
    /// Where the system says it is when it changes: without symbolic links. The second is the file itself if the
    /// first is a link to it.
    pub(super) event_paths: (PathBuf, Option<PathBuf>),
    /// Its state.
    pub(super) signature: Signature,
}

/// A module or package.
#[derive(Debug, Clone)]
pub(super) struct ListedUnit {
    /// Path below the pickup directory.
    pub(super) key: String,
    /// Name of the module or package.
    pub(super) module: String,
    /// Whether it is a package.
    pub(super) is_package: bool,
    /// Its files, sorted by path.
    pub(super) files: Vec<ListedFile>,
}

/// What is in a pickup directory.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Whether the directory exists at all.
    pub(super) exists: bool,
    /// Units by key.
    pub(super) units: BTreeMap<String, ListedUnit>,
    /// Every directory to watch, without symbolic links.
    pub(super) directories: HashSet<PathBuf>,
    /// Directories and files that could not be looked at, or are too many; by path.
    pub(super) problems: BTreeMap<PathBuf, Problem>,
}

impl Listing {
    /// Looks at a pickup directory.
    pub(super) fn take(root: &Root) -> Self {
        let mut walk = Walk::new(root);
        match fs::canonicalize(&root.path) {
            Ok(real) if real.is_dir() => {
                walk.listing.exists = true;
                walk.visited.insert(real.clone());
                walk.directory(&Place {
                    location: root.path.clone(),
                    real,
                    relative: String::new(),
                    depth: 0,
                    is_followed: false,
                });
                walk.linked_directories();
            }
            Ok(_) => walk.problem(&root.path, "pickup directory is not a directory".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => walk.problem(&root.path, format!("could not look at pickup directory: {error}")),
        }
        walk.listing
    }

    /// Every file that is there, under whatever name.
    pub(super) fn identities(&self) -> HashSet<Identity> {
        self.units.values().flat_map(|unit| &unit.files).map(|file| file.signature.identity()).collect()
    }

    /// Lists what is at a path: a file, a package, or a directory of them. What is in one of the pickup directories is
    /// called as it is there; otherwise names begin at the path.
    pub(super) fn take_path(path: &Path, pickup: &[PathBuf]) -> Self {
        let parent = path.parent().unwrap_or(path).to_path_buf();
        let inside = pickup.iter().find_map(|root| Some(relative_to(root, &parent)?.display().to_string()));
        let root =
            Root { path: parent.clone(), is_recursive: true, patterns: Vec::new(), others: Vec::new() };
        let mut walk = Walk::new(&root);
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
            return walk.listing;
        };
        if inside.is_none() && path.is_dir() && !path.join("__init__.py").is_file() {
            return Self::take(&Root { path: path.to_path_buf(), ..root });
        }
        walk.listing.exists = path.exists();
        let real = fs::canonicalize(&parent).unwrap_or_else(|_| parent.clone());
        let relative = inside.unwrap_or_default();
        let place = Place { location: parent, real, relative, depth: 0, is_followed: true };
        if !walk.is_refused(&place, &name) {
            walk.entry(&place, &name);
        }
        walk.linked_directories();
        walk.listing
    }
}

/// A directory on the way.
#[derive(Clone)]
struct Place {
    location: PathBuf,
    real: PathBuf,
    relative: String,
    depth: usize,
    /// Whether real directories have all been walked.
    is_followed: bool,
}

struct Walk<'r> {
    root: &'r Root,
    /// Other pickup directories, without symbolic links.
    others: HashSet<PathBuf>,
    listing: Listing,
    /// Real directories seen: each counts once, which also ends loops of symbolic links.
    visited: HashSet<PathBuf>,
    /// Links to directories, left for later so that a real directory is found under its own name.
    links: Vec<(Place, String)>,
    files: usize,
}

impl<'r> Walk<'r> {
    fn new(root: &'r Root) -> Self {
        // They may come and go, and lead elsewhere, as long as the server runs.
        let others = root.others.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
        Walk {
            root,
            others,
            listing: Listing::default(),
            visited: HashSet::new(),
            links: Vec::new(),
            files: 0,
        }
    }

    fn problem(&mut self, path: &Path, message: String) {
        let problem = Problem::new(message).file(path.display().to_string());
        self.listing.problems.insert(path.to_path_buf(), problem);
    }

    /// Names in a directory, sorted; none if it cannot be read.
    fn names(&mut self, place: &Place) -> Vec<String> {
        self.listing.directories.insert(place.real.clone());
        let entries = match fs::read_dir(&place.location) {
            Ok(entries) => entries,
            // It went away between being seen and being read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.problem(&place.location, format!("could not read directory: {error}"));
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        for entry in entries.flatten() {
            match entry.file_name().into_string() {
                Ok(name) if names::is_ignored(&name) || self.is_refused(place, &name) => {}
                Ok(name) => names.push(name),
                Err(_) if entry.path().extension().is_some_and(|extension| extension == "py") => {
                    self.problem(
                        &entry.path(),
                        "the name of the file is not UTF-8, so it cannot be a module".to_owned(),
                    );
                }
                Err(_) => {}
            }
        }
        names.sort_unstable();
        names
    }

    /// Whether the name alone keeps a file or directory from being taken, which is a problem then.
    fn is_refused(&mut self, place: &Place, name: &str) -> bool {
        let location = place.location.join(name);
        let Some((message, hint)) = names::refusal(name, location.is_dir()) else { return false };
        let directory = place.location.display().to_string();
        let problem = Problem::new(format!("`{}` is not deployed: {message}", name.escape_debug()))
            .file(directory)
            .hint(hint);
        self.listing.problems.insert(location, problem);
        true
    }

    fn directory(&mut self, place: &Place) {
        for name in self.names(place) {
            self.entry(place, &name);
        }
    }

    fn linked_directories(&mut self) {
        for (place, name) in std::mem::take(&mut self.links) {
            self.entry(&Place { is_followed: true, ..place }, &name);
        }
    }

    /// One file or directory that is not inside of a package.
    fn entry(&mut self, place: &Place, name: &str) {
        let location = place.location.join(name);
        let relative = join(&place.relative, name);
        let Ok(metadata) = fs::metadata(&location) else { return self.unreachable(&location, name) };
        if metadata.is_dir() && location.is_symlink() && !place.is_followed {
            self.links.push((place.clone(), name.to_owned()));
        } else if metadata.is_dir() {
            if let Some(below) = self.enter(place, name, relative) {
                if below.location.join("__init__.py").is_file() {
                    self.package(&below);
                } else if !below.location.join("pyvenv.cfg").exists() {
                    self.directory(&below);
                }
            }
        } else if metadata.is_file() && names::is_source(name, &self.root.patterns) && name != "__init__.py" {
            let file = self.file(place, name, name.to_owned(), &metadata);
            let module = names::module_name(&relative, false);
            let unit = ListedUnit { key: relative, module, is_package: false, files: vec![file] };
            self.add(unit);
        }
    }

    /// A link to nowhere, or something that vanished meanwhile.
    fn unreachable(&mut self, location: &Path, name: &str) {
        if location.is_symlink() && names::is_source(name, &self.root.patterns) {
            self.problem(location, "the symbolic link leads nowhere".to_owned());
        }
    }

    /// Decides whether to walk a directory.
    fn enter(&mut self, place: &Place, name: &str, relative: String) -> Option<Place> {
        let location = place.location.join(name);
        if !self.root.is_recursive {
            return None;
        }
        if place.depth >= DEPTH_LIMIT {
            self.problem(&location, format!("directories are nested more than {DEPTH_LIMIT} deep"));
            return None;
        }
        let real = fs::canonicalize(&location).ok()?;
        if self.others.contains(&real) || is_of_server(&place.real, name, &real) {
            return None;
        }
        // Walking the pickup directory through a link above itself would find everything twice.
        self.visited.insert(real.clone()).then_some(Place {
            location,
            real,
            relative,
            depth: place.depth + 1,
            is_followed: place.is_followed,
        })
    }

    fn package(&mut self, place: &Place) {
        let mut files = Vec::new();
        self.package_files(place, "", &mut files);
        files.sort_by(|left: &ListedFile, right| left.path.cmp(&right.path));
        let module = names::module_name(&place.relative, true);
        self.add(ListedUnit { key: place.relative.clone(), module, is_package: true, files });
    }

    fn package_files(&mut self, place: &Place, inside: &str, files: &mut Vec<ListedFile>) {
        for name in self.names(place) {
            let Ok(metadata) = fs::metadata(place.location.join(&name)) else { continue };
            let path = join(inside, &name);
            if metadata.is_dir() {
                if let Some(below) = self.enter(place, &name, join(&place.relative, &name)) {
                    self.package_files(&below, &path, files);
                }
            } else if metadata.is_file() && names::is_source(&name, &[]) {
                files.push(self.file(place, &name, path, &metadata));
            }
        }
    }

    fn file(&mut self, place: &Place, name: &str, path: String, metadata: &Metadata) -> ListedFile {
        let location = place.location.join(name);
        let target = location.is_symlink().then(|| fs::canonicalize(&location).ok()).flatten();
        if let Some(directory) = target.as_deref().and_then(Path::parent) {
            self.listing.directories.insert(directory.to_path_buf());
        }
        ListedFile {
            path,
            event_paths: (place.real.join(name), target),
            signature: Signature::of(metadata),
            location,
        }
    }

    fn add(&mut self, unit: ListedUnit) {
        self.files += unit.files.len();
        if self.files > FILE_LIMIT {
            let message = format!("there are more than {FILE_LIMIT} files; the rest is not deployed");
            let root = self.root.path.clone();
            self.problem(&root, message);
            return;
        }
        self.listing.units.insert(unit.key.clone(), unit);
    }
}

/// Whether a directory is a server, or where one works. A server keeps copies of what it has deployed, which would be
/// deployed, and copied, again and again.
fn is_of_server(parent: &Path, name: &str, real: &Path) -> bool {
    real.join(MARKER_FILE).exists() || (name == "work" && parent.join(MARKER_FILE).exists())
}

/// Gives the path of a directory below another one.
fn relative_to(root: &Path, directory: &Path) -> Option<PathBuf> {
    let below = |root: &Path, directory: &Path| directory.strip_prefix(root).ok().map(Path::to_path_buf);
    // As it was given, for it may lead elsewhere through a link below the pickup directory.
    below(root, directory)
        .or_else(|| below(&fs::canonicalize(root).ok()?, &fs::canonicalize(directory).ok()?))
}

fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
