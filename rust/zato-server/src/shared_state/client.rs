//! The worker's side: asks the supervisor, or keeps what is shared itself in a process without a server.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use parking_lot::Mutex;
use zato_coord::locks::Waiter;
use zato_core::{Error, ErrorKind, Result};

use super::definitions::Definitions;
use super::protocol::{Answer, Call, Question, Refusal};
use super::state::{Outcome, State};
use super::wire::Wire;

/// Connections that are kept for the next question.
const IDLE_LIMIT: usize = 32;

/// How long whoever gives up waiting waits for the answer to that.
const FAREWELL: Duration = Duration::from_secs(2);

/// Asks about caches and locks. All methods block; a Python caller has released the interpreter's lock.
pub struct Client(Place);

enum Place {
    /// In the supervisor.
    Remote { path: PathBuf, idle: Mutex<Vec<Wire>>, session: Mutex<Option<(u64, Wire)>> },
    /// In this process.
    Here { state: Arc<Mutex<State>>, session: u64 },
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").finish_non_exhaustive()
    }
}

/// How waiting for a lock goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The lock is held, with this fencing number.
    Granted(u64),
    /// Somebody else holds it, and the time to wait is over.
    Refused,
    /// Nothing is decided yet.
    Waiting,
}

impl Client {
    /// Makes a client of the server that listens on a socket; connects when it is asked something.
    #[must_use]
    pub const fn of_server(path: PathBuf) -> Self {
        Self(Place::Remote { path, idle: Mutex::new(Vec::new()), session: Mutex::new(None) })
    }

    /// Makes a client without a server, with the cache that every server has.
    #[must_use]
    pub fn of_process() -> Self {
        let mut state = State::new(Definitions::default());
        let session = state.open_session();
        Self(Place::Here { state: Arc::new(Mutex::new(state)), session })
    }

    /// Does something with a cache; the empty name means the default one.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such cache, [`ErrorKind::Invalid`] if it refuses,
    /// [`ErrorKind::Io`] or [`ErrorKind::Timeout`] if the supervisor does not answer.
    pub fn call(&self, cache: &str, call: Call) -> Result<Answer> {
        let answer = match &self.0 {
            Place::Here { state, .. } => state.lock().call(cache, call),
            Place::Remote { .. } => self.ask(&Question::Cache { cache: cache.to_owned(), call })?,
        };
        match answer {
            Answer::Refused(refusal) => Err(refusal.into_error()),
            answer => Ok(answer),
        }
    }

    /// Begins to wait for a lock, up to `patience`; without it, does not wait if somebody else holds it.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] or [`ErrorKind::Timeout`] if the supervisor does not answer.
    pub fn acquire(
        &self,
        name: &str,
        time_to_live: Option<Duration>,
        patience: Option<Duration>,
    ) -> Result<PendingLock> {
        let name = name.to_owned();
        match &self.0 {
            Place::Here { state, session } => {
                let (sender, receiver) = sync_channel(1);
                let outcome = state.lock().acquire(&name, *session, time_to_live, patience, move |fence| {
                    // Whoever gives up looks what was sent, under the same mutex.
                    let _ = sender.try_send(fence);
                });
                let waiting = match outcome {
                    None => return Err(Refusal::NoSuchSession.into_error()),
                    Some(Outcome::Decided(fence)) => Waiting::Decided(fence),
                    Some(Outcome::Waits(waiter)) => {
                        Waiting::Here { state: Arc::clone(state), waiter, receiver }
                    }
                };
                Ok(PendingLock { name, waiting })
            }
            Place::Remote { .. } => {
                let session = self.session()?;
                let mut wire = self.wire()?;
                wire.send(&Question::Acquire { name: name.clone(), session, time_to_live, patience })?;
                Ok(PendingLock { name, waiting: Waiting::Remote(wire) })
            }
        }
    }

    /// Waits for a lock for so long at most.
    ///
    /// # Errors
    /// As [`Self::acquire`]; [`ErrorKind::Conflict`] if this process was not known and has to try again.
    pub fn wait(&self, lock: &mut PendingLock, limit: Duration) -> Result<Progress> {
        let decided = match &mut lock.waiting {
            Waiting::Decided(fence) => Some(*fence),
            Waiting::Here { state, receiver, .. } => wait_here(state, receiver, limit),
            Waiting::Remote(wire) => {
                wire.set_read_limit(limit)?;
                match wire.receive()? {
                    None => None,
                    Some(Answer::Lock(fence)) => Some(fence),
                    Some(Answer::Refused(refusal)) => {
                        if refusal == Refusal::NoSuchSession {
                            self.forget_session();
                        }
                        return Err(refusal.into_error());
                    }
                    Some(other) => return Err(unexpected(&other)),
                }
            }
        };
        let Some(fence) = decided else { return Ok(Progress::Waiting) };
        if let Waiting::Remote(wire) = std::mem::replace(&mut lock.waiting, Waiting::Decided(fence)) {
            wire.reset_read_limit()?;
            self.keep(wire);
        }
        Ok(fence.map_or(Progress::Refused, Progress::Granted))
    }

    /// Gives up waiting for a lock. If it was granted meanwhile, it is given back.
    ///
    /// # Errors
    /// As [`Self::acquire`]. Then the lock may be held until its time, or the process, ends.
    pub fn give_up(&self, lock: PendingLock) -> Result<()> {
        let fence = match lock.waiting {
            Waiting::Decided(fence) => fence,
            Waiting::Here { state, waiter, receiver } => {
                let is_undecided = state.lock().give_up(waiter);
                if is_undecided { None } else { receiver.try_recv().ok().flatten() }
            }
            Waiting::Remote(mut wire) => {
                wire.hang_up()?;
                wire.set_read_limit(FAREWELL)?;
                // If it was not answered before, the connection just ends.
                match wire.receive() {
                    Ok(Some(Answer::Lock(fence))) => fence,
                    _ => None,
                }
            }
        };
        if let Some(fence) = fence {
            self.release(&lock.name, fence)?;
        }
        Ok(())
    }

    /// Gives a lock back; gives whether it was still held by virtue of this grant.
    ///
    /// # Errors
    /// As [`Self::acquire`].
    pub fn release(&self, name: &str, fence: u64) -> Result<bool> {
        match &self.0 {
            Place::Here { state, .. } => Ok(state.lock().release(name, fence)),
            Place::Remote { .. } => match self.ask(&Question::Release { name: name.to_owned(), fence })? {
                Answer::Flag(was_held) => Ok(was_held),
                other => Err(unexpected(&other)),
            },
        }
    }

    fn ask(&self, question: &Question) -> Result<Answer> {
        let mut wire = self.wire()?;
        match wire.ask(question) {
            Ok(answer) => {
                self.keep(wire);
                Ok(answer)
            }
            Err(error) => {
                // If the supervisor is gone, other connections are as useless.
                if error.kind() == ErrorKind::Io
                    && let Place::Remote { idle, .. } = &self.0
                {
                    idle.lock().clear();
                }
                Err(error)
            }
        }
    }

    fn wire(&self) -> Result<Wire> {
        let Place::Remote { path, idle, .. } = &self.0 else { return Err(no_server()) };
        let kept = idle.lock().pop();
        kept.map_or_else(|| Wire::connect(path), Ok)
    }

    fn keep(&self, wire: Wire) {
        if let Place::Remote { idle, .. } = &self.0 {
            let mut idle = idle.lock();
            if idle.len() < IDLE_LIMIT {
                idle.push(wire);
            }
        }
    }

    /// Returns the session of this process, whose connection stays open for as long as the process lives.
    fn session(&self) -> Result<u64> {
        let Place::Remote { path, session, .. } = &self.0 else { return Err(no_server()) };
        let mut session = session.lock();
        if let Some((known, _)) = &*session {
            return Ok(*known);
        }
        let mut wire = Wire::connect(path)?;
        match wire.ask(&Question::OpenSession)? {
            Answer::Session(opened) => {
                *session = Some((opened, wire));
                Ok(opened)
            }
            other => Err(unexpected(&other)),
        }
    }

    fn forget_session(&self) {
        if let Place::Remote { session, .. } = &self.0 {
            *session.lock() = None;
        }
    }
}

/// A lock that is waited for. Dropping it without [`Client::give_up`] leaves what was granted to its time limit.
#[derive(Debug)]
pub struct PendingLock {
    name: String,
    waiting: Waiting,
}

enum Waiting {
    Decided(Option<u64>),
    Here { state: Arc<Mutex<State>>, waiter: Waiter, receiver: Receiver<Option<u64>> },
    Remote(Wire),
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Waiting")
    }
}

/// Waits without a supervisor, whose thread would end what is over.
fn wait_here(state: &Mutex<State>, receiver: &Receiver<Option<u64>>, limit: Duration) -> Option<Option<u64>> {
    let next = state.lock().expire();
    let limit = next.map_or(limit, |next| next.min(limit));
    match receiver.recv_timeout(limit) {
        Ok(fence) => Some(fence),
        Err(RecvTimeoutError::Disconnected) => Some(None),
        Err(RecvTimeoutError::Timeout) => {
            state.lock().expire();
            receiver.try_recv().ok()
        }
    }
}

fn unexpected(answer: &Answer) -> Error {
    tracing::debug!(?answer, "an answer to another question");
    Error::new(ErrorKind::Internal, "the supervisor answered another question")
}

fn no_server() -> Error {
    Error::new(ErrorKind::Internal, "no server runs in this process")
}
