//! Every command, one file each, and the way into them.

pub(crate) mod absent;
pub(crate) mod change_password;
pub(crate) mod check_config;
pub(crate) mod component_version;
pub(crate) mod create;
pub(crate) mod crypto;
pub(crate) mod delete;
pub(crate) mod encrypt;
pub(crate) mod enmasse;
pub(crate) mod from_config;
pub(crate) mod hot_deploy;
pub(crate) mod info;
pub(crate) mod quickstart;
pub(crate) mod rest_channel;
pub(crate) mod service;
pub(crate) mod start;
pub(crate) mod stop;
pub(crate) mod wait;
pub(crate) mod worker;

use clap::error::ErrorKind as ClapErrorKind;
use clap::{CommandFactory, FromArgMatches};

use crate::Runtime;
use crate::arguments::{Cli, Command, QuickstartCommand};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::Output;
use crate::record;

/// What every command is given.
#[derive(Debug, Clone)]
pub(crate) struct Session<'r> {
    /// What the composition root gave.
    pub(crate) runtime: &'r Runtime,
    /// Where to print.
    pub(crate) output: Output,
    /// Whether `--verbose` was given.
    pub(crate) is_verbose: bool,
}

/// Runs the command that the normalized words name, and prints why it failed if it did.
pub(crate) fn run(words: &[String], runtime: &Runtime) -> ExitCode {
    let is_verbose = words.iter().take_while(|word| *word != "--").any(|word| word == "--verbose");
    let session = Session { runtime, output: Output::from_environment(is_verbose), is_verbose };
    match parse_and_run(words, &session).and_then(|()| session.output.complete()) {
        Ok(()) => ExitCode::Ok,
        Err(failure) => {
            session.output.failure(&failure);
            failure.code
        }
    }
}

fn parse_and_run(words: &[String], session: &Session<'_>) -> Outcome {
    if matches!(words.first().map(String::as_str), Some("--version" | "-V")) {
        session.output.data(crate::version(session.runtime));
        return Ok(());
    }
    let mut command = Cli::command();
    command.build();
    let argv = std::iter::once("zato".to_owned()).chain(words.iter().cloned());
    let matches = match command.clone().try_get_matches_from(argv) {
        Ok(matches) => matches,
        Err(error) => return usage(words, &error, &session.output),
    };
    let cli = Cli::from_arg_matches(&matches).map_err(|error| usage_failure(&error))?;
    if cli.global.store_log {
        session.output.log_to(record::create_log()?);
    }
    if cli.global.store_config {
        record::store_config(&command, &matches)?;
    }
    dispatch(session, cli.command)
}

fn dispatch(session: &Session<'_>, command: Command) -> Outcome {
    match command {
        Command::Quickstart { command: QuickstartCommand::Create(arguments) } => {
            quickstart::run(session, &arguments)
        }
        Command::Create { command } => create::run(session, &command),
        Command::Delete { command } => delete::run(session, &command),
        Command::Crypto { command } => crypto::run(session, &command),
        Command::CreateRestChannel(arguments) => rest_channel::create(session, &arguments),
        Command::DeleteRestChannel(arguments) => rest_channel::delete(session, &arguments),
        Command::ChangePassword(arguments) => change_password::run(session, &arguments),
        Command::Enmasse(arguments) => enmasse::run(session, &arguments),
        Command::Encrypt(arguments) => encrypt::encrypt(session, &arguments),
        Command::Decrypt(arguments) => encrypt::decrypt(session, &arguments),
        Command::Start(arguments) => start::run(session, &arguments),
        Command::Stop(arguments) => stop::run(session, &arguments),
        Command::Info(arguments) => info::run(session, &arguments),
        Command::Service { command } => service::run(session, &command),
        Command::HotDeploy(arguments) => hot_deploy::run(session, &arguments),
        Command::Wait(arguments) => wait::run(session, &arguments),
        Command::CheckConfig(arguments) => check_config::run(session, &arguments),
        Command::ComponentVersion(arguments) => component_version::run(session, &arguments),
        Command::FromConfig(arguments) => from_config::run(session, &arguments),
        Command::Worker(arguments) => worker::run(session, &arguments),
    }
}

/// Answers what the parser did not accept: help is printed, anything else becomes a failure.
fn usage(words: &[String], error: &clap::Error, output: &Output) -> Outcome {
    match error.kind() {
        ClapErrorKind::DisplayHelp => {
            output.data(error.render().to_string().trim_end());
            Ok(())
        }
        ClapErrorKind::MissingSubcommand | ClapErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            output.problems(error.render().to_string().trim_end());
            Err(Failure::new(ExitCode::NoOptions, "a command is missing").hint("add one of those above"))
        }
        _ => match absent::explain(words) {
            Some(failure) => Err(failure),
            None => Err(usage_failure(error)),
        },
    }
}

/// Exit codes of usage errors: the historical tables have one for each of them.
fn usage_failure(error: &clap::Error) -> Failure {
    let code = match error.kind() {
        ClapErrorKind::MissingRequiredArgument => ExitCode::ParameterMissing,
        ClapErrorKind::ArgumentConflict => ExitCode::ConflictingOptions,
        _ => ExitCode::InvalidInput,
    };
    let text = error.render().to_string();
    // The first paragraph says what is wrong, the others what to do.
    let mut paragraphs = text
        .trim()
        .split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|paragraph| !paragraph.is_empty() && !paragraph.starts_with("For more information"))
        .map(|paragraph| paragraph.strip_prefix("tip: ").map(str::to_owned).unwrap_or(paragraph));
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let hints: Vec<String> = paragraphs.collect();
    let failure = Failure::new(code, message);
    if hints.is_empty() {
        failure.hint("add --help to see what there is")
    } else {
        failure.hint(hints.join("\n        "))
    }
}

/// Runs asynchronous work of a command on the calling thread.
pub(crate) fn block_on<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        zato_core::Error::new(zato_core::ErrorKind::Io, "could not start the asynchronous runtime")
            .source(error)
    })?;
    runtime.block_on(work)
}
