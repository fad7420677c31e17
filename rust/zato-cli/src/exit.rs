//! Exit codes, and the error that carries one.

use zato_core::{Error, ErrorKind};

/// Exit codes of the command line (reference operations 1.2). Scripts rely on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything was done.
    Ok = 0,
    /// The config store exists already.
    OdbExists = 1,
    /// A file that was named does not exist.
    FileMissing = 2,
    /// The path is not a component.
    NotAComponent = 3,
    /// There is no config store.
    NoOdbFound = 4,
    /// The directory has to be empty and is not.
    DirectoryNotEmpty = 5,
    /// A cluster of that name exists.
    ClusterNameExists = 6,
    /// A server of that name exists.
    ServerNameExists = 7,
    /// There is no such cluster.
    NoSuchCluster = 8,
    /// The component is running.
    AlreadyRunning = 9,
    /// The component is not running: it has no pidfile.
    NoPidFound = 10,
    /// No such user of the web admin.
    NoSuchWebAdminUser = 11,
    /// There is nothing to work on.
    NoInput = 12,
    /// Options contradict each other.
    ConflictingOptions = 13,
    /// Options that say what to do are missing.
    NoOptions = 14,
    /// The input cannot be accepted.
    InvalidInput = 15,
    /// An error that has no code of its own.
    ExceptionCaught = 16,
    /// A migration is not possible.
    CannotMigrate = 17,
    /// The component did not start.
    FailedToStart = 18,
    /// There is a pidfile that does not belong to a running component of ours.
    FoundPidfile = 19,
    /// The user exists.
    UserExists = 20,
    /// Objects or files do not pass validation.
    ValidationError = 21,
    /// No such SSO user.
    NoSuchSsoUser = 22,
    /// The path is not a server.
    NotAServer = 23,
    /// The path is not a web admin.
    NotAWebAdmin = 24,
    /// The path is not a load-balancer.
    NotALoadBalancer = 25,
    /// The path is not a scheduler.
    NotAScheduler = 26,
    /// No such key in the cache.
    CacheKeyNotFound = 27,
    /// The server did not answer in time.
    ServerTimeout = 28,
    /// A parameter is missing.
    ParameterMissing = 29,
    /// The path is not a file.
    NotAFile = 30,
    /// No such path.
    NoSuchPath = 31,
    /// A worker that will not start however often it is tried; only the supervisor sees it.
    WorkerUnable = zato_server::worker::EXIT_UNABLE,
}

impl ExitCode {
    /// Returns the number given to the operating system.
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }
}

/// Why a command failed, and the code it exits with.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The code.
    pub(crate) code: ExitCode,
    /// The reason, with the way out.
    pub(crate) error: Error,
}

/// What commands return.
pub(crate) type Outcome<T = ()> = std::result::Result<T, Failure>;

impl Failure {
    /// Makes a failure whose message is a lower-case sentence without a full stop.
    pub(crate) fn new(code: ExitCode, message: impl Into<String>) -> Self {
        let kind = match code {
            ExitCode::FileMissing
            | ExitCode::NoOdbFound
            | ExitCode::NoSuchCluster
            | ExitCode::NoPidFound
            | ExitCode::NoSuchPath => ErrorKind::NotFound,
            ExitCode::OdbExists
            | ExitCode::ClusterNameExists
            | ExitCode::ServerNameExists
            | ExitCode::AlreadyRunning
            | ExitCode::FoundPidfile
            | ExitCode::UserExists => ErrorKind::Conflict,
            ExitCode::ExceptionCaught => ErrorKind::Internal,
            ExitCode::FailedToStart => ErrorKind::Io,
            ExitCode::ServerTimeout => ErrorKind::Timeout,
            _ => ErrorKind::Invalid,
        };
        Self { code, error: Error::new(kind, message) }
    }

    /// Says what the user can do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.error = self.error.hint(hint);
        self
    }
}

impl From<Error> for Failure {
    /// Picks the code by the class of the error; what has no code of its own exits with 16.
    fn from(error: Error) -> Self {
        let code = match error.kind() {
            ErrorKind::Invalid if !error.problems().is_empty() => ExitCode::ValidationError,
            ErrorKind::Invalid => ExitCode::InvalidInput,
            ErrorKind::Timeout => ExitCode::ServerTimeout,
            _ => ExitCode::ExceptionCaught,
        };
        Self { code, error }
    }
}

/// Gives an error the exit code it should have in this place.
pub(crate) trait WithCode<T> {
    /// Wraps the error, if there is one.
    fn exit_with(self, code: ExitCode) -> Outcome<T>;
}

impl<T> WithCode<T> for zato_core::Result<T> {
    fn exit_with(self, code: ExitCode) -> Outcome<T> {
        self.map_err(|error| Failure { code, error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_documented_numbers() {
        assert_eq!(ExitCode::Ok.number(), 0);
        assert_eq!(ExitCode::DirectoryNotEmpty.number(), 5);
        assert_eq!(ExitCode::AlreadyRunning.number(), 9);
        assert_eq!(ExitCode::ExceptionCaught.number(), 16);
        assert_eq!(ExitCode::FailedToStart.number(), 18);
        assert_eq!(ExitCode::ValidationError.number(), 21);
        assert_eq!(ExitCode::ServerTimeout.number(), 28);
        assert_eq!(ExitCode::NoSuchPath.number(), 31);
    }

    #[test]
    fn validation_problems_exit_with_21() {
        let error = Error::from_problems("bad", vec![zato_core::Problem::new("worse")]);
        assert_eq!(Failure::from(error).code, ExitCode::ValidationError);
    }
}
