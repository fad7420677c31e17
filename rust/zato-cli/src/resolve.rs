//! Finds out what a path given on the command line is.

use std::path::{Path, PathBuf};

use zato_core::ErrorKind;
use zato_server::config::{Component, Marker, ServerPaths};

use crate::exit::{ExitCode, Failure, Outcome};

/// What a path names.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// One server.
    Server(ServerPaths),
    /// A component that has no process in this version.
    Other(Component, PathBuf),
    /// A directory with components in it, as quickstart makes.
    Environment {
        /// The directory.
        path: PathBuf,
        /// Its servers, sorted by name (`server2` before `server10`).
        servers: Vec<ServerPaths>,
        /// Everything else in it.
        others: Vec<(Component, PathBuf)>,
    },
}

/// Says what is at `path`.
///
/// # Errors
/// Exits with 31 if there is nothing, with 3 if it is neither a component nor a directory of components.
pub(crate) fn locate(path: &Path) -> Outcome<Target> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    if !path.exists() {
        return Err(Failure::new(ExitCode::NoSuchPath, format!("no such path `{}`", path.display())));
    }
    match Marker::read(&path) {
        Ok(marker) if marker.component == Component::Server => Ok(Target::Server(ServerPaths::new(path))),
        Ok(marker) => Ok(Target::Other(marker.component, path)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            environment(&path).ok_or(Failure { code: ExitCode::NotAComponent, error })
        }
        Err(error) => Err(Failure { code: ExitCode::NotAComponent, error }),
    }
}

/// Returns the one server that a command is about; of an environment, its first.
///
/// # Errors
/// As [`locate`], and exits with 23 if the path is another component.
pub(crate) fn server(path: &Path) -> Outcome<ServerPaths> {
    match locate(path)? {
        Target::Server(server) => Ok(server),
        Target::Environment { path, servers, .. } => servers.into_iter().next().ok_or_else(|| {
            Failure::new(ExitCode::NotAServer, format!("there is no server in `{}`", path.display()))
        }),
        Target::Other(component, path) => Err(not_a_server(component, &path)),
    }
}

/// The failure of commands that need a server and were given something else.
pub(crate) fn not_a_server(component: Component, path: &Path) -> Failure {
    Failure::new(
        ExitCode::NotAServer,
        format!("`{}` is not a server, it is a {}", path.display(), component.label().to_lowercase()),
    )
    .hint("give the directory of a server, such as DIR/server1")
}

/// Looks for components directly below a directory.
fn environment(path: &Path) -> Option<Target> {
    let mut directories: Vec<_> = std::fs::read_dir(path)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|p| p.is_dir())
        .collect();
    directories.sort_by_key(|directory| natural_key(directory));
    let (mut servers, mut others) = (Vec::new(), Vec::new());
    for directory in directories {
        match Marker::read(&directory).map(|marker| marker.component) {
            Ok(Component::Server) => servers.push(ServerPaths::new(directory)),
            Ok(component) => others.push((component, directory)),
            Err(_) => {}
        }
    }
    (!servers.is_empty() || !others.is_empty()).then(|| Target::Environment {
        path: path.to_path_buf(),
        servers,
        others,
    })
}

/// Sorts `server2` before `server10`: the name without its trailing digits, then the number.
fn natural_key(path: &Path) -> (String, u64) {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.trim_end_matches(|character: char| character.is_ascii_digit());
    (stem.to_owned(), name[stem.len()..].parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(directory: &Path, component: Component) {
        std::fs::create_dir(directory).unwrap();
        Marker::new(component, "3.2", jiff::Timestamp::UNIX_EPOCH).write(directory).unwrap();
    }

    #[test]
    fn an_environment_lists_servers_in_the_order_of_their_numbers() {
        let root = tempfile::tempdir().unwrap();
        for name in ["server10", "server2", "server1"] {
            make(&root.path().join(name), Component::Server);
        }
        make(&root.path().join("web-admin"), Component::WebAdmin);
        let Ok(Target::Environment { servers, others, .. }) = locate(root.path()) else { panic!("not one") };
        let names: Vec<_> = servers.iter().map(ServerPaths::directory_name).collect();
        assert_eq!(names, ["server1", "server2", "server10"]);
        assert_eq!(others.len(), 1);
    }

    #[test]
    fn codes_tell_missing_paths_other_directories_and_other_components_apart() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(locate(&root.path().join("nothing")).unwrap_err().code, ExitCode::NoSuchPath);
        assert_eq!(locate(root.path()).unwrap_err().code, ExitCode::NotAComponent);
        make(&root.path().join("scheduler"), Component::Scheduler);
        assert_eq!(server(&root.path().join("scheduler")).unwrap_err().code, ExitCode::NotAServer);
    }
}
