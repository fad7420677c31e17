//! From a new process to one that serves, and to its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use zato_core::error::Context;
use zato_core::guest::{Guest, GuestFactory, GuestOptions, NameFilter};
use zato_core::{Error, ErrorKind, Result};
use zato_http::{AccessLog, Listeners, Metrics, State};
use zato_store::{Cipher, Store, StoreOptions};

use super::configuration::Configuration;
use super::ingress::Ingress;
use super::metrics::FromSupervisor;
use super::orders::Duty;
use super::units::Units;
use super::{WorkerExit, WorkerOptions, lifeline};
use crate::config::secrets::SecretsFile;
use crate::config::{Environment, ServerPaths};
use crate::control::{Hello, Incoming, Notice, Peer, Welcome, socket_path};
use crate::logging::AccessLogFile;

/// Longest line of the supervisor; a deployment of large packages is one.
const LINE_LIMIT: usize = 64 << 20;

/// See [`super::run`].
pub(super) fn run(options: WorkerOptions, factory: &GuestFactory) -> Result<WorkerExit> {
    lifeline::end_with_supervisor()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context(ErrorKind::Io, || "could not make the control runtime".to_owned())?;
    runtime.block_on(async {
        let (peer, incoming) = connect(&options.paths).await?;
        let outcome = Worker::start(options, factory, peer.clone(), incoming).await;
        let outcome = match outcome {
            Ok(worker) => worker.run().await,
            Err(error) => Err(error),
        };
        if let Err(error) = &outcome {
            // If the supervisor is gone there is nobody to tell.
            let _: Result<()> = peer.ask(&Notice::Unable { report: error.report() }).await;
        }
        peer.close();
        outcome
    })
}

async fn connect(paths: &ServerPaths) -> Result<(Peer, mpsc::Receiver<Incoming>)> {
    let gone = || {
        Error::new(ErrorKind::NotFound, "there is no supervisor to work for")
            .hint("workers are started by `zato start`, not by hand")
    };
    let path = socket_path(paths).ok_or_else(gone)?;
    let stream = UnixStream::connect(&path).await.map_err(|error| gone().source(error))?;
    Ok(Peer::start(stream, LINE_LIMIT))
}

struct Worker {
    guest: Arc<dyn Guest>,
    state: Arc<State>,
    ingress: Ingress,
    peer: Peer,
    drain: mpsc::UnboundedReceiver<(Duration, Incoming)>,
    drain_timeout: Duration,
}

impl Worker {
    async fn start(
        options: WorkerOptions,
        factory: &GuestFactory,
        peer: Peer,
        incoming: mpsc::Receiver<Incoming>,
    ) -> Result<Self> {
        let hello = Hello { index: options.index, pid: std::process::id() };
        let welcome: Welcome = peer.ask(&Notice::Hello(hello)).await?;
        let (store, cipher) = open(&options).await?;
        let http = options.server.http.clone();
        let (configuration, settings) = Configuration::load(store.clone(), cipher, http.clone()).await?;
        let guest = factory(guest_options(&options))?;
        guest.configure(Arc::new(settings));

        let metrics = Metrics::new(options.index)?;
        let mut state = State::new(http, Arc::clone(&configuration.tables), Arc::clone(&guest), metrics)
            .with_metrics_source(Arc::new(FromSupervisor(peer.clone())));
        if let Some(log) = options.access_log {
            state = state.with_access_log(Arc::new(AccessLogSink(log)));
        }
        let state = Arc::new(state);

        let (drain_sender, drain) = mpsc::unbounded_channel();
        let duty = Duty {
            guest: Arc::clone(&guest),
            configuration: Arc::new(configuration),
            units: Arc::new(Units::new(Arc::clone(&guest), store)),
            state: Arc::clone(&state),
            drain: drain_sender,
        };
        let restored = duty.catch_up(welcome.epoch).await?;
        tokio::spawn(duty.serve(incoming));
        let () = peer.ask(&Notice::Restored(restored)).await?;

        let listeners = Listeners::bind(&[welcome.bind], true)?;
        guest.on_listening(welcome.bind.port());
        let ingress = Ingress::start(listeners, Arc::clone(&state), Arc::clone(&guest))?;
        state.set_ready(true);
        let () = peer.ask(&Notice::Ready).await?;
        let drain_timeout = options.server.drain_timeout;
        Ok(Self { guest, state, ingress, peer, drain, drain_timeout })
    }

    /// Serves until there is a reason to stop, then finishes what is in flight.
    async fn run(mut self) -> Result<WorkerExit> {
        let mut terminate = listen(SignalKind::terminate())?;
        // Ctrl-C reaches every process of the terminal; the supervisor decides what it means.
        let mut interrupt = listen(SignalKind::interrupt())?;
        let (limit, order) = loop {
            tokio::select! {
                order = self.drain.recv() => match order {
                    Some((limit, order)) => break (limit, Some(order)),
                    None => break (self.drain_timeout, None),
                },
                () = self.peer.closed() => break (self.drain_timeout, None),
                _ = terminate.recv() => break (self.drain_timeout, None),
                _ = interrupt.recv() => {}
                ended = self.ingress.ended() => {
                    ended?;
                    return Err(Error::new(ErrorKind::Internal, "serving ended by itself"));
                }
            }
        };
        self.state.set_ready(false);
        self.ingress.shut_down();
        if let Some(order) = order {
            order.answer(Ok(()));
        }
        let begun = std::time::Instant::now();
        let is_served = match tokio::time::timeout(limit, self.ingress.ended()).await {
            Ok(drained) => drained?.cut_off == 0,
            Err(_) => !self.ingress.is_running(),
        };
        let rest = limit.saturating_sub(begun.elapsed());
        let is_idle = self.guest.drain(rest).await;
        Ok(WorkerExit { is_clean: is_served && is_idle })
    }
}

fn listen(kind: SignalKind) -> Result<tokio::signal::unix::Signal> {
    signal(kind).context(ErrorKind::Io, || "could not listen for signals".to_owned())
}

async fn open(options: &WorkerOptions) -> Result<(Store, Cipher)> {
    let store = Store::open(StoreOptions::sqlite(&options.server.database.path)).await?;
    let secrets = SecretsFile::load(&options.paths, &Environment::of_process())?;
    Ok((store, Cipher::new(secrets.secret_key()?)?))
}

fn guest_options(options: &WorkerOptions) -> GuestOptions {
    let server = &options.server;
    let allowed = server.hot_deploy.allowed.clone();
    GuestOptions {
        base_dir: options.paths.base().to_path_buf(),
        server_name: server.server_name.clone(),
        cluster_name: server.cluster_name.clone(),
        worker_index: options.index,
        profile: server.runtime.profile,
        max_threads: server.runtime.max_threads,
        queue_limit: server.runtime.queue_limit,
        switch_interval: server.runtime.switch_interval,
        simple_io: server.simple_io.clone(),
        is_service_allowed: NameFilter(Arc::new(move |name| allowed.allows(name))),
    }
}

/// The access log file, as the ingress wants it.
struct AccessLogSink(AccessLogFile);

impl AccessLog for AccessLogSink {
    fn write(&self, lines: &[u8]) {
        self.0.write(lines);
    }
}
