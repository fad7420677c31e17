//! What services may ask of the server they run in: configuration, and jobs to run now.

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Result;

/// Answers questions about configuration, and changes it, on behalf of services. Implemented by the worker.
pub trait Administration: Send + Sync {
    /// Carries a request out; may be called from any thread. Changes are in force on all workers of the server when it is
    /// answered.
    fn carry_out(&self, request: AdministrationRequest) -> BoxFuture<'static, Result<Value>>;
}

/// A request and who makes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdministrationRequest {
    /// Who asks; the history of objects tells.
    pub actor: String,
    /// Correlation ID of the invocation that asks; the history of objects tells.
    pub cid: String,
    /// What is asked for.
    pub operation: AdministrationTask,
}

/// What can be asked for. Objects are answered as maps of `id`, `kind`, `name`, `is_active`, `spec`, `revision`,
/// `updated_by` and `updated_at`; secrets are never among them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AdministrationTask {
    /// Gives the objects of a kind, sorted by name.
    List {
        /// For instance `channel.rest`.
        kind: String,
    },
    /// Creates an object and gives it.
    Create {
        /// For instance `channel.rest`.
        kind: String,
        /// Its name.
        name: String,
        /// Whether it is in use.
        is_active: bool,
        /// Its fields, secrets in clear.
        spec: Value,
    },
    /// Changes fields of an object and gives it; those that are null go back to their defaults.
    Edit {
        /// For instance `channel.rest`.
        kind: String,
        /// Its name.
        name: String,
        /// Its new name, if it is to have one.
        #[serde(default)]
        new_name: Option<String>,
        /// Fields to change; `is_active` may be among them.
        changes: Map<String, Value>,
    },
    /// Deletes an object that no other refers to.
    Delete {
        /// For instance `channel.rest`.
        kind: String,
        /// Its name.
        name: String,
    },
    /// Runs a job now; gives its `id` and `name`, and the `cid` of the run.
    ExecuteJob {
        /// Name of the job.
        name: String,
    },
}
