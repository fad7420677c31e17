//! The tree of commands as the parser knows it. Options of a command are in the file of the command.

use clap::{Parser, Subcommand};

use crate::commands::{
    change_password, check_config, component_version, create, crypto, delete, encrypt, enmasse, from_config,
    hot_deploy, info, quickstart, rest_channel, service, start, stop, wait, worker,
};
use crate::options::GlobalOptions;

/// Zato: services in Python, hot-deployed and served by Rust.
#[derive(Debug, Parser)]
#[command(name = "zato", disable_version_flag = true, subcommand_required = true)]
#[command(after_help = "`zato quickstart create DIR` makes an environment, `zato start DIR` starts it.\n\
                        Option names may be written with underscores, as in earlier versions.")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an environment that is ready to start
    Quickstart {
        #[command(subcommand)]
        command: QuickstartCommand,
    },
    /// Make components and security definitions
    Create {
        #[command(subcommand)]
        command: Box<create::CreateCommand>,
    },
    /// Delete security definitions and config stores
    Delete {
        #[command(subcommand)]
        command: delete::DeleteCommand,
    },
    /// Keys
    Crypto {
        #[command(subcommand)]
        command: crypto::CryptoCommand,
    },
    /// Make a REST channel, with credentials if asked for
    CreateRestChannel(rest_channel::CreateArguments),
    /// Delete a REST channel
    DeleteRestChannel(rest_channel::DeleteArguments),
    /// Change the password of a security definition
    ChangePassword(change_password::Arguments),
    /// Import and export objects as YAML or JSON
    Enmasse(Box<enmasse::Arguments>),
    /// Encrypt data with the key of a component
    Encrypt(encrypt::Arguments),
    /// Decrypt data with the key of a component
    Decrypt(encrypt::Arguments),
    /// Start a component, or everything in an environment
    Start(start::Arguments),
    /// Stop a component, or everything in an environment
    Stop(stop::Arguments),
    /// Tell what a component is and how it is doing
    Info(info::Arguments),
    /// Services: list, invoke, deployments, rollback
    Service {
        #[command(subcommand)]
        command: service::ServiceCommand,
    },
    /// Deploy files by copying them into the pickup directory
    HotDeploy(hot_deploy::Arguments),
    /// Wait until a server answers
    Wait(wait::Arguments),
    /// Check whether a server can be started
    CheckConfig(check_config::Arguments),
    /// Print what kind of component a directory is, and its version
    ComponentVersion(component_version::Arguments),
    /// Run a command out of a file written with --store-config
    FromConfig(from_config::Arguments),
    /// One worker process of a server; started by the server itself
    #[command(hide = true)]
    Worker(worker::Arguments),
}

/// Commands below `zato quickstart`.
#[derive(Debug, Subcommand)]
pub(crate) enum QuickstartCommand {
    /// Make an environment that is ready to start
    Create(Box<quickstart::Arguments>),
}
