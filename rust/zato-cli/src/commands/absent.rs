//! Commands of earlier versions that this one does not have yet: they are refused by name, not faked.

use crate::exit::{ExitCode, Failure};

/// First words of such commands, and what they are about.
const ABSENT: [(&[&str], &str); 23] = [
    (&["create", "load-balancer"], "the load-balancer"),
    (&["create", "web-admin"], "the web admin"),
    (&["create", "scheduler"], "the scheduler"),
    (&["create", "user"], "the web admin"),
    (&["create", "wsx-channel"], "WebSocket channels"),
    (&["create", "wsx-outconn"], "WebSocket connections"),
    (&["create-wsx-channel"], "WebSocket channels"),
    (&["delete-wsx-channel"], "WebSocket channels"),
    (&["create-wsx-outconn"], "WebSocket connections"),
    (&["delete-wsx-outconn"], "WebSocket connections"),
    (&["ca"], "the certificate authority"),
    (&["cache"], "caches"),
    (&["pubsub"], "publish/subscribe"),
    (&["sso"], "single sign-on"),
    (&["hl7"], "HL7"),
    (&["analytics"], "analytics"),
    (&["apispec"], "API documentation"),
    (&["openapi"], "API documentation"),
    (&["hash"], "password hashing"),
    (&["update"], "the web admin"),
    (&["migrate"], "migrations"),
    (&["set-ide-password"], "the IDE endpoint"),
    (&["reset-totp-key"], "the web admin"),
];

/// If the words name a command that earlier versions had, says that it is not here.
pub(crate) fn explain(words: &[String]) -> Option<Failure> {
    let plain: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| !word.starts_with('-')).take(2).collect();
    let (command, about) = ABSENT.into_iter().find(|(command, _)| plain.starts_with(command))?;
    let message = format!("`zato {}` is not part of this version", command.join(" "));
    Some(
        Failure::new(ExitCode::InvalidInput, message).hint(format!("this version does not have {about} yet")),
    )
}
