//! The scripts beside a quickstart environment (reference operations 2.3).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zato_core::error::Context;
use zato_core::{ErrorKind, Result};

/// Names of the scripts.
pub(crate) const NAMES: [&str; 3] = ["zato-qs-start.sh", "zato-qs-stop.sh", "zato-qs-restart.sh"];

/// What the scripts need to know.
#[derive(Debug)]
pub(crate) struct Scripts<'a> {
    /// Name of the cluster, for messages.
    pub(crate) cluster: &'a str,
    /// The interpreter that `zato` runs in.
    pub(crate) python: &'a Path,
    /// Directories of the servers, relative to the environment.
    pub(crate) servers: &'a [String],
}

impl Scripts<'_> {
    /// Writes the scripts into an environment, executable.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] naming the file.
    pub(crate) fn write(&self, environment: &Path) -> Result<()> {
        for (name, text) in NAMES.iter().zip([self.start(), self.stop(), restart()]) {
            let path = environment.join(name);
            let failed = || format!("could not write `{}`", path.display());
            fs::write(&path, text).context(ErrorKind::Io, failed)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).context(ErrorKind::Io, failed)?;
        }
        Ok(())
    }

    /// Lines that each script begins with.
    fn head(&self) -> String {
        format!(
            "#!/bin/sh\n\
             set -e\n\
             export ZATO_CLI_DONT_SHOW_OUTPUT=1\n\
             BASE_DIR=$(CDPATH='' cd -- \"$(dirname -- \"$0\")\" && pwd)\n\
             PYTHON={python}\n\
             if [ ! -x \"$PYTHON\" ]; then\n\
             \x20   echo \"$PYTHON is gone; edit PYTHON in $0 to name the interpreter Zato is installed in\" >&2\n\
             \x20   exit 1\n\
             fi\n\
             zato() {{ \"$PYTHON\" -m zato \"$@\"; }}\n\n",
            python = quote(&self.python.to_string_lossy()),
        )
    }

    fn start(&self) -> String {
        let total = self.servers.len() + 2;
        let mut text = self.head();
        text.push_str(&format!("echo {}\n", quote(&format!("Starting Zato cluster {}", self.cluster))));
        text.push_str("echo 'Checking configuration'\n");
        for server in self.servers {
            text.push_str(&format!("zato check-config \"$BASE_DIR/{server}\"\n"));
        }
        text.push_str(&format!("echo '[1/{total}] SQL ODB connection OK'\n"));
        text.push_str(&format!("echo '[2/{total}] TCP ports OK'\n"));
        for (index, server) in self.servers.iter().enumerate() {
            text.push_str(&format!(
                "\nzato start \"$BASE_DIR/{server}\"\nzato wait --path \"$BASE_DIR/{server}\"\n\
                 echo '[{step}/{total}] {server} started'\n",
                step = index + 3,
            ));
        }
        text.push_str(&format!("\necho {}\n", quote(&format!("Zato cluster {} started", self.cluster))));
        text
    }

    fn stop(&self) -> String {
        let total = self.servers.len();
        let mut text = self.head();
        text.push_str(&format!("echo {}\n", quote(&format!("Stopping Zato cluster {}", self.cluster))));
        text.push_str("\n# --delete-pidfiles of earlier versions needs nothing: `zato stop` removes stale pidfiles itself.\n");
        text.push_str("# 10 means that the server is not running, which is what is wanted.\n");
        text.push_str("stop() { zato stop \"$1\" || [ $? -eq 10 ]; }\n");
        for (index, server) in self.servers.iter().enumerate() {
            text.push_str(&format!(
                "\nstop \"$BASE_DIR/{server}\"\necho '[{step}/{total}] {server} stopped'\n",
                step = index + 1,
            ));
        }
        text.push_str(&format!("\necho {}\n", quote(&format!("Zato cluster {} stopped", self.cluster))));
        text
    }
}

fn restart() -> String {
    "#!/bin/sh\n\
     set -e\n\
     BASE_DIR=$(CDPATH='' cd -- \"$(dirname -- \"$0\")\" && pwd)\n\
     \"$BASE_DIR/zato-qs-stop.sh\"\n\
     \"$BASE_DIR/zato-qs-start.sh\"\n"
        .to_owned()
}

/// Quotes text for the shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_valid_shell_whatever_the_names() {
        let directory = tempfile::tempdir().unwrap();
        let servers = ["server1".to_owned(), "server2".to_owned()];
        let scripts = Scripts {
            cluster: "it's $HOME",
            python: Path::new("/opt/py thon/bin/python"),
            servers: &servers,
        };
        scripts.write(directory.path()).unwrap();
        for name in NAMES {
            let path = directory.path().join(name);
            let status = std::process::Command::new("sh").arg("-n").arg(&path).status().unwrap();
            assert!(status.success(), "{name}");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
        }
        let start = fs::read_to_string(directory.path().join(NAMES[0])).unwrap();
        assert!(start.contains("[4/4] server2 started"), "{start}");
    }
}
