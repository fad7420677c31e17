//! What the executor needs to know of the guest.

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

    /// Does one piece of work. Must not unwind; the executor fences it anyway.
    fn run(&self, session: Self::Session<'_>, job: Self::Job);
}
