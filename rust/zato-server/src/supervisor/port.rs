//! Makes sure that the port is ours before any worker listens on it.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};
use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};

use crate::config::options::Bind;

/// How long the port may be in use if the previous supervisor was killed: its workers let go of the port by themselves,
/// which takes a moment on a busy machine.
pub(super) const AFTER_A_CRASH: Duration = Duration::from_secs(3);

/// How long it may be in use otherwise. A server that was stopped has let go of it, so it is somebody else's; except
/// where a crash left no trace because `zato stop` or `zato check-config` has tidied up after it.
pub(super) const AFTER_A_STOP: Duration = Duration::from_millis(250);

/// How often to try again.
const RETRY: Duration = Duration::from_millis(25);

/// A port that no process of another user can take and that the workers share. It is bound without being listened
/// on, so that it gets no connections itself.
#[derive(Debug)]
pub(super) struct Reservation {
    address: SocketAddr,
    _socket: Socket,
}

impl Reservation {
    /// Reserves the port, or any free one if it is 0. One that is in use is waited for, but not longer than `patience`.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] naming the port if somebody listens there, even if that is an old server of ours:
    /// workers share the port (`SO_REUSEPORT`), so it would silently take a part of the requests.
    pub(super) fn take(bind: &Bind, patience: Duration) -> Result<Self> {
        let wanted = resolve(bind)?;
        let started = Instant::now();
        loop {
            match Self::try_take(wanted) {
                Ok(reservation) => return Ok(reservation),
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                    if started.elapsed() >= patience {
                        return Err(in_use(bind).source(error));
                    }
                    std::thread::sleep(RETRY);
                }
                Err(error) => return Err(cannot_bind(bind, error)),
            }
        }
    }

    fn try_take(wanted: SocketAddr) -> std::io::Result<Self> {
        let open = || -> std::io::Result<Socket> {
            let socket = Socket::new(Domain::for_address(wanted), Type::STREAM, Some(Protocol::TCP))?;
            // Connections that linger from before do not matter, listeners do.
            socket.set_reuse_address(true)?;
            if wanted.is_ipv6() {
                socket.set_only_v6(false)?;
            }
            Ok(socket)
        };
        // Without SO_REUSEPORT this succeeds only if nobody listens.
        let probe = open()?;
        probe.bind(&wanted.into())?;
        let address = probe.local_addr()?.as_socket().unwrap_or(wanted);
        drop(probe);
        let socket = open()?;
        socket.set_reuse_port(true)?;
        socket.bind(&address.into())?;
        Ok(Self { address, _socket: socket })
    }

    /// The address with its final port.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }
}

fn resolve(bind: &Bind) -> Result<SocketAddr> {
    // An empty host and `*` are what other servers take for "everywhere".
    let host = if matches!(bind.host.as_str(), "" | "*") { "0.0.0.0" } else { bind.host.as_str() };
    let mut found = (host, bind.port)
        .to_socket_addrs()
        .context(ErrorKind::Invalid, || format!("could not resolve the address to listen on, `{bind}`"))
        .map_err(|error| {
            error.hint("set `bind` in stanza [main] of server.conf, for instance to 0.0.0.0:17010")
        })?
        .collect::<Vec<_>>();
    // `localhost` may be both; clients try IPv4 at the latest after IPv6 was refused.
    found.sort_by_key(SocketAddr::is_ipv6);
    found.into_iter().next().ok_or_else(|| {
        Error::new(ErrorKind::Invalid, format!("the address to listen on, `{bind}`, has no IP address"))
            .hint("set `bind` in stanza [main] of server.conf, for instance to 0.0.0.0:17010")
    })
}

fn in_use(bind: &Bind) -> Error {
    Error::new(ErrorKind::Conflict, format!("port {} is taken: another process listens on {bind}", bind.port)).hint(
        format!(
            "find it with `ss -ltnp 'sport = :{}'` and stop it, or set another `bind` in stanza [main] of server.conf",
            bind.port
        ),
    )
}

fn cannot_bind(bind: &Bind, error: std::io::Error) -> Error {
    let hint = match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            "ports below 1024 are reserved; choose a higher one in server.conf"
        }
        std::io::ErrorKind::AddrNotAvailable => {
            "this machine does not have the address; set `bind` in stanza [main] of server.conf to one that it has"
        }
        _ => "set another address in stanza [main] of server.conf",
    };
    let kind =
        if error.kind() == std::io::ErrorKind::PermissionDenied { ErrorKind::Denied } else { ErrorKind::Io };
    Error::new(kind, format!("could not bind to {bind}")).hint(hint).source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn localhost(port: u16) -> Bind {
        Bind { host: "127.0.0.1".to_owned(), port }
    }

    #[test]
    fn refuses_a_port_that_an_old_server_shares_and_says_which() {
        let old = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        old.set_reuse_port(true).unwrap();
        old.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        old.listen(1).unwrap();
        let port = old.local_addr().unwrap().as_socket().unwrap().port();
        let started = Instant::now();
        let error = Reservation::take(&localhost(port), AFTER_A_STOP).unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(1), "it took {:?}", started.elapsed());
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(
            error.report().contains(&format!("port {port} is taken")) && error.report().contains("ss -ltnp")
        );
    }

    #[test]
    fn a_reserved_port_can_be_shared_and_gets_no_connections() {
        let reservation = Reservation::take(&localhost(0), AFTER_A_STOP).unwrap();
        let address = reservation.address();
        assert_ne!(address.port(), 0);
        assert!(std::net::TcpStream::connect(address).is_err(), "the reservation must not listen");
        let worker = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        worker.set_reuse_port(true).unwrap();
        worker.bind(&address.into()).unwrap();
        worker.listen(1).unwrap();
        std::net::TcpStream::connect(address).unwrap();
        assert!(std::net::TcpListener::bind(address).is_err(), "others cannot have it");
    }

    #[test]
    fn waits_for_workers_of_a_killed_supervisor() {
        let old = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = old.local_addr().unwrap().port();
        let leaving = std::thread::spawn(move || {
            std::thread::sleep(AFTER_A_STOP * 2);
            drop(old);
        });
        assert_eq!(Reservation::take(&localhost(port), AFTER_A_CRASH).unwrap().address().port(), port);
        leaving.join().unwrap();
    }

    #[test]
    fn an_unknown_host_is_refused_with_a_remedy() {
        let error =
            Reservation::take(&Bind { host: "no such host".to_owned(), port: 1 }, AFTER_A_STOP).unwrap_err();
        assert!(error.report().contains("server.conf"), "{}", error.report());
    }
}
