//! A body on its way from the thread that does the I/O to whoever reads it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;

use crate::failure::Failure;

/// How many pieces wait for their reader.
const AHEAD: usize = 4;

/// A piece of a body, or why there are no more.
pub(crate) type Piece = Result<Bytes, Failure>;

/// What there is to read.
#[derive(Debug)]
pub enum Next {
    /// A piece, or why the body broke off.
    Piece(Result<Bytes, Failure>),
    /// There will be no more.
    End,
    /// Nothing came within the limit.
    NotYet,
}

/// Pieces of a body as they come. Any thread may read or stop reading, also while another one waits.
#[derive(Debug)]
pub struct Pieces(Arc<Queue>);

/// The other end of [`Pieces`]; dropping it ends them.
#[derive(Debug)]
pub(crate) struct Feed(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    is_there: Condvar,
    /// Told when a piece was taken, or nobody reads any more.
    is_taken: Notify,
}

#[derive(Debug, Default)]
struct State {
    pieces: VecDeque<Piece>,
    is_over: bool,
    is_closed: bool,
}

/// Makes both ends.
pub(crate) fn pieces() -> (Feed, Pieces) {
    let queue = Arc::new(Queue::default());
    (Feed(Arc::clone(&queue)), Pieces(queue))
}

impl Pieces {
    /// Waits for the next piece, at most for that long.
    #[must_use]
    pub fn next(&self, limit: Duration) -> Next {
        let deadline = Instant::now() + limit;
        let mut state = self.0.state.lock();
        loop {
            if let Some(piece) = state.pieces.pop_front() {
                self.0.is_taken.notify_one();
                return Next::Piece(piece);
            }
            if state.is_over || state.is_closed {
                return Next::End;
            }
            if self.0.is_there.wait_until(&mut state, deadline).timed_out() && state.pieces.is_empty() {
                return if state.is_over || state.is_closed { Next::End } else { Next::NotYet };
            }
        }
    }

    /// Stops reading; whoever waits for a piece is told that there are no more. The peer's socket is closed.
    pub fn close(&self) {
        let mut state = self.0.state.lock();
        state.is_closed = true;
        state.pieces.clear();
        drop(state);
        self.0.is_there.notify_all();
        self.0.is_taken.notify_one();
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.close();
    }
}

impl Feed {
    /// Waits until there is room for a piece; gives whether somebody reads.
    pub(crate) async fn has_reader(&self) -> bool {
        loop {
            {
                let state = self.0.state.lock();
                if state.is_closed || state.pieces.len() < AHEAD {
                    return !state.is_closed;
                }
            }
            self.0.is_taken.notified().await;
        }
    }

    /// Waits until nobody reads any more.
    pub(crate) async fn abandoned(&self) {
        while !self.0.state.lock().is_closed {
            self.0.is_taken.notified().await;
        }
    }

    pub(crate) fn give(&self, piece: Piece) {
        let mut state = self.0.state.lock();
        if !state.is_closed {
            state.pieces.push_back(piece);
        }
        drop(state);
        self.0.is_there.notify_one();
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.0.state.lock().is_over = true;
        self.0.is_there.notify_all();
    }
}
