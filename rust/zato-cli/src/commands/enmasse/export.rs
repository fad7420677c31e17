//! `zato enmasse --export`.

use std::path::{Path, PathBuf};

use zato_core::Secret;
use zato_server::config::ServerPaths;
use zato_server::enmasse::{self, ExportOptions};

use super::{Arguments, Format};
use crate::admin::Admin;
use crate::commands::{Session, block_on};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::private_file;

/// Writes objects to a file that only its owner may read, or to standard output.
pub(super) fn run(session: &Session<'_>, server: &ServerPaths, arguments: &Arguments) -> Outcome {
    if arguments.input.is_some() {
        return Err(Failure::new(
            ExitCode::ConflictingOptions,
            "--export with --input is not part of this version",
        )
        .hint("import the file, then use --export without --input"));
    }
    let format = arguments.format.unwrap_or_else(|| format_of(arguments.output.as_deref()));
    let options = ExportOptions {
        include_types: arguments.include_type.clone(),
        include_names: arguments.include_name.clone(),
        with_secrets: arguments.with_secrets,
        with_internal: arguments.with_internal,
        format: match format {
            Format::Yaml => enmasse::Format::Yaml,
            Format::Json => enmasse::Format::Json,
        },
    };
    let text = block_on(async {
        let admin = Admin::open(server, "zato enmasse --export").await?;
        let snapshot = admin.api().store().snapshot().await?;
        Ok(enmasse::export(&snapshot, admin.api(), &options)?)
    })?;
    let path = arguments.output.clone().unwrap_or_else(|| default_path(format));
    if private_file::is_standard_output(&path) {
        let redacted = if arguments.with_secrets { "******" } else { text.trim_end() };
        session.output.secret_data(text.trim_end(), redacted);
        return Ok(());
    }
    private_file::write(&path, &Secret::new(text))?;
    session.output.line(format!("Data exported to {}", path.display()));
    Ok(())
}

/// The format that the name of a file stands for.
fn format_of(path: Option<&Path>) -> Format {
    let extension = path.and_then(Path::extension);
    if extension.is_some_and(|name| name.eq_ignore_ascii_case("json")) { Format::Json } else { Format::Yaml }
}

/// `zato-export-<date>T<time>_<micros>.yml` in the current directory, as earlier versions called it.
fn default_path(format: Format) -> PathBuf {
    let extension = match format {
        Format::Yaml => "yml",
        Format::Json => "json",
    };
    let stamp = jiff::Zoned::now().strftime("%Y-%m-%dT%H_%M_%S_%6f").to_string();
    PathBuf::from(format!("zato-export-{stamp}.{extension}"))
}
