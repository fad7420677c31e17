//! `zato service check PATH`: what would become of services if they were deployed; no earlier version has it.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use zato_core::error::Context;
use zato_core::guest::{NamePatterns, ServiceCandidate, SimpleIoOptions};
use zato_core::{ErrorKind, Profile};
use zato_server::config::{Environment, ServerOptions, simple_io as simple_io_conf};
use zato_server::deploy::read_path;

use super::check_process::{self, Request};
use super::check_report::{Report, Status};
use crate::commands::Session;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::render::{self, FormatOptions};
use crate::resolve;

/// How long the import of one unit may take where no server says so.
const IMPORT_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// Options of `service check`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// File, package, or directory of them
    path: PathBuf,
    /// Compat profile to check for: 2.0, 3.0, 3.1, 3.2 or 4.1; without it that of the server, or 3.2
    #[arg(long, value_name = "VERSION")]
    profile: Option<Profile>,
    /// Directory of a server, or of an environment, whose configuration counts; it need not run
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    #[command(flatten)]
    format: FormatOptions,
}

/// Imports the files aside in a process of their own, and prints what is known about each.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    if !arguments.path.exists() {
        let message = format!("no such file or directory `{}`", arguments.path.display());
        return Err(Failure::new(ExitCode::FileMissing, message));
    }
    let path = fs::canonicalize(&arguments.path)
        .context(ErrorKind::Io, || format!("could not read `{}`", arguments.path.display()))?;
    let server = arguments.server.as_deref().map(resolve::server).transpose()?;
    let options = match &server {
        Some(server) => Some(ServerOptions::load(server, &Environment::of_process())?.value),
        None => None,
    };
    let pickup: Vec<PathBuf> = options
        .iter()
        .flat_map(|options| &options.hot_deploy.directories)
        .map(|directory| directory.path.clone())
        .collect();
    let mut contents = read_path(&path, &pickup)?;
    let runtime = options.as_ref().map(|options| &options.runtime);
    let profile = arguments.profile.or_else(|| runtime.map(|runtime| runtime.profile)).unwrap_or_default();
    let mut report = Report::new(&arguments.path, profile, session.runtime);
    if let Some(options) = &options {
        let allowed = &options.hot_deploy.allowed;
        contents.units.retain(|unit| allowed.allows_unit(unit) || report.skip(unit));
        contents.unreadable.retain(|other| allowed.allows_unit(&other.unit) || report.skip(&other.unit));
    }
    let defaults = simple_io_conf::defaults();
    let request = Request {
        profile: profile.as_str(),
        simple_io: simple_io(options.as_ref().map_or(&defaults, |options| &options.simple_io)),
        has_old_module_names: runtime.is_none_or(|runtime| runtime.has_old_module_names),
        units: &contents.units,
        limit: options.as_ref().map_or(IMPORT_LIMIT, |options| options.hot_deploy.import_timeout),
        variables: options.as_ref().map(|options| options.environment.as_slice()).unwrap_or_default(),
    };
    report.add(check_process::examine(session, &request)?);
    report.add_unreadable(contents.unreadable, contents.refused);
    if let Some(options) = &options {
        report.keep_services(|service| {
            options.hot_deploy.allowed.allows_service(&ServiceCandidate {
                name: service.name.clone(),
                module: service.candidate.module.clone(),
                files: service.candidate.files.clone(),
            })
        });
    }
    report.finish();
    let value = serde_json::to_value(&report)
        .context(ErrorKind::Internal, || "could not write the report as JSON".to_owned())?;
    session.output.data(render::document(&value, arguments.format.format, || report.text()));
    let refused: Vec<&str> = report
        .units
        .iter()
        .filter(|unit| unit.status == Status::Refused)
        .map(|unit| unit.key.as_str())
        .collect();
    if refused.is_empty() && report.refused.is_empty() {
        return Ok(());
    }
    // The report has said what is wrong with each of them.
    let count = refused.len() + report.refused.len();
    let message = format!("{count} of {} would not be deployed", report.summary.units + report.refused.len());
    Err(Failure::new(ExitCode::ValidationError, message))
}

/// Name inference as the loader wants it (reference operations 4.3).
fn simple_io(options: &SimpleIoOptions) -> serde_json::Value {
    let stanza = |patterns: &NamePatterns| serde_json::json!({"exact": patterns.exact, "prefix": patterns.prefixes, "suffix": patterns.suffixes});
    serde_json::json!({
        "bool": stanza(&options.boolean),
        "int": stanza(&options.integer),
        "secret": stanza(&options.secret),
        "response_elem": options.response_element,
        "skip_empty_input": options.skips_empty_input,
    })
}
