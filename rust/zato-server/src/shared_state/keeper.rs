//! The supervisor's side: keeps what is shared and answers workers.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use parking_lot::Mutex;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, oneshot};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};
use tokio_util::sync::CancellationToken;
use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};

use super::definitions::Definitions;
use super::protocol::{ANSWER_LIMIT, Answer, QUESTION_LIMIT, Question, Refusal, from_bytes};
use super::state::{Outcome, State};
use crate::config::ServerPaths;
use crate::control::{self, Listener};

/// How often entries whose time is over are looked for (reference connections 24.3).
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Returns the path of the socket that goes with the control socket of a server.
#[must_use]
pub fn socket_path(paths: &ServerPaths) -> Option<PathBuf> {
    control::socket_path(paths).map(|path| path.with_extension("shared"))
}

/// Keeps caches and locks and answers questions about them; dropping it ends that.
#[derive(Debug)]
pub struct Keeper {
    shared: Arc<Shared>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    /// Told when there may be an earlier deadline.
    deadlines: Notify,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Keeper {
    /// Starts to answer on a socket, on a thread of its own, so that nothing else that the process does delays answers.
    /// A socket that is there already was left behind.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the socket or the thread cannot be made.
    pub fn start(path: &Path, definitions: Definitions) -> Result<Self> {
        let shared =
            Arc::new(Shared { state: Mutex::new(State::new(definitions)), deadlines: Notify::new() });
        let stop = CancellationToken::new();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context(ErrorKind::Io, || "could not make the runtime of caches and locks".to_owned())?;
        let entered = runtime.enter();
        let listener = Listener::bind_to(path.to_path_buf())?;
        drop(entered);
        let (keeping, stopping) = (Arc::clone(&shared), stop.clone());
        let thread = std::thread::Builder::new()
            .name("zato-shared".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::spawn(Arc::clone(&keeping).sweep());
                    tokio::spawn(Arc::clone(&keeping).expire());
                    tokio::select! {
                        () = stopping.cancelled() => {}
                        () = keeping.accept(listener) => {}
                    }
                });
                runtime.shutdown_background();
            })
            .context(ErrorKind::Io, || "could not start the thread of caches and locks".to_owned())?;
        Ok(Self { shared, stop, thread: Some(thread) })
    }

    /// Brings definitions in force, unless younger ones are.
    pub fn configure(&self, definitions: Definitions) {
        let mut state = self.shared.state.lock();
        if definitions.revision >= state.revision() {
            state.configure(definitions);
        }
    }

    /// Returns figures in the text format of Prometheus.
    #[must_use]
    pub fn figures(&self) -> String {
        self.shared.state.lock().figures()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(target: "zato", "The thread of caches and locks failed");
        }
    }
}

impl Shared {
    async fn accept(self: Arc<Self>, listener: Listener) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(Arc::clone(&self).serve(stream));
                }
                Err(error) => {
                    tracing::error!(target: "zato", "Caches and locks cannot be used any more: {}", error.report());
                    return;
                }
            }
        }
    }

    async fn sweep(self: Arc<Self>) {
        let mut interval = tokio::time::interval(SWEEP_INTERVAL);
        loop {
            interval.tick().await;
            self.state.lock().sweep();
        }
    }

    async fn expire(self: Arc<Self>) {
        loop {
            let next = self.state.lock().expire();
            let earlier = self.deadlines.notified();
            match next {
                Some(time) => drop(tokio::time::timeout(time, earlier).await),
                None => earlier.await,
            }
        }
    }

    /// Serves a connection until it ends.
    async fn serve(self: Arc<Self>, stream: UnixStream) {
        let mut connection = Connection::new(stream);
        if let Err(error) = self.answer(&mut connection).await {
            tracing::warn!(target: "zato", "A connection for caches and locks was closed: {}", error.report());
        }
        if let Some(session) = connection.session {
            self.state.lock().end_session(session);
        }
    }

    async fn answer(&self, connection: &mut Connection) -> Result<()> {
        while let Some(question) = connection.read().await? {
            let answer = match from_bytes::<Question>(&question)? {
                Question::Cache { cache, call } => self.state.lock().call(&cache, call),
                Question::OpenSession => {
                    let mut state = self.state.lock();
                    let session = state.open_session();
                    if let Some(previous) = connection.session.replace(session) {
                        state.end_session(previous);
                    }
                    Answer::Session(session)
                }
                Question::Acquire { name, session, time_to_live, patience } => {
                    let asked = Asked { name, session, time_to_live, patience };
                    match self.acquire(asked, connection).await? {
                        Some(answer) => answer,
                        None => return Ok(()),
                    }
                }
                Question::Release { name, fence } => Answer::Flag(self.state.lock().release(&name, fence)),
            };
            if connection.write(answer).await.is_err() {
                // Its process is gone or about to be; whatever it holds belongs to its session.
                return Ok(());
            }
        }
        Ok(())
    }

    /// Waits for a lock. Nothing if the other side gives up.
    async fn acquire(&self, asked: Asked, connection: &mut Connection) -> Result<Option<Answer>> {
        let Asked { name, session, time_to_live, patience } = asked;
        let (sender, mut receiver) = oneshot::channel();
        let outcome = self.state.lock().acquire(&name, session, time_to_live, patience, move |fence| {
            // Whoever gives up looks what was sent, under the same mutex.
            let _ = sender.send(fence);
        });
        self.deadlines.notify_one();
        let waiter = match outcome {
            None => return Ok(Some(Answer::Refused(Refusal::NoSuchSession))),
            Some(Outcome::Decided(fence)) => return Ok(Some(Answer::Lock(fence))),
            Some(Outcome::Waits(waiter)) => waiter,
        };
        let ended = tokio::select! {
            biased;
            fence = &mut receiver => return Ok(Some(Answer::Lock(fence.unwrap_or(None)))),
            ended = connection.read() => ended,
        };
        let mut state = self.state.lock();
        if !state.give_up(waiter)
            && let Ok(Some(fence)) = receiver.try_recv()
        {
            state.release(&name, fence);
        }
        drop(state);
        match ended {
            Ok(Some(_)) => {
                Err(Error::new(ErrorKind::Internal, "a question came before the last was answered"))
            }
            // A process that dies may break its connections off instead of closing them.
            Ok(None) | Err(_) => Ok(None),
        }
    }
}

struct Asked {
    name: String,
    session: u64,
    time_to_live: Option<Duration>,
    patience: Option<Duration>,
}

struct Connection {
    questions: FramedRead<OwnedReadHalf, LengthDelimitedCodec>,
    answers: FramedWrite<OwnedWriteHalf, LengthDelimitedCodec>,
    session: Option<u64>,
}

impl Connection {
    fn new(stream: UnixStream) -> Self {
        let (reader, writer) = stream.into_split();
        let codec = |limit| LengthDelimitedCodec::builder().max_frame_length(limit).new_codec();
        Self {
            questions: FramedRead::new(reader, codec(QUESTION_LIMIT)),
            answers: FramedWrite::new(writer, codec(ANSWER_LIMIT)),
            session: None,
        }
    }

    /// Reads the next question; nothing at the end.
    async fn read(&mut self) -> Result<Option<Bytes>> {
        match self.questions.next().await {
            None => Ok(None),
            Some(Ok(question)) => Ok(Some(question.freeze())),
            Some(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionReset => Ok(None),
            Some(Err(error)) => {
                Err(Error::new(ErrorKind::Invalid, "a question could not be read").source(error))
            }
        }
    }

    async fn write(&mut self, answer: Answer) -> Result<()> {
        let encoded = postcard::to_allocvec(&answer)
            .context(ErrorKind::Internal, || "could not encode an answer".to_owned())?;
        let encoded = if encoded.len() > ANSWER_LIMIT {
            postcard::to_allocvec(&Answer::Refused(Refusal::TooLong))
                .context(ErrorKind::Internal, || "could not encode an answer".to_owned())?
        } else {
            encoded
        };
        self.answers.send(Bytes::from(encoded)).await.context(ErrorKind::Io, || "could not answer".to_owned())
    }
}
