//! Ctrl-C.
#![expect(unsafe_code, reason = "dispositions of signals have no safe interface in the libraries used here")]

/// Lets Ctrl-C end this process, as it ends others. Python has a handler that only takes note until Python code
/// runs again, which for `zato wait` is when it is over; and a server that was stopped with Ctrl-C would end
/// with a `KeyboardInterrupt` of the note.
pub(crate) fn end_on_interrupt() {
    // SAFETY: the default disposition runs no code; the call is made before any thread of ours exists.
    let before = unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
    if before == libc::SIG_IGN {
        // Whoever started us in the background wants Ctrl-C to be ignored.
        // SAFETY: as above.
        unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
    }
}
