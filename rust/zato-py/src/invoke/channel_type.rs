//! The channels that calls between services come through.

use std::sync::{Arc, OnceLock};

use zato_core::invocation::{ChannelInfo, DataFormat};

/// Channel of calls between services; the type is one of the `CHANNEL` constants.
pub(super) fn channel_info(channel_type: &str) -> Arc<ChannelInfo> {
    const TYPES: [&str; 22] = [
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
    ];
    static CHANNELS: OnceLock<Vec<Arc<ChannelInfo>>> = OnceLock::new();
    let channels = CHANNELS.get_or_init(|| {
        let channel = |channel_type: &'static str| {
            Arc::new(ChannelInfo { channel_type, data_format: DataFormat::Dict, ..ChannelInfo::default() })
        };
        TYPES.into_iter().map(channel).collect()
    });
    let index = TYPES.iter().position(|known| *known == channel_type).unwrap_or(0);
    channels[index].clone()
}
