//! `zato hot-deploy FILE...`: copies services into the pickup directory; no earlier version has it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Result};
use zato_server::config::{Environment, Pidfile, ServerOptions};
use zato_server::control::Client;

use super::service::{print_report, service_names};
use super::{Session, block_on};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::resolve;

/// Beginning of the names that copies have until they are complete; pickup ignores hidden files.
const UNFINISHED: &str = ".zato-unfinished-";

/// Options of `hot-deploy`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Files or packages to deploy
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Directory of the server, or of an environment whose first server is meant
    #[arg(long, value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Only say whether the files could be deployed, by importing them aside in the running server
    #[arg(long)]
    check: bool,
}

/// Copies the files and, if the server runs, tells what became of them.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let server = resolve::server(&arguments.path)?;
    for file in &arguments.files {
        if !file.exists() {
            return Err(Failure::new(ExitCode::FileMissing, format!("no such file `{}`", file.display())));
        }
    }
    if arguments.check {
        return block_on(async {
            let client = Client::connect(&server).await?;
            let mut refusals = Refusals::default();
            for file in &arguments.files {
                refusals.add(match client.check_units(file).await {
                    Ok(report) => print_report(session, &report),
                    Err(error) => Err(error.into()),
                })?;
            }
            refusals.outcome()
        });
    }
    let options = ServerOptions::load(&server, &Environment::of_process())?.value;
    let directory = options
        .hot_deploy
        .directories
        .first()
        .map_or_else(|| server.incoming_services(), |directory| directory.path.clone());
    fs::create_dir_all(&directory)
        .context(ErrorKind::Io, || format!("could not create `{}`", directory.display()))?;
    let mut copies = Vec::new();
    for file in &arguments.files {
        let target = copy_whole(file, &directory)?;
        session.output.line(format!("Copied `{}` to `{}`", file.display(), target.display()));
        copies.push(target);
    }
    if Pidfile::holder(&server.pidfile())?.is_none() {
        session.output.line("The server is not running, the services will be deployed when it starts");
        return Ok(());
    }
    block_on(async {
        let client = Client::connect(&server).await?;
        let mut refusals = Refusals::default();
        for copy in &copies {
            refusals.add(match client.deploy(copy, "cli").await {
                Ok(report) => print_report(session, &report),
                Err(error) if error.kind() == ErrorKind::NotFound && !copy.exists() => {
                    picked_up(session, &client, copy, error).await
                }
                Err(error) => Err(error.into()),
            })?;
        }
        refusals.outcome()
    })
}

/// Files that were refused while the others went on.
#[derive(Default)]
struct Refusals(Vec<Failure>);

impl Refusals {
    /// Keeps a refusal for the end; anything else that went wrong is no matter of one file.
    fn add(&mut self, outcome: Outcome) -> Outcome {
        match outcome {
            Err(failure) if failure.code == ExitCode::ValidationError => {
                self.0.push(failure);
                Ok(())
            }
            other => other,
        }
    }

    /// Fails with everything that was refused.
    fn outcome(mut self) -> Outcome {
        if self.0.len() < 2 {
            return self.0.pop().map_or(Ok(()), Err);
        }
        let messages: Vec<&str> = self.0.iter().map(|failure| failure.error.message()).collect();
        let problems = self.0.iter().flat_map(|failure| failure.error.problems()).cloned().collect();
        Err(Error::from_problems(messages.join("; "), problems).into())
    }
}

/// Says what became of a copy that is gone: with `delete_after_pick_up` the server removes what it has deployed, which
/// it may do before it is asked to.
async fn picked_up(session: &Session<'_>, client: &Client, copy: &Path, error: Error) -> Outcome {
    let key = copy.file_name().unwrap_or_default().to_string_lossy();
    let services = client.services().await?.services;
    let own: Vec<_> = services.iter().filter(|service| service.unit == key).collect();
    if own.is_empty() {
        return Err(error.into());
    }
    session.output.line(format!("`{key}` is in force: {}", service_names(own)));
    Ok(())
}

/// Copies a file or a package so that it appears under its name at once and complete.
fn copy_whole(source: &Path, directory: &Path) -> Result<PathBuf> {
    let source = fs::canonicalize(source)
        .context(ErrorKind::Io, || format!("could not read `{}`", source.display()))?;
    let name = source.file_name().ok_or_else(|| {
        Error::new(ErrorKind::Invalid, format!("`{}` has no name to deploy it under", source.display()))
    })?;
    let target = directory.join(name);
    if fs::canonicalize(&target).is_ok_and(|present| present == source) {
        return Ok(target);
    }
    let mut unfinished = OsString::from(UNFINISHED);
    unfinished.push(format!("{}-", std::process::id()));
    unfinished.push(name);
    let unfinished = directory.join(unfinished);
    let copied = copy(&source, &unfinished).and_then(|()| put_in_place(&unfinished, &target));
    if copied.is_err() {
        remove(&unfinished)?;
    }
    copied.map(|()| target)
}

fn copy(source: &Path, target: &Path) -> Result<()> {
    let failed = || format!("could not copy `{}` to `{}`", source.display(), target.display());
    if !source.is_dir() {
        return fs::copy(source, target).map(drop).context(ErrorKind::Io, failed);
    }
    fs::create_dir(target).context(ErrorKind::Io, failed)?;
    for entry in fs::read_dir(source).context(ErrorKind::Io, failed)? {
        let entry = entry.context(ErrorKind::Io, failed)?;
        if entry.file_name() != "__pycache__" {
            copy(&entry.path(), &target.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Renames; a directory that is in the way is put aside first, as renames do not replace those.
fn put_in_place(unfinished: &Path, target: &Path) -> Result<()> {
    let failed = || format!("could not put `{}` in place", target.display());
    if target.is_dir() && !target.is_symlink() {
        let mut aside = unfinished.as_os_str().to_owned();
        aside.push("-replaced");
        let aside = PathBuf::from(aside);
        fs::rename(target, &aside).context(ErrorKind::Io, failed)?;
        fs::rename(unfinished, target).context(ErrorKind::Io, failed)?;
        return remove(&aside);
    }
    fs::rename(unfinished, target).context(ErrorKind::Io, failed)
}

fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::new(ErrorKind::Io, format!("could not remove `{}`", path.display())).source(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_replace_their_older_version_and_leave_nothing_behind() {
        let (sources, pickup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let package = sources.path().join("billing");
        fs::create_dir_all(package.join("__pycache__")).unwrap();
        fs::write(package.join("__init__.py"), "one").unwrap();
        fs::write(package.join("old.py"), "").unwrap();
        copy_whole(&package, pickup.path()).unwrap();
        fs::remove_file(package.join("old.py")).unwrap();
        fs::write(package.join("__init__.py"), "two").unwrap();
        let target = copy_whole(&package, pickup.path()).unwrap();
        assert_eq!(fs::read_to_string(target.join("__init__.py")).unwrap(), "two");
        assert!(!target.join("old.py").exists() && !target.join("__pycache__").exists());
        assert_eq!(fs::read_dir(pickup.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_in_the_pickup_directory_already_stays_as_it_is() {
        let pickup = tempfile::tempdir().unwrap();
        let file = pickup.path().join("crm.py");
        fs::write(&file, "x = 1").unwrap();
        copy_whole(&file, pickup.path()).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "x = 1");
    }
}
