//! Figures for Prometheus.
//!
//! Counters of a channel are looked up once and kept with the compiled channel, so that a request only
//! touches atomics. Every series has a label `worker`; [`merge`] puts the figures of several workers in one
//! text.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use prometheus::{
    Encoder as _, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts,
    Registry, TextEncoder,
};
use zato_core::error::Context as _;
use zato_core::guest::GuestStatistics;
use zato_core::{Error, ErrorKind, Result};

/// Content type of the text format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4";

/// Answers `/metrics` for more than this worker.
pub trait MetricsSource: Send + Sync {
    /// Gathers figures of all workers, for instance by asking the supervisor; `own` is the text of this one.
    fn gather(&self, own: String) -> BoxFuture<'static, String>;
}

/// Figures of one worker.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    request_bytes: IntCounterVec,
    response_bytes: IntCounterVec,
    refused: IntCounterVec,
    pub(crate) connections: IntGauge,
    pub(crate) connections_total: IntCounter,
    guest_queued: IntGauge,
    guest_running: IntGauge,
    guest_threads: IntGauge,
    guest_overdue: IntGauge,
    guest_services: IntGauge,
    guest_refused: IntCounter,
    guest_refused_before: AtomicU64,
}

/// Figures of one channel.
#[derive(Debug)]
pub(crate) struct ChannelMetrics {
    by_class: [IntCounter; 5],
    duration: Histogram,
    request_bytes: IntCounter,
    response_bytes: IntCounter,
}

/// Upper bounds of durations, in seconds: from a service that does nothing to one that waits for others.
const BUCKETS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

impl Metrics {
    /// Makes figures that start from 0, labeled with the number of the worker.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] if two of them have the same name.
    pub fn new(worker_index: usize) -> Result<Self> {
        Self::register(worker_index).context(ErrorKind::Internal, || "could not set up metrics".to_owned())
    }

    fn register(worker_index: usize) -> prometheus::Result<Self> {
        let labels = [("worker".to_owned(), worker_index.to_string())].into();
        let registry = Registry::new_custom(Some("zato".to_owned()), Some(labels))?;
        let counters = |name: &str, help: &str, labels: &[&str]| -> prometheus::Result<IntCounterVec> {
            let counters = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counters.clone()))?;
            Ok(counters)
        };
        let counter = |name: &str, help: &str| -> prometheus::Result<IntCounter> {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauge = |name: &str, help: &str| -> prometheus::Result<IntGauge> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let options =
            HistogramOpts::new("http_request_duration_seconds", "Time from the request to its response.");
        let durations = HistogramVec::new(options.buckets(BUCKETS.to_vec()), &["channel"])?;
        registry.register(Box::new(durations.clone()))?;
        Ok(Self {
            requests: counters(
                "http_requests_total",
                "Requests by class of status.",
                &["channel", "status"],
            )?,
            durations,
            request_bytes: counters("http_request_bytes_total", "Bytes of request bodies.", &["channel"])?,
            response_bytes: counters("http_response_bytes_total", "Bytes of response bodies.", &["channel"])?,
            refused: counters("http_refused_total", "Requests and connections refused.", &["reason"])?,
            connections: gauge("http_connections", "Open connections.")?,
            connections_total: counter("http_connections_total", "Connections accepted.")?,
            guest_queued: gauge("guest_queued", "Invocations waiting for a thread.")?,
            guest_running: gauge("guest_running", "Invocations running.")?,
            guest_threads: gauge("guest_threads", "Threads that run services.")?,
            guest_overdue: gauge("guest_overdue", "Threads held by invocations past their time limit.")?,
            guest_services: gauge("guest_services", "Services deployed.")?,
            guest_refused: counter("guest_refused_total", "Invocations refused because the queue was full.")?,
            guest_refused_before: AtomicU64::new(0),
            registry,
        })
    }

    /// Returns the figures of a channel; the empty name stands for requests without one.
    pub(crate) fn channel(&self, name: &str) -> ChannelMetrics {
        ChannelMetrics {
            by_class: CLASSES.map(|class| self.requests.with_label_values(&[name, class])),
            duration: self.durations.with_label_values(&[name]),
            request_bytes: self.request_bytes.with_label_values(&[name]),
            response_bytes: self.response_bytes.with_label_values(&[name]),
        }
    }

    /// Counts something refused: a violation, a limit.
    pub(crate) fn refuse(&self, reason: &str) {
        self.refused.with_label_values(&[reason]).inc();
    }

    /// Returns all figures in the text format of Prometheus.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] if they cannot be encoded.
    pub fn render(&self, guest: GuestStatistics) -> Result<String> {
        let gauge = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        self.guest_queued.set(gauge(guest.queued));
        self.guest_running.set(gauge(guest.running));
        self.guest_threads.set(gauge(guest.threads));
        self.guest_overdue.set(gauge(guest.overdue));
        self.guest_services.set(gauge(guest.services));
        let before = self.guest_refused_before.swap(guest.refused, Ordering::Relaxed);
        self.guest_refused.inc_by(guest.refused.saturating_sub(before));
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut text)
            .context(ErrorKind::Internal, || "could not encode metrics".to_owned())?;
        String::from_utf8(text)
            .map_err(|error| Error::new(ErrorKind::Internal, "metrics are not text").source(error))
    }
}

impl ChannelMetrics {
    /// Counts a request that was answered.
    pub(crate) fn record(&self, status: u16, duration: Duration, request_bytes: u64, response_bytes: u64) {
        let class = usize::from(status / 100).clamp(1, CLASSES.len()) - 1;
        self.by_class[class].inc();
        self.duration.observe(duration.as_secs_f64());
        self.request_bytes.inc_by(request_bytes);
        self.response_bytes.inc_by(response_bytes);
    }
}

/// Puts texts of several workers in one: the format wants all series of a name together, under one heading.
#[must_use]
pub fn merge(texts: &[String]) -> String {
    let mut families: Vec<(&str, Vec<&str>, Vec<&str>)> = Vec::new();
    for text in texts {
        let mut current = None;
        for line in text.lines().filter(|line| !line.is_empty()) {
            let heading = line.strip_prefix("# HELP ").or_else(|| line.strip_prefix("# TYPE "));
            if let Some(heading) = heading {
                let name = heading.split(' ').next().unwrap_or_default();
                let index = families.iter().position(|family| family.0 == name).unwrap_or_else(|| {
                    families.push((name, Vec::new(), Vec::new()));
                    families.len() - 1
                });
                current = Some(index);
                if !families[index].1.contains(&line) {
                    families[index].1.push(line);
                }
            } else if let Some(index) = current {
                families[index].2.push(line);
            }
        }
    }
    let lines = families.iter().flat_map(|(_, headings, samples)| headings.iter().chain(samples));
    lines.fold(String::new(), |mut text, line| {
        text.push_str(line);
        text.push('\n');
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_what_was_recorded() {
        let metrics = Metrics::new(3).unwrap();
        let channel = metrics.channel("crm.get");
        channel.record(200, Duration::from_millis(2), 10, 20);
        channel.record(503, Duration::from_millis(2), 0, 0);
        metrics.refuse("bare_lf");
        let figures = GuestStatistics { refused: 4, services: 2, overdue: 1, ..Default::default() };
        let text = metrics.render(figures).unwrap();
        for line in [
            r#"zato_http_requests_total{channel="crm.get",status="2xx",worker="3"} 1"#,
            r#"zato_http_requests_total{channel="crm.get",status="5xx",worker="3"} 1"#,
            r#"zato_http_request_duration_seconds_bucket{channel="crm.get",worker="3",le="0.0025"} 2"#,
            r#"zato_http_response_bytes_total{channel="crm.get",worker="3"} 20"#,
            r#"zato_http_refused_total{reason="bare_lf",worker="3"} 1"#,
            r#"zato_guest_refused_total{worker="3"} 4"#,
            r#"zato_guest_services{worker="3"} 2"#,
            r#"zato_guest_overdue{worker="3"} 1"#,
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        let text = metrics.render(GuestStatistics { refused: 5, ..Default::default() }).unwrap();
        assert!(text.contains(r#"zato_guest_refused_total{worker="3"} 5"#));
    }

    #[test]
    fn merging_keeps_families_together() {
        let texts: Vec<_> = (0..2)
            .map(|worker| {
                let metrics = Metrics::new(worker).unwrap();
                metrics.channel("a").record(200, Duration::ZERO, 0, 0);
                metrics.render(GuestStatistics::default()).unwrap()
            })
            .collect();
        let merged = merge(&texts);
        assert_eq!(merged.matches("# TYPE zato_http_connections gauge").count(), 1);
        let lines: Vec<_> = merged.lines().collect();
        let first = lines.iter().position(|line| line.starts_with("zato_http_connections{")).unwrap();
        assert_eq!(lines[first], r#"zato_http_connections{worker="0"} 0"#);
        assert_eq!(lines[first + 1], r#"zato_http_connections{worker="1"} 0"#);
        assert_eq!(merge(&[]), "");
    }
}
