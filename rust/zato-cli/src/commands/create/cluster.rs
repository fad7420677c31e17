//! `zato create cluster CLUSTER_NAME`.

use std::path::Path;

use clap::Args;
use zato_core::Secret;
use zato_server::api::{Credentials, GivenPasswords, initial_data};
use zato_server::config::{Environment, env};
use zato_store::SecretKey;

use crate::commands::{Session, block_on};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::options::{OdbOptions, TlsOptions};
use crate::{admin, secrets, store};

/// Options of `create cluster`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the cluster
    cluster_name: String,
    #[command(flatten)]
    odb: OdbOptions,
    #[command(flatten)]
    tls: TlsOptions,
    /// Key to encrypt secrets with; a new one is made and printed if it is missing
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    secret_key: Option<Secret>,
    /// Password of user admin.invoke; a random one is made and printed if it is missing
    #[arg(long, value_name = "PASSWORD", alias = "tech-account-password", allow_hyphen_values = true)]
    admin_invoke_password: Option<Secret>,
    /// Do nothing if the config store has a cluster of that name already
    #[arg(long)]
    skip_if_exists: bool,
    /// Host of the load-balancer (accepted, not used by this version)
    #[arg(long, value_name = "HOST", hide_short_help = true)]
    lb_host: Option<String>,
    /// Port of the load-balancer (accepted, not used by this version)
    #[arg(long, value_name = "PORT", hide_short_help = true)]
    lb_port: Option<String>,
    /// Port of the agent of the load-balancer (accepted, not used by this version)
    #[arg(long, value_name = "PORT", hide_short_help = true)]
    lb_agent_port: Option<String>,
    /// Host of the broker of Zato 2.0 (accepted, not used)
    #[arg(long, hide = true)]
    broker_host: Option<String>,
    /// Port of the broker of Zato 2.0 (accepted, not used)
    #[arg(long, hide = true)]
    broker_port: Option<String>,
}

impl Arguments {
    fn has_load_balancer(&self) -> bool {
        [&self.lb_host, &self.lb_port, &self.lb_agent_port, &self.broker_host, &self.broker_port]
            .into_iter()
            .any(Option::is_some)
            || self.tls.is_given()
    }
}

/// Creates the cluster and everything that each cluster has.
pub(crate) fn run(session: &Session<'_>, arguments: &Arguments) -> Outcome {
    let path = arguments.odb.file(Path::new("zato.db"))?;
    let given = arguments.secret_key.as_ref().map(secrets::given_key).transpose()?;
    if arguments.has_load_balancer() {
        session
            .output
            .line("Options of load-balancer, broker and TLS are accepted and have no effect in this version");
    }
    secrets::not_empty(arguments.admin_invoke_password.as_ref(), "--admin-invoke-password")?;
    let passwords = given_passwords(arguments.admin_invoke_password.as_ref(), None);
    let name = &arguments.cluster_name;
    let made = block_on(async {
        let store = store::open_file(&path).await?;
        match store.cluster().await? {
            None => {
                store.create_cluster(name).await?;
            }
            Some(existing) if existing.name == *name && arguments.skip_if_exists => {
                session.output.line(format!("Cluster `{name}` exists already"));
            }
            Some(existing) => {
                let message = format!("the config store belongs to cluster `{}` already", existing.name);
                return Err(Failure::new(ExitCode::ClusterNameExists, message)
                    .hint("a cluster has a config store of its own; `zato create odb` makes another one"));
            }
        }
        if store.revision().await? > 0 && given.is_none() {
            // Whatever is missing could be encrypted with the right key only, which is not here.
            return Ok(None);
        }
        let key = given.clone().map_or_else(SecretKey::generate, Ok)?;
        store::check_key(&store, &key).await?;
        let credentials = initial_data(&admin::api(store.clone(), &key)?, &passwords).await?;
        store.close().await;
        Ok(Some((key, credentials)))
    })?;
    if let Some((key, credentials)) = made {
        session.output.line(format!("Cluster `{name}` created in `{}`", path.display()));
        if given.is_none() {
            session.output.line("Secret key, which `zato create server` needs; shown this once:");
            session.output.secret_line(&key.to_text(), |key| format!("  {key}"));
        }
        tell_credentials(session, "Users and passwords, shown this once:", &credentials, &passwords);
    }
    session.output.line("OK");
    Ok(())
}

/// Passwords that are chosen by options and by the environment.
pub(crate) fn given_passwords(admin_invoke: Option<&Secret>, pubapi: Option<&Secret>) -> GivenPasswords {
    let environment = Environment::of_process();
    let metrics = environment.get(env::METRICS_PASSWORD).filter(|text| !text.is_empty()).map(Secret::from);
    [("admin.invoke", admin_invoke.cloned()), ("pubapi", pubapi.cloned()), ("metrics", metrics)]
        .into_iter()
        .filter_map(|(user, password)| Some((user.to_owned(), password.filter(|text| !text.is_empty())?)))
        .collect()
}

/// Prints users and those passwords that the caller does not know yet.
pub(crate) fn tell_credentials(
    session: &Session<'_>,
    heading: &str,
    credentials: &Credentials,
    known: &GivenPasswords,
) {
    session.output.line(heading);
    for user in &credentials.users {
        if known.contains_key(&user.username) {
            session.output.line(format!("  {}: the one that was given", user.username));
        } else {
            session.output.secret_line(&user.password, |password| format!("  {}: {password}", user.username));
        }
    }
}
