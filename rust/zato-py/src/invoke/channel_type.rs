//! The channels that calls between services come through.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use zato_core::invocation::{ChannelInfo, DataFormat};

/// Constants of `CHANNEL` (reference service-api 1.9).
const TYPES: [&str; 33] = [
    "invoke",
    "invoke-async",
    "invoke-async-callback",
    "scheduler",
    "scheduler-after-one-time",
    "fanout-call",
    "fanout-on-target",
    "fanout-on-final",
    "parallel-exec-call",
    "parallel-exec-on-target",
    "publish",
    "startup-service",
    "worker",
    "new-instance",
    "service",
    "amqp",
    "http-soap",
    "zmq",
    "websphere-mq",
    "web-socket",
    "ipc",
    "json-rpc",
    "audit",
    "delivery",
    "hl7-mllp",
    "internal-check",
    "jms-wmq",
    "notifier-run",
    "notifier-target",
    "sso-user",
    "stomp",
    "url-data",
    "parallel-exec-on_target",
];

/// Names that services may make up. They are kept for as long as the process lives, so there is an end to them.
const MOST_OWN: usize = 256;

/// Returns the channel of calls between services whose type is this one: a `CHANNEL` constant, or a name that services
/// made up.
///
/// # Errors
/// Raises `ValueError` if services made up too many names.
pub(crate) fn channel_info(channel_type: &str) -> PyResult<Arc<ChannelInfo>> {
    static KNOWN: OnceLock<Vec<Arc<ChannelInfo>>> = OnceLock::new();
    static OWN: Mutex<Vec<Arc<ChannelInfo>>> = Mutex::new(Vec::new());
    let known = KNOWN.get_or_init(|| TYPES.into_iter().map(new_channel).collect());
    let find = |channels: &[Arc<ChannelInfo>]| {
        channels.iter().find(|channel| channel.channel_type == channel_type).cloned()
    };
    if let Some(channel) = find(known) {
        return Ok(channel);
    }
    let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(channel) = find(&own) {
        return Ok(channel);
    }
    if own.len() >= MOST_OWN {
        return Err(PyValueError::new_err(format!(
            "channel `{channel_type}` is unknown, and {MOST_OWN} names have been made up already; use one of the \
             constants of zato.common.api.CHANNEL"
        )));
    }
    let channel = new_channel(String::leak(channel_type.to_owned()));
    own.push(channel.clone());
    Ok(channel)
}

fn new_channel(channel_type: &'static str) -> Arc<ChannelInfo> {
    Arc::new(ChannelInfo { channel_type, data_format: DataFormat::Dict, ..ChannelInfo::default() })
}
