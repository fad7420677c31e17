//! `zato change-password`: of any security definition (reference operations 1.4).

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use clap::{Args, ValueEnum};
use zato_connections::{ApiKey, BasicAuth};
use zato_core::error::Context;
use zato_core::{ErrorKind, Result, Secret};
use zato_schema::Kind;

use super::{Session, block_on};
use crate::admin::Admin;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::options::ServerOption;
use crate::terminal;

/// Options of `change-password`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: ServerOption,
    /// Name of the definition
    #[arg(long)]
    name: String,
    /// New password; asked for if it is missing
    #[arg(long, allow_hyphen_values = true)]
    password: Option<Secret>,
    /// Type of the definition, if there are several of that name
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    definition_type: Option<DefinitionType>,
}

/// Types of definitions that have a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DefinitionType {
    /// HTTP Basic Auth.
    #[value(name = "basic_auth", alias = "basic-auth")]
    BasicAuth,
    /// API key.
    #[value(name = "apikey", alias = "api-key")]
    ApiKey,
}

impl DefinitionType {
    const fn kind(self) -> &'static str {
        match self {
            Self::BasicAuth => BasicAuth::ID,
            Self::ApiKey => ApiKey::ID,
        }
    }
}

/// Changes the password, everywhere it is known.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let server = arguments.server.resolve()?;
    let password = match &arguments.password {
        Some(password) => password.clone(),
        None => terminal::ask_for_secret("New password", "--password")?,
    };
    if password.is_empty() {
        return Err(Failure::new(ExitCode::InvalidInput, "the new password is empty"));
    }
    let (live, username) = block_on(async {
        let admin = Admin::open(&server).await?;
        let kind = kind(&admin, arguments).await?;
        let username = admin.change_password(kind, &arguments.name, &password).await?;
        Ok((admin.make_live().await?, username))
    })?;
    let credentials = server.environment().join("credentials");
    if let Some(username) = username
        && update(&credentials, &username, &password)?
    {
        session.output.line(format!("`{}` updated", credentials.display()));
    }
    session.output.line(live);
    session.output.line("OK");
    Ok(())
}

/// Finds out what kind of definition is meant.
async fn kind(admin: &Admin, arguments: &Arguments) -> Outcome<&'static str> {
    let mut found = Vec::new();
    for kind in [BasicAuth::ID, ApiKey::ID] {
        let is_asked_for = arguments.definition_type.is_none_or(|wanted| wanted.kind() == kind);
        if is_asked_for && admin.exists(kind, &arguments.name).await? {
            found.push(kind);
        }
    }
    match found.as_slice() {
        [kind] => Ok(kind),
        [] => Err(Failure::new(
            ExitCode::InvalidInput,
            format!("there is no security definition `{}`", arguments.name),
        )
        .hint("`zato enmasse PATH --export --include-type security` lists them")),
        _ => Err(Failure::new(
            ExitCode::ConflictingOptions,
            format!("there are several security definitions `{}`", arguments.name),
        )
        .hint("say which with --type basic_auth or --type apikey")),
    }
}

/// Replaces the password of a user in the file that quickstart made, if it is in there.
fn update(path: &Path, username: &str, password: &Secret) -> Result<bool> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(false) };
    let prefix = format!("{username}: ");
    if !text.lines().any(|line| line.starts_with(&prefix)) {
        return Ok(false);
    }
    let lines = text.lines().map(|line| match line.strip_prefix(&prefix) {
        Some(_) => format!("{prefix}{}\n", password.expose()),
        None => format!("{line}\n"),
    });
    replace(path, &Secret::new(lines.collect::<String>()))?;
    Ok(true)
}

/// Writes a file that only its owner may read, as a whole or not at all.
pub(crate) fn replace(path: &Path, text: &Secret) -> Result<()> {
    let failed = || format!("could not write `{}`", path.display());
    let unfinished = path.with_extension(format!("unfinished-{}", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)
        .context(ErrorKind::Io, failed)?;
    file.write_all(text.expose().as_bytes()).and_then(|()| file.sync_all()).context(ErrorKind::Io, failed)?;
    fs::rename(&unfinished, path).context(ErrorKind::Io, failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_credentials_file_keeps_its_other_lines_and_its_mode() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credentials");
        replace(&path, &Secret::new("admin.invoke: a\npubapi: b\n")).unwrap();
        assert!(update(&path, "pubapi", &Secret::new("c")).unwrap());
        assert!(!update(&path, "nobody", &Secret::new("c")).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "admin.invoke: a\npubapi: c\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
