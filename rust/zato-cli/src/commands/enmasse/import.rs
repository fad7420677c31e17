//! `zato enmasse --import`.

use std::path::Path;

use zato_core::{Error, ErrorKind};
use zato_server::api::Generated;
use zato_server::config::ServerPaths;
use zato_server::enmasse::{self, Document, LoadOptions, Plan, PlanOptions};

use super::{Arguments, environment, input};
use crate::admin::Admin;
use crate::commands::{Session, block_on};
use crate::exit::{ExitCode, Failure, Outcome};

/// Plans and, unless it is a dry run, imports; tells everything that is wrong at once.
pub(super) fn run(session: &Session<'_>, server: &ServerPaths, arguments: &Arguments) -> Outcome {
    if !arguments.include_type.is_empty() || !arguments.include_name.is_empty() {
        return Err(Failure::new(
            ExitCode::ConflictingOptions,
            "--include-type and --include-name select what to export, not what to import",
        )
        .hint("leave out of the file what is not to be imported"));
    }
    let file = input(server, arguments)?;
    let environment = environment(arguments)?;
    let load_options = LoadOptions { ignore_missing_includes: arguments.ignore_missing_includes };
    let document = enmasse::load(file, load_options)?;
    if arguments.clean_odb && document.is_without_objects() && !has_problems(&document) {
        // A file that something went wrong with must not be an order to delete everything.
        let message =
            format!("`{}` has no objects, and --clean-odb would delete all there are", file.display());
        return Err(Failure::new(ExitCode::NoInput, message)
            .hint("name at least one object that stays, or delete objects one by one"));
    }
    let options =
        PlanOptions { clean: arguments.clean_odb, ignore_missing_definitions: arguments.ignore_missing_defs };
    block_on(async {
        let admin = Admin::open(server, &format!("zato enmasse --import {}", file.display())).await?;
        let api = admin.knowing_services().await?;
        if arguments.dry_run {
            let snapshot = api.store().snapshot().await?;
            let plan = enmasse::plan(&document, &snapshot, &api, &environment, options)?;
            if !plan.is_possible() {
                return Err(refused(session, file, &plan));
            }
            tell(session, &plan);
            session.output.line("Dry run, nothing was changed");
            return Ok(());
        }
        match enmasse::import(&api, &document, &environment, options).await? {
            enmasse::Outcome::Refused(plan) => Err(refused(session, file, &plan)),
            enmasse::Outcome::Done { plan, revision, generated } => {
                tell(session, &plan);
                tell_generated(session, &generated);
                if !plan.is_empty() {
                    session.output.line(admin.make_live(revision).await?);
                }
                Ok(())
            }
        }
    })
}

/// Whether something is wrong with the form of a document, which the plan tells.
fn has_problems(document: &Document) -> bool {
    document.findings.iter().any(|finding| !finding.code.is_warning())
}

fn tell(session: &Session<'_>, plan: &Plan) {
    let findings = plan.findings_to_table();
    if !findings.is_empty() {
        session.output.problems(&findings);
    }
    if plan.is_empty() {
        session.output.line("No change: everything is as the file says already");
    } else {
        session.output.line(plan.to_text());
    }
}

fn tell_generated(session: &Session<'_>, generated: &[Generated]) {
    if generated.is_empty() {
        return;
    }
    session.output.line("Secrets that were made as none was given, shown this once:");
    for made in generated {
        session.output.secret_line(&made.secret, |secret| format!("  {} {}: {secret}", made.key, made.field));
    }
}

fn refused(session: &Session<'_>, file: &Path, plan: &Plan) -> Failure {
    session.output.problems(&plan.findings_to_table());
    let count = plan.problems.len();
    let noun = if count == 1 { "problem" } else { "problems" };
    let message = format!("`{}` has {count} {noun}, nothing was changed", file.display());
    Failure { code: ExitCode::ValidationError, error: Error::new(ErrorKind::Invalid, message) }
}
