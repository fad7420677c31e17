//! `zato create server PATH CLUSTER_NAME SERVER_NAME`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use zato_core::error::Context;
use zato_core::{ErrorKind, Secret};
use zato_server::config::secrets::SecretsFile;
use zato_server::config::templates::{NewServer, create_server};
use zato_server::config::{Component, Environment, Marker, ServerOptions, ServerPaths};
use zato_store::SecretKey;

use crate::commands::{Session, block_on};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::options::{OdbOptions, SchedulerOptions, TlsOptions};
use crate::{COMPATIBLE_VERSION, secrets, store};

/// The services a quickstart environment begins with.
const DEMO: &str = include_str!("../../templates/demo.py");

/// Port of the first server of an environment.
pub(crate) const FIRST_PORT: u16 = 17010;

/// Options of `create server`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory to make the server in; has to be empty
    path: PathBuf,
    /// Name of the cluster it belongs to
    cluster_name: String,
    /// Name of the server
    server_name: String,
    #[command(flatten)]
    odb: OdbOptions,
    #[command(flatten)]
    tls: TlsOptions,
    #[command(flatten)]
    scheduler: SchedulerOptions,
    #[command(flatten)]
    kvdb: crate::options::KvdbOptions,
    /// Key that secrets of the cluster are encrypted with; taken from a server beside this one if it is missing
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    secret_key: Option<Secret>,
    /// Key of JWT tokens (accepted, not used by this version)
    #[arg(long, value_name = "KEY", hide_short_help = true, allow_hyphen_values = true)]
    jwt_secret: Option<Secret>,
    /// Port to listen on; the next one that no server beside this one has if it is missing
    #[arg(long, value_name = "PORT")]
    http_port: Option<u16>,
    /// Number of worker processes, or auto for one per processor
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_workers)]
    threads: String,
}

/// A server beside the new one, which shares its config store.
struct Neighbor {
    paths: ServerPaths,
    options: ServerOptions,
}

/// Makes the server in a directory of its own.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let paths = ServerPaths::new(&arguments.path);
    let database = arguments.odb.file(&paths.default_database())?;
    if !database.exists() {
        let message = format!("there is no config store in `{}`", database.display());
        return Err(Failure::new(ExitCode::NoOdbFound, message)
            .hint("`zato create odb` makes one, `--odb-db-name` says where it is"));
    }
    if arguments.tls.is_given() || arguments.scheduler.is_given() || arguments.kvdb.is_given() {
        session
            .output
            .line("Options of Redis, scheduler and TLS are accepted and have no effect in this version");
    }
    let neighbors = neighbors(&paths, &database);
    if let Some(same) = neighbors.iter().find(|other| other.options.server_name == arguments.server_name) {
        let message = format!(
            "there is a server `{}` already in `{}`",
            arguments.server_name,
            same.paths.base().display()
        );
        return Err(Failure::new(ExitCode::ServerNameExists, message));
    }
    let key = key(arguments, &neighbors)?;
    block_on(async {
        let store = store::open_file(&database).await?;
        match store.cluster().await? {
            Some(cluster) if cluster.name == arguments.cluster_name => {}
            Some(cluster) => {
                let message = format!("the config store has no cluster `{}`", arguments.cluster_name);
                return Err(Failure::new(ExitCode::NoSuchCluster, message)
                    .hint(format!("it belongs to cluster `{}`", cluster.name)));
            }
            None => {
                let message = format!("the config store has no cluster `{}`", arguments.cluster_name);
                return Err(Failure::new(ExitCode::NoSuchCluster, message)
                    .hint(format!("`zato create cluster {}` makes it", arguments.cluster_name)));
            }
        }
        store::check_key(&store, &key).await?;
        store.close().await;
        Ok(())
    })?;
    let port = arguments.http_port.unwrap_or_else(|| {
        neighbors.iter().map(|other| other.options.bind.port.saturating_add(1)).max().unwrap_or(FIRST_PORT)
    });
    make(&Plan {
        paths: &paths,
        cluster_name: &arguments.cluster_name,
        server_name: &arguments.server_name,
        port,
        workers: &arguments.threads,
        database: database.display().to_string(),
        key: &key,
        has_demo: false,
    })?;
    session.output.line(format!(
        "Server `{}` created in `{}`",
        arguments.server_name,
        paths.base().display()
    ));
    session.output.line(format!("It will listen on port {port}"));
    session.output.line("OK");
    Ok(())
}

/// A server to make.
pub(crate) struct Plan<'a> {
    /// Where.
    pub(crate) paths: &'a ServerPaths,
    /// Name of its cluster.
    pub(crate) cluster_name: &'a str,
    /// Its name.
    pub(crate) server_name: &'a str,
    /// Port to listen on, on every interface as upstream does.
    pub(crate) port: u16,
    /// Number of workers, or `auto`.
    pub(crate) workers: &'a str,
    /// File of the config store as it is written into server.conf.
    pub(crate) database: String,
    /// Key of the config store.
    pub(crate) key: &'a SecretKey,
    /// Whether the demo services are put into its pickup directory.
    pub(crate) has_demo: bool,
}

/// Makes a server in a directory that is empty or absent; one that cannot be finished is removed again.
///
/// # Errors
/// Exits with 5 if the directory is not empty.
pub(crate) fn make(plan: &Plan<'_>) -> Outcome {
    let base = plan.paths.base();
    let existed = base.exists();
    if existed && fs::read_dir(base).context(ErrorKind::Io, || unreadable(base))?.next().is_some() {
        let message = format!("directory `{}` is not empty", base.display());
        return Err(Failure::new(ExitCode::DirectoryNotEmpty, message).hint("choose another directory"));
    }
    let made = fill(plan);
    if made.is_err() {
        // The first failure is the one worth telling.
        drop(fs::remove_dir_all(base));
        if existed {
            drop(fs::create_dir(base));
        }
    }
    made
}

fn fill(plan: &Plan<'_>) -> Outcome {
    let base = plan.paths.base();
    fs::create_dir_all(base).context(ErrorKind::Io, || format!("could not create `{}`", base.display()))?;
    create_server(
        plan.paths,
        &NewServer {
            cluster_name: plan.cluster_name.to_owned(),
            server_name: plan.server_name.to_owned(),
            bind: format!("0.0.0.0:{}", plan.port),
            workers: plan.workers.to_owned(),
            database: plan.database.clone(),
            secret_key: Some(plan.key.clone()),
        },
    )?;
    if plan.has_demo {
        let demo = plan.paths.incoming_services().join("demo.py");
        fs::write(&demo, DEMO).context(ErrorKind::Io, || format!("could not write `{}`", demo.display()))?;
    }
    Marker::new(Component::Server, COMPATIBLE_VERSION, Timestamp::now()).write(base)?;
    Ok(())
}

fn unreadable(path: &Path) -> String {
    format!("could not read directory `{}`", path.display())
}

/// Finds servers in the same parent directory that use the same config store.
fn neighbors(paths: &ServerPaths, database: &Path) -> Vec<Neighbor> {
    let Ok(entries) = fs::read_dir(paths.environment()) else { return Vec::new() };
    let environment = Environment::default();
    let is_same = |path: &Path| fs::canonicalize(path).ok() == fs::canonicalize(database).ok();
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| Marker::read(path).is_ok_and(|marker| marker.component == Component::Server))
        .filter_map(|path| {
            let paths = ServerPaths::new(path);
            let options = ServerOptions::load(&paths, &environment).ok()?.value;
            is_same(&options.database.path).then_some(Neighbor { paths, options })
        })
        .collect()
}

fn key(arguments: &Arguments, neighbors: &[Neighbor]) -> Outcome<SecretKey> {
    if let Some(key) = &arguments.secret_key {
        return secrets::given_key(key);
    }
    let environment = Environment::of_process();
    let of_neighbor =
        |other: &Neighbor| SecretsFile::load(&other.paths, &environment).ok()?.secret_key().ok().cloned();
    neighbors.iter().find_map(of_neighbor).ok_or_else(|| {
        Failure::new(ExitCode::ParameterMissing, "the secret key of the cluster is missing")
            .hint("give the one that `zato create cluster` printed with --secret-key")
    })
}

/// Reads a number of workers or `auto`.
pub(crate) fn parse_workers(text: &str) -> Result<String, String> {
    let is_valid = text == "auto" || text.parse::<u16>().is_ok_and(|count| count > 0);
    if is_valid {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is neither a number of workers nor `auto`"))
    }
}
