//! `zato._core`: the only place where Rust and Python meet.
//!
//! Invariants: no other crate knows Python; tokio threads never hold the interpreter's lock; services run on the
//! executor's threads, which keep one thread state for life.

use pyo3::prelude::*;

mod administration;
mod asyncio;
mod call;
mod channel;
mod configured;
mod definitions;
mod deploy;
mod entry;
mod entry_point;
mod errors;
mod exit;
mod fork;
mod gate;
mod greenlets;
mod guest;
mod history;
mod http_request;
mod in_process;
mod invoke;
mod io;
mod job;
mod json;
mod logging;
mod outgoing;
mod pace;
mod params;
mod python;
mod request;
mod response;
mod run;
mod schema;
mod secrets;
mod service;
mod shared;
mod stacks;
mod stream;
mod watchdog;
mod wsgi;

/// Requests are made on the I/O thread and dropped on threads that run services, which is what the system's
/// allocator is slowest at. Python keeps its own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Native part of Zato; `python/zato/_core.pyi` describes it.
#[pymodule(gil_used = false)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<service::Service>()?;
    module.add_class::<request::Request>()?;
    module.add_class::<http_request::HttpRequestData>()?;
    module.add_class::<response::Response>()?;
    module.add_class::<io::payload::Payload>()?;
    module.add_class::<io::input_element::InputElement>()?;
    module.add_class::<channel::Channel>()?;
    module.add_class::<channel::ChannelSecurity>()?;
    module.add_class::<asyncio::Completion>()?;
    module.add_class::<outgoing::RestConnection>()?;
    module.add_class::<outgoing::HttpCall>()?;
    module.add_class::<outgoing::HttpAnswer>()?;
    module.add_function(wrap_pyfunction!(outgoing::rest_connection, module)?)?;
    module.add_function(wrap_pyfunction!(outgoing::rest_connection_names, module)?)?;
    module.add_class::<shared::cache::Cache>()?;
    module.add_class::<shared::lock::PendingLock>()?;
    module.add_function(wrap_pyfunction!(shared::lock::acquire_lock, module)?)?;
    module.add_function(wrap_pyfunction!(shared::lock::release_lock, module)?)?;
    module.add_class::<in_process::InProcess>()?;
    module.add_class::<in_process::AsyncInvocation>()?;
    module.add_function(wrap_pyfunction!(entry_point::main, module)?)?;
    module.add_function(wrap_pyfunction!(logging::log, module)?)?;
    module.add_function(wrap_pyfunction!(logging::log_enabled, module)?)?;
    module.add_function(wrap_pyfunction!(logging::is_secret_name, module)?)?;
    module.add_function(wrap_pyfunction!(logging::without_secrets, module)?)?;
    module.add_function(wrap_pyfunction!(logging::current_cid, module)?)?;
    module.add_function(wrap_pyfunction!(logging::new_cid, module)?)?;
    module.add_function(wrap_pyfunction!(guest::server_facts, module)?)?;
    module.add_function(wrap_pyfunction!(definitions::definitions, module)?)?;
    module.add_function(wrap_pyfunction!(invoke::server_invoke, module)?)?;
    module.add_function(wrap_pyfunction!(invoke::server_invoke_async, module)?)?;
    module.add_function(wrap_pyfunction!(administration::administer, module)?)?;
    module.add_function(wrap_pyfunction!(invoke::service_name, module)?)?;
    module.add_function(wrap_pyfunction!(secrets::encrypt_text, module)?)?;
    module.add_function(wrap_pyfunction!(secrets::fernet_encrypt, module)?)?;
    module.add_function(wrap_pyfunction!(secrets::decrypt, module)?)?;
    module.add_function(wrap_pyfunction!(secrets::is_encrypted, module)?)?;
    module.add_function(wrap_pyfunction!(secrets::hash_secret, module)?)?;
    module.add_function(wrap_pyfunction!(secrets::verify_hash, module)?)?;
    module.add_function(wrap_pyfunction!(configured::configuration_revision, module)?)?;
    module.add_function(wrap_pyfunction!(configured::cluster, module)?)?;
    module.add_function(wrap_pyfunction!(configured::list_objects, module)?)?;
    module.add_function(wrap_pyfunction!(configured::list_services, module)?)?;
    module.add_function(wrap_pyfunction!(fork::after_in_child, module)?)?;
    module.add_function(wrap_pyfunction!(greenlets::watch_greenlets, module)?)?;
    module.add_function(wrap_pyfunction!(entry::check_description, module)?)?;
    Ok(())
}
