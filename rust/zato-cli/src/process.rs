//! Processes of this machine: signals, and what /proc says about them.

use std::collections::{BTreeSet, HashMap};
use std::fs;

use jiff::Timestamp;
use rustix::io::Errno;
use rustix::param::clock_ticks_per_second;
use rustix::process::{Pid, Signal, getppid, kill_process, set_parent_process_death_signal, setsid};
use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};

/// Asks a process to stop.
///
/// # Errors
/// [`ErrorKind::NotFound`] if it is gone, [`ErrorKind::Denied`] if it belongs to another user.
pub(crate) fn terminate(pid: u32) -> Result<()> {
    let id = i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| Error::new(ErrorKind::Invalid, format!("{pid} is no process ID")))?;
    kill_process(id, Signal::TERM).map_err(|error| {
        let kind = match error {
            Errno::SRCH => ErrorKind::NotFound,
            Errno::PERM => ErrorKind::Denied,
            _ => ErrorKind::Io,
        };
        Error::new(kind, format!("could not send SIGTERM to process {pid}")).source(error)
    })
}

/// A process that can be told from a later one with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    /// Its number.
    pub(crate) pid: u32,
    /// When it was started, in ticks of the system; none where /proc does not tell.
    started: Option<u64>,
}

impl Process {
    /// Looks at the process that has a number now.
    pub(crate) fn find(pid: u32) -> Self {
        Self { pid, started: start_of_living(pid) }
    }

    /// Whether it still runs; one that has ended and waits for its parent does not.
    pub(crate) fn is_alive(&self) -> bool {
        self.started.is_some() && start_of_living(self.pid) == self.started
    }
}

/// When a process was started, unless it has ended.
fn start_of_living(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, which comes before, may hold anything.
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    if matches!(fields.next(), Some("Z" | "X")) { None } else { fields.nth(18)?.parse().ok() }
}

/// Leaves the session of the terminal, so that closing it does not end this process.
pub(crate) fn leave_terminal() {
    if let Err(error) = setsid() {
        // Only leaders of process groups cannot, who have left already.
        tracing::debug!(%error, "this process leads a group already");
    }
}

/// Makes the system send SIGTERM to this process when its parent ends.
///
/// # Errors
/// [`ErrorKind::Conflict`] if the parent is gone already.
pub(crate) fn die_with(parent: u32) -> Result<()> {
    set_parent_process_death_signal(Some(Signal::TERM))
        .context(ErrorKind::Io, || "could not tie this process to its parent".to_owned())?;
    let current = getppid().map(Pid::as_raw_nonzero).and_then(|pid| u32::try_from(pid.get()).ok());
    if current == Some(parent) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Conflict, format!("process {parent}, which started this one, is gone")))
}

/// What /proc says about a process. Fields that cannot be read are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProcessFacts {
    /// Name of the program.
    pub(crate) name: Option<String>,
    /// Name of its user.
    pub(crate) username: Option<String>,
    /// When it was started.
    pub(crate) created_at: Option<Timestamp>,
}

/// Reads what is known about a process.
pub(crate) fn facts(pid: u32) -> ProcessFacts {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    let fields = stat.as_deref().and_then(|text| text.rsplit_once(") "));
    let ticks = fields.and_then(|(_, rest)| rest.split(' ').nth(19)?.parse::<i64>().ok());
    let boot = fs::read_to_string("/proc/stat").ok().and_then(|text| {
        text.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse::<i64>().ok())
    });
    let ticks_per_second = i64::try_from(clock_ticks_per_second()).unwrap_or(100).max(1);
    let created_at = ticks
        .zip(boot)
        .and_then(|(ticks, boot)| Timestamp::from_second(boot + ticks / ticks_per_second).ok());
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok().map(|name| name.trim().to_owned());
    ProcessFacts { name, username: owner(pid).map(username), created_at }
}

fn owner(pid: u32) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(format!("/proc/{pid}")).ok().map(|metadata| metadata.uid())
}

/// Name of a user according to /etc/passwd; the number where there is none.
fn username(id: u32) -> String {
    let number = id.to_string();
    let found = fs::read_to_string("/etc/passwd").ok().and_then(|text| {
        text.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)? == number).then(|| name.to_owned())
        })
    });
    found.unwrap_or(number)
}

/// TCP connections and listeners of the given processes, as `local -> remote STATE`, each once.
pub(crate) fn connections(pids: &[u32]) -> Vec<String> {
    let mut by_inode = HashMap::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            if let Some((inode, shown)) = connection(line) {
                by_inode.insert(inode, shown);
            }
        }
    }
    let mut found = BTreeSet::new();
    for pid in pids {
        let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { continue };
        for descriptor in descriptors.flatten() {
            let Ok(target) = fs::read_link(descriptor.path()) else { continue };
            let inode = target.to_string_lossy();
            let inode = inode.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']'));
            found.extend(inode.and_then(|inode| by_inode.get(inode)).cloned());
        }
    }
    found.into_iter().collect()
}

/// Reads one line of /proc/net/tcp: inode, and the connection in words.
fn connection(line: &str) -> Option<(String, String)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (local, remote, state) = (address(fields.get(1)?)?, address(fields.get(2)?)?, *fields.get(3)?);
    let state = match state {
        "01" => "ESTABLISHED",
        "0A" => "LISTEN",
        "08" => "CLOSE_WAIT",
        _ => "OTHER",
    };
    let shown =
        if state == "LISTEN" { format!("{local} LISTEN") } else { format!("{local} -> {remote} {state}") };
    Some(((*fields.get(9)?).to_owned(), shown))
}

/// Reads `0100007F:4272`: words of the address in host byte order, port in hexadecimal.
fn address(text: &str) -> Option<String> {
    let (host, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |index: usize| {
        u32::from_str_radix(host.get(index * 8..index * 8 + 8)?, 16).ok().map(u32::to_le_bytes)
    };
    match host.len() {
        8 => Some(std::net::SocketAddr::from((word(0)?, port)).to_string()),
        32 => {
            let mut bytes = [0_u8; 16];
            for (index, chunk) in bytes.chunks_mut(4).enumerate() {
                chunk.copy_from_slice(&word(index)?);
            }
            Some(std::net::SocketAddr::from((bytes, port)).to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_this_very_process() {
        let facts = facts(std::process::id());
        assert!(facts.name.is_some_and(|name| !name.is_empty()));
        let age = Timestamp::now().as_second() - facts.created_at.unwrap().as_second();
        assert!((-2..3600).contains(&age), "{age}");
    }

    #[test]
    fn finds_a_listening_socket() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let expected = format!("{} LISTEN", listener.local_addr().unwrap());
        assert!(connections(&[std::process::id()]).contains(&expected));
    }

    #[test]
    fn a_process_lives_until_it_ends_even_if_nobody_has_waited_for_it() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::find(child.id());
        assert!(process.is_alive());
        assert!(!Process { started: Some(1), ..process }.is_alive(), "another one with the same number");
        child.kill().unwrap();
        while process.is_alive() {
            std::thread::yield_now();
        }
        assert!(start_of_living(child.id()).is_none(), "it has ended, but is not waited for");
        child.wait().unwrap();
        assert!(!Process::find(child.id()).is_alive());
    }

    #[test]
    fn a_process_that_is_gone_is_not_found() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        assert_eq!(terminate(pid).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
