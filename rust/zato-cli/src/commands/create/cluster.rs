//! `zato create cluster CLUSTER_NAME`.

use std::path::Path;

use clap::Args;
use zato_core::Secret;
use zato_store::{Cipher, SecretKey};

use crate::admin;
use crate::commands::{Session, block_on};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::initial::{self, GivenPasswords};
use crate::options::{OdbOptions, TlsOptions};
use crate::store;

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
    let key = arguments.secret_key.as_ref().map(SecretKey::parse).transpose()?;
    if arguments.has_load_balancer() {
        session
            .output
            .line("Options of load-balancer, broker and TLS are accepted and have no effect in this version");
    }
    let (key, is_new) = match key {
        Some(key) => (key, false),
        None => (SecretKey::generate()?, true),
    };
    let given =
        GivenPasswords { admin_invoke: arguments.admin_invoke_password.clone(), ..GivenPasswords::default() };
    let data = initial::data(&given);
    let is_created = block_on(async {
        let store = store::open_file(&path).await?;
        if let Some(existing) = store.cluster().await? {
            let is_same = existing.name == arguments.cluster_name;
            if is_same && arguments.skip_if_exists {
                return Ok(false);
            }
            let message = format!("the config store belongs to cluster `{}` already", existing.name);
            return Err(Failure::new(ExitCode::ClusterNameExists, message)
                .hint("a cluster has a config store of its own; `zato create odb` makes another one"));
        }
        admin::create_cluster(&store, &Cipher::new(&key)?, &arguments.cluster_name, data.objects).await?;
        store.close().await;
        Ok(true)
    })?;
    if !is_created {
        session.output.line(format!("Cluster `{}` exists already", arguments.cluster_name));
        session.output.line("OK");
        return Ok(());
    }
    session.output.line(format!("Cluster `{}` created in `{}`", arguments.cluster_name, path.display()));
    if is_new {
        session.output.line("Secret key, which `zato create server` needs; shown this once");
        session.output.secret_line(&key.to_text(), |key| format!("  {key}"));
    }
    session.output.line("Credentials, shown this once");
    for (user, password) in &data.credentials {
        if user == "admin.invoke" && arguments.admin_invoke_password.is_some() {
            continue;
        }
        session.output.secret_line(password, |password| format!("  {user}: {password}"));
    }
    session.output.line("OK");
    Ok(())
}
