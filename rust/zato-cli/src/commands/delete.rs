//! `zato delete ...`: security definitions and config stores.

use std::path::Path;

use clap::{Args, Subcommand};
use zato_connections::{ApiKey, BasicAuth};
use zato_core::ErrorKind;
use zato_core::error::Context;
use zato_schema::Kind;
use zato_server::api::DeleteOptions;
use zato_server::config::Pidfile;

use super::{Session, block_on};
use crate::admin::{Admin, Selection};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::options::{OdbOptions, ServerOption};
use crate::resolve::{self, Target};

/// Commands below `zato delete`.
#[derive(Debug, Subcommand)]
pub(crate) enum DeleteCommand {
    /// Delete a Basic Auth definition
    BasicAuth(ObjectArguments),
    /// Delete an API key
    #[command(alias = "apikey")]
    ApiKey(ObjectArguments),
    /// Delete a config store and everything in it, without asking
    Odb(OdbArguments),
}

/// Options of commands that delete one object.
#[derive(Debug, Args)]
pub(crate) struct ObjectArguments {
    #[command(flatten)]
    pub(crate) server: ServerOption,
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Also delete objects that refer to it
    #[arg(long)]
    cascade: bool,
}

/// Options of `delete odb`.
#[derive(Debug, Args)]
pub(crate) struct OdbArguments {
    #[command(flatten)]
    odb: OdbOptions,
}

/// Runs a command of the group.
pub(crate) fn run(session: &Session<'_>, command: &DeleteCommand) -> Outcome {
    match command {
        DeleteCommand::BasicAuth(arguments) => object(session, arguments, BasicAuth::ID),
        DeleteCommand::ApiKey(arguments) => object(session, arguments, ApiKey::ID),
        DeleteCommand::Odb(arguments) => odb(session, arguments),
    }
}

/// Deletes one object of a kind.
pub(crate) fn object(session: &Session<'_>, arguments: &ObjectArguments, kind: &str) -> Outcome {
    let live = block_on(async {
        let admin = Admin::open(&arguments.server.resolve()?, "zato delete").await?;
        let name = admin.find(kind, &arguments.selection).await?;
        let options = DeleteOptions { cascade: arguments.cascade, ..DeleteOptions::default() };
        let written = admin.api().delete(kind, &name, options).await?;
        for key in &written.deleted {
            session.output.line(format!("{key} deleted"));
        }
        admin.make_live(written.revision).await
    })?;
    session.output.line(live);
    session.output.line("OK");
    Ok(())
}

fn odb(session: &Session<'_>, arguments: &OdbArguments) -> Outcome {
    let path = arguments.odb.file(Path::new("zato.db"))?;
    if !path.is_file() {
        return Err(Failure::new(
            ExitCode::NoOdbFound,
            format!("there is no config store in `{}`", path.display()),
        ));
    }
    refuse_if_used(&path)?;
    // The files beside the database first: without them it is whole, without it they are rubbish.
    for suffix in ["-wal", "-shm", ""] {
        let mut file = path.clone().into_os_string();
        file.push(suffix);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            removed => removed
                .context(ErrorKind::Io, || format!("could not delete `{}`", Path::new(&file).display()))?,
        }
    }
    session.output.line(format!("Config store `{}` deleted", path.display()));
    session.output.line("OK");
    Ok(())
}

/// Refuses while a server beside the file runs.
fn refuse_if_used(path: &Path) -> Outcome {
    let Some(Ok(Target::Environment { servers, .. })) = path.parent().map(resolve::locate) else {
        return Ok(());
    };
    for server in servers {
        if let Some(pid) = Pidfile::holder(&server.pidfile())? {
            let message = format!("server `{}` is running as process {pid}", server.base().display());
            return Err(Failure::new(ExitCode::AlreadyRunning, message).hint("stop it first"));
        }
    }
    Ok(())
}
