//! `os.fork()` in a worker, for instance by `multiprocessing`.
//!
//! The child has one thread and copies of every socket: connections would seem to be accepted by nobody, and
//! clients would never see theirs closed (execution model, section 8). So the child closes the server's sockets.

#![expect(unsafe_code, reason = "descriptors are closed by number")]

use std::os::fd::RawFd;
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
    let port = PORT.load(Ordering::SeqCst);
    if port == 0 {
        return;
    }
    crate::guest::forget_in_child();
    zato_server::logging::after_fork();
    for descriptor in open_descriptors() {
        if local_port(descriptor) == Some(port) {
            // SAFETY: a plain close; nothing in the child uses the server's sockets.
            unsafe { libc::close(descriptor) };
        }
    }
}

fn open_descriptors() -> Vec<RawFd> {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
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
