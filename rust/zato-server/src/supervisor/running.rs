//! A server from start to stop.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use zato_core::guest::{ServiceInfo, UserConfiguration};
use zato_core::{Error, ErrorKind, Result};
use zato_store::{Cipher, Store, StoreOptions};

use super::fleet::Fleet;
use super::port::Reservation;
use super::signals::Signals;
use super::{Readiness, SupervisorOptions, systemd};
use crate::api::Api;
use crate::config::env::SCHEDULER_STATUS;
use crate::config::pickup::PickupDirectory;
use crate::config::secrets::SecretsFile;
use crate::config::service_sources::ServiceSource;
use crate::config::{Environment, ServerOptions, ServerPaths};
use crate::control::{Listener, Order};
use crate::deploy::deployer::{Deployer, Job};
use crate::deploy::record::Records;
use crate::deploy::{WatchOptions, Watcher};
use crate::scheduler::{Scheduler, SchedulerOptions};
use crate::shared_state::{self, Definitions, Keeper};
use crate::user_config::FileWatcher;
use crate::{api, kinds};

/// How often to say that a start is still not finished.
const REMINDER: Duration = Duration::from_secs(30);

/// What everybody inside of a supervisor shares.
#[derive(Debug)]
pub(super) struct Supervisor {
    pub(super) server: ServerOptions,
    pub(super) store: Store,
    pub(super) fleet: Arc<Fleet>,
    pub(super) records: Arc<Records>,
    pub(super) scheduler: Scheduler,
    pub(super) jobs: mpsc::UnboundedSender<Job>,
    pub(super) started_at: Timestamp,
    pub(super) stop: CancellationToken,
    pub(super) pickup: Vec<PathBuf>,
    /// Files that services read as `self.config`.
    pub(super) user_configuration: watch::Receiver<Arc<UserConfiguration>>,
    /// Caches and locks.
    pub(super) shared: Keeper,
}

/// Runs a server whose pidfile is held. `patience` is how long its port may be in use.
pub(super) async fn run(options: SupervisorOptions, started: Instant, patience: Duration) -> Result<()> {
    let SupervisorOptions { paths, server, worker_command, stops_on_hang_up, on_ready } = options;
    raise_file_limit();
    // From here on a signal stops the start in good order.
    let signals = Signals::take(stops_on_hang_up)?;
    let store = open_store(&server).await?;
    let cipher = check_key(&store, &paths).await?;
    let reservation = Reservation::take(&server.bind, patience)?;
    let listener = Listener::bind(&paths)?;
    let shared = start_keeper(&store, &paths).await?;
    let (installed, refused) = server.hot_deploy.installed_units();
    for unit in refused {
        tracing::info!(target: "zato", "Skipped `{}`, [deploy_patterns_allowed] does not allow it", unit.key);
    }
    let records = Arc::new(Records::new(&store.current_versions().await?, &installed));
    let (picked_up_sender, picked_up) = mpsc::unbounded_channel();
    let (jobs, job_receiver) = mpsc::unbounded_channel();
    let watch_options = watch_options(&server, &paths);
    let pickup = watch_options.directories.iter().map(|directory| directory.path.clone()).collect();
    let watcher = Watcher::start(&watch_options, picked_up_sender)?;
    let (user_files, user_configuration) = FileWatcher::start(&server, &paths)?;
    let revision = store.revision().await?;
    let fleet = Arc::new(Fleet::new(
        server.workers.count(),
        worker_command,
        reservation.address(),
        server.drain_timeout,
        revision,
    ));
    let deployer = Deployer {
        fleet: Arc::clone(&fleet),
        store: store.clone(),
        records: Arc::clone(&records),
        server: server.server_name.clone(),
        current: paths.hot_deploy_current(),
        import_notes: paths.hot_deploy_work(),
        import_limit: server.hot_deploy.import_timeout,
        allowed: server.hot_deploy.allowed.clone(),
        includes_dependants: server.hot_deploy.redeploy_on_parent_change,
        deletes_after_pick_up: server.hot_deploy.delete_after_pick_up,
        max_batch_size: server.hot_deploy.max_batch_size,
    };
    let stop = CancellationToken::new();
    let scheduler = start_scheduler(&server, &store, cipher, &fleet)?;
    let supervisor = Arc::new(Supervisor {
        server,
        store,
        fleet: Arc::clone(&fleet),
        records,
        scheduler,
        jobs,
        started_at: Timestamp::now(),
        stop: stop.clone(),
        pickup,
        user_configuration,
        shared,
    });
    let mut tasks = JoinSet::new();
    tasks.spawn(signals.follow(stop.clone(), Arc::clone(&fleet)));
    tasks.spawn(Arc::clone(&supervisor).accept(listener));
    tasks.spawn(Arc::clone(&supervisor).follow_store());
    tasks.spawn(Arc::clone(&supervisor).follow_user_configuration());
    tasks.spawn(deployer.run(picked_up, job_receiver));
    let mut keepers = JoinSet::new();
    for index in 0..fleet.len() {
        let fleet = Arc::clone(&fleet);
        keepers.spawn(async move { fleet.keep(index).await });
    }
    let announcing = announce(Arc::clone(&supervisor), on_ready, started);
    let outcome = tokio::select! {
        () = stop.cancelled() => Ok(()),
        error = fleet.failed() => Err(error),
        error = announcing => Err(error),
    };
    systemd::notify("STOPPING=1");
    supervisor.scheduler.pause();
    fleet.stop().await;
    while keepers.join_next().await.is_some() {}
    supervisor.scheduler.finish().await;
    // Watchers end their threads, the listener removes its socket.
    drop((watcher, user_files));
    tasks.shutdown().await;
    supervisor.store.close().await;
    tracing::info!(target: "zato", "Server `{}` stopped", supervisor.server.server_name);
    outcome
}

/// Lets this process and the workers have as many open files as the system allows; a connection is one.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::warn!(target: "zato", "The limit of open files stays at {:?}: {error}", limit.current);
    }
}

async fn open_store(server: &ServerOptions) -> Result<Store> {
    let options = StoreOptions::sqlite(&server.database.path).versions_kept(server.hot_deploy.backup_history);
    let store = Store::open(options).await?;
    store.migrate().await?;
    let abandoned = store.fail_abandoned_deployments().await?;
    for deployment in abandoned {
        tracing::warn!(target: "zato", "Deployment {deployment} was cut off when the server ended; nothing of it is in force");
    }
    Ok(store)
}

/// Makes sure that secrets can be decrypted, and gives what does so. Objects whose secrets do not go with the key, where others do,
/// are reported by workers and do not keep the server from starting.
async fn check_key(store: &Store, paths: &ServerPaths) -> Result<Cipher> {
    let secrets = SecretsFile::load(paths, &Environment::of_process())?;
    api::check_key(store, secrets.secret_key()?, &kinds::registry()?).await?;
    Cipher::new(secrets.secret_key()?)
}

/// The scheduler writes as itself, so that the history of a job tells that nobody has deleted it.
fn start_scheduler(
    server: &ServerOptions,
    store: &Store,
    cipher: Cipher,
    fleet: &Arc<Fleet>,
) -> Result<Scheduler> {
    let name = &server.server_name;
    let status = Environment::of_process().get(SCHEDULER_STATUS).map(str::to_ascii_lowercase);
    Scheduler::start(SchedulerOptions {
        server: name.clone(),
        store: store.clone(),
        api: Api::new(store.clone(), cipher, kinds::registry()?, format!("scheduler of {name}")),
        fleet: Arc::clone(fleet),
        is_paused: status.as_deref() == Some("paused"),
    })
}

/// Starts what keeps caches and locks.
async fn start_keeper(store: &Store, paths: &ServerPaths) -> Result<Keeper> {
    let (definitions, problems) = Definitions::compile(&store.snapshot().await?);
    for problem in problems {
        tracing::error!(target: "zato", "Configuration: {problem}");
    }
    let path = shared_state::socket_path(paths)
        .ok_or_else(|| Error::new(ErrorKind::Internal, "the server has no control socket"))?;
    Keeper::start(&path, definitions)
}

fn watch_options(server: &ServerOptions, paths: &ServerPaths) -> WatchOptions {
    let mut directories = server.hot_deploy.directories.clone();
    let current = paths.hot_deploy_current();
    for source in &server.hot_deploy.sources {
        match source {
            // What is in force is in the store; its copy is not a source of its own.
            ServiceSource::Directory(path) if *path == current => {}
            ServiceSource::Directory(path) if directories.iter().any(|known| known.path == *path) => {}
            ServiceSource::Directory(path) => directories.push(PickupDirectory {
                name: path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
                path: path.clone(),
                is_recursive: false,
                patterns: Vec::new(),
            }),
            // Workers import them.
            ServiceSource::Module(_) => {}
        }
    }
    WatchOptions {
        directories,
        settle_time: server.hot_deploy.settle_time,
        poll_interval: server.hot_deploy.poll_interval,
        is_polling: server.hot_deploy.is_polling,
    }
}

/// Tells everybody that the server is ready, once; then waits for ever.
async fn announce(
    supervisor: Arc<Supervisor>,
    on_ready: Box<dyn FnOnce(&Readiness) + Send>,
    started: Instant,
) -> Error {
    let mut reminders = tokio::time::interval(REMINDER);
    reminders.tick().await;
    loop {
        tokio::select! {
            () = supervisor.fleet.ready() => break,
            _ = reminders.tick() => tracing::warn!(
                target: "zato",
                "Not all workers are ready after {} s",
                started.elapsed().as_secs(),
            ),
        }
    }
    let services: Vec<(usize, Vec<ServiceInfo>)> = supervisor.fleet.ask_all(&Order::Services).await;
    let readiness = Readiness {
        address: supervisor.fleet.address(),
        workers: supervisor.fleet.len(),
        services: services.first().map_or(0, |(_, services)| services.len()),
        elapsed: started.elapsed(),
    };
    tracing::info!(
        target: "zato",
        "Server `{}` of cluster `{}` is ready at {} (process {}, workers: {}, services: {}, {} ms)",
        supervisor.server.server_name,
        supervisor.server.cluster_name,
        readiness.address,
        std::process::id(),
        readiness.workers,
        readiness.services,
        readiness.elapsed.as_millis(),
    );
    systemd::notify(&format!("READY=1\nMAINPID={}", std::process::id()));
    on_ready(&readiness);
    std::future::pending::<()>().await;
    Error::new(ErrorKind::Internal, "the end of time was reached")
}

impl Supervisor {
    /// Takes control connections until the socket breaks, which stops the server: without control it could not be
    /// stopped otherwise.
    async fn accept(self: Arc<Self>, listener: Listener) {
        loop {
            match listener.accept().await {
                Ok((stream, credentials)) => {
                    let pid = credentials.pid();
                    match self.fleet.index_of(pid) {
                        Some(index) => tokio::spawn(Arc::clone(&self).serve_worker(stream, index)),
                        None => tokio::spawn(Arc::clone(&self).serve_client(stream)),
                    };
                }
                Err(error) => {
                    tracing::error!(target: "zato", "{}", error.report());
                    self.stop.cancel();
                    return;
                }
            }
        }
    }

    /// Tells workers of every change of the config store, whoever made it.
    async fn follow_store(self: Arc<Self>) {
        let mut revisions = match self.store.watch().await {
            Ok(revisions) => revisions,
            Err(error) => {
                tracing::error!(target: "zato", "Changes of the config store are not followed: {}", error.report());
                return;
            }
        };
        while revisions.changed().await.is_ok() {
            let revision = *revisions.borrow_and_update();
            if revision > self.fleet.revision() {
                let report = self.sync(revision).await;
                tracing::debug!("revision {revision} in {} ms", report.milliseconds);
            }
        }
    }
}
