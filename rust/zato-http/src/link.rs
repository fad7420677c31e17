//! What the parts of one connection know of each other: the reader of its bytes, the pipeline of its
//! requests, and the watch that cuts off clients that are too slow.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::Wake;
use std::time::{Duration, Instant};

use futures::task::AtomicWaker;

use crate::options::HttpOptions;
use crate::outbox::Outbox;
use crate::strict::Violation;

/// A clock that is read without a system call; the watch moves it forward a few times a second.
#[derive(Debug)]
pub(crate) struct CoarseClock {
    origin: Instant,
    milliseconds: AtomicU64,
}

impl CoarseClock {
    pub(crate) fn new() -> Self {
        Self { origin: Instant::now(), milliseconds: AtomicU64::new(1) }
    }

    /// Milliseconds since some moment, never 0.
    pub(crate) fn now(&self) -> u64 {
        self.milliseconds.load(Ordering::Relaxed)
    }

    /// Reads the clock of the machine.
    pub(crate) fn refresh(&self) {
        let milliseconds = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.milliseconds.store(milliseconds.max(1), Ordering::Relaxed);
    }
}

/// What a connection is doing, as its reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// Nothing has arrived yet.
    Fresh,
    /// Between two requests, or during the work on one.
    Idle,
    /// A head has arrived in part.
    Head,
    /// A body has arrived in part.
    Body,
    /// Our side is closed; what the client still sends is thrown away.
    Lingering,
}

impl Phase {
    fn from_number(number: u8) -> Self {
        [Self::Fresh, Self::Idle, Self::Head, Self::Body]
            .get(usize::from(number))
            .copied()
            .unwrap_or(Self::Lingering)
    }
}

/// What the watch decided about a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// It may go on.
    None,
    /// The client is told what it was too slow at.
    Refuse(Violation),
    /// It is dropped without a word.
    Cut,
}

/// Shared state of one connection. All of it is written by the task of the connection, except for the orders.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) remote: SocketAddr,
    pub(crate) local: SocketAddr,
    clock: Arc<CoarseClock>,
    phase: AtomicU8,
    /// When the phase began; in a body, when bytes arrived last.
    since: AtomicU64,
    /// Since when the client takes no bytes of the response; 0 if it does.
    write_blocked: AtomicU64,
    is_busy: AtomicBool,
    violation: AtomicU8,
    /// Orders of the watch.
    late: AtomicU8,
    is_cut: AtomicBool,
    is_draining: AtomicBool,
    pub(crate) waker: AtomicWaker,
    outbox: Arc<Outbox>,
    /// Whether the link waits in the outbox.
    is_answered: AtomicBool,
}

/// How long lingering may take; enough for a client to read an answer it did not expect.
const LINGER_LIMIT: Duration = Duration::from_secs(2);

/// How long a new connection may wait before it says something while the server stops.
const DRAIN_GRACE: Duration = Duration::from_millis(250);

impl Link {
    pub(crate) fn new(
        remote: SocketAddr,
        local: SocketAddr,
        clock: Arc<CoarseClock>,
        outbox: Arc<Outbox>,
    ) -> Self {
        let since = AtomicU64::new(clock.now());
        Self {
            remote,
            local,
            clock,
            phase: AtomicU8::new(Phase::Fresh as u8),
            since,
            write_blocked: AtomicU64::new(0),
            is_busy: AtomicBool::new(false),
            violation: AtomicU8::new(0),
            late: AtomicU8::new(0),
            is_cut: AtomicBool::new(false),
            is_draining: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            outbox,
            is_answered: AtomicBool::new(false),
        }
    }

    /// Wakes the task of a connection that comes from the outbox.
    pub(crate) fn wake_task(&self) {
        // First, so that an answer which comes right now puts the link into the outbox again.
        self.is_answered.store(false, Ordering::SeqCst);
        self.waker.wake();
    }

    /// Says what the reader is at; `has_progressed` restarts the time of a body.
    pub(crate) fn enter(&self, phase: Phase, has_progressed: bool) {
        let before = self.phase.load(Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Relaxed);
        if before != phase as u8 || (has_progressed && phase == Phase::Body) {
            self.since.store(self.clock.now(), Ordering::Relaxed);
        }
    }

    /// Says whether a request is being worked on; idle time starts when it ends.
    pub(crate) fn set_busy(&self, is_busy: bool) {
        if !is_busy {
            self.since.store(self.clock.now(), Ordering::Relaxed);
        }
        self.is_busy.store(is_busy, Ordering::Relaxed);
    }

    /// Says whether the client takes bytes of the response.
    pub(crate) fn set_write_blocked(&self, is_blocked: bool) {
        if !is_blocked {
            self.write_blocked.store(0, Ordering::Relaxed);
        } else if self.write_blocked.load(Ordering::Relaxed) == 0 {
            self.write_blocked.store(self.clock.now(), Ordering::Relaxed);
        }
    }

    /// Keeps what was wrong with the bytes of the connection.
    pub(crate) fn set_violation(&self, violation: Violation) {
        self.violation.store(violation.number(), Ordering::Relaxed);
    }

    /// Returns what was wrong with the bytes of the connection.
    pub(crate) fn violation(&self) -> Option<Violation> {
        Violation::from_number(self.violation.load(Ordering::Relaxed))
    }

    /// Returns what the watch found the client too slow at, once.
    pub(crate) fn take_late(&self) -> Option<Violation> {
        // A plain load first: this is on the path of every read.
        if self.late.load(Ordering::Relaxed) == 0 {
            return None;
        }
        Violation::from_number(self.late.swap(0, Ordering::Relaxed))
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Relaxed)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// Whether nothing has arrived yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == Phase::Fresh as u8
    }

    /// Whether a request is being worked on.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_busy.load(Ordering::Relaxed)
    }

    /// Orders the connection to finish what it is at and close.
    pub(crate) fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
        self.waker.wake();
    }

    /// Orders the connection to close at once.
    pub(crate) fn cut(&self) {
        self.is_cut.store(true, Ordering::Relaxed);
        self.waker.wake();
    }

    /// Looks whether the time for what the connection is at is over, and gives the order if so.
    pub(crate) fn check(&self, options: &HttpOptions) -> Expiry {
        let expiry = self.expiry(options);
        match expiry {
            Expiry::None => {}
            Expiry::Refuse(violation) => {
                self.late.store(violation.number(), Ordering::Relaxed);
                // If the client takes no answer either, it is cut off after as long again.
                self.since.store(self.clock.now(), Ordering::Relaxed);
                self.waker.wake();
            }
            Expiry::Cut => self.cut(),
        }
        expiry
    }

    fn expiry(&self, options: &HttpOptions) -> Expiry {
        let is_over = |since: u64, limit: Duration| {
            u128::from(self.clock.now().saturating_sub(since)) >= limit.as_millis()
        };
        let write_blocked = self.write_blocked.load(Ordering::Relaxed);
        if write_blocked != 0 && is_over(write_blocked, options.write_timeout) {
            return Expiry::Cut;
        }
        let since = self.since.load(Ordering::Relaxed);
        let is_busy = self.is_busy();
        let refuse = |violation: Violation| {
            let was_told = self.violation().is_some() || self.late.load(Ordering::Relaxed) != 0;
            if was_told { Expiry::Cut } else { Expiry::Refuse(violation) }
        };
        match Phase::from_number(self.phase.load(Ordering::Relaxed)) {
            Phase::Fresh if is_over(since, options.header_timeout) => Expiry::Cut,
            Phase::Fresh if self.is_draining() && is_over(since, DRAIN_GRACE) => Expiry::Cut,
            Phase::Idle if !is_busy && is_over(since, options.keep_alive_timeout) => Expiry::Cut,
            Phase::Head if !is_busy && is_over(since, options.header_timeout) => {
                refuse(Violation::HeadTimeout)
            }
            Phase::Body if is_over(since, options.body_timeout) => refuse(Violation::BodyTimeout),
            Phase::Lingering if is_over(since, LINGER_LIMIT) => Expiry::Cut,
            _ => Expiry::None,
        }
    }
}

/// As a waker, a link goes through the outbox: for what other threads finish.
impl Wake for Link {
    fn wake(self: Arc<Self>) {
        if !self.is_answered.swap(true, Ordering::SeqCst) {
            let outbox = Arc::clone(&self.outbox);
            outbox.put(self);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A link on a clock that the test moves; all limits are different, in milliseconds.
    struct Fixture {
        link: Link,
        options: HttpOptions,
    }

    impl Fixture {
        fn new() -> Self {
            let address: SocketAddr = ([127, 0, 0, 1], 1).into();
            let options = HttpOptions {
                header_timeout: Duration::from_millis(100),
                body_timeout: Duration::from_millis(300),
                keep_alive_timeout: Duration::from_millis(700),
                write_timeout: Duration::from_millis(500),
                ..HttpOptions::default()
            };
            let clock = Arc::new(CoarseClock::new());
            Self { link: Link::new(address, address, clock, Arc::default()), options }
        }

        /// Lets time go by, and looks once.
        fn after(&self, milliseconds: u64) -> Expiry {
            self.link.clock.milliseconds.fetch_add(milliseconds, Ordering::Relaxed);
            self.link.check(&self.options)
        }
    }

    #[test]
    fn a_connection_that_says_nothing_is_cut() {
        let fixture = Fixture::new();
        assert_eq!(fixture.after(99), Expiry::None);
        assert_eq!(fixture.after(1), Expiry::Cut);
        assert!(fixture.link.is_cut());
    }

    #[test]
    fn progress_does_not_prolong_a_head() {
        let fixture = Fixture::new();
        fixture.link.enter(Phase::Head, true);
        assert_eq!(fixture.after(60), Expiry::None);
        fixture.link.enter(Phase::Head, true);
        assert_eq!(fixture.after(60), Expiry::Refuse(Violation::HeadTimeout));
        assert_eq!(fixture.link.take_late(), Some(Violation::HeadTimeout));
        assert_eq!(fixture.link.take_late(), None);
    }

    #[test]
    fn progress_prolongs_a_body() {
        let fixture = Fixture::new();
        fixture.link.set_busy(true);
        for _ in 0..10 {
            fixture.link.enter(Phase::Body, true);
            assert_eq!(fixture.after(200), Expiry::None);
        }
        assert_eq!(fixture.after(100), Expiry::Refuse(Violation::BodyTimeout));
    }

    #[test]
    fn who_does_not_take_the_answer_either_is_cut() {
        let fixture = Fixture::new();
        fixture.link.enter(Phase::Head, true);
        assert_eq!(fixture.after(100), Expiry::Refuse(Violation::HeadTimeout));
        fixture.link.set_violation(Violation::HeadTimeout);
        assert_eq!(fixture.after(99), Expiry::None);
        assert_eq!(fixture.after(1), Expiry::Cut);
    }

    #[test]
    fn idle_time_starts_when_the_response_is_done() {
        let fixture = Fixture::new();
        fixture.link.enter(Phase::Idle, true);
        fixture.link.set_busy(true);
        assert_eq!(fixture.after(10_000), Expiry::None);
        fixture.link.set_busy(false);
        assert_eq!(fixture.after(699), Expiry::None);
        assert_eq!(fixture.after(1), Expiry::Cut);
    }

    #[test]
    fn the_next_head_is_not_held_against_a_client_that_waits() {
        let fixture = Fixture::new();
        fixture.link.set_busy(true);
        fixture.link.enter(Phase::Head, true);
        assert_eq!(fixture.after(10_000), Expiry::None);
        fixture.link.set_busy(false);
        assert_eq!(fixture.after(99), Expiry::None);
    }

    #[test]
    fn a_client_that_takes_no_bytes_is_cut() {
        let fixture = Fixture::new();
        fixture.link.set_busy(true);
        fixture.link.enter(Phase::Idle, true);
        for _ in 0..3 {
            fixture.link.set_write_blocked(true);
            assert_eq!(fixture.after(400), Expiry::None);
            fixture.link.set_write_blocked(false);
        }
        fixture.link.set_write_blocked(true);
        assert_eq!(fixture.after(500), Expiry::Cut);
    }
}
