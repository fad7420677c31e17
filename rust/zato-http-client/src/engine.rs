//! The one thread per process that does the I/O of outgoing HTTP.

use std::future::Future;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle};
use tokio::task::AbortHandle;

use crate::failure::{Failure, FailureKind};

struct Engine {
    runtime: Handle,
    /// A forked child has no such thread, so it needs an engine of its own.
    process: u32,
}

static ENGINE: Mutex<Option<Arc<Engine>>> = Mutex::new(None);

/// Runs a future on the thread, which is started at the first use.
///
/// # Errors
/// [`FailureKind::Request`] if the system gives no thread.
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Result<AbortHandle, Failure> {
    Ok(current()?.runtime.spawn(future).abort_handle())
}

fn current() -> Result<Arc<Engine>, Failure> {
    let mut engine = ENGINE.lock();
    let process = std::process::id();
    match &*engine {
        Some(running) if running.process == process => Ok(Arc::clone(running)),
        _ => {
            let started = Arc::new(start(process)?);
            *engine = Some(Arc::clone(&started));
            Ok(started)
        }
    }
}

fn start(process: u32) -> Result<Engine, Failure> {
    let refuse = |error: std::io::Error| {
        Failure::new(
            FailureKind::Request,
            format!("the thread for outgoing HTTP could not be started: {error}"),
        )
    };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(refuse)?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name("zato-http-out".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))
        .map_err(refuse)?;
    Ok(Engine { runtime: handle, process })
}
