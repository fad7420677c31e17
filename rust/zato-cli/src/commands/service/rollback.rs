//! `zato service rollback PATH UNIT`.

use std::path::PathBuf;

use clap::Args;
use zato_core::ErrorKind;
use zato_server::control::Client;

use super::print_report;
use crate::commands::{Session, block_on};
use crate::exit::Outcome;
use crate::resolve;

/// Options of `service rollback`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of the server, or of an environment
    path: PathBuf,
    /// File or package as `zato service list` shows it, for instance crm.py
    unit: String,
    /// How many deployed versions to go back
    #[arg(long, value_name = "N", default_value = "1", alias = "versions", value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
}

/// Asks the running server for it.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let server = resolve::server(&arguments.path)?;
    let report = block_on(async {
        let client = Client::connect(&server).await?;
        let rolled_back = client.rollback(&arguments.unit, arguments.steps, "cli").await;
        Ok(rolled_back.map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                let path = server.base().display();
                error.hint(format!("`zato service deployments {path}` lists units and their versions"))
            }
            _ => error,
        })?)
    })?;
    print_report(session, &report)
}
