//! Runs of jobs in this worker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt as _;
use zato_core::Cid;
use zato_core::guest::Guest;
use zato_core::invocation::{
    Body, ChannelInfo, DataFormat, Failure, FailureKind, Invocation, Outcome, Reply,
};
use zato_store::RunOutcome;

use crate::control::{JobOrder, JobReport};

/// Channel type that services see (reference service-api 1.9).
const CHANNEL_TYPE: &str = "scheduler";

/// Invokes the service of a job and waits until it is done. What goes wrong is told in the log here, with the
/// traceback; the supervisor records the outcome.
pub(super) async fn run(guest: &dyn Guest, order: JobOrder) -> JobReport {
    let (reply, receiver) = Reply::channel();
    let JobOrder { id, name, service, job_type, extra, cid, limit } = order;
    let cid = Cid::parse(&cid).unwrap_or_default();
    let now = Instant::now();
    guest.submit(Invocation {
        cid,
        service: Arc::from(service.as_str()),
        channel: Arc::new(ChannelInfo {
            id,
            name: name.clone(),
            channel_type: CHANNEL_TYPE,
            data_format: DataFormat::Dict,
            job_type: job_type.as_str(),
            ..ChannelInfo::default()
        }),
        security: None,
        http: None,
        body: Bytes::from(extra),
        received: now,
        deadline: limit.and_then(|limit| now.checked_add(Duration::from_millis(limit))),
        reply,
    });
    // The I/O thread, which else wakes services up, may sleep.
    guest.on_io_park();
    let outcome = match receiver.await {
        Ok(Outcome::Response(response)) => consume(response.body).await,
        Ok(Outcome::Failure(failure)) => Err(*failure),
        Err(_) => Err(Failure::new(FailureKind::Lost, "the run ended without an outcome")),
    };
    match outcome {
        Ok(()) => JobReport { outcome: RunOutcome::Ok, detail: String::new() },
        Err(failure) => {
            let traceback = failure.traceback.as_deref().map(|text| format!("\n{text}")).unwrap_or_default();
            tracing::error!(
                target: "zato",
                %cid,
                "Job `{name}` failed, service `{service}`: {}{traceback}", failure.message,
            );
            let outcome = match failure.kind {
                FailureKind::Timeout => RunOutcome::Timeout,
                _ => RunOutcome::Error,
            };
            JobReport { outcome, detail: failure.message }
        }
    }
}

/// Reads a response to its end: what a service goes on to produce is part of its run.
async fn consume(body: Body) -> Result<(), Failure> {
    if let Body::Stream(mut pieces) = body {
        while let Some(piece) = pieces.next().await {
            piece.map_err(|error| Failure::new(FailureKind::Exception, error.to_string()))?;
        }
    }
    Ok(())
}
