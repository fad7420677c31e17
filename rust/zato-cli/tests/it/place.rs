//! A directory to work in, and commands in processes of their own.
//!
//! A command runs this test binary again, as the test `child_command`, so that exit codes and what is printed
//! are those of a real process.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use tempfile::TempDir;
use zato_cli::Runtime;

/// Carries the words of the command to the child, one a line.
const WORDS: &str = "ZATO_CLI_TEST_WORDS";

/// Tells the child what to run children of its own with.
const INTERPRETER: &str = "ZATO_CLI_TEST_PYTHON";

/// Printed before anything of the command, after what the test harness prints.
const MARK: &str = "=== command ===";

/// What a command did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    fn of(output: Output) -> Self {
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stdout =
            stdout.split_once(&format!("{MARK}\n")).map_or_else(String::new, |(_, rest)| rest.to_owned());
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A temporary directory.
pub(crate) struct Place {
    root: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { root: tempfile::tempdir().unwrap() };
        std::fs::create_dir(place.path("cwd")).unwrap();
        write_interpreter(&place.interpreter());
        place
    }

    /// A path below the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// What stands for Python: runs this binary with the words after `-m zato`.
    pub(crate) fn interpreter(&self) -> PathBuf {
        self.path("python")
    }

    /// Runs `zato` with the given words; `DIR` in them stands for this directory.
    pub(crate) fn zato(&self, line: &str) -> Done {
        self.zato_with(line, &[])
    }

    /// Runs `zato` and checks its exit code.
    pub(crate) fn expect(&self, code: i32, line: impl AsRef<str>) -> Done {
        let done = self.zato(line.as_ref());
        assert_eq!(done.code, code, "zato {}: {done:?}", line.as_ref());
        done
    }

    /// Runs `zato` with more variables in its environment.
    pub(crate) fn zato_with(&self, line: &str, variables: &[(&str, &str)]) -> Done {
        Done::of(self.command(line).envs(variables.iter().copied()).output().unwrap())
    }

    /// Runs `zato` with a text on standard input.
    pub(crate) fn zato_reading(&self, line: &str, input: &str) -> Done {
        use std::io::Write;
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(input.as_bytes()).unwrap();
        drop(writer);
        Done::of(self.command(line).stdin(reader).output().unwrap())
    }

    /// Starts `zato` and leaves it running; what it prints is lost.
    pub(crate) fn spawn(&self, line: &str) -> Child {
        self.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn command(&self, line: &str) -> Command {
        let words = line.split(' ').map(|word| word.replace("DIR", &self.root.path().to_string_lossy()));
        let mut command = Command::new(self.interpreter());
        command.args(["-m", "zato"]).args(words).current_dir(self.path("cwd")).stdin(Stdio::null());
        command.env_remove("ZATO_CLI_DONT_SHOW_OUTPUT");
        command
    }

    /// Makes a quickstart environment in `DIR/qs` on a port nobody uses.
    pub(crate) fn quickstart(&self) -> Environment {
        let done = self.zato(&format!("quickstart create DIR/qs --http-port {}", free_port()));
        assert_eq!(done.code, 0, "{done:?}");
        Environment { root: self.path("qs") }
    }
}

/// A quickstart environment.
pub(crate) struct Environment {
    pub(crate) root: PathBuf,
}

impl Environment {
    /// Usernames and passwords out of the credentials file.
    pub(crate) fn credentials(&self) -> Vec<(String, String)> {
        let text = std::fs::read_to_string(self.root.join("credentials")).unwrap();
        text.lines()
            .map(|line| line.split_once(": ").unwrap())
            .map(|(user, password)| (user.into(), password.into()))
            .collect()
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Mode of a file, permission bits only.
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn write_interpreter(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let binary = std::env::current_exe().unwrap();
    let script = format!(
        "#!/bin/sh\nshift 2\n{WORDS}=$(printf '%s\\n' \"$@\")\n{INTERPRETER}=$0\nexport {WORDS} {INTERPRETER}\n\
         exec '{}' --exact place::child_command --ignored --nocapture --quiet\n",
        binary.display()
    );
    std::fs::write(path, script).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
#[ignore = "run by other tests in a process of its own"]
fn child_command() {
    let Ok(words) = std::env::var(WORDS) else { return };
    println!("{MARK}");
    let argv: Vec<String> = std::iter::once("zato").chain(words.lines()).map(str::to_owned).collect();
    let runtime = Runtime {
        python_executable: std::env::var_os(INTERPRETER).unwrap().into(),
        python_version: "3.11.7".to_owned(),
        guest_factory: Arc::new(|options, _| crate::fake_guest::make(&options)),
    };
    std::process::exit(zato_cli::main(argv, runtime));
}
