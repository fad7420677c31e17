//! `zato change-password`: of any security definition (reference operations 1.4).

use std::fs;
use std::path::Path;

use clap::Args;
use zato_core::{Result, Secret};

use super::{Session, block_on};
use crate::admin::{Admin, missing};
use crate::exit::Outcome;
use crate::options::ServerOption;
use crate::{private_file, terminal};

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
}

/// Changes the password, everywhere it is known.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let server = arguments.server.resolve()?;
    let password = match &arguments.password {
        Some(password) => password.clone(),
        None => terminal::ask_for_secret("New password", "--password")?,
    };
    let (live, username) = block_on(async {
        let admin = Admin::open(&server, "zato change-password").await?;
        let written = admin.api().change_password(&arguments.name, &password).await.map_err(missing)?;
        let username = written
            .objects
            .first()
            .and_then(|object| object.spec.get("username")?.as_str().map(str::to_owned));
        Ok((admin.make_live(written.revision).await?, username))
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
    private_file::write(path, &Secret::new(lines.collect::<String>()))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_credentials_file_keeps_its_other_lines_and_its_mode() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credentials");
        private_file::write(&path, &Secret::new("admin.invoke: a\npubapi: b\n")).unwrap();
        assert!(update(&path, "pubapi", &Secret::new("c")).unwrap());
        assert!(!update(&path, "nobody", &Secret::new("c")).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "admin.invoke: a\npubapi: c\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
