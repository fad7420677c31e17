//! `zato service ...`: what is deployed, calling it, and going back to an older version of it.

mod check;
mod check_process;
mod check_report;
mod deployments;
mod invoke;
mod list;
mod rollback;

use clap::Subcommand;
use zato_core::Error;
use zato_core::guest::ServiceInfo;
use zato_server::control::DeploymentReport;

use super::Session;
use crate::exit::{Failure, Outcome};

pub(crate) use deployments::latest as latest_deployments;
pub(crate) use list::{recorded, services};

/// Commands below `zato service`.
#[derive(Debug, Subcommand)]
pub(crate) enum ServiceCommand {
    /// List services, and files that could not be deployed
    List(list::Arguments),
    /// Invoke a service
    Invoke(Box<invoke::Arguments>),
    /// Say what would become of a file or directory of services, before anything is deployed
    Check(check::Arguments),
    /// List deployments, newest first
    Deployments(deployments::Arguments),
    /// Put an older version of a file or package in force again
    Rollback(rollback::Arguments),
}

/// Runs a command of the group.
pub(crate) fn run(session: &Session<'_>, command: &ServiceCommand) -> Outcome {
    match command {
        ServiceCommand::List(arguments) => list::run(session, arguments),
        ServiceCommand::Invoke(arguments) => invoke::run(session, arguments),
        ServiceCommand::Check(arguments) => check::run(session, arguments),
        ServiceCommand::Deployments(arguments) => deployments::run(session, arguments),
        ServiceCommand::Rollback(arguments) => rollback::run(session, arguments),
    }
}

/// Names services, for people.
pub(crate) fn service_names<'s>(services: impl IntoIterator<Item = &'s ServiceInfo>) -> String {
    let names: Vec<&str> = services.into_iter().map(|service| service.name.as_str()).collect();
    if names.is_empty() { "no services".to_owned() } else { names.join(", ") }
}

/// Prints what became of a deployment; one that failed is a failure of the command.
pub(crate) fn print_report(session: &Session<'_>, report: &DeploymentReport) -> Outcome {
    let number = report.deployment.map_or_else(String::new, |number| format!(" in deployment {number}"));
    for unit in report.units.iter().filter(|unit| unit.problems.is_empty()) {
        let services = service_names(&unit.services);
        let why = if unit.is_dependant { ", as something it imports changed" } else { "" };
        session
            .output
            .line(format!("`{}` OK{number} after {} ms{why}: {services}", unit.key, report.milliseconds));
    }
    for key in &report.deleted {
        session.output.line(format!("`{key}` removed{number}"));
    }
    for key in &report.skipped {
        session
            .output
            .line(format!("`{key}` skipped: [deploy_patterns_allowed] in server.conf does not allow it"));
    }
    for unit in &report.unchanged {
        let services = service_names(&unit.services);
        session.output.line(format!("`{}` is in force as it is: {services}", unit.key));
    }
    let of_units = report.units.iter().flat_map(|unit| &unit.problems);
    let problems: Vec<_> = of_units.chain(&report.refused).cloned().collect();
    if problems.is_empty() {
        return Ok(());
    }
    let failed: Vec<String> = report
        .units
        .iter()
        .filter(|unit| !unit.problems.is_empty())
        .map(|unit| format!("`{}`", unit.key))
        .collect();
    let message = if failed.is_empty() {
        "some files cannot be deployed".to_owned()
    } else {
        format!("could not deploy {}{number}; what was in force before still is", failed.join(", "))
    };
    Err(Failure::from(Error::from_problems(message, problems)))
}
