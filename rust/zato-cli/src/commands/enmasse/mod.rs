//! `zato enmasse PATH` (reference operations 19).

mod export;
mod import;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use zato_server::config::{Environment, ServerPaths};
use zato_server::enmasse::read_env_file;

use super::Session;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::options::ServerOption;

/// Options of `enmasse`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: ServerOption,
    /// Create and update objects as the input file says
    #[arg(long)]
    import: bool,
    /// Write objects to a file
    #[arg(long, alias = "export-odb")]
    export: bool,
    /// Merge the input file and its includes; not part of this version
    #[arg(long, hide = true)]
    export_local: bool,
    /// With --import: say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// File to import, YAML or JSON; - is standard input
    #[arg(long, short = 'i', value_name = "FILE")]
    input: Option<PathBuf>,
    /// File to export to; - is standard output [default: zato-export-<time>.yml]
    #[arg(long, short = 'o', value_name = "FILE")]
    output: Option<PathBuf>,
    /// Format of exports [default: what the name of the file says, else yaml]
    #[arg(long, alias = "dump-format", value_enum, ignore_case = true)]
    format: Option<Format>,
    /// Types to export, for instance rest or security; may be given several times
    #[arg(long, value_name = "TYPE")]
    include_type: Vec<String>,
    /// Parts of names to export, or patterns with *; may be given several times
    #[arg(long, value_name = "NAME")]
    include_name: Vec<String>,
    /// Export secrets in clear; otherwise as names of environment variables
    #[arg(long)]
    with_secrets: bool,
    /// Also export objects that every cluster has
    #[arg(long)]
    with_internal: bool,
    /// With --import: delete objects that the file does not have
    #[arg(long, alias = "clean-up-odb")]
    clean_odb: bool,
    /// With --import: leave out objects that refer to missing definitions
    #[arg(long)]
    ignore_missing_defs: bool,
    /// With --import: leave out includes that do not exist
    #[arg(long)]
    ignore_missing_includes: bool,
    /// File with an [env] stanza of KEY=value lines for Zato_Enmasse_Env placeholders
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Accepted for compatibility: existing objects are always replaced
    #[arg(long, alias = "replace-odb-objects", hide_short_help = true)]
    replace: bool,
    /// Accepted for compatibility: a missing input file always ends the command
    #[arg(long, hide_short_help = true)]
    exit_on_missing_file: bool,
    /// Accepted for compatibility: objects are written to the config store, not to an URL
    #[arg(long, value_name = "URL", hide_short_help = true)]
    server_url: Option<String>,
    /// Accepted for compatibility: nothing needs to be waited for
    #[arg(long, value_name = "SECONDS", hide_short_help = true)]
    initial_wait_time: Option<String>,
    /// Accepted for compatibility: channels may be imported before their services
    #[arg(long, value_name = "SECONDS", hide_short_help = true)]
    missing_wait_time: Option<String>,
    /// Accepted for compatibility
    #[arg(long, value_name = "SECONDS", hide_short_help = true)]
    rbac_sleep: Option<String>,
    /// Accepted for compatibility: columns are as wide as they need to be
    #[arg(long, value_name = "WIDTH,WIDTH", hide_short_help = true)]
    cols_width: Option<String>,
}

/// Formats of exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// YAML.
    #[value(alias = "yml")]
    Yaml,
    /// JSON.
    Json,
}

/// Imports or exports.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let server = arguments.server.resolve()?;
    if arguments.export_local {
        return Err(Failure::new(ExitCode::InvalidInput, "--export-local is not part of this version")
            .hint("import the file, then use --export"));
    }
    match (arguments.import, arguments.export) {
        (true, true) => {
            Err(Failure::new(ExitCode::ConflictingOptions, "--import and --export cannot be used together")
                .hint("run the command twice"))
        }
        (true, false) => import::run(session, &server, arguments),
        (false, true) => export::run(session, &server, arguments),
        (false, false) => Err(Failure::new(ExitCode::NoOptions, "there is nothing to do")
            .hint("add --import with --input FILE, or --export")),
    }
}

/// Variables of this process, and of the file given with `--env-file` over them.
fn environment(arguments: &Arguments) -> Outcome<Environment> {
    let mut environment = Environment::of_process();
    if let Some(file) = &arguments.env_file {
        read_env_file(file, &mut environment).map_err(|error| match error.kind() {
            zato_core::ErrorKind::NotFound => Failure { code: ExitCode::FileMissing, error },
            _ => Failure::from(error),
        })?;
    }
    Ok(environment)
}

/// The input file, which has to be one.
fn input<'a>(server: &ServerPaths, arguments: &'a Arguments) -> Outcome<&'a Path> {
    let Some(file) = arguments.input.as_deref() else {
        return Err(Failure::new(ExitCode::NoInput, "there is no file to import")
            .hint(format!("`zato enmasse {} --import --input FILE`", server.base().display())));
    };
    if file == Path::new("-") {
        return Ok(Path::new("/dev/stdin"));
    }
    if !file.exists() {
        return Err(Failure::new(ExitCode::FileMissing, format!("no such file `{}`", file.display())));
    }
    if file.is_dir() {
        return Err(Failure::new(ExitCode::NotAFile, format!("`{}` is not a file", file.display())));
    }
    Ok(file)
}
