//! Keeps the last good content of every file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use zato_core::guest::UserConfiguration;
use zato_core::{Error, ErrorKind, Problem};

use super::sources::{Listed, Sources};
use super::values::{Content, Reading};
use crate::config::secrets::SecretsFile;
use crate::config::{Environment, ini};

/// File whose stanza `[env]` has environment variables (reference operations 6.8).
const ENVIRONMENT_FILE: &str = "env.ini";
const ENVIRONMENT_STANZA: &str = "env";

/// How long a file that is gone stays in force: editors take a file away before they write the new one.
pub(super) const GRACE: Duration = Duration::from_millis(200);

/// Files and what is in them.
#[derive(Debug)]
pub(super) struct Files {
    sources: Sources,
    /// Variables of the process, and those of server.conf.
    environment: Environment,
    secrets: SecretsFile,
    is_typed: bool,
    known: BTreeMap<PathBuf, Known>,
    /// Files of the latest look.
    listed: Vec<Listed>,
    /// Since when files of it are gone.
    gone: BTreeMap<PathBuf, Instant>,
    /// Values of `env.ini`.
    variables: BTreeMap<String, String>,
    version: u64,
    content: String,
}

/// What is known about a file.
#[derive(Debug, Default)]
struct Known {
    /// Its text, or why it could not be read.
    text: Option<Result<String, String>>,
    /// The last content that could be used.
    tree: Option<Map<String, Value>>,
    /// What was logged about it.
    told: Vec<String>,
}

impl Files {
    /// Knows nothing yet; see [`Self::refresh`].
    pub(super) fn new(
        sources: Sources,
        environment: Environment,
        secrets: SecretsFile,
        is_typed: bool,
    ) -> Self {
        Self {
            sources,
            environment,
            secrets,
            is_typed,
            known: BTreeMap::new(),
            listed: Vec::new(),
            gone: BTreeMap::new(),
            variables: BTreeMap::new(),
            version: 0,
            content: String::new(),
        }
    }

    /// The places of the files.
    pub(super) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Reads all files again. Gives the configuration if it is another one than before. Files that somebody is
    /// writing stay as they were.
    pub(super) fn refresh(
        &mut self,
        now: Instant,
        is_being_written: impl Fn(&Path) -> bool,
    ) -> Option<UserConfiguration> {
        let listed = self.list(now);
        self.known.retain(|path, _| listed.iter().any(|file| file.path == *path));
        let is_environment =
            |file: &&Listed| file.path.file_name().is_some_and(|name| name == ENVIRONMENT_FILE);
        let previous = self.variables.clone();
        // It decides what references of the others stand for.
        for file in listed.iter().filter(is_environment) {
            self.read(&file.path, &is_being_written, false);
        }
        self.variables =
            listed.iter().filter(is_environment).flat_map(|file| self.variables_of(file)).collect();
        let is_changed = self.variables != previous;
        for file in listed.iter().filter(|file| !is_environment(file)) {
            self.read(&file.path, &is_being_written, is_changed);
        }
        let content = self.compose(&listed);
        if content == self.content {
            return None;
        }
        self.version += 1;
        self.content.clone_from(&content);
        Some(UserConfiguration { version: self.version, content })
    }

    /// When to look again although nothing happens: some file is gone, perhaps for a moment only.
    pub(super) fn look_again_at(&self) -> Option<Instant> {
        self.gone.values().min().map(|since| *since + GRACE)
    }

    /// Lists files, those that have just gone included.
    fn list(&mut self, now: Instant) -> Vec<Listed> {
        let found = self.sources.list();
        let is_there = |path: &Path| found.iter().any(|file| file.path == path);
        let mut listed = Vec::new();
        let mut gone = BTreeMap::new();
        for file in std::mem::take(&mut self.listed).into_iter().filter(|file| !is_there(&file.path)) {
            let since = self.gone.get(&file.path).copied().unwrap_or(now);
            if now < since + GRACE {
                gone.insert(file.path.clone(), since);
                listed.push(file);
            }
        }
        self.gone = gone;
        listed.extend(found);
        self.listed.clone_from(&listed);
        listed
    }

    /// Reads one file, if it has changed or has to be understood again.
    fn read(&mut self, path: &Path, is_being_written: &impl Fn(&Path) -> bool, is_again: bool) {
        let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let known = self.known.entry(path.to_path_buf()).or_default();
        if self.gone.contains_key(path) || is_being_written(path) || is_being_written(&target) {
            return;
        }
        let text = match ini::read_text(path) {
            // It went while this looked at it; what is to become of it is seen when directories are listed.
            Err(error) if error.kind() == ErrorKind::NotFound && known.tree.is_some() => return,
            other => other.map_err(|error| error.report()),
        };
        if known.text.as_ref() == Some(&text) && !is_again {
            return;
        }
        let label = path.display().to_string();
        let mut environment = self.environment.clone();
        for (name, value) in &self.variables {
            environment.set(name, value);
        }
        let reading = Reading {
            environment: self.is_typed.then_some(&environment),
            secrets: &self.secrets,
            is_typed: self.is_typed,
        };
        let content = match &text {
            Ok(text) => reading.read(text, &label),
            Err(why) => Content { problems: vec![Problem::new(why.clone())], ..Content::default() },
        };
        known.text = Some(text);
        known.take(content, &label);
    }

    fn variables_of(&self, file: &Listed) -> Vec<(String, String)> {
        let tree = self.known.get(&file.path).and_then(|known| known.tree.as_ref());
        let stanza = tree.and_then(|tree| tree.get(ENVIRONMENT_STANZA)).and_then(Value::as_object);
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            other => other.to_string(),
        };
        let is_usable = |name: &str, value: &str| {
            !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0')
        };
        stanza
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), text(value)))
            .filter(|(name, value)| is_usable(name, value))
            .collect()
    }

    fn compose(&self, listed: &[Listed]) -> String {
        let (mut files, mut aliases) = (Map::new(), Map::new());
        for file in listed {
            let Some(tree) = self.known.get(&file.path).and_then(|known| known.tree.clone()) else {
                continue;
            };
            match &file.alias {
                Some(alias) => aliases.insert(file.key.clone(), alias.clone().into()),
                None => aliases.remove(&file.key),
            };
            files.insert(file.key.clone(), Value::Object(tree));
        }
        json!({"files": files, "aliases": aliases, "environment": self.variables}).to_string()
    }
}

impl Known {
    /// Takes what was read, and tells people what they want to know about it.
    fn take(&mut self, content: Content, label: &str) {
        let Content { tree, problems, warnings } = content;
        let told: Vec<String> = problems.iter().chain(&warnings).map(ToString::to_string).collect();
        if problems.is_empty() {
            let is_first = self.tree.is_none();
            self.tree = Some(tree);
            for warning in warnings.iter().filter(|warning| !self.told.contains(&warning.to_string())) {
                tracing::warn!(target: "zato", "User configuration: {warning}");
            }
            tracing::info!(target: "zato", "User configuration `{label}` was {}", if is_first { "read" } else { "read again" });
        } else if told != self.told {
            let outlook = match &self.tree {
                Some(_) => "its last good version stays in force",
                None => "services do not see it",
            };
            let error = Error::new(ErrorKind::Invalid, format!("`{label}` cannot be used, {outlook}"));
            tracing::error!(target: "zato", "User configuration: {error}");
            for problem in &problems {
                tracing::error!(target: "zato", "User configuration: {problem}");
            }
        }
        self.told = told;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A look now.
    fn look(files: &mut Files) -> Option<UserConfiguration> {
        files.refresh(Instant::now(), nobody)
    }

    fn nobody(_: &Path) -> bool {
        false
    }

    fn files(directory: &Path, labeled: Vec<(String, PathBuf)>) -> Files {
        let sources = Sources { labeled, directories: vec![directory.to_path_buf()] };
        Files::new(sources, Environment::default(), SecretsFile::default(), true)
    }

    fn content(configuration: Option<UserConfiguration>) -> Value {
        serde_json::from_str(&configuration.unwrap().content).unwrap()
    }

    #[test]
    fn a_broken_file_keeps_its_last_good_content_and_a_removed_one_is_gone() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("app.ini");
        let mut files = files(root.path(), Vec::new());
        assert_eq!(content(look(&mut files))["files"], json!({}));
        fs::write(&path, "[a]\nb=1\n").unwrap();
        let good = json!({"app": {"a": {"b": 1}}});
        assert_eq!(content(look(&mut files))["files"], good);
        assert_eq!(look(&mut files), None);
        fs::write(&path, "[a\nb=2\n").unwrap();
        fs::write(root.path().join("other.ini"), "c=3\n").unwrap();
        assert_eq!(content(look(&mut files))["files"], json!({"app": {"a": {"b": 1}}, "other": {"c": 3}}));
        fs::write(&path, "[a]\nb=4\n").unwrap();
        assert_eq!(files.refresh(Instant::now(), |_| true), None);
        let last = look(&mut files).unwrap();
        assert_eq!(last.version, 4);
        assert!(last.content.contains("\"b\":4") && !format!("{last:?}").contains("\"b\""));
        fs::remove_file(&path).unwrap();
        let now = Instant::now();
        // It may be on its way.
        assert_eq!(files.refresh(now, nobody), None);
        assert_eq!(files.look_again_at(), Some(now + GRACE));
        fs::write(&path, "[a]\nb=4\n").unwrap();
        assert_eq!(files.refresh(now + GRACE, nobody), None);
        fs::remove_file(&path).unwrap();
        assert_eq!(files.refresh(now + GRACE, nobody), None);
        let gone = content(files.refresh(now + GRACE * 2, nobody));
        assert_eq!((&gone["files"], files.look_again_at()), (&json!({"other": {"c": 3}}), None));
    }

    #[test]
    fn variables_of_env_ini_are_what_other_files_refer_to() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("app.ini"), "[a]\nhost=$APP_HOST\n").unwrap();
        fs::write(root.path().join("env.ini"), "[env]\nAPP_HOST=one\nN=5\n").unwrap();
        let mut files = files(root.path(), Vec::new());
        let first = content(look(&mut files));
        assert_eq!(first["files"]["app"], json!({"a": {"host": "one"}}));
        assert_eq!(first["environment"], json!({"APP_HOST": "one", "N": "5"}));
        fs::write(root.path().join("env.ini"), "[env]\nAPP_HOST=two\n").unwrap();
        assert_eq!(content(look(&mut files))["files"]["app"], json!({"a": {"host": "two"}}));
    }

    #[test]
    fn a_file_with_a_label_is_found_by_label_and_a_pickup_file_of_that_name_wins() {
        let root = tempfile::tempdir().unwrap();
        let labeled = root.path().join("elsewhere");
        fs::create_dir(&labeled).unwrap();
        fs::write(labeled.join("my.conf"), "[s]\nk=v\n").unwrap();
        let mut files = files(root.path(), vec![("user".to_owned(), labeled.join("my.conf"))]);
        let first = content(look(&mut files));
        assert_eq!(
            (&first["files"], &first["aliases"]),
            (&json!({"user": {"s": {"k": "v"}}}), &json!({"user": "my"}))
        );
        fs::write(root.path().join("user.ini"), "x=1\n").unwrap();
        let second = content(look(&mut files));
        assert_eq!((&second["files"], &second["aliases"]), (&json!({"user": {"x": 1}}), &json!({})));
    }
}
