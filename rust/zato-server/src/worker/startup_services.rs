//! Services that are invoked when a worker has started (reference operations 4.1, `[startup_services_*]`).

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use zato_core::Cid;
use zato_core::guest::Guest;
use zato_core::invocation::{ChannelInfo, Failure, FailureKind, Invocation, Outcome, Reply};

use crate::config::ServerOptions;
use crate::config::options::{StartupPayload, StartupService};

/// Channel type that such services see.
const CHANNEL_TYPE: &str = "startup-service";

/// Queues the services of this worker, those of the first worker in that one only.
pub(super) fn invoke(server: &ServerOptions, index: usize, guest: &dyn Guest) {
    let first = if index == 0 { server.startup_services_first_worker.as_slice() } else { &[] };
    for service in first.iter().chain(&server.startup_services_any_worker) {
        if !guest.has_service(&service.name) {
            tracing::warn!(target: "zato", "Start-up service `{}` is not deployed, it was not invoked", service.name);
            continue;
        }
        match payload(service) {
            Ok(body) => submit(guest, &service.name, body),
            Err(error) => tracing::error!(
                target: "zato",
                "Start-up service `{}` was not invoked, its payload could not be read: {error}",
                service.name,
            ),
        }
    }
    // The I/O thread, which else wakes services up, may sleep already.
    guest.on_io_park();
}

/// Queues one service; a failure of it is told in the log, as nobody waits for an answer.
fn submit(guest: &dyn Guest, name: &str, body: Bytes) {
    let (reply, receiver) = Reply::channel();
    let cid = Cid::new();
    guest.submit(Invocation {
        cid,
        service: Arc::from(name),
        channel: Arc::new(ChannelInfo { channel_type: CHANNEL_TYPE, ..ChannelInfo::default() }),
        security: None,
        http: None,
        body,
        received: Instant::now(),
        deadline: None,
        reply,
    });
    let name = name.to_owned();
    tokio::spawn(async move {
        let failure = match receiver.await {
            Ok(Outcome::Response(_)) => return,
            Ok(Outcome::Failure(failure)) => *failure,
            Err(_) => Failure::new(FailureKind::Lost, "it ended without an outcome"),
        };
        let traceback = failure.traceback.as_deref().map(|text| format!("\n{text}")).unwrap_or_default();
        tracing::error!(target: "zato", %cid, "Start-up service `{name}` failed: {}{traceback}", failure.message);
    });
}

fn payload(service: &StartupService) -> std::io::Result<Bytes> {
    match &service.payload {
        StartupPayload::Text(text) => Ok(Bytes::from(text.clone())),
        StartupPayload::File(path) => std::fs::read(path).map(Bytes::from),
    }
}
