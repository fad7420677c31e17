//! Every environment variable that the server and its command line read, in one place.

use std::collections::BTreeMap;
use std::fmt;

/// What a variable is for; printed by the documentation generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Name of the variable, or its beginning followed by `*`.
    pub name: &'static str,
    /// Version of Zato that first read it, or `ours`.
    pub since: &'static str,
    /// What it does, as one sentence.
    pub meaning: &'static str,
}

/// Overrides the host of `[main] bind`.
pub const BIND_HOST: &str = "Zato_Config_Bind_Host";
/// Overrides the port of `[main] bind`.
pub const BIND_PORT: &str = "Zato_Config_Bind_Port";
/// Overrides `[main] workers`.
pub const WORKERS: &str = "Zato_Config_Num_Threads";
/// One more directory to pick services up from.
pub const HOT_DEPLOY_DIR: &str = "Zato_Hot_Deploy_Dir";
/// Seconds between two looks at the pickup directories; implies polling.
pub const HOT_DEPLOY_INTERVAL: &str = "Zato_Hot_Deploy_Interval";
/// Whether to poll pickup directories instead of relying on notifications.
pub const HOT_DEPLOY_POLL: &str = "ZATO_HOT_DEPLOY_PREFER_SNAPSHOTS";
/// File name patterns picked up from the directory of `Zato_Hot_Deploy_Dir`, separated by commas.
pub const HOT_DEPLOY_PATTERNS: &str = "Zato_Hot_Deploy_Pickup_Patterns";
/// More directories of configuration files that services read, separated by colons.
pub const USER_CONF_DIR: &str = "Zato_User_Conf_Dir";
/// Size at which server.log is rotated, in bytes.
pub const LOG_MAX_SIZE: &str = "Zato_Server_Log_Max_Size";
/// How many rotated copies of server.log are kept.
pub const LOG_BACKUP_COUNT: &str = "Zato_Server_Log_Backup_Count";
/// The secret key, if secrets.conf does not hold it.
pub const SECRET_KEY: &str = "ZATO_SECRET_KEY";
/// Password of the `metrics` definition when initial data is made.
pub const METRICS_PASSWORD: &str = "Zato_Metrics_Password";
/// Whether jobs run by schedule: not if it is `paused`.
pub const SCHEDULER_STATUS: &str = "Zato_Scheduler_Status";
/// Beginning of the names that enmasse placeholders stand for.
pub const ENMASSE_PREFIX: &str = "Zato_Enmasse_Env_";
/// Silences normal output of the command line.
pub const DONT_SHOW_OUTPUT: &str = "ZATO_CLI_DONT_SHOW_OUTPUT";
/// Suppresses colors.
pub const NO_COLOR: &str = "NO_COLOR";

/// The list behind the constants of this module.
pub const VARIABLES: &[Variable] = &[
    Variable { name: BIND_HOST, since: "3.2", meaning: "overrides the host the server listens on" },
    Variable { name: BIND_PORT, since: "3.2", meaning: "overrides the port the server listens on" },
    Variable { name: WORKERS, since: "3.2", meaning: "overrides the number of worker processes" },
    Variable { name: HOT_DEPLOY_DIR, since: "3.2", meaning: "one more directory to pick services up from" },
    Variable {
        name: HOT_DEPLOY_INTERVAL,
        since: "3.2",
        meaning: "seconds between two looks at pickup directories, where the system sends no notifications",
    },
    Variable {
        name: HOT_DEPLOY_POLL,
        since: "3.2",
        meaning: "poll pickup directories instead of relying on notifications of the system",
    },
    Variable {
        name: HOT_DEPLOY_PATTERNS,
        since: "3.2",
        meaning: "file name patterns picked up from Zato_Hot_Deploy_Dir, separated by commas",
    },
    Variable {
        name: USER_CONF_DIR,
        since: "3.2",
        meaning: "more directories of configuration files that services read, separated by colons",
    },
    Variable { name: LOG_MAX_SIZE, since: "3.2", meaning: "bytes after which server.log is rotated" },
    Variable { name: LOG_BACKUP_COUNT, since: "3.2", meaning: "rotated copies of server.log that are kept" },
    Variable { name: SECRET_KEY, since: "ours", meaning: "the secret key, unless secrets.conf holds it" },
    Variable {
        name: METRICS_PASSWORD,
        since: "4.1",
        meaning: "password of the `metrics` definition when a cluster is created",
    },
    Variable {
        name: SCHEDULER_STATUS,
        since: "3.2",
        meaning: "if it is `paused`, this server runs no jobs unless somebody asks for it",
    },
    Variable {
        name: "Zato_Enmasse_Env_*",
        since: "3.2",
        meaning: "values of enmasse placeholders; the name after `Zato_Enmasse_Env.` is tried as it is first",
    },
    Variable { name: DONT_SHOW_OUTPUT, since: "2.0", meaning: "silences normal output of commands" },
    Variable { name: NO_COLOR, since: "ours", meaning: "suppresses colors on a terminal" },
];

/// Variables as they were at one moment, so that tests and `--env-file` can decide what they are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Takes the variables of this process; those that are not Unicode are left out.
    #[must_use]
    pub fn of_process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        )
    }

    /// Returns the value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Sets a variable, in this copy only.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    /// Names only: values may be secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_listed_once_and_explained() {
        let mut names: Vec<_> = VARIABLES.iter().map(|variable| variable.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(VARIABLES.iter().all(|variable| !variable.meaning.is_empty() && !variable.since.is_empty()));
    }

    #[test]
    fn debug_shows_names_only() {
        let environment: Environment = [("Token", "hunter2")].into_iter().collect();
        assert_eq!(format!("{environment:?}"), r#"{"Token"}"#);
    }
}
