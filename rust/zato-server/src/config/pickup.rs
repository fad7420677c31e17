//! pickup.conf: further directories that services are picked up from (reference operations 4.2).

use std::path::PathBuf;

use zato_core::{Error, ErrorKind, Problem, Result};

use super::env::{HOT_DEPLOY_DIR, HOT_DEPLOY_PATTERNS, USER_CONF_DIR};
use super::ini::{self, Stanza};
use super::layout::resolve_below;
use super::reader::boolean;
use super::{Environment, Loaded, ServerPaths};

/// Beginning of the names of stanzas that are directories of services.
const PREFIX: &str = "hot-deploy.user.";

/// Keys of a stanza; those for files that are no services have no effect on services.
const KEYS: &[&str] = &[
    "pickup_from",
    "patterns",
    "is_recursive",
    "move_processed_to",
    "parse_with",
    "services",
    "topics",
    "read_on_pickup",
    "parse_on_pickup",
    "delete_after_pickup",
    "deploy_in_place",
    "is_case_sensitive",
    "is_line_by_line",
    "data_encoding",
    "binary_file_patterns",
];

/// Stanzas of files that services read: `self.config` and `self.static_config`.
const USER_STANZAS: [&str; 2] = ["user_conf", "static"];

/// A directory watched for services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickupDirectory {
    /// What it is called in logs: `services`, or the last part of a `hot-deploy.user.<name>` stanza.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether directories below it are watched as well.
    pub is_recursive: bool,
    /// File name patterns that are picked up; `*.py` by default.
    pub patterns: Vec<String>,
}

/// Reads the directories of services of pickup.conf and of the environment; relative paths are below the
/// directory of the server.
///
/// # Errors
/// [`ErrorKind::Invalid`] with every problem, [`ErrorKind::Io`] if the file cannot be read.
pub fn read(paths: &ServerPaths, environment: &Environment) -> Result<Loaded<Vec<PickupDirectory>>> {
    let path = paths.pickup_conf();
    let (file, mut problems) = match ini::read_all(&path, "pickup.conf") {
        Err(error) if error.kind() == ErrorKind::NotFound => Default::default(),
        other => other?,
    };
    let mut directories = Vec::new();
    let mut warnings = Vec::new();
    for stanza in &file.stanzas {
        match stanza.name.strip_prefix(PREFIX) {
            Some(name) => directories.extend(directory(name, stanza, paths, &mut problems, &mut warnings)),
            // Files for `self.config` and `self.static_config` are read where they are, see [`user_directories`].
            None if USER_STANZAS.contains(&stanza.name.as_str()) => {}
            None => warnings.push(
                Problem::new(format!(
                    "`[{}]` has no effect yet, only directories of services have",
                    stanza.name
                ))
                .file("pickup.conf")
                .line(stanza.line)
                .hint(format!("call it `[{PREFIX}<name>]` if it is one")),
            ),
        }
    }
    if let Some(path) = environment.get(HOT_DEPLOY_DIR).filter(|path| !path.is_empty()) {
        let patterns = patterns(environment.get(HOT_DEPLOY_PATTERNS).unwrap_or_default().split(','));
        for (pattern, error) in unusable(&patterns) {
            let message = format!("`{pattern}` is no pattern of file names: {}", error.kind());
            let problem = Problem::new(message).object("environment").field(HOT_DEPLOY_PATTERNS);
            problems.push(problem.hint("for instance `*.py,api_?.py`"));
        }
        directories.push(PickupDirectory {
            name: HOT_DEPLOY_DIR.to_owned(),
            path: resolve_below(paths.base(), path),
            is_recursive: true,
            patterns,
        });
    }
    if problems.is_empty() {
        return Ok(Loaded { value: directories, warnings });
    }
    Err(Error::from_problems(format!("`{}` cannot be used", path.display()), problems))
}

/// Directories of files that services read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserDirectories {
    /// Of `self.config`; where two have files of one key, the later one wins.
    pub configuration: Vec<PathBuf>,
    /// Of `self.static_config`; where two have files of one name, the later one wins.
    pub constant: Vec<PathBuf>,
}

/// Returns the directories of files that services read: those of the layout, of the stanzas `user_conf` and `static`
/// of pickup.conf, and of the environment (reference operations 3.2, 6.8). Relative paths are below the directory of
/// the server. What is wrong with the file is told by [`read`].
#[must_use]
pub fn user_directories(paths: &ServerPaths, environment: &Environment) -> UserDirectories {
    let file = ini::read_all(&paths.pickup_conf(), "pickup.conf").map(|(file, _)| file).unwrap_or_default();
    let configured = |stanza: &str| {
        let entry = file.stanza(stanza).and_then(|stanza| stanza.get("pickup_from"));
        let items = entry.map(ini::Entry::items).unwrap_or_default();
        items.into_iter().map(|item| resolve_below(paths.base(), item.trim())).collect::<Vec<_>>()
    };
    let mut directories = UserDirectories {
        configuration: vec![paths.repository_user_conf(), paths.incoming_user_conf()],
        constant: vec![paths.repository_static(), paths.incoming_static()],
    };
    directories.configuration.extend(configured(USER_STANZAS[0]));
    directories.constant.extend(configured(USER_STANZAS[1]));
    let more = environment.get(USER_CONF_DIR).unwrap_or_default();
    let more = more.split(':').map(str::trim).filter(|path| !path.is_empty());
    directories.configuration.extend(more.map(|path| resolve_below(paths.base(), path)));
    for list in [&mut directories.configuration, &mut directories.constant] {
        let mut seen = std::collections::HashSet::new();
        list.retain(|path| seen.insert(path.clone()));
    }
    directories
}

fn directory(
    name: &str,
    stanza: &Stanza,
    paths: &ServerPaths,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<Problem>,
) -> Option<PickupDirectory> {
    let object = format!("[{}]", stanza.name);
    let problem = |message: &str, line: u64, field: &str| {
        Problem::new(message).file("pickup.conf").line(line).object(&*object).field(field)
    };
    for entry in stanza.entries.iter().filter(|entry| !KEYS.contains(&entry.key.as_str())) {
        let hint = zato_schema::suggest::hint(&entry.key, KEYS.iter().copied());
        warnings.push(Problem { hint, ..problem("unknown key", entry.line, &entry.key) });
    }
    let is_recursive = match stanza.get("is_recursive").map(|entry| (boolean(&entry.text()), entry.line)) {
        None => true,
        Some((Some(flag), _)) => flag,
        Some((None, line)) => {
            problems
                .push(problem("the value cannot be used", line, "is_recursive").hint("give true or false"));
            true
        }
    };
    let from = stanza.get("pickup_from").map(ini::Entry::text).filter(|text| !text.trim().is_empty());
    let Some(from) = from else {
        // A line of this stanza that could not be understood is no directory that is missing.
        let is_told =
            problems.iter().any(|told| told.object.is_none() && told.field.as_deref() == Some("pickup_from"));
        if !is_told {
            let problem = problem("it is required", stanza.line, "pickup_from");
            problems.push(problem.hint("give the path of a directory"));
        }
        return None;
    };
    let entry = stanza.get("patterns");
    let patterns = patterns(entry.map(ini::Entry::items).unwrap_or_default().iter().map(String::as_str));
    for (pattern, error) in unusable(&patterns) {
        let line = entry.map_or(stanza.line, |entry| entry.line);
        let message = format!("`{pattern}` is no pattern of file names: {}", error.kind());
        problems.push(problem(&message, line, "patterns").hint("for instance `*.py, api_?.py`"));
    }
    Some(PickupDirectory {
        name: name.to_owned(),
        path: resolve_below(paths.base(), from.trim()),
        is_recursive,
        patterns,
    })
}

fn patterns<'a>(items: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let items: Vec<String> =
        items.into_iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect();
    if items.is_empty() || items == ["*"] { vec!["*.py".to_owned()] } else { items }
}

/// Patterns that nothing can be matched against, and why.
fn unusable(patterns: &[String]) -> Vec<(&String, globset::Error)> {
    patterns.iter().filter_map(|pattern| Some((pattern, globset::Glob::new(pattern).err()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(content: &str, environment: &Environment) -> Result<Loaded<Vec<PickupDirectory>>> {
        let directory = tempfile::tempdir().unwrap();
        let paths = ServerPaths::new(directory.path());
        paths.create_directories().unwrap();
        std::fs::write(paths.pickup_conf(), content).unwrap();
        let mut loaded = read(&paths, environment);
        if let Ok(loaded) = &mut loaded {
            for found in &mut loaded.value {
                found.path = found.path.strip_prefix(directory.path()).unwrap_or(&found.path).to_path_buf();
            }
        }
        loaded
    }

    #[test]
    fn directories_of_services_come_from_stanzas_and_environment() {
        let environment =
            [(HOT_DEPLOY_DIR, "/srv/more"), (HOT_DEPLOY_PATTERNS, "api_*.py, x.py")].into_iter().collect();
        let loaded = load(
            "[hot-deploy.user.local-dev]\npickup_from=./src\nis_recursive=False\npatern=*.py\n[json]\npickup_from=x\n",
            &environment,
        )
        .unwrap();
        assert_eq!(loaded.value[0].name, "local-dev");
        assert_eq!((loaded.value[0].path.to_str().unwrap(), loaded.value[0].is_recursive), ("src", false));
        assert_eq!(loaded.value[0].patterns, ["*.py"]);
        assert_eq!(loaded.value[1].patterns, ["api_*.py", "x.py"]);
        assert_eq!(loaded.warnings.iter().filter_map(|warning| warning.line).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(loaded.warnings[0].hint.as_deref(), Some("did you mean `patterns`?"));
    }

    #[test]
    fn directories_of_files_that_services_read_come_from_layout_stanzas_and_environment() {
        let directory = tempfile::tempdir().unwrap();
        let paths = ServerPaths::new(directory.path());
        paths.create_directories().unwrap();
        let content =
            "[user_conf]\npickup_from=./pickup/incoming/user-conf, /srv/conf\n[static]\npickup_from=/srv/s\n";
        std::fs::write(paths.pickup_conf(), content).unwrap();
        let environment = [(USER_CONF_DIR, "/srv/a: more:/srv/conf")].into_iter().collect();
        let found = user_directories(&paths, &environment);
        let base = |name: &str| directory.path().join(name);
        let conf = [base("config/repo/user-conf"), base("pickup/incoming/user-conf")];
        let more = ["/srv/conf", "/srv/a"].map(PathBuf::from);
        let all: Vec<_> = conf.into_iter().chain(more).chain([base("more")]).collect();
        assert_eq!(found.configuration, all);
        let fixed = [base("config/repo/static"), base("pickup/incoming/static"), PathBuf::from("/srv/s")];
        assert_eq!(found.constant, fixed);
        assert!(read(&paths, &environment).unwrap().warnings.is_empty());
    }

    #[test]
    fn patterns_that_are_none_are_told_before_the_server_starts() {
        let environment = [(HOT_DEPLOY_DIR, "/srv"), (HOT_DEPLOY_PATTERNS, "*.py,{a")].into_iter().collect();
        let error =
            load("[hot-deploy.user.a]\npickup_from=x\npatterns=*.py, [[[\n", &environment).unwrap_err();
        let found: Vec<_> =
            error.problems().iter().map(|problem| (problem.line, problem.field.as_deref())).collect();
        assert_eq!(found, [(Some(3), Some("patterns")), (None, Some(HOT_DEPLOY_PATTERNS))]);
    }

    #[test]
    fn a_stanza_without_directory_is_refused() {
        let error =
            load("\n[hot-deploy.user.a]\nis_recursive=perhaps\n", &Environment::default()).unwrap_err();
        let found: Vec<_> =
            error.problems().iter().map(|problem| (problem.line, problem.field.as_deref())).collect();
        assert_eq!(found, [(Some(3), Some("is_recursive")), (Some(2), Some("pickup_from"))]);
    }
}
