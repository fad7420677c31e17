//! `zato create basic-auth` and `zato create api-key`.

use clap::{ArgAction, Args};
use serde_json::{Map, Value, json};
use zato_connections::{ApiKey, BasicAuth};
use zato_core::Secret;
use zato_schema::Kind;
use zato_server::api::NewObject;

use crate::admin::{Admin, tell_warnings};
use crate::commands::{Session, block_on};
use crate::exit::Outcome;
use crate::options::{ServerOption, parse_flag};
use crate::{secrets, terminal};

/// Options of `create basic-auth`.
#[derive(Debug, Args)]
pub(crate) struct BasicAuthArguments {
    #[command(flatten)]
    server: ServerOption,
    /// Name of the definition
    #[arg(long)]
    name: String,
    /// Username; the name of the definition if it is missing
    #[arg(long)]
    username: Option<String>,
    /// Password; asked for in a terminal, random and printed otherwise
    #[arg(long, allow_hyphen_values = true)]
    password: Option<Secret>,
    /// Realm shown to callers
    #[arg(long)]
    realm: Option<String>,
    /// Whether it is in use
    #[arg(long, value_name = "BOOL", default_value = "true", value_parser = parse_flag, action = ArgAction::Set)]
    is_active: bool,
}

/// Options of `create api-key`.
#[derive(Debug, Args)]
pub(crate) struct ApiKeyArguments {
    #[command(flatten)]
    server: ServerOption,
    /// Name of the definition
    #[arg(long)]
    name: String,
    /// Header that the key is in; X-API-Key if it is missing
    #[arg(long)]
    header: Option<String>,
    /// Accepted for compatibility, has no effect
    #[arg(long, hide_short_help = true)]
    username: Option<String>,
    /// The key itself; asked for in a terminal, random and printed otherwise
    #[arg(long, alias = "key", allow_hyphen_values = true)]
    password: Option<Secret>,
    /// Accepted for compatibility, has no effect
    #[arg(long, hide = true)]
    realm: Option<String>,
    /// Whether it is in use
    #[arg(long, value_name = "BOOL", default_value = "true", value_parser = parse_flag, action = ArgAction::Set)]
    is_active: bool,
}

/// Makes a Basic Auth definition.
pub(crate) fn create_basic_auth(session: &Session<'_>, arguments: &BasicAuthArguments) -> Outcome {
    let mut spec = Map::new();
    let username = arguments.username.as_ref().unwrap_or(&arguments.name);
    spec.insert("username".to_owned(), json!(username));
    spec.extend(arguments.realm.as_ref().map(|realm| ("realm".to_owned(), json!(realm))));
    create(
        session,
        &arguments.server,
        object(BasicAuth::ID, &arguments.name, arguments.is_active, spec),
        arguments.password.as_ref(),
    )
}

/// Makes an API key.
pub(crate) fn create_api_key(session: &Session<'_>, arguments: &ApiKeyArguments) -> Outcome {
    let mut spec = Map::new();
    spec.extend(arguments.header.as_ref().map(|header| ("header".to_owned(), json!(header))));
    create(
        session,
        &arguments.server,
        object(ApiKey::ID, &arguments.name, arguments.is_active, spec),
        arguments.password.as_ref(),
    )
}

fn object(kind: &str, name: &str, is_active: bool, spec: Map<String, Value>) -> NewObject {
    NewObject { kind: kind.to_owned(), name: name.to_owned(), is_active, spec: Value::Object(spec) }
}

/// Creates the definition and prints it; a password that was made here is part of what is printed.
fn create(
    session: &Session<'_>,
    server: &ServerOption,
    object: NewObject,
    password: Option<&Secret>,
) -> Outcome {
    let mut object = object;
    let asked = match secrets::not_empty(password, "--password")? {
        Some(password) => password.clone(),
        None if terminal::is_interactive() => {
            terminal::ask_for_secret("Password (empty for a random one)", "--password")?
        }
        None => Secret::default(),
    };
    let mut shown = Map::from_iter([("name".to_owned(), json!(object.name))]);
    shown.extend(object.spec.as_object().cloned().unwrap_or_default());
    if !asked.is_empty() {
        object.spec["password"] = json!(asked.expose());
    }
    let reason = format!("zato create {}", object.name);
    let (written, live) = block_on(async {
        let admin = Admin::open(&server.resolve()?, &reason).await?;
        let written = admin.api().create(vec![object]).await?;
        let live = admin.make_live(written.revision).await?;
        Ok((written, live))
    })?;
    tell_warnings(&session.output, &written.warnings);
    shown.insert("id".to_owned(), json!(written.objects.first().map(|object| object.id)));
    let mut redacted = shown.clone();
    for generated in &written.generated {
        redacted.insert(generated.field.clone(), json!("******"));
        shown.insert(generated.field.clone(), json!(generated.secret.expose()));
    }
    let text = |fields| format!("{:#}", Value::Object(fields));
    session.output.secret_data(&text(shown), &text(redacted));
    session.output.note(live);
    Ok(())
}
