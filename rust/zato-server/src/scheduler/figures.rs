//! Figures of jobs for Prometheus.

use prometheus::{
    Encoder as _, Histogram, HistogramOpts, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};
use zato_core::error::Context as _;
use zato_core::{ErrorKind, Result};
use zato_store::RunOutcome;

/// Upper bounds of times, in seconds; those of 4.1.
const BUCKETS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Figures since the server was started.
#[derive(Debug)]
pub(super) struct Figures {
    registry: Registry,
    pub(super) jobs: IntGauge,
    runs: IntCounterVec,
    pub(super) lateness: Histogram,
    pub(super) durations: Histogram,
}

impl Figures {
    /// Makes figures that start from 0.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] if two of them have the same name.
    pub(super) fn new() -> Result<Self> {
        Self::register().context(ErrorKind::Internal, || "could not set up metrics of jobs".to_owned())
    }

    fn register() -> prometheus::Result<Self> {
        let registry = Registry::new_custom(Some("zato_scheduler".to_owned()), None)?;
        let jobs = IntGauge::new("jobs", "Jobs that have a run to come.")?;
        registry.register(Box::new(jobs.clone()))?;
        let runs = IntCounterVec::new(
            Opts::new("runs_total", "Runs of jobs by what became of them."),
            &["outcome"],
        )?;
        registry.register(Box::new(runs.clone()))?;
        let histogram = |name: &str, help: &str| -> prometheus::Result<Histogram> {
            let histogram = Histogram::with_opts(HistogramOpts::new(name, help).buckets(BUCKETS.to_vec()))?;
            registry.register(Box::new(histogram.clone()))?;
            Ok(histogram)
        };
        let lateness = histogram("lateness_seconds", "How much later than scheduled runs began.")?;
        let durations = histogram("run_duration_seconds", "How long runs took.")?;
        Ok(Self { jobs, runs, lateness, durations, registry })
    }

    /// Counts a run that has ended.
    pub(super) fn count(&self, outcome: RunOutcome) {
        self.runs.with_label_values(&[outcome.as_str()]).inc();
    }

    /// Returns the text format.
    pub(super) fn render(&self) -> String {
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::warn!(%error, "metrics of jobs could not be written");
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}
