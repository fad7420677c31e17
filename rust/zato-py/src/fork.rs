//! `os.fork()` in a worker, for instance by `multiprocessing`.
//!
//! The child has one thread and copies of every socket: connections would seem to be accepted by nobody, and
//! clients would never see theirs closed (execution model, section 8). So the child closes the server's sockets.
//!
//! What follows a service in a worker needs threads that the child does not have. So the child ends where the Python
//! code that forked does.

#![expect(
    unsafe_code,
    reason = "descriptors are closed by number, and children end without running finalizers"
)]

use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};

use pyo3::prelude::*;

static PORT: AtomicU16 = AtomicU16::new(0);

/// Remembers the port of the server, whose sockets children must not keep.
pub(crate) fn remember_port(port: u16) {
    PORT.store(port, Ordering::SeqCst);
}

/// Runs in the child after a fork; registered with `os.register_at_fork`.
#[pyfunction]
pub(crate) fn after_in_child() {
    crate::guest::forget_in_child();
    zato_server::logging::after_fork();
    let nowhere = std::fs::File::open("/dev/null");
    for descriptor in open_descriptors() {
        if let (Some(path), Ok(nowhere)) = (crate::shared::socket(), &nowhere)
            && is_connected_to(descriptor, path)
        {
            // Whatever still has the number may close it, so that it has to stay one of a file of ours.
            // SAFETY: both are open, and nothing in the child uses the connections of its parent.
            unsafe { libc::dup2(nowhere.as_raw_fd(), descriptor) };
        }
    }
    crate::shared::forget_in_child();
    let port = PORT.load(Ordering::SeqCst);
    if port == 0 {
        return;
    }
    for descriptor in open_descriptors() {
        if local_port(descriptor) == Some(port) {
            // SAFETY: a plain close; nothing in the child uses the server's sockets.
            unsafe { libc::close(descriptor) };
        }
    }
}

/// Ends this process if it is a forked child; `error` is what ended its Python code, if anything did. To be called
/// wherever Python code of users is over, before anything that belongs to the parent is touched.
pub(crate) fn end_child(py: Python<'_>, error: Option<&PyErr>) {
    if crate::guest::is_forked() {
        leave(py, error);
    }
}

#[cold]
fn leave(py: Python<'_>, error: Option<&PyErr>) -> ! {
    // With its traceback, which the value alone does not have before Python 3.12.
    let error = error.map(|error| error.clone_ref(py).into_value(py));
    let left = py.import("zato.server._fork").and_then(|module| module.call_method1("leave", (error,)));
    if let Err(error) = left {
        tracing::error!(target: "zato", "could not end a forked child as it should be: {error}");
    }
    // SAFETY: nothing of this process runs after this call.
    unsafe { libc::_exit(1) }
}

fn open_descriptors() -> Vec<RawFd> {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Whether a descriptor is a connection to a Unix socket with this path.
fn is_connected_to(descriptor: RawFd, path: &Path) -> bool {
    // SAFETY: all-zero bytes are a valid sockaddr_un.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    let mut length = std::mem::size_of::<libc::sockaddr_un>() as libc::socklen_t;
    let pointer = (&raw mut address).cast::<libc::sockaddr>();
    // SAFETY: the buffer is as large as `length` says.
    if unsafe { libc::getpeername(descriptor, pointer, &raw mut length) } != 0 {
        return false;
    }
    let name = address.sun_path.iter().take_while(|byte| **byte != 0).map(|byte| *byte as u8);
    i32::from(address.sun_family) == libc::AF_UNIX && name.eq(path.as_os_str().as_bytes().iter().copied())
}

fn local_port(descriptor: RawFd) -> Option<u16> {
    // SAFETY: all-zero bytes are a valid sockaddr_storage.
    let mut address: libc::sockaddr_storage = unsafe { std::mem::zeroed() };
    let mut length = std::mem::size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    let pointer = (&raw mut address).cast::<libc::sockaddr>();
    // SAFETY: the buffer is as large as `length` says.
    if unsafe { libc::getsockname(descriptor, pointer, &raw mut length) } != 0 {
        return None;
    }
    match i32::from(address.ss_family) {
        // SAFETY: the family says which structure was written.
        libc::AF_INET => {
            Some(u16::from_be(unsafe { (*(&raw const address).cast::<libc::sockaddr_in>()).sin_port }))
        }
        // SAFETY: as above.
        libc::AF_INET6 => {
            Some(u16::from_be(unsafe { (*(&raw const address).cast::<libc::sockaddr_in6>()).sin6_port }))
        }
        _ => None,
    }
}
