//! Accepts connections and, in the end, drains them.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use zato_core::error::Context as _;
use zato_core::{ErrorKind, Result, Wakeups};

use crate::connection;
use crate::hub::Hub;
use crate::link::Link;
use crate::listeners::Listeners;
use crate::state::State;

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut off, because requests on them were not finished in time.
    pub cut_off: usize,
}

/// Connections being told that there is no room, at most; the others are closed without a word.
const MOST_REFUSALS: usize = 64;

/// How long accepting pauses when the process is out of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves requests until `shutdown` is ready. Then no connection is accepted any more, requests in flight are
/// finished with `connection: close`, and after `drain_timeout` what is left is cut off.
///
/// Runs on the runtime of the caller, best a current-thread one: tasks of one connection never need another
/// thread.
///
/// # Errors
/// [`ErrorKind::Io`] if the sockets cannot be used with the runtime.
pub async fn serve(
    listeners: Listeners,
    state: Arc<State>,
    shutdown: impl Future<Output = ()>,
) -> Result<Drained> {
    let listeners = listeners
        .into_tokio()
        .context(ErrorKind::Io, || "could not hand the listening sockets to the runtime".to_owned())?;
    let hub = Hub::new(state.metrics.connections.clone());
    let outbox = Arc::clone(&state.outbox);
    state.guest.on_serving(Arc::clone(&outbox) as Arc<dyn Wakeups>);
    // Aborts its task when dropped.
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { outbox.run().await });
    let acceptor = Acceptor {
        builder: Arc::new(connection::builder(&state.options)),
        refusing: Arc::new(AtomicUsize::new(0)),
        hub: Arc::clone(&hub),
        state: Arc::clone(&state),
    };
    let watch = hub.watch(&state);
    let mut watch = pin!(watch);
    tokio::select! {
        never = acceptor.run(&listeners) => match never {},
        () = &mut watch => {}
        () = shutdown => {}
    }
    state.set_ready(false);
    let drain = async {
        acceptor.run_backlog(listeners);
        hub.drain(state.options.drain_timeout).await
    };
    let cut_off = tokio::select! {
        cut_off = drain => cut_off,
        () = &mut watch => 0,
    };
    state.flush_access_log();
    Ok(Drained { cut_off })
}

struct Acceptor {
    state: Arc<State>,
    hub: Arc<Hub>,
    builder: Arc<http1::Builder>,
    refusing: Arc<AtomicUsize>,
}

/// There is no value of this type: a function that returns it does not return.
enum Never {}

impl Acceptor {
    async fn run(&self, listeners: &[TcpListener]) -> Never {
        loop {
            match accept(listeners).await {
                Ok((stream, remote)) => self.take(stream, remote),
                Err(error) if is_of_connection(&error) => {}
                Err(error) => {
                    self.state.metrics.refuse("accept");
                    tracing::error!(target: "zato", "could not accept connections, trying again: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Takes the connections that the system has accepted already; closing the sockets would reset them.
    fn run_backlog(&self, listeners: Vec<TcpListener>) {
        // Asked of the system itself: the runtime may not have heard of the last ones yet.
        for listener in listeners.into_iter().filter_map(|listener| listener.into_std().ok()) {
            while let Ok((stream, remote)) = listener.accept() {
                if stream.set_nonblocking(true).is_ok()
                    && let Ok(stream) = TcpStream::from_std(stream)
                {
                    self.take(stream, remote);
                }
            }
        }
    }

    fn take(&self, stream: TcpStream, remote: SocketAddr) {
        self.state.metrics.connections_total.inc();
        if self.hub.count() >= self.state.options.max_connections {
            self.refuse(stream);
            return;
        }
        // Without this, the end of a response in two writes waits for the client's acknowledgment of the
        // first.
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let Ok(local) = stream.local_addr() else { return };
        self.hub.clock.refresh();
        self.state.look_at_log_levels();
        let link =
            Arc::new(Link::new(remote, local, Arc::clone(&self.hub.clock), Arc::clone(&self.state.outbox)));
        let presence = self.hub.enter(Arc::clone(&link));
        let (state, builder) = (Arc::clone(&self.state), Arc::clone(&self.builder));
        tokio::spawn(async move {
            connection::run(stream, link, state, &builder).await;
            drop(presence);
        });
    }

    fn refuse(&self, stream: TcpStream) {
        self.state.metrics.refuse("connections");
        if self.refusing.fetch_add(1, Ordering::Relaxed) >= MOST_REFUSALS {
            self.refusing.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let refusing = Arc::clone(&self.refusing);
        tokio::spawn(async move {
            if let Err(error) = connection::refuse(stream).await {
                tracing::debug!("a connection beyond the limit went away: {error}");
            }
            refusing.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// Accepts from whichever socket has a connection.
async fn accept(listeners: &[TcpListener]) -> io::Result<(TcpStream, SocketAddr)> {
    poll_fn(|context| {
        let mut accepted = listeners.iter().map(|listener| listener.poll_accept(context));
        accepted.find(Poll::is_ready).unwrap_or(Poll::Pending)
    })
    .await
}

/// Whether an error is about one connection that went away before it was accepted.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
