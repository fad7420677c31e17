//! The process that imports services for a check. It may be ended by what it imports, as a worker may: then the unit
//! that did it is known, and the others are imported again without it.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zato_core::error::Context;
use zato_core::guest::Unit;
use zato_core::{Error, ErrorKind, Problem, Result, Secret};

use super::check_report::UnitReport;
use crate::commands::Session;

/// How much longer than one import the process may say nothing: it has to start.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How many units may end the process until the check is given up, as a deployment is.
const COLLAPSES: usize = 16;

/// What is to be checked, and how.
#[derive(Debug, Serialize)]
pub(super) struct Request<'r> {
    /// Compat profile of services that name none of their own.
    pub(super) profile: &'static str,
    /// Name inference of SimpleIO.
    pub(super) simple_io: Value,
    /// Whether deployed modules may import others by names that are gone.
    pub(super) has_old_module_names: bool,
    /// The units.
    pub(super) units: &'r [Unit],
    /// How long the import of one unit may take.
    #[serde(skip)]
    pub(super) limit: Duration,
    /// Variables of the environment that the server's configuration sets.
    #[serde(skip)]
    pub(super) variables: &'r [(String, Secret)],
}

/// A request together with what is known from earlier attempts.
#[derive(Serialize)]
struct Attempt<'r> {
    #[serde(flatten)]
    request: &'r Request<'r>,
    /// Units not to import, by key, and why.
    refused: &'r BTreeMap<String, Problem>,
}

/// One line from the process.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Message {
    /// The unit whose code runs next; none for code of ours.
    Importing(Option<String>),
    /// What was found, which is the last line.
    Report(Vec<UnitReport>),
    /// Why nothing was found out.
    Failed(String),
}

/// How an attempt ended.
enum Ended {
    Told(Vec<UnitReport>),
    Collapsed { suspect: Option<String>, how: String },
}

/// Imports all units and gives what is known about each.
///
/// # Errors
/// [`ErrorKind::Internal`] if the process does not work, whatever the units are.
pub(super) fn examine(session: &Session<'_>, request: &Request<'_>) -> Result<Vec<UnitReport>> {
    let mut refused = BTreeMap::new();
    while refused.len() < COLLAPSES {
        let (suspect, how) = match attempt(session, request, &refused)? {
            Ended::Told(units) => return Ok(units),
            Ended::Collapsed { suspect, how } => (suspect, how),
        };
        let Some(unit) = request.units.iter().find(|unit| Some(&unit.key) == suspect.as_ref()) else {
            let message = format!("the process that checks services ended: {how}");
            return Err(Error::new(ErrorKind::Internal, message));
        };
        let mut problem = Problem::new(format!("the process that imported it ended: {how}"))
            .hint("fix what ends or blocks the process while the module is imported");
        problem.file = unit.files.first().map(|file| file.location.display().to_string());
        if refused.insert(unit.key.clone(), problem).is_some() {
            let message = format!("the process that checks services ended again without `{}`", unit.key);
            return Err(Error::new(ErrorKind::Internal, message));
        }
    }
    let names: Vec<String> = refused.keys().map(|key| format!("`{key}`")).collect();
    let message = format!("{COLLAPSES} units ended the process that imported them: {}", names.join(", "));
    Err(Error::new(ErrorKind::Invalid, message).hint("move them elsewhere and check the rest"))
}

fn attempt(
    session: &Session<'_>,
    request: &Request<'_>,
    refused: &BTreeMap<String, Problem>,
) -> Result<Ended> {
    let words = serde_json::to_vec(&Attempt { request, refused })
        .context(ErrorKind::Internal, || "could not write the units as JSON".to_owned())?;
    let mut command = Command::new(&session.runtime.python_executable);
    command
        .args(["-m", "zato.server._check"])
        .envs(request.variables.iter().map(|(name, value)| (name, value.expose())))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // What modules print is theirs; the report must stay readable.
        .stderr(if session.is_verbose { Stdio::inherit() } else { Stdio::null() });
    let executable = session.runtime.python_executable.display();
    let failed = || format!("could not run `{executable}`");
    let mut examiner = Examiner(command.spawn().context(ErrorKind::Io, failed)?);
    let said = examiner.0.stdout.take().map(listen).unwrap_or_else(|| channel().1);
    if let Some(stdin) = examiner.0.stdin.take() {
        tell(stdin, words);
    }
    let mut suspect = None;
    let mut patience = START_LIMIT + request.limit;
    loop {
        match said.recv_timeout(patience) {
            Ok(line) => match serde_json::from_str(&line) {
                Ok(Message::Importing(key)) => suspect = key,
                Ok(Message::Report(units)) => return Ok(Ended::Told(units)),
                Ok(Message::Failed(why)) => {
                    return Err(Error::new(ErrorKind::Internal, format!("could not check services: {why}")));
                }
                Err(error) => {
                    let message = "the process that checks services said something unexpected";
                    return Err(Error::new(ErrorKind::Internal, message).source(error));
                }
            },
            Err(RecvTimeoutError::Timeout) => {
                let how = format!("it was stopped after {} s", request.limit.as_secs());
                return Ok(Ended::Collapsed { suspect, how });
            }
            Err(RecvTimeoutError::Disconnected) => {
                let status = examiner.0.wait().context(ErrorKind::Io, failed)?;
                return Ok(Ended::Collapsed { suspect, how: describe(status) });
            }
        }
        patience = request.limit;
    }
}

/// The process, which ends when nobody listens to it any more: services may have started threads that do not end.
struct Examiner(Child);

impl Drop for Examiner {
    fn drop(&mut self) {
        // It may have ended already, which is what both are for.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Reads lines on a thread, so that waiting for one can have a limit.
fn listen(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(io::Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Writes on a thread, as the process may end before it has read everything.
fn tell(mut stdin: ChildStdin, words: Vec<u8>) {
    // One that does not read to the end does not answer either, which is noticed.
    std::thread::spawn(move || drop(stdin.write_all(&words)));
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}
