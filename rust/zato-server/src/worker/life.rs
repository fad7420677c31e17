//! A worker from start to end, on its control thread.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zato_core::error::Context;
use zato_core::guest::Guest;
use zato_core::{Error, ErrorKind, Result};
use zato_http::{Listeners, Metrics, MetricsSource, State};
use zato_store::{Cipher, Store, StoreOptions};

use super::administration::Desk;
use super::configuration::Configuration;
use super::ingress::Ingress;
use super::objects::Objects;
use super::orders::{self, Engine};
use super::units::Units;
use super::{OutgoingConnections, WorkerExit, WorkerOptions, standstill, startup_services};
use crate::config::secrets::SecretsFile;
use crate::control::{self, Hello, Incoming, Notice, Peer, Welcome};
use crate::kinds;

/// Longest line the supervisor may send: the sources of a deployment.
const LINE_LIMIT: usize = 256 << 20;

/// How long the supervisor may take to take note that a worker cannot start.
const FAREWELL_LIMIT: Duration = Duration::from_secs(1);

/// Shortest time left for services once connections are drained.
const SHORTEST_DRAIN: Duration = Duration::from_millis(100);

type GuestReceiver = oneshot::Receiver<Result<Arc<dyn Guest>>>;

/// Lives until told to stop.
pub(super) async fn live(
    options: WorkerOptions,
    outgoing: OutgoingConnections,
    guest: GuestReceiver,
) -> Result<WorkerExit> {
    let drain = CancellationToken::new();
    let engine = Arc::new(OnceLock::new());
    follow_signals(drain.clone(), Arc::clone(&engine))?;
    let (supervisor, orders) = connect(&options).await?;
    let jobs = TaskTracker::new();
    tokio::spawn(orders::follow(orders, Arc::clone(&engine), drain.clone(), jobs.clone()));
    tokio::spawn(follow_supervisor(supervisor.clone(), drain.clone()));
    let drain_timeout = options.server.drain_timeout;
    let stuck_timeout = options.server.runtime.stuck_timeout;
    let started = tokio::select! {
        started = start(options, outgoing, guest, &supervisor, &engine) => started,
        // Nothing is in flight yet.
        () = drain.cancelled() => return Ok(WorkerExit { is_clean: false }),
    };
    let (mut ingress, ready) = match started {
        Ok(started) => started,
        Err(error) => {
            // What may pass by itself is simply tried again.
            if !error.kind().is_retryable() {
                let notice = Notice::Unable { report: error.report() };
                drop(tokio::time::timeout(FAREWELL_LIMIT, supervisor.ask::<()>(&notice)).await);
            }
            return Err(error);
        }
    };
    tokio::spawn(standstill::watch(
        Arc::clone(&ready.guest),
        Arc::clone(&ready.state),
        supervisor.clone(),
        stuck_timeout,
        drain.clone(),
    ));
    let early = tokio::select! {
        () = drain.cancelled() => None,
        ended = ingress.ended() => Some(ended),
    };
    if let Some(ended) = early {
        ended?;
        return Err(Error::new(ErrorKind::Internal, "requests are no longer accepted, for no reason"));
    }
    let begun = Instant::now();
    let had_jobs = !jobs.is_empty();
    ready.state.set_ready(false);
    ingress.shut_down();
    // The ingress has the same limit and then cuts off what is left, which takes a moment.
    let drained = tokio::time::timeout(drain_timeout + SHORTEST_DRAIN, ingress.ended()).await;
    let cut_off = drained.map_or(Ok(usize::MAX), |drained| drained.map(|drained| drained.cut_off))?;
    let left = drain_timeout.saturating_sub(begun.elapsed()).max(SHORTEST_DRAIN);
    // The guest has the same limit, but may not be able to keep it: then something in it has stopped for good.
    let is_idle = tokio::time::timeout(left + SHORTEST_DRAIN, ready.guest.drain(left)).await.unwrap_or(false);
    if is_idle && had_jobs {
        jobs.close();
        let told = async {
            jobs.wait().await;
            // Once this is answered, the supervisor has heard what became of jobs.
            supervisor.ask::<()>(&Notice::Drained).await
        };
        // Runs of which it has not heard count as lost.
        drop(tokio::time::timeout(SHORTEST_DRAIN, told).await);
    }
    if cut_off > 0 || !is_idle {
        tracing::warn!(
            target: "zato",
            "Stopped before everything was finished: {}{}",
            if cut_off > 0 { "requests were cut off" } else { "all requests were answered" },
            if is_idle { "" } else { ", services still run" },
        );
    }
    crate::logging::flush();
    Ok(WorkerExit { is_clean: is_idle })
}

/// SIGTERM drains; SIGURG has the guest write what its threads are doing to the log; SIGINT is meant for the supervisor, SIGHUP and SIGUSR1 for log files, which are opened again by
/// themselves.
fn follow_signals(drain: CancellationToken, engine: Arc<OnceLock<Engine>>) -> Result<()> {
    let take = |kind| signal(kind).context(ErrorKind::Io, || "could not listen for signals".to_owned());
    let mut terminate = take(SignalKind::terminate())?;
    let mut urgent = take(SignalKind::from_raw(libc::SIGURG))?;
    let ignored: [Signal; 3] =
        [take(SignalKind::interrupt())?, take(SignalKind::hangup())?, take(SignalKind::user_defined1())?];
    tokio::spawn(async move {
        // While they are listened to, they do nothing else.
        let _ignored = ignored;
        loop {
            tokio::select! {
                _ = terminate.recv() => drain.cancel(),
                _ = urgent.recv() => match engine.get() {
                    Some(engine) => engine.guest.write_stacks(),
                    None => tracing::warn!(target: "zato", "The worker is starting and has no threads yet that run services"),
                },
            }
        }
    });
    Ok(())
}

async fn follow_supervisor(supervisor: Peer, drain: CancellationToken) {
    supervisor.closed().await;
    if !drain.is_cancelled() {
        tracing::warn!(target: "zato", "The supervisor is gone, this worker stops");
        drain.cancel();
    }
}

async fn connect(options: &WorkerOptions) -> Result<(Peer, mpsc::Receiver<Incoming>)> {
    let path = control::socket_path(&options.paths).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "a worker is started by its server, not on its own")
            .hint(format!("start the server with `zato start {}`", options.paths.base().display()))
    })?;
    control::connect(&path, LINE_LIMIT).await
}

async fn start(
    options: WorkerOptions,
    outgoing: OutgoingConnections,
    guest: GuestReceiver,
    supervisor: &Peer,
    engine: &Arc<OnceLock<Engine>>,
) -> Result<(Ingress, Ready)> {
    let WorkerOptions { paths, server, index, environment, access_log } = options;
    let hello = Hello { index, pid: std::process::id() };
    let welcome: Welcome = supervisor.ask(&Notice::Hello(hello)).await?;
    let store = Store::open(StoreOptions::sqlite(&server.database.path)).await?;
    let secrets = SecretsFile::load(&paths, &environment)?;
    let cipher = Cipher::new(secrets.secret_key()?)?;
    let configuration =
        Configuration::load(store.clone(), cipher.clone(), server.http.clone(), outgoing, index == 0).await?;
    let guest =
        guest.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "the guest was not made")))?;
    configuration.configure(&*guest);
    guest.on_administration(Arc::new(Desk {
        runtime: Handle::current(),
        store: store.clone(),
        cipher,
        registry: kinds::registry()?,
        supervisor: supervisor.clone(),
    }));
    let mut state = State::new(
        server.http.clone(),
        Arc::clone(&configuration.tables),
        Arc::clone(&guest),
        Metrics::new(index)?,
    )
    .with_metrics_source(Arc::new(AllWorkers(supervisor.clone())));
    if let Some(log) = access_log {
        state = state.with_access_log(Arc::new(log));
    }
    let state = Arc::new(state);
    let objects = Objects::new(store.clone(), Arc::clone(&configuration.tables))?;
    let units = Units::new(Arc::clone(&guest), store, &server.hot_deploy);
    let ready = Ready { state: Arc::clone(&state), guest: Arc::clone(&guest) };
    guest.on_configured(Arc::new(objects));
    let user_configuration = AtomicU64::default();
    let engine = engine.get_or_init(|| Engine { guest, configuration, units, state, user_configuration });
    engine.configure_user(welcome.user_configuration).await?;
    let restored = engine.restore(welcome.epoch).await?;
    supervisor.ask::<()>(&Notice::Restored(restored)).await?;
    let listeners = Listeners::bind(&[welcome.bind], true)?;
    ready.guest.on_listening(welcome.bind.port());
    let ingress = Ingress::start(listeners, Arc::clone(&ready.state))?;
    ready.state.set_ready(true);
    supervisor.ask::<()>(&Notice::Ready).await?;
    startup_services::invoke(&server, index, &*ready.guest);
    Ok((ingress, ready))
}

/// What is needed once everything is loaded.
struct Ready {
    state: Arc<State>,
    guest: Arc<dyn Guest>,
}

/// Metrics of all workers, by way of the supervisor.
struct AllWorkers(Peer);

impl MetricsSource for AllWorkers {
    fn gather(&self, own: String) -> BoxFuture<'static, String> {
        let supervisor = self.0.clone();
        Box::pin(async move {
            match supervisor.ask::<String>(&Notice::Metrics).await {
                Ok(text) => text,
                Err(error) => {
                    tracing::warn!(%error, "only the metrics of this worker are known");
                    own
                }
            }
        })
    }
}
