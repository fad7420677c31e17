//! `zato create odb`.

use std::path::Path;

use clap::Args;

use crate::commands::{Session, block_on};
use crate::exit::{ExitCode, Outcome};
use crate::options::OdbOptions;
use crate::store;

/// Options of `create odb`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    odb: OdbOptions,
    /// Do nothing if there is one already
    #[arg(long)]
    skip_if_exists: bool,
}

/// Makes the file with its tables; `zato.db` in the current directory unless --odb-db-name says otherwise.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let path = arguments.odb.file(Path::new("zato.db"))?;
    let created = block_on(async {
        store::create(&path).await?.close().await;
        Ok(())
    });
    match created {
        Ok(()) => session.output.line(format!("ODB schema created in `{}`", path.display())),
        Err(failure) if failure.code == ExitCode::OdbExists && arguments.skip_if_exists => {
            session.output.line(format!("ODB schema exists already in `{}`", path.display()));
        }
        Err(failure) => return Err(failure),
    }
    session.output.line("OK");
    Ok(())
}
