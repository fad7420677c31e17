//! The control socket of a supervisor.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tokio::net::unix::UCred;
use tokio::net::{UnixListener, UnixStream};
use zato_core::error::Context;
use zato_core::{ErrorKind, Result};

use super::address;
use crate::config::ServerPaths;

/// Listens on a socket for the processes of one user; dropping it removes the socket.
#[derive(Debug)]
pub struct Listener {
    listener: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Takes over the control socket of a server. Whoever calls holds the pidfile, so a socket that is there
    /// already was left behind. Has to be called inside a runtime.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] or [`ErrorKind::Denied`] if the socket cannot be made.
    pub fn bind(paths: &ServerPaths) -> Result<Self> {
        Self::bind_to(address::prepare(paths)?)
    }

    /// Takes over any other socket, whose directory only the owner of the server may enter. Has to be called inside a
    /// runtime.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the socket cannot be made.
    pub(crate) fn bind_to(path: PathBuf) -> Result<Self> {
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error)
                .context(ErrorKind::Io, || format!("could not remove the old socket `{}`", path.display()));
        }
        let listener = UnixListener::bind(&path)
            .context(ErrorKind::Io, || format!("could not listen on socket `{}`", path.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
            .context(ErrorKind::Io, || format!("could not change the mode of `{}`", path.display()))?;
        Ok(Self { listener, path })
    }

    /// Waits for the next process of the same user (or root); others are turned away, which the system tells us
    /// about, not they.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the socket is broken for good.
    pub async fn accept(&self) -> Result<(UnixStream, UCred)> {
        loop {
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) if is_passing(&error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    continue;
                }
                Err(error) => {
                    return Err(error).context(ErrorKind::Io, || {
                        format!("could not accept on socket `{}`", self.path.display())
                    });
                }
            };
            match stream.peer_cred() {
                Ok(credentials) if is_allowed(&credentials) => return Ok((stream, credentials)),
                Ok(credentials) => {
                    tracing::warn!(user = credentials.uid(), "a connection of another user was refused");
                }
                Err(error) => tracing::warn!(%error, "a connection of an unknown user was refused"),
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "the socket was gone already");
        }
    }
}

fn is_allowed(credentials: &UCred) -> bool {
    credentials.uid() == rustix::process::geteuid().as_raw() || credentials.uid() == 0
}

/// Whether accepting may work again by itself: a connection that was given up, or too many open files.
fn is_passing(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::ConnectionAborted | std::io::ErrorKind::Interrupted)
        || matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}
