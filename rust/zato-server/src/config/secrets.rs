//! secrets.conf: the secret key, and values that server.conf refers to (reference operations 4.5, 17.5).

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use zato_core::error::Context;
use zato_core::{Error, ErrorKind, Problem, Result, Secret};
use zato_store::{Cipher, SecretKey};

use super::env::SECRET_KEY;
use super::{Environment, ServerPaths, ini};

/// What secrets.conf holds.
#[derive(Debug, Clone, Default)]
pub struct SecretsFile {
    /// `[secret_keys] key1`; absent if the key is passed another way.
    key: Option<SecretKey>,
    /// `stanza.key` and value, for instance `zato.server_conf.odb.password`.
    values: Vec<(String, Secret)>,
}

impl SecretsFile {
    /// Reads secrets.conf of a server; one that does not exist is empty. Values encrypted with the key are decrypted;
    /// the key itself comes from the environment if the file has none.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if it cannot be read, [`ErrorKind::Invalid`] naming the line if the key is not a key or a value
    /// cannot be decrypted.
    pub fn load(paths: &ServerPaths, environment: &Environment) -> Result<Self> {
        let path = paths.secrets_conf();
        let file = match ini::read(&path, "secrets.conf") {
            Err(error) if error.kind() == ErrorKind::NotFound => ini::Stanza::default(),
            other => other?,
        };
        let invalid =
            |problems| Error::from_problems(format!("`{}` cannot be used", path.display()), problems);
        let entry = file.stanza("secret_keys").and_then(|stanza| stanza.get("key1"));
        let written = entry.map(|entry| (entry.raw.trim_matches(['"', '\'']).to_owned(), entry.line));
        let key = match written.filter(|(text, _)| !text.is_empty()) {
            Some((text, line)) => Some(SecretKey::parse(&Secret::new(text)).map_err(|error| {
                let problem =
                    Problem::new(error.message()).file("secrets.conf").line(line).object("[secret_keys]");
                invalid(vec![problem.field("key1").hint("make one with `zato crypto create-secret-key`")])
            })?),
            None => {
                let text = environment.get(SECRET_KEY).filter(|text| !text.trim().is_empty());
                text.map(|text| SecretKey::parse(&Secret::new(text))).transpose().map_err(|error| {
                    let message = format!("the environment variable {SECRET_KEY} is not a secret key");
                    Error::new(ErrorKind::Invalid, message).source(error)
                })?
            }
        };
        let cipher = key.as_ref().map(Cipher::new).transpose()?;
        let mut values = Vec::new();
        let mut problems = Vec::new();
        for stanza in file.stanzas.iter().filter(|stanza| stanza.name != "secret_keys") {
            for entry in &stanza.entries {
                let value = Secret::new(entry.text());
                let opened = match &cipher {
                    Some(cipher) if Cipher::is_encrypted(value.expose()) => cipher.decrypt(value.expose()),
                    _ => Ok(value),
                };
                match opened {
                    Ok(value) => values.push((format!("{}.{}", stanza.name, entry.key), value)),
                    Err(error) => problems.push(
                        Problem::new(error.message())
                            .file("secrets.conf")
                            .line(entry.line)
                            .object(format!("[{}]", stanza.name))
                            .field(&*entry.key)
                            .hint("it was encrypted with another key; encrypt it again with `zato encrypt`"),
                    ),
                }
            }
        }
        if problems.is_empty() { Ok(Self { key, values }) } else { Err(invalid(problems)) }
    }

    /// Returns a value by its name, with or without the stanza `zato` in front.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        let is_named = |full: &str| full == name || full.strip_prefix("zato.") == Some(name);
        self.values.iter().find(|(full, _)| is_named(full)).map(|(_, value)| value)
    }

    /// Returns the secret key of the store.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none.
    pub fn secret_key(&self) -> Result<&SecretKey> {
        self.key.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "there is no secret key").hint(format!(
                "put it into secrets.conf as `key1` below `[secret_keys]`, or into the environment variable {SECRET_KEY}"
            ))
        })
    }
}

/// Writes secrets.conf with a key, or without one if it is to be passed another way. Only its owner may read it.
///
/// # Errors
/// [`ErrorKind::Conflict`] if the file exists, [`ErrorKind::Io`] if it cannot be written.
pub fn write(path: &Path, key: Option<&SecretKey>) -> Result<()> {
    let text = key.map(SecretKey::to_text).unwrap_or_default();
    let content = super::templates::SECRETS_CONF.replace("{secret_key}", text.expose());
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| {
            let kind = if error.kind() == std::io::ErrorKind::AlreadyExists {
                ErrorKind::Conflict
            } else {
                ErrorKind::Io
            };
            Error::new(kind, format!("could not create `{}`", path.display())).source(error)
        })?;
    file.write_all(content.as_bytes())
        .and_then(|()| file.sync_all())
        .context(ErrorKind::Io, || format!("could not write `{}`", path.display()))
}

/// Returns a warning if others than its owner may read a file of secrets.
#[must_use]
pub fn check_mode(path: &Path) -> Option<Problem> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| {
        Problem::new("others than the owner of the file may read or write it")
            .file(path.display().to_string())
            .hint("run `chmod 600` on it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(content: Option<&str>) -> (tempfile::TempDir, ServerPaths) {
        let directory = tempfile::tempdir().unwrap();
        let paths = ServerPaths::new(directory.path());
        paths.create_directories().unwrap();
        if let Some(content) = content {
            fs::write(paths.secrets_conf(), content).unwrap();
        }
        (directory, paths)
    }

    #[test]
    fn a_written_key_is_read_back_and_only_the_owner_may_read_it() {
        let (_directory, paths) = server(None);
        let key = SecretKey::generate().unwrap();
        write(&paths.secrets_conf(), Some(&key)).unwrap();
        let secrets = SecretsFile::load(&paths, &Environment::default()).unwrap();
        assert_eq!(secrets.secret_key().unwrap(), &key);
        assert_eq!(check_mode(&paths.secrets_conf()), None);
        assert_eq!(write(&paths.secrets_conf(), None).unwrap_err().kind(), ErrorKind::Conflict);
    }

    #[test]
    fn the_key_may_come_from_the_environment_and_opens_values() {
        let key = SecretKey::generate().unwrap();
        let cipher = Cipher::new(&key).unwrap();
        let closed = cipher.fernet_encrypt(&Secret::new("hunter2"));
        let (_directory, paths) = server(Some(&format!(
            "[secret_keys]\nkey1=\n[zato]\nserver_conf.odb.password={closed}\nplain=a\n"
        )));
        let environment = [(SECRET_KEY, key.to_text().expose())].into_iter().collect();
        let secrets = SecretsFile::load(&paths, &environment).unwrap();
        assert_eq!(secrets.get("zato.server_conf.odb.password").unwrap().expose(), "hunter2");
        assert_eq!(secrets.get("server_conf.odb.password").unwrap().expose(), "hunter2");
        assert_eq!(secrets.get("plain").unwrap().expose(), "a");
        assert!(secrets.get("other").is_none());
        let other = [(SECRET_KEY, SecretKey::generate().unwrap().to_text().expose())].into_iter().collect();
        let error = SecretsFile::load(&paths, &other).unwrap_err();
        assert_eq!(error.problems()[0].line, Some(4));
    }

    #[test]
    fn what_is_not_a_key_is_named_with_its_line_but_not_shown() {
        let (_directory, paths) = server(Some("\n[secret_keys]\nkey1=hunter2\n"));
        let error = SecretsFile::load(&paths, &Environment::default()).unwrap_err();
        assert_eq!((error.problems()[0].line, error.problems()[0].field.as_deref()), (Some(3), Some("key1")));
        assert!(!error.report().contains("hunter2"));
    }

    #[test]
    fn without_any_key_the_way_out_is_told() {
        let (_directory, paths) = server(None);
        let error = SecretsFile::load(&paths, &Environment::default()).unwrap();
        assert!(error.secret_key().unwrap_err().get_hint().unwrap().contains(SECRET_KEY));
    }
}
