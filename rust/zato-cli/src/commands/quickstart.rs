//! `zato quickstart create DIR` (reference operations 2): an environment that is ready to start.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use rand::Rng;
use serde_json::json;
use zato_connections::RestChannel;
use zato_core::error::Context;
use zato_core::{ErrorKind, Secret};
use zato_schema::Kind;
use zato_server::api::{NewObject, initial_data};
use zato_server::config::{Environment, Pidfile, ServerPaths, env};
use zato_store::SecretKey;

use super::create::cluster::{given_passwords, tell_credentials};
use super::create::server::{self, FIRST_PORT, Plan, parse_workers};
use super::{Session, block_on};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::options::{KvdbOptions, OdbOptions, SchedulerOptions};
use crate::resolve::{self, Target};
use crate::scripts::{self, Scripts};
use crate::{admin, private_file, secrets, store};

/// Name of the config store inside an environment.
const DATABASE: &str = "zato.db";

/// Name of the file with usernames and passwords.
const CREDENTIALS: &str = "credentials";

/// Options of `quickstart create`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory to make; has to be empty if it exists
    path: PathBuf,
    /// Name of the cluster [default: quickstart- and a random number]
    #[arg(long, value_name = "NAME")]
    cluster_name: Option<String>,
    /// Number of servers
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=100))]
    servers: u16,
    /// Worker processes of each server, or auto for one per processor
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_workers)]
    threads_per_server: String,
    /// Port of the first server; the others get the ports after it
    #[arg(long, value_name = "PORT", default_value_t = FIRST_PORT)]
    http_port: u16,
    /// Password of users admin.invoke and pubapi [default: random ones]
    #[arg(long, value_name = "PASSWORD", alias = "admin-invoke-password", allow_hyphen_values = true)]
    password: Option<Secret>,
    /// Key to encrypt secrets with [default: a new one]
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    secret_key: Option<Secret>,
    /// Replace an environment that is there already
    #[arg(long)]
    force: bool,
    /// Do not deploy the demo services
    #[arg(long)]
    no_demo: bool,
    #[command(flatten)]
    odb: OdbOptions,
    #[command(flatten)]
    kvdb: KvdbOptions,
    #[command(flatten)]
    scheduler: SchedulerOptions,
    /// Key of JWT tokens (accepted, not used by this version)
    #[arg(long, value_name = "KEY", hide_short_help = true, allow_hyphen_values = true)]
    jwt_secret_key: Option<Secret>,
    /// Make no scheduler (accepted: this version has none)
    #[arg(long, hide_short_help = true)]
    no_scheduler: bool,
    /// Make nothing but a scheduler; not part of this version
    #[arg(long, hide = true)]
    scheduler_only: bool,
    /// Script to run in start scripts (accepted, not used by this version)
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    preamble_script: Option<PathBuf>,
}

/// Makes the environment, telling every step.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    refuse_what_is_not_there(arguments)?;
    let key = match &arguments.secret_key {
        Some(key) => secrets::given_key(key)?,
        None => SecretKey::generate()?,
    };
    let path = std::path::absolute(&arguments.path)
        .context(ErrorKind::Io, || "could not read the current directory".to_owned())?;
    let existed = prepare(&path, arguments.force)?;
    let database = arguments.odb.file(&path.join(DATABASE))?;
    let had_database = database.exists();
    let made = make(session, arguments, &path, &database, &key);
    if made.is_err() {
        // The first failure is the one worth telling; the directory was empty or absent before.
        if !had_database {
            drop(fs::remove_file(&database));
        }
        drop(fs::remove_dir_all(&path));
        if existed {
            drop(fs::create_dir(&path));
        }
    }
    made
}

fn refuse_what_is_not_there(arguments: &Arguments) -> Outcome {
    arguments.odb.check()?;
    secrets::not_empty(arguments.password.as_ref(), "--password")?;
    if arguments.scheduler_only {
        return Err(Failure::new(
            ExitCode::InvalidInput,
            "this version has no scheduler process, --scheduler-only would make nothing",
        ));
    }
    if u32::from(arguments.http_port) + u32::from(arguments.servers) - 1 > u32::from(u16::MAX) {
        return Err(Failure::new(ExitCode::InvalidInput, "there are not that many ports after --http-port"));
    }
    if arguments.cluster_name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Failure::new(ExitCode::InvalidInput, "the name of the cluster is empty"));
    }
    Ok(())
}

/// Makes sure that the directory is absent or empty; gives whether it exists.
fn prepare(path: &Path, is_forced: bool) -> Outcome<bool> {
    let failed = || format!("could not read `{}`", path.display());
    if !path.exists() {
        return Ok(false);
    }
    if !path.is_dir() {
        return Err(Failure::new(ExitCode::InvalidInput, format!("`{}` is not a directory", path.display())));
    }
    if fs::read_dir(path).context(ErrorKind::Io, failed)?.next().is_none() {
        return Ok(true);
    }
    let not_empty =
        || Failure::new(ExitCode::DirectoryNotEmpty, format!("directory `{}` is not empty", path.display()));
    if !is_forced {
        return Err(not_empty()
            .hint("choose another directory, or add --force to replace an environment that is in it"));
    }
    let is_environment = scripts::NAMES.iter().all(|name| path.join(name).is_file());
    let Ok(Target::Environment { servers, .. }) = resolve::locate(path) else {
        return Err(not_empty().hint("--force replaces environments only, and this is not one"));
    };
    if !is_environment {
        return Err(not_empty().hint("--force replaces quickstart environments only, and this is not one"));
    }
    for server in servers {
        if Pidfile::holder(&server.pidfile())?.is_some() {
            let message = format!("server `{}` is running", server.base().display());
            return Err(Failure::new(ExitCode::AlreadyRunning, message).hint("stop it first"));
        }
    }
    fs::remove_dir_all(path)
        .and_then(|()| fs::create_dir(path))
        .context(ErrorKind::Io, || format!("could not empty `{}`", path.display()))?;
    Ok(true)
}

/// Counts and prints the steps as they are done.
struct Steps<'s, 'r> {
    session: &'s Session<'r>,
    total: usize,
    done: usize,
}

impl Steps<'_, '_> {
    fn done(&mut self, what: &str) {
        self.done += 1;
        self.session.output.line(format!("[{}/{}] {what}", self.done, self.total));
    }
}

fn make(
    session: &Session<'_>,
    arguments: &Arguments,
    path: &Path,
    database: &Path,
    key: &SecretKey,
) -> Outcome {
    let cluster = arguments
        .cluster_name
        .clone()
        .unwrap_or_else(|| format!("quickstart-{:06}", rand::rng().random_range(0..1_000_000)));
    let mut steps = Steps { session, total: usize::from(arguments.servers) + 3, done: 0 };
    fs::create_dir_all(path).context(ErrorKind::Io, || format!("could not create `{}`", path.display()))?;
    check_place(database)?;

    let given = given_passwords(arguments.password.as_ref(), arguments.password.as_ref());
    let credentials = block_on(async {
        let store = store::create(database).await?;
        steps.done("ODB schema created");
        store.create_cluster(&cluster).await?;
        let api = admin::api(store.clone(), key)?.because("zato quickstart create");
        let credentials = initial_data(&api, &given).await?;
        if !arguments.no_demo {
            api.create(vec![demo_channel()]).await?;
        }
        store.close().await;
        Ok(credentials)
    })?;
    private_file::write(&path.join(CREDENTIALS), &credentials.to_text())?;
    steps.done("ODB initial data created");

    let names: Vec<String> = (1..=arguments.servers).map(|number| format!("server{number}")).collect();
    for (name, port) in names.iter().zip(arguments.http_port..) {
        server::make(&Plan {
            paths: &ServerPaths::new(path.join(name)),
            cluster_name: &cluster,
            server_name: name,
            port,
            workers: &arguments.threads_per_server,
            database: written_path(database, path),
            key,
            has_demo: !arguments.no_demo,
        })?;
        steps.done(&format!("{name} created"));
    }
    Scripts { cluster: &cluster, python: &session.runtime.python_executable, servers: &names }.write(path)?;
    steps.done("Management scripts created");
    tell(session, arguments, &cluster);
    let heading =
        format!("Users and passwords, shown this once; they are in {}/{CREDENTIALS} too:", path.display());
    tell_credentials(session, &heading, &credentials, &given);
    tell_what_to_try(session, arguments, path);
    Ok(())
}

/// A config store outside the environment needs a directory that exists.
fn check_place(database: &Path) -> Outcome {
    match database.parent() {
        Some(parent) if !parent.is_dir() => {
            let message = format!("there is no directory `{}` for the config store", parent.display());
            Err(Failure::new(ExitCode::NoSuchPath, message))
        }
        _ => Ok(()),
    }
}

/// A config store inside the environment is written relative to `config/repo`, so that the environment can be
/// moved.
fn written_path(database: &Path, environment: &Path) -> String {
    if database == environment.join(DATABASE) {
        format!("../../../{DATABASE}")
    } else {
        database.display().to_string()
    }
}

/// The open channel of the demo services.
fn demo_channel() -> NewObject {
    let spec = json!({"url_path": "/demo/greet/{name}", "service": "demo.greet", "data_format": "json"});
    NewObject { kind: RestChannel::ID.to_owned(), name: "demo.greet".to_owned(), is_active: true, spec }
}

fn tell(session: &Session<'_>, arguments: &Arguments, cluster: &str) {
    let output = &session.output;
    output.line(format!("Quickstart cluster {cluster} created"));
    output.line("Not part of this version: load-balancer, Dashboard, scheduler, certificate authority");
    if arguments.kvdb.is_given() || arguments.scheduler.is_given() {
        output.line("Options of Redis and scheduler were accepted and have no effect in this version");
    }
    if arguments.preamble_script.is_some() || arguments.jwt_secret_key.is_some() {
        output
            .line("--preamble-script and --jwt-secret-key were accepted and have no effect in this version");
    }
}

/// Where the first server will listen if it is started from here.
fn shown_port(given: u16, variables: &Environment) -> u16 {
    variables.get(env::BIND_PORT).and_then(|port| port.trim().parse().ok()).unwrap_or(given)
}

fn tell_what_to_try(session: &Session<'_>, arguments: &Arguments, path: &Path) {
    let output = &session.output;
    let shown = path.display();
    output.line(format!("Services are picked up from {shown}/server1/pickup/incoming/services"));
    output.line("Start the cluster by issuing this command:");
    output.line(format!("  {shown}/zato-qs-start.sh"));
    output.line("or, the same without the script:");
    output.line(format!("  zato start {shown}"));
    let port = shown_port(arguments.http_port, &Environment::of_process());
    output.line("Then try:");
    output.line(format!("  curl http://localhost:{port}/zato/ping"));
    if !arguments.no_demo {
        output.line(format!("  curl 'http://localhost:{port}/demo/greet/Maria?greeting=Ahoy'"));
        output.line(format!("  curl -u pubapi:PASSWORD http://localhost:{port}/zato/api/invoke/demo.ping"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_try_is_where_the_server_will_listen() {
        let variables: Environment = [(env::BIND_PORT, "19000")].into_iter().collect();
        assert_eq!(shown_port(17_010, &variables), 19_000);
        assert_eq!(shown_port(17_010, &Environment::default()), 17_010);
    }
}
