//! `zato service deployments PATH`.

use std::path::PathBuf;

use clap::Args;
use zato_core::ErrorKind;
use zato_core::error::Context;
use zato_server::config::ServerPaths;
use zato_store::{Deployment, DeploymentStatus, UnitStatus};

use crate::commands::{Session, block_on};
use crate::exit::Outcome;
use crate::render::{self, FormatOptions};
use crate::{resolve, store};

/// Options of `service deployments`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of the server, or of an environment
    path: PathBuf,
    /// How many to show
    #[arg(long, value_name = "N", default_value = "20")]
    limit: u32,
    #[command(flatten)]
    format: FormatOptions,
}

/// Prints deployments as the config store records them; the server need not run.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let server = resolve::server(&arguments.path)?;
    let deployments = block_on(latest(&server, arguments.limit))?;
    let value = serde_json::to_value(&deployments)
        .context(ErrorKind::Internal, || "could not write deployments as JSON".to_owned())?;
    session.output.data(render::document(&value, arguments.format.format, || text(&deployments)));
    Ok(())
}

/// Reads the latest deployments, newest first.
pub(crate) async fn latest(server: &ServerPaths, limit: u32) -> Outcome<Vec<Deployment>> {
    let store = store::open(server).await?;
    let deployments = store.deployments(limit).await?;
    store.close().await;
    Ok(deployments)
}

fn text(deployments: &[Deployment]) -> String {
    if deployments.is_empty() {
        return "Nothing has been deployed yet".to_owned();
    }
    let mut lines = Vec::new();
    for deployment in deployments {
        let when = deployment.created_at.strftime("%Y-%m-%d %H:%M:%SZ");
        lines.push(format!(
            "#{} {when} {} by {} ({})",
            deployment.id,
            status(deployment.status),
            deployment.actor,
            deployment.reason
        ));
        for unit in &deployment.units {
            let names: Vec<&str> = unit.services.iter().map(|service| service.name.as_str()).collect();
            let services = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
            lines.push(format!("  {} {}{services}", unit.key, unit_status(unit.status)));
            lines.extend(unit.problems.iter().map(|problem| format!("    {problem}")));
        }
        lines.extend(deployment.deleted.iter().map(|key| format!("  {key} deleted")));
    }
    lines.join("\n")
}

fn status(status: DeploymentStatus) -> &'static str {
    match status {
        DeploymentStatus::Pending => "pending",
        DeploymentStatus::Deployed => "deployed",
        DeploymentStatus::Partial => "partial",
        DeploymentStatus::Failed => "failed",
    }
}

fn unit_status(status: UnitStatus) -> &'static str {
    match status {
        UnitStatus::Pending => "pending",
        UnitStatus::Deployed => "deployed",
        UnitStatus::Failed => "failed",
        UnitStatus::Deleted => "deleted",
    }
}
