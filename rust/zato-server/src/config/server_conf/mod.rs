//! server.conf and the files beside it, read as one (reference operations 4.1).

mod hot_deploy;
mod http;
mod known_keys;
mod main_stanza;
mod startup;

use zato_core::{Error, ErrorKind, Problem, Result, Secret};

use super::ini::{self, Stanza};
use super::options::{LineFormat, RuntimeOptions};
use super::patterns::Patterns;
use super::reader::{Reader, boolean};
use super::secrets::SecretsFile;
use super::{Environment, Loaded, ServerOptions, ServerPaths, pickup, service_sources, simple_io};

impl ServerOptions {
    /// Reads server.conf, simple-io.conf, pickup.conf, service-sources.txt and secrets.conf of a server, and
    /// applies overrides from the environment. A file that does not exist means defaults.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with every problem of every file; [`ErrorKind::Io`] if one cannot be read.
    pub fn load(paths: &ServerPaths, environment: &Environment) -> Result<Loaded<Self>> {
        let mut problems = Vec::new();
        let mut warnings = Vec::new();
        let secrets = collect(SecretsFile::load(paths, environment), &mut problems)?.unwrap_or_default();
        warnings.extend(super::secrets::check_mode(&paths.secrets_conf()));
        let (file, misunderstood) = collect(read(paths), &mut problems)?.unwrap_or_default();
        problems.extend(misunderstood);

        let mut reader = Reader::new(&file, "server.conf", paths, environment, &secrets);
        let mut options = read_options(&mut reader);
        let (found, noticed) = reader.finish(known_keys::WITHOUT_EFFECT);
        problems.extend(found);
        warnings.extend(noticed);

        if let Some(simple_io) = collect(simple_io::read(&paths.simple_io_conf()), &mut problems)? {
            options.simple_io = simple_io.value;
            warnings.extend(simple_io.warnings);
        }
        if let Some(directories) = collect(pickup::read(paths, environment), &mut problems)? {
            options.hot_deploy.directories.extend(directories.value);
            warnings.extend(directories.warnings);
        }
        options.user_directories = pickup::user_directories(paths, environment);
        if let Some(sources) = collect(service_sources::read(paths), &mut problems)? {
            options.hot_deploy.sources = sources;
        }
        if problems.is_empty() {
            return Ok(Loaded { value: options, warnings });
        }
        let message = format!("the configuration in `{}` cannot be used", paths.repository().display());
        Err(Error::from_problems(message, problems))
    }
}

/// Keeps the problems of an invalid file, so that those of the others are told too; other errors end it all.
fn collect<T>(outcome: Result<T>, problems: &mut Vec<Problem>) -> Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::Invalid && !error.problems().is_empty() => {
            problems.extend(error.problems().iter().cloned());
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Reads the file, and what of it cannot be understood.
fn read(paths: &ServerPaths) -> Result<(Stanza, Vec<Problem>)> {
    match ini::read_all(&paths.server_conf(), "server.conf") {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Default::default()),
        other => other,
    }
}

fn read_options(reader: &mut Reader<'_>) -> ServerOptions {
    let paths = reader.paths;
    let work_dir = reader.path("main", "work_dir").unwrap_or_else(|| paths.default_work());
    let profile = reader.parsed("compat", "profile", "one of 2.0, 3.0, 3.1, 3.2, 4.1").unwrap_or_default();
    let drain_timeout = main_stanza::drain_timeout(reader);
    let http = http::read(reader, profile, drain_timeout);
    let mut first_worker = startup::services(reader, "startup_services_first_worker");
    first_worker.extend(startup::services(reader, "startup_services"));
    ServerOptions {
        server_name: reader
            .text("misc", "initial_server_name")
            .map_or_else(|| paths.directory_name(), |found| found.value.trim().to_owned()),
        cluster_name: reader
            .text("misc", "initial_cluster_name")
            .map_or_else(|| "main".to_owned(), |found| found.value.trim().to_owned()),
        bind: main_stanza::bind(reader),
        workers: main_stanza::workers(reader),
        drain_timeout,
        work_dir,
        database: main_stanza::database(reader),
        hot_deploy: hot_deploy::read(reader),
        runtime: RuntimeOptions {
            profile,
            has_old_module_names: reader.boolean("compat", "old_module_names", true),
            max_threads: reader.number("main", "max_threads", 256, (1, 4_096)) as usize,
            queue_limit: reader.number("main", "queue_limit", 10_000, (1, 10_000_000)) as usize,
            stuck_timeout: main_stanza::stuck_timeout(reader),
            switch_interval: main_stanza::switch_interval(reader),
            invocation_sources: patterns(reader, "invoke_patterns_allowed"),
            invocation_targets: patterns(reader, "invoke_target_patterns_allowed"),
        },
        http,
        invoker_allows_internal: reader.list("misc", "service_invoker_allow_internal").map_or_else(
            || vec!["pub.zato.ping".to_owned(), "/zato/api/invoke/{service_name}".to_owned()],
            |found| found.value,
        ),
        log_format: log_format(reader),
        startup_services_first_worker: first_worker,
        startup_services_any_worker: startup::services(reader, "startup_services_any_worker"),
        environment: variables(reader),
        user_config: user_config(reader),
        user_directories: pickup::UserDirectories::default(),
        simple_io: simple_io::defaults(),
    }
}

fn log_format(reader: &mut Reader<'_>) -> LineFormat {
    let Some(found) = reader.text("logging", "format") else { return LineFormat::default() };
    match found.value.trim() {
        "text" => LineFormat::Text,
        "json" => LineFormat::Json,
        _ => {
            reader.refuse(&found, "text or json");
            LineFormat::default()
        }
    }
}

/// Reads `pattern = True | False` lines. `order` says which of both are tried first; without the stanza
/// everything is allowed.
fn patterns(reader: &mut Reader<'_>, stanza: &'static str) -> Patterns {
    let entries = reader.open_stanza(stanza);
    if entries.is_empty() {
        return Patterns::everything();
    }
    let mut is_true_first = true;
    let mut rules = Vec::new();
    for entry in entries {
        let Some(text) = reader.resolved(stanza, entry) else { continue };
        if entry.key == "order" {
            match text.trim() {
                "true_false" => is_true_first = true,
                "false_true" => is_true_first = false,
                _ => {
                    let problem = reader.entry_problem(stanza, entry, "the value cannot be used");
                    reader.problems.push(problem.hint("give true_false or false_true"));
                }
            }
            continue;
        }
        match boolean(&text) {
            Some(verdict) => rules.push((entry.key.clone(), verdict)),
            None => {
                let problem = reader.entry_problem(stanza, entry, "the value cannot be used");
                reader.problems.push(problem.hint("give True or False"));
            }
        }
    }
    rules.sort_by_key(|(_, verdict)| *verdict != is_true_first);
    Patterns::new(rules)
}

/// `[os_environ]`.
fn variables(reader: &mut Reader<'_>) -> Vec<(String, Secret)> {
    let mut variables = Vec::new();
    for entry in reader.open_stanza("os_environ") {
        if entry.key.contains('\0') {
            let problem = reader.entry_problem("os_environ", entry, "the name has a NUL character");
            reader.problems.push(problem.hint("remove it"));
        } else if let Some(value) = reader.resolved("os_environ", entry) {
            variables.push((entry.key.clone(), Secret::new(value)));
        }
    }
    variables
}

/// `[user_config]`.
fn user_config(reader: &mut Reader<'_>) -> Vec<(String, std::path::PathBuf)> {
    let mut files = Vec::new();
    for entry in reader.open_stanza("user_config") {
        if let Some(path) = reader.resolved("user_config", entry).filter(|path| !path.trim().is_empty()) {
            files.push((entry.key.clone(), reader.paths.resolve(path.trim())));
        }
    }
    files
}

#[cfg(test)]
mod tests;
