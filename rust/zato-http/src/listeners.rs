//! Sockets that are listened on.

use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};
use zato_core::error::Context as _;
use zato_core::{ErrorKind, Result};

/// Connections that may wait to be accepted; the system may have a lower limit.
const BACKLOG: i32 = 4096;

/// Bound sockets, one an address.
#[derive(Debug)]
pub struct Listeners(Vec<TcpListener>);

impl Listeners {
    /// Binds every address. With `shares_port` other processes that ask for it too may bind the same ones,
    /// and connections are spread over all of them (`SO_REUSEPORT`); port 0 takes a free one.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if an address cannot be bound; names it.
    pub fn bind(addresses: &[SocketAddr], shares_port: bool) -> Result<Self> {
        addresses
            .iter()
            .map(|address| {
                bind(*address, shares_port)
                    .context(ErrorKind::Io, || format!("could not listen on {address}"))
                    .map_err(|error| {
                        error.hint("check that no other server uses the address, `ss -ltnp` shows which does")
                    })
            })
            .collect::<Result<_>>()
            .map(Self)
    }

    /// Returns the addresses, in the order they were given, with the ports that were taken.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if a socket cannot say what it is bound to.
    pub fn addresses(&self) -> Result<Vec<SocketAddr>> {
        self.0
            .iter()
            .map(|listener| {
                listener
                    .local_addr()
                    .context(ErrorKind::Io, || "could not ask a socket for its address".to_owned())
            })
            .collect()
    }

    /// Hands the sockets to the runtime this is called on.
    pub(crate) fn into_tokio(self) -> std::io::Result<Vec<tokio::net::TcpListener>> {
        self.0.into_iter().map(tokio::net::TcpListener::from_std).collect()
    }
}

impl From<Vec<TcpListener>> for Listeners {
    /// Takes sockets that somebody else bound; they have to be non-blocking.
    fn from(listeners: Vec<TcpListener>) -> Self {
        Self(listeners)
    }
}

fn bind(address: SocketAddr, shares_port: bool) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shares_port)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
