//! What the executor needs to know of the guest.

/// A job that takes longer than this is not worth waiting for with what is held back.
pub const LONG: std::time::Duration = std::time::Duration::from_micros(200);

/// The guest's big lock and what to do while holding it.
///
/// The executor calls [`Gate::attach`] once in the life of a thread, so a thread state that the guest makes
/// there serves every job of that thread: making one per job halves throughput and empties
/// `threading.local` after every request (reference execution-model 6).
pub trait Gate: Send + Sync + 'static {
    /// A piece of work.
    type Job: Send + 'static;
    /// Proof that the calling thread holds the lock (`Python<'py>`).
    type Session<'a>: Copy;

    /// Takes the lock on this thread and keeps the guest's thread state for as long as `body` runs.
    fn attach(&self, body: &mut dyn FnMut(Self::Session<'_>));

    /// Lets go of the lock while `body` runs.
    fn release(&self, session: Self::Session<'_>, body: &mut (dyn FnMut() + Send));

    /// Does one piece of work. `has_more` says that other jobs wait, so that [`Gate::flush`] is called soon even
    /// if this job blocks. Must not unwind; the executor fences it anyway.
    fn run(&self, session: Self::Session<'_>, job: Self::Job, has_more: bool);

    /// Told that the job this thread ran last took longer than [`LONG`].
    fn took_long(&self) {}

    /// Makes known what jobs have held back. Called by a thread that stops taking jobs, and by the monitor, every
    /// few times [`Options::tick`](crate::Options::tick) at most, for as long as jobs wait. Called with or without the guest's lock.
    fn flush(&self) {}
}
