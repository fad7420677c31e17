//! One end of a connection over which both sides may ask and answer.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio_util::codec::{FramedRead, LinesCodec};
use tokio_util::sync::CancellationToken;
use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};

use super::PROTOCOL_VERSION;
use super::frame::{Frame, WireError};

/// How many questions of the other side may wait before its connection is no longer read.
const INCOMING_LIMIT: usize = 64;

/// How long the other side may take to read the last lines of a connection that is being closed.
const LAST_WRITE_LIMIT: Duration = Duration::from_millis(500);

type Waiting = HashMap<u64, oneshot::Sender<Result<Value, WireError>>>;

/// One end of a control connection. Cheap to clone; the connection ends when [`Self::close`] is called or when the
/// other side goes away.
#[derive(Debug, Clone)]
pub struct Peer {
    outgoing: mpsc::UnboundedSender<Frame>,
    /// Questions without an answer yet; none once the connection has ended.
    waiting: Arc<Mutex<Option<Waiting>>>,
    next_id: Arc<AtomicU64>,
    ended: CancellationToken,
}

/// A question of the other side. Dropping it unanswered tells the other side so.
#[derive(Debug)]
pub struct Incoming {
    id: u64,
    body: Value,
    outgoing: Option<mpsc::UnboundedSender<Frame>>,
}

impl Peer {
    /// Takes over a connection. Lines of the other side longer than `line_limit` bytes end it. Has to be called
    /// inside a runtime.
    #[must_use]
    pub fn start(stream: UnixStream, line_limit: usize) -> (Self, mpsc::Receiver<Incoming>) {
        let (reader, writer) = stream.into_split();
        let (outgoing, outgoing_receiver) = mpsc::unbounded_channel();
        let (incoming, incoming_receiver) = mpsc::channel(INCOMING_LIMIT);
        let peer = Self {
            outgoing,
            waiting: Arc::new(Mutex::new(Some(Waiting::new()))),
            next_id: Arc::new(AtomicU64::new(1)),
            ended: CancellationToken::new(),
        };
        tokio::spawn(write_frames(writer, outgoing_receiver, peer.ended.clone()));
        tokio::spawn(peer.clone().read_frames(reader, line_limit, incoming));
        (peer, incoming_receiver)
    }

    /// Asks the other side and waits for its answer, for as long as the connection lives.
    ///
    /// # Errors
    /// Whatever the other side answered, or [`ErrorKind::Io`] if the connection ended before it did.
    pub async fn ask<T: DeserializeOwned>(&self, question: &impl Serialize) -> Result<T> {
        let body = serde_json::to_value(question)
            .context(ErrorKind::Internal, || "could not encode a control message".to_owned())?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        match self.waiting.lock().as_mut() {
            Some(waiting) => waiting.insert(id, sender),
            None => return Err(connection_ended()),
        };
        let forget = ForgetQuestion { id, waiting: &self.waiting };
        if self.outgoing.send(Frame::Ask { version: PROTOCOL_VERSION, id, body }).is_err() {
            return Err(connection_ended());
        }
        let answer = receiver.await;
        drop(forget);
        let value = answer.map_err(|_| connection_ended())??;
        serde_json::from_value(value).context(ErrorKind::Internal, || {
            "could not understand the answer to a control message".to_owned()
        })
    }

    /// Asks the other side and waits for its answer for so long at most.
    ///
    /// # Errors
    /// As [`Self::ask`]; [`ErrorKind::Timeout`] if there is no answer in time, which says nothing about whether there
    /// will be one.
    pub async fn ask_within<T: DeserializeOwned>(
        &self,
        question: &impl Serialize,
        limit: Duration,
    ) -> Result<T> {
        tokio::time::timeout(limit, self.ask(question)).await.unwrap_or_else(|_| {
            let message = format!("the other process did not answer within {} s", limit.as_secs_f64());
            Err(Error::new(ErrorKind::Timeout, message)
                .hint("it may be suspended, or busy; server.log tells what it did last"))
        })
    }

    /// Ends the connection; what was sent before still goes out if the other side reads it.
    pub fn close(&self) {
        self.ended.cancel();
    }

    /// Waits until the connection has ended.
    pub async fn closed(&self) {
        self.ended.cancelled().await;
    }

    /// Whether the connection has ended.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.ended.is_cancelled()
    }

    async fn read_frames(self, reader: OwnedReadHalf, line_limit: usize, incoming: mpsc::Sender<Incoming>) {
        let mut lines = FramedRead::new(reader, LinesCodec::new_with_max_length(line_limit));
        loop {
            let line = tokio::select! {
                line = lines.next() => line,
                () = self.ended.cancelled() => break,
            };
            let frame = match line {
                None => break,
                Some(Err(error)) => {
                    tracing::debug!(%error, "control connection ended");
                    break;
                }
                Some(Ok(line)) => match serde_json::from_str(&line) {
                    Ok(frame) => frame,
                    Err(error) => {
                        tracing::warn!(%error, "control connection closed, a message could not be understood");
                        break;
                    }
                },
            };
            if !self.take_frame(frame, &incoming).await {
                break;
            }
        }
        self.ended.cancel();
        // Whoever still waits sees its sender dropped.
        self.waiting.lock().take();
    }

    /// Gives whether to go on reading.
    async fn take_frame(&self, frame: Frame, incoming: &mpsc::Sender<Incoming>) -> bool {
        let (id, answer) = match frame {
            Frame::Answer { id, body } => (id, Ok(body)),
            Frame::Refuse { id, error } => (id, Err(error)),
            Frame::Ask { version, id, body } => {
                let question = Incoming { id, body, outgoing: Some(self.outgoing.clone()) };
                if version == PROTOCOL_VERSION {
                    return incoming.send(question).await.is_ok();
                }
                question.refuse(&other_version(version));
                return true;
            }
        };
        // A question whose asker has given up has no entry any more.
        if let Some(sender) = self.waiting.lock().as_mut().and_then(|waiting| waiting.remove(&id)) {
            drop(sender.send(answer));
        }
        true
    }
}

/// Removes the entry of a question when its asker gives up.
struct ForgetQuestion<'p> {
    id: u64,
    waiting: &'p Mutex<Option<Waiting>>,
}

impl Drop for ForgetQuestion<'_> {
    fn drop(&mut self) {
        if let Some(waiting) = self.waiting.lock().as_mut() {
            waiting.remove(&self.id);
        }
    }
}

impl Incoming {
    /// Reads the question.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if it is none that this side knows.
    pub fn question<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.body)
            .context(ErrorKind::Invalid, || "could not understand a control message".to_owned())
            .map_err(|error| error.hint("restart the server if it was upgraded while it was running"))
    }

    /// Answers it.
    pub fn answer(self, outcome: Result<impl Serialize>) {
        let outcome = outcome.and_then(|answer| {
            serde_json::to_value(answer).context(ErrorKind::Internal, || {
                "could not encode the answer to a control message".to_owned()
            })
        });
        match outcome {
            Ok(body) => self.send(|id| Frame::Answer { id, body }),
            Err(error) => self.refuse(&error),
        }
    }

    fn refuse(self, error: &Error) {
        self.send(|id| Frame::Refuse { id, error: WireError::from(error) });
    }

    fn send(mut self, frame: impl FnOnce(u64) -> Frame) {
        if let Some(outgoing) = self.outgoing.take() {
            // The asker may be gone, then nobody wants to know.
            drop(outgoing.send(frame(self.id)));
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Some(outgoing) = self.outgoing.take() {
            let error = Error::new(ErrorKind::Internal, "the request was not answered");
            drop(outgoing.send(Frame::Refuse { id: self.id, error: WireError::from(&error) }));
        }
    }
}

async fn write_frames(
    mut writer: OwnedWriteHalf,
    mut outgoing: mpsc::UnboundedReceiver<Frame>,
    ended: CancellationToken,
) {
    loop {
        let frame = tokio::select! {
            biased;
            frame = outgoing.recv() => frame,
            () = ended.cancelled() => break,
        };
        let Some(frame) = frame else { break };
        let mut line = match serde_json::to_vec(&frame) {
            Ok(line) => line,
            Err(error) => {
                tracing::error!(%error, "a control message could not be encoded");
                continue;
            }
        };
        line.push(b'\n');
        let written = tokio::select! {
            written = writer.write_all(&line) => written,
            () = given_up(&ended) => break,
        };
        if let Err(error) = written {
            tracing::debug!(%error, "control connection ended");
            break;
        }
    }
    ended.cancel();
}

/// Waits until the connection has ended and the other side has had time to read what was still on its way.
async fn given_up(ended: &CancellationToken) {
    ended.cancelled().await;
    tokio::time::sleep(LAST_WRITE_LIMIT).await;
}

fn connection_ended() -> Error {
    Error::new(ErrorKind::Io, "the control connection ended before there was an answer")
        .hint("see server.log for why the other process ended")
}

fn other_version(version: u32) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!("the other process speaks version {version} of the control protocol, this one version {PROTOCOL_VERSION}"),
    )
    .hint("restart the server so that all its processes run the installed version")
}

#[cfg(test)]
#[path = "peer_tests.rs"]
mod tests;
