//! What commands print.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use zato_core::{Error, ErrorKind, Secret};
use zato_server::config::env::DONT_SHOW_OUTPUT;

use crate::exit::{ExitCode, Failure, Outcome};

/// Where a command writes to. Cloning it gives another handle of the same thing.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    is_silent: bool,
    is_verbose: bool,
    log: Arc<Mutex<Option<File>>>,
    /// Why something is missing from standard output, if anything is.
    lost: Arc<Mutex<Option<io::Error>>>,
}

impl Output {
    /// Makes the output of a process. Setting `ZATO_CLI_DONT_SHOW_OUTPUT` silences everything but errors and
    /// the data that a command was asked for (reference operations 1.1).
    pub(crate) fn from_environment(is_verbose: bool) -> Self {
        let is_silent = std::env::var_os(DONT_SHOW_OUTPUT).is_some_and(|value| !value.is_empty());
        Self { is_silent, is_verbose, log: Arc::default(), lost: Arc::default() }
    }

    /// Also writes everything to a file (`--store-log`), without secrets.
    pub(crate) fn log_to(&self, file: File) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    }

    /// Prints a line about what was done.
    pub(crate) fn line(&self, text: impl AsRef<str>) {
        self.write_log(text.as_ref());
        if !self.is_silent {
            self.print(text.as_ref());
        }
    }

    /// Prints what the command was asked for; never silenced.
    pub(crate) fn data(&self, text: impl AsRef<str>) {
        self.write_log(text.as_ref());
        self.print(text.as_ref());
    }

    /// Prints a line that holds a secret: `render` is called with its text for the terminal, and with asterisks
    /// for the log.
    pub(crate) fn secret_line(&self, secret: &Secret, render: impl Fn(&str) -> String) {
        self.write_log(&render("******"));
        if !self.is_silent {
            self.print(&render(secret.expose()));
        }
    }

    /// Prints data that holds secrets: the text for the terminal, and what stands for it in the log.
    pub(crate) fn secret_data(&self, text: &str, redacted: &str) {
        self.write_log(redacted);
        self.print(text);
    }

    /// Prints a line about what was done to standard error, for commands whose standard output is data.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        if self.is_silent {
            self.write_log(text.as_ref());
        } else {
            self.error_line(text.as_ref());
        }
    }

    /// Prints a table of what is wrong to standard error.
    pub(crate) fn problems(&self, text: &str) {
        self.error_line(text);
    }

    /// Prints a warning to standard error.
    pub(crate) fn warning(&self, text: impl AsRef<str>) {
        self.error_line(&format!("Warning: {}", text.as_ref()));
    }

    /// Prints details, if `--verbose` was given.
    pub(crate) fn detail(&self, text: impl AsRef<str>) {
        if self.is_verbose {
            self.error_line(text.as_ref());
        }
    }

    /// Prints why a command failed.
    pub(crate) fn failure(&self, failure: &Failure) {
        self.error_line(&failure.error.report());
        if self.is_verbose {
            self.error_line(&format!("  exit code: {} ({:?})", failure.code.number(), failure.code));
            self.error_line(&format!("  details: {:?}", failure.error));
        } else if failure.code == crate::ExitCode::ExceptionCaught {
            self.error_line("  run the command again with --verbose for details");
        }
    }

    /// Says whether everything that was printed has arrived.
    ///
    /// # Errors
    /// Exits with 16 if standard output could not be written, for instance because the disk is full.
    pub(crate) fn complete(&self) -> Outcome {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner).take();
        lost.map_or(Ok(()), |cause| {
            let error = Error::new(ErrorKind::Io, "could not write everything to standard output");
            Err(Failure { code: ExitCode::ExceptionCaught, error: error.source(cause) })
        })
    }

    fn print(&self, text: &str) {
        self.print_to(&mut io::stdout().lock(), text);
    }

    /// Prints without failing where the reader went away (`zato info | head -1`); anything else that keeps a line from
    /// being printed is remembered.
    fn print_to(&self, target: &mut dyn Write, text: &str) {
        match writeln!(target, "{text}").and_then(|()| target.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
                lost.get_or_insert(error);
            }
            _ => {}
        }
    }

    fn error_line(&self, text: &str) {
        self.write_log(text);
        // Nowhere is left to report that standard error is closed.
        drop(writeln!(io::stderr().lock(), "{text}"));
    }

    fn write_log(&self, text: &str) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = log.as_mut()
            && let Err(error) = writeln!(file, "{text}")
        {
            // Not `error_line`, which writes to this log.
            drop(writeln!(io::stderr().lock(), "could not write the log of this command: {error}"));
            *log = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something that cannot be written to.
    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_a_full_disk_swallows_fails_the_command() {
        let output = Output::from_environment(false);
        output.clone().print_to(&mut Broken(io::ErrorKind::StorageFull), "text");
        let failure = output.complete().unwrap_err();
        assert_eq!(failure.code, ExitCode::ExceptionCaught);
        assert!(failure.error.report().contains("standard output"), "{}", failure.error.report());
    }

    #[test]
    fn readers_may_go_away() {
        let output = Output::from_environment(false);
        output.print_to(&mut Broken(io::ErrorKind::BrokenPipe), "text");
        assert!(output.complete().is_ok());
    }
}
