//! `zato service list PATH`.

use std::collections::HashSet;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use zato_core::error::Context;
use zato_core::guest::ServiceInfo;
use zato_core::{ErrorKind, Problem};
use zato_server::config::{Pidfile, ServerPaths};
use zato_server::control::Client;
use zato_store::UnitStatus;

use crate::commands::{Session, block_on};
use crate::exit::Outcome;
use crate::render::{self, FormatOptions};
use crate::{resolve, store};

/// How many deployments to look through for failures of a server that does not run.
const REMEMBERED: u32 = 100;

/// Options of `service list`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of the server, or of an environment
    path: PathBuf,
    /// Only services whose name holds this text
    #[arg(long, value_name = "TEXT")]
    query: Option<String>,
    /// Also list services of the server itself
    #[arg(long)]
    with_internal: bool,
    #[command(flatten)]
    format: FormatOptions,
}

/// Services and failures, from a running server or from the records of one that does not run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Services {
    /// Whether a running server said so.
    pub(crate) is_live: bool,
    /// Services in force.
    pub(crate) services: Vec<Row>,
    /// Units whose latest version could not be deployed.
    pub(crate) failures: Vec<UnitFailure>,
}

/// One service.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    /// Name of the service.
    pub(crate) name: String,
    /// Key of the unit it is from.
    pub(crate) unit: String,
    /// File and line of its class.
    pub(crate) location: String,
    /// Whether it belongs to the server itself.
    pub(crate) is_internal: bool,
}

impl From<ServiceInfo> for Row {
    fn from(service: ServiceInfo) -> Self {
        let location = if service.file.is_empty() {
            String::new()
        } else {
            format!("{}:{}", service.file, service.line)
        };
        Self { name: service.name, unit: service.unit, location, is_internal: service.is_internal }
    }
}

/// One unit that could not be deployed.
#[derive(Debug, Serialize)]
pub(crate) struct UnitFailure {
    /// Its key.
    pub(crate) unit: String,
    /// The deployment it failed in.
    pub(crate) deployment: Option<i64>,
    /// Why, with file and line.
    pub(crate) problems: Vec<Problem>,
}

/// Prints the list. Failures are part of it and do not change the exit code.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let server = resolve::server(&arguments.path)?;
    let mut found = block_on(services(&server))?;
    found.services.retain(|row| {
        (arguments.with_internal || !row.is_internal)
            && arguments.query.as_ref().is_none_or(|query| row.name.contains(query.as_str()))
    });
    let value = serde_json::to_value(&found)
        .context(ErrorKind::Internal, || "could not write services as JSON".to_owned())?;
    session.output.data(render::document(&value, arguments.format.format, || text(&found)));
    Ok(())
}

/// Asks the server; one that does not run is answered for by the config store.
pub(crate) async fn services(server: &ServerPaths) -> Outcome<Services> {
    if Pidfile::holder(&server.pidfile())?.is_none() {
        return recorded(server).await;
    }
    let list = Client::connect(server).await?.services().await?;
    let failure = |failure: zato_server::control::UnitFailure| UnitFailure {
        unit: failure.key,
        deployment: failure.deployment,
        problems: failure.problems,
    };
    Ok(Services {
        is_live: true,
        services: list.services.into_iter().map(Row::from).collect(),
        failures: list.failures.into_iter().map(failure).collect(),
    })
}

/// What the store remembers: what is in force, and the latest attempt of each unit if it failed.
pub(crate) async fn recorded(server: &ServerPaths) -> Outcome<Services> {
    let store = store::open(server).await?;
    let versions = store.current_versions().await?;
    let deployments = store.deployments(REMEMBERED).await?;
    store.close().await;
    let mut found = Services {
        services: versions.into_iter().flat_map(|version| version.services).map(Row::from).collect(),
        ..Services::default()
    };
    found.services.sort_by(|one, other| one.name.cmp(&other.name));
    let mut seen = HashSet::new();
    for deployment in deployments {
        seen.extend(deployment.deleted);
        for unit in deployment.units {
            if seen.insert(unit.key.clone()) && unit.status == UnitStatus::Failed {
                let failure =
                    UnitFailure { unit: unit.key, deployment: Some(deployment.id), problems: unit.problems };
                found.failures.push(failure);
            }
        }
    }
    Ok(found)
}

fn text(found: &Services) -> String {
    let mut parts = Vec::new();
    if !found.is_live {
        parts.push("The server is not running; this is what it had deployed".to_owned());
    }
    if found.services.is_empty() {
        parts.push("No services are deployed".to_owned());
    } else {
        let rows: Vec<Vec<String>> = found
            .services
            .iter()
            .map(|row| vec![row.name.clone(), row.unit.clone(), row.location.clone()])
            .collect();
        parts.push(render::table(&["service", "file or package", "class at"], &rows));
    }
    if !found.failures.is_empty() {
        let mut lines = vec!["Could not be deployed:".to_owned()];
        for failure in &found.failures {
            let number = failure.deployment.map_or_else(String::new, |id| format!(" (deployment {id})"));
            lines.push(format!("  {}{number}", failure.unit));
            lines.extend(failure.problems.iter().map(|problem| format!("    {problem}")));
        }
        parts.push(lines.join("\n"));
    }
    parts.join("\n\n")
}
