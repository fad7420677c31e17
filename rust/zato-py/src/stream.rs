//! Responses in pieces, sent as a service makes them.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

use bytes::Bytes;
use futures::SinkExt as _;
use futures::channel::mpsc;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use zato_core::{Error, ErrorKind};

use crate::call::Call;
use crate::watchdog::Watch;
use crate::{errors, fork, json, pace};

/// What is sent at once; an error breaks the response off.
pub(crate) type Piece = Result<Bytes, Error>;

/// Sends the pieces of a generator as they come; ends early when nobody listens any more, or the time is over.
pub(crate) fn send(
    py: Python<'_>,
    call: &Arc<Call>,
    pieces: &Bound<'_, PyAny>,
    mut sender: mpsc::Sender<Piece>,
    deadline: Option<Instant>,
) {
    pace::begin(None, false);
    // What the service does between two pieces is interrupted like any other run.
    let watch = deadline.map(|deadline| Watch::begin(py, deadline, &call.entry.info.name));
    let outcome = send_all(py, call, pieces, &mut sender, deadline);
    fork::end_child(py, outcome.as_ref().err());
    if let Some(watch) = watch {
        // The reply was given to the caller before the first piece.
        drop(watch.end(py));
    }
    if let Err(error) = outcome {
        let traceback = crate::python::Parts::traceback_of(py, &error);
        tracing::error!(
            target: "zato",
            cid = %call.cid,
            "the stream of service `{}` broke off\n{traceback}",
            call.entry.info.name
        );
        let broken = Error::new(ErrorKind::Service, "the stream broke off");
        // Each sender has room for one piece of its own, so that this waits for nobody. There is nobody to tell if the
        // client has gone meanwhile.
        drop(sender.clone().try_send(Err(broken)));
    }
    // A generator that is not exhausted is closed here, where its `finally` blocks still have the CID.
    if let Ok(Some(close)) = pieces.getattr_opt("close")
        && let Err(error) = close.call0()
    {
        tracing::warn!(target: "zato", cid = %call.cid, "closing the stream failed: {error}");
    }
}

fn send_all(
    py: Python<'_>,
    call: &Call,
    pieces: &Bound<'_, PyAny>,
    sender: &mut mpsc::Sender<Piece>,
    deadline: Option<Instant>,
) -> PyResult<()> {
    for piece in pieces.try_iter()? {
        let piece = piece?;
        fork::end_child(py, None);
        let bytes = bytes_of(&piece)?;
        match py.detach(|| wait_until(deadline, sender.send(Ok(bytes)))) {
            Some(Ok(())) if deadline.is_none_or(|deadline| Instant::now() < deadline) => {}
            // Nobody listens any more.
            Some(Err(_)) => break,
            Some(Ok(())) | None => {
                let message = "the response was not sent within the time it may take";
                return Err(errors::raise(py, "TimeoutException", (call.cid_text(), message)));
            }
        }
    }
    Ok(())
}

/// Makes all the pieces of a generator at once, for who has no connection to send them to.
pub(crate) fn collect(pieces: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    let mut all = Vec::new();
    for piece in pieces.try_iter()? {
        all.extend_from_slice(&bytes_of(&piece?)?);
    }
    Ok(all.into())
}

fn bytes_of(piece: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    match piece.cast::<PyBytes>() {
        Ok(bytes) => Ok(Bytes::copy_from_slice(bytes.as_bytes())),
        Err(_) => match piece.cast::<PyString>() {
            Ok(text) => Ok(Bytes::copy_from_slice(text.to_str()?.as_bytes())),
            Err(_) => json::dumps(piece, false),
        },
    }
}

/// Waits for something like [`futures::executor::block_on`], but not beyond the deadline.
fn wait_until<F: Future>(deadline: Option<Instant>, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        let Some(deadline) = deadline else {
            thread::park();
            continue;
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        thread::park_timeout(left);
    }
}

/// Wakes the thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
