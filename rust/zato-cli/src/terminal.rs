//! Asking for secrets without showing them.

use std::io::{BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zato_core::{Error, ErrorKind, Secret};
use zeroize::Zeroizing;

use crate::exit::{ExitCode, Failure, Outcome};

/// What Ctrl-C sends.
const INTERRUPT: u8 = 3;

/// How often somebody may mistype.
const ATTEMPTS: usize = 3;

/// Turns echo back on when it goes out of scope, whatever happens in between.
struct Quiet(Termios);

impl Quiet {
    fn start() -> rustix::io::Result<Self> {
        let before = tcgetattr(std::io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        quiet.local_modes.insert(LocalModes::ECHONL);
        // Ctrl-C ends the line instead of the process, which would leave the terminal without echo.
        quiet.local_modes.remove(LocalModes::ISIG);
        quiet.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        // What was typed before the first prompt was shown is not an answer to it.
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if tcsetattr(std::io::stdin(), OptionalActions::Drain, &self.0).is_err() {
            eprintln!("could not turn the echo of the terminal on again; `stty echo` does it");
        }
    }
}

/// Whether there is somebody to ask.
pub(crate) fn is_interactive() -> bool {
    std::io::stdin().is_terminal()
}

/// Whether somebody sees what this process prints, or types what it reads: closing the terminal is meant for it.
pub(crate) fn is_attached() -> bool {
    is_interactive() || std::io::stdout().is_terminal() || std::io::stderr().is_terminal()
}

/// Asks for a secret twice, without echo (reference operations 1.1). An empty answer is an answer.
///
/// # Errors
/// Exits with 29 where nobody can be asked, and with 15 if the answers differ three times.
pub(crate) fn ask_for_secret(what: &str, option: &str) -> Outcome<Secret> {
    if !is_interactive() {
        return Err(Failure::new(ExitCode::ParameterMissing, format!("{what} is missing"))
            .hint(format!("give it with {option}, or run the command in a terminal to be asked for it")));
    }
    let quiet = Quiet::start().map_err(|error| unreadable(error.into()))?;
    for _ in 0..ATTEMPTS {
        let first = read(&format!("{what} (will not be echoed): "))?;
        let second = read("Enter again: ")?;
        if first == second {
            drop(quiet);
            return Ok(first);
        }
        eprintln!("The two differ, try again");
    }
    Err(Failure::new(ExitCode::InvalidInput, format!("the two entries of {what} differed {ATTEMPTS} times")))
}

fn read(prompt: &str) -> Outcome<Secret> {
    let mut stderr = std::io::stderr();
    write!(stderr, "{prompt}").and_then(|()| stderr.flush()).map_err(unreadable)?;
    let mut line = String::new();
    let count = read_until_end(&mut line).map_err(unreadable)?;
    // Owned by a secret from here on, so that the buffer is wiped too.
    let line = Secret::new(line);
    if line.expose().as_bytes().contains(&INTERRUPT) {
        eprintln!();
        return Err(Failure::new(ExitCode::NoInput, "interrupted before the secret was entered"));
    }
    if count == 0 {
        return Err(Failure::new(ExitCode::NoInput, "the terminal was closed before the secret was entered"));
    }
    Ok(Secret::new(line.expose().trim_end_matches(['\r', '\n'])))
}

/// Reads up to the end of a line or Ctrl-C; gives the number of bytes.
fn read_until_end(line: &mut String) -> std::io::Result<usize> {
    let mut bytes = Zeroizing::new(Vec::new());
    let mut stdin = std::io::stdin().lock();
    loop {
        let available = stdin.fill_buf()?;
        let end = available.iter().position(|byte| matches!(*byte, b'\n' | INTERRUPT));
        let count = end.map_or(available.len(), |end| end + 1);
        bytes.extend_from_slice(&available[..count]);
        stdin.consume(count);
        if end.is_some() || count == 0 {
            break;
        }
    }
    line.push_str(&String::from_utf8_lossy(&bytes));
    Ok(bytes.len())
}

fn unreadable(error: std::io::Error) -> Failure {
    let error = Error::new(ErrorKind::Io, "could not read from the terminal").source(error);
    Failure { code: ExitCode::NoInput, error }
}
