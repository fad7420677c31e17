//! `zato create-rest-channel` and `zato delete-rest-channel` (reference operations 1.4).

use clap::{ArgAction, Args};
use serde_json::{Map, Value, json};
use zato_connections::{ApiKey, BasicAuth, RestChannel};
use zato_core::Secret;
use zato_schema::Kind;
use zato_server::api::NewObject;

use super::{Session, block_on, delete};
use crate::admin::{Admin, tell_warnings};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::options::{ServerOption, parse_flag};

/// Options of `delete-rest-channel`.
pub(crate) type DeleteArguments = delete::ObjectArguments;

/// Options of `create-rest-channel`.
#[derive(Debug, Args)]
pub(crate) struct CreateArguments {
    #[command(flatten)]
    server: ServerOption,
    /// Name of the channel
    #[arg(long)]
    name: String,
    /// Whether it is in use
    #[arg(long, value_name = "BOOL", default_value = "true", value_parser = parse_flag, action = ArgAction::Set)]
    is_active: bool,
    /// URL path, with parameters in braces; `/` and the name if it is missing
    #[arg(long, value_name = "PATH")]
    url_path: Option<String>,
    /// Service that handles requests; may be deployed later
    #[arg(long)]
    service: String,
    /// The only HTTP method it takes; all if it is missing
    #[arg(long)]
    method: Option<String>,
    /// Data format, for instance json
    #[arg(long, value_name = "FORMAT")]
    data_format: Option<String>,
    /// Guard it with Basic Auth: "user, password", or true for random ones
    #[arg(long, value_name = "USER,PASSWORD", conflicts_with = "api_key", num_args = 0..=1, default_missing_value = "true")]
    basic_auth: Option<Secret>,
    /// Guard it with an API key: "header, key", or true for a random one in X-API-Key
    #[arg(long, value_name = "HEADER,KEY", num_args = 0..=1, default_missing_value = "true")]
    api_key: Option<Secret>,
    /// Requests to keep in the audit log (accepted, not used by this version)
    #[arg(long, value_name = "N", hide_short_help = true)]
    store_requests: Option<u32>,
    /// Responses to keep in the audit log (accepted, not used by this version)
    #[arg(long, value_name = "N", hide_short_help = true)]
    store_responses: Option<u32>,
    /// Bytes of each request to keep (accepted, not used by this version)
    #[arg(long, value_name = "BYTES", hide_short_help = true)]
    max_bytes_requests: Option<u32>,
    /// Bytes of each response to keep (accepted, not used by this version)
    #[arg(long, value_name = "BYTES", hide_short_help = true)]
    max_bytes_responses: Option<u32>,
}

/// A definition made along with a channel.
struct Guard {
    kind: &'static str,
    /// Its fields, without the password.
    fields: Map<String, Value>,
    /// Nothing for a random one.
    password: Option<Secret>,
}

/// Creates the channel, and the definition that guards it if asked for, in one step.
pub(crate) fn create(session: &Session<'_>, arguments: &CreateArguments) -> Outcome {
    let url_path = arguments.url_path.clone().unwrap_or_else(|| format!("/{}", arguments.name));
    let mut spec = Map::from_iter([
        ("url_path".to_owned(), json!(url_path)),
        ("service".to_owned(), json!(arguments.service)),
    ]);
    spec.extend(arguments.method.as_ref().map(|method| ("method".to_owned(), json!(method.to_uppercase()))));
    spec.extend(arguments.data_format.as_ref().map(|format| ("data_format".to_owned(), json!(format))));
    let guard = guard(arguments)?;
    let mut objects = Vec::new();
    if let Some(guard) = &guard {
        // Named like the channel, so that whoever deletes one finds the other.
        spec.insert("security".to_owned(), json!(arguments.name));
        let mut fields = guard.fields.clone();
        fields.extend(
            guard.password.as_ref().map(|password| ("password".to_owned(), json!(password.expose()))),
        );
        objects.push(NewObject {
            kind: guard.kind.to_owned(),
            name: arguments.name.clone(),
            is_active: true,
            spec: Value::Object(fields),
        });
    }
    objects.push(NewObject {
        kind: RestChannel::ID.to_owned(),
        name: arguments.name.clone(),
        is_active: arguments.is_active,
        spec: Value::Object(spec),
    });
    let (written, live) = block_on(async {
        let admin = Admin::open(&arguments.server.resolve()?, "zato create-rest-channel").await?;
        let written = admin.knowing_services().await?.create(objects).await?;
        let live = admin.make_live(written.revision).await?;
        Ok((written, live))
    })?;
    tell_warnings(&session.output, &written.warnings);
    let channel = written.objects.iter().find(|object| object.kind == RestChannel::ID);
    let mut shown = Map::from_iter([
        ("id".to_owned(), json!(channel.map(|channel| channel.id))),
        ("name".to_owned(), json!(arguments.name)),
        ("url_path".to_owned(), json!(url_path)),
        ("service".to_owned(), json!(arguments.service)),
    ]);
    let mut redacted = shown.clone();
    if let Some(guard) = guard {
        let field = if guard.kind == ApiKey::ID { "key" } else { "password" };
        let generated = written.generated.into_iter().next().map(|generated| generated.secret);
        let password = guard.password.or(generated).unwrap_or_default();
        redacted.extend(guard.fields.clone());
        redacted.insert(field.to_owned(), json!("******"));
        shown.extend(guard.fields);
        shown.insert(field.to_owned(), json!(password.expose()));
    }
    session
        .output
        .secret_data(&format!("{:#}", Value::Object(shown)), &format!("{:#}", Value::Object(redacted)));
    session.output.note(live);
    let keeps_messages = [
        arguments.store_requests,
        arguments.store_responses,
        arguments.max_bytes_requests,
        arguments.max_bytes_responses,
    ];
    if keeps_messages.iter().any(Option::is_some) {
        session.output.note("Options of the audit log are accepted and have no effect in this version");
    }
    Ok(())
}

/// Deletes the channel.
pub(crate) fn delete(session: &Session<'_>, arguments: &DeleteArguments) -> Outcome {
    delete::object(session, arguments, RestChannel::ID)
}

fn guard(arguments: &CreateArguments) -> Outcome<Option<Guard>> {
    if let Some(given) = &arguments.basic_auth {
        let (username, password) = pair(given, "--basic-auth", &arguments.name)?;
        let fields = Map::from_iter([("username".to_owned(), json!(username))]);
        return Ok(Some(Guard { kind: BasicAuth::ID, fields, password }));
    }
    if let Some(given) = &arguments.api_key {
        let (header, password) = pair(given, "--api-key", "X-API-Key")?;
        let fields = Map::from_iter([("header".to_owned(), json!(header))]);
        return Ok(Some(Guard { kind: ApiKey::ID, fields, password }));
    }
    Ok(None)
}

/// Reads `first, second`; `true` means the default and something random.
fn pair(given: &Secret, option: &str, default: &str) -> Outcome<(String, Option<Secret>)> {
    if given.expose().trim().eq_ignore_ascii_case("true") {
        return Ok((default.to_owned(), None));
    }
    let parts = given.expose().split_once(',').map(|(first, second)| (first.trim(), second.trim()));
    match parts {
        Some((first, second)) if !first.is_empty() && !second.is_empty() => {
            Ok((first.to_owned(), Some(Secret::new(second))))
        }
        _ => Err(Failure::new(
            ExitCode::InvalidInput,
            format!("what {option} was given is not two values and a comma"),
        )
        .hint(format!("write {option} \"{default}, secret\", or {option} true for something random"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_given_or_random() {
        let (user, password) = pair(&Secret::new("someone, some, pw"), "--basic-auth", "x").unwrap();
        assert_eq!((user.as_str(), password), ("someone", Some(Secret::new("some, pw"))));
        assert_eq!(pair(&Secret::new("True"), "--basic-auth", "x").unwrap(), ("x".to_owned(), None));
    }

    #[test]
    fn a_refused_pair_is_not_repeated() {
        let failure = pair(&Secret::new("hunter2"), "--basic-auth", "x").unwrap_err();
        assert_eq!(failure.code, ExitCode::InvalidInput);
        assert!(!failure.error.report().contains("hunter2"));
    }
}
