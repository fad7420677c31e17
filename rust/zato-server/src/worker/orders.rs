//! What the supervisor orders a worker to do.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zato_core::guest::{Guest, UserConfiguration};
use zato_core::{Error, ErrorKind, Result};
use zato_http::State;

use super::configuration::Configuration;
use super::job;
use super::units::Units;
use crate::control::{Incoming, Order, Prepared, Restored};
use crate::logging::{self, Level};

/// Everything that orders are about; complete once the guest is made.
pub(super) struct Engine {
    pub(super) guest: Arc<dyn Guest>,
    pub(super) configuration: Configuration,
    pub(super) units: Units,
    pub(super) state: Arc<State>,
    /// Version of the configuration files of users in force.
    pub(super) user_configuration: AtomicU64,
}

/// Carries out orders until the connection ends. Runs of jobs count as tasks of `jobs` until they are answered.
pub(super) async fn follow(
    mut orders: mpsc::Receiver<Incoming>,
    engine: Arc<OnceLock<Engine>>,
    drain: CancellationToken,
    jobs: TaskTracker,
) {
    while let Some(order) = orders.recv().await {
        let (engine, drain) = (Arc::clone(&engine), drain.clone());
        let question = order.question::<Order>();
        let token = matches!(question, Ok(Order::RunJob(_))).then(|| jobs.token());
        tokio::spawn(async move {
            let outcome = match question {
                Ok(question) => take(question, &engine, &drain).await,
                Err(error) => Err(error),
            };
            order.answer(outcome);
            drop(token);
        });
    }
}

async fn take(order: Order, engine: &OnceLock<Engine>, drain: &CancellationToken) -> Result<Value> {
    match order {
        Order::Drain => {
            drain.cancel();
            return json(());
        }
        Order::LogLevel { logger, level } => {
            let level = level.as_deref().map(|text| {
                Level::parse(text)
                    .ok_or_else(|| Error::new(ErrorKind::Invalid, format!("there is no log level `{text}`")))
            });
            return json(logging::set_level(&logger, level.transpose()?)?);
        }
        _ => {}
    }
    let Some(engine) = engine.get() else {
        return Err(Error::new(ErrorKind::Conflict, "the worker is still starting"));
    };
    match order {
        Order::Prepare { deployment, changes, limit } => {
            let units = engine.units.prepare(deployment, changes, Duration::from_millis(limit)).await?;
            json(Prepared { units })
        }
        Order::Commit { deployment, units, .. } => json(engine.units.commit(deployment, units).await?),
        Order::Abort { deployment } => json(engine.units.abort(deployment).await?),
        Order::CatchUp { epoch } => json(engine.restore(epoch).await?),
        Order::Sync { revision } => json(engine.configuration.sync(revision, &*engine.guest).await?),
        Order::RunJob(order) => json(job::run(&*engine.guest, order).await),
        Order::UserConfiguration { configuration } => json(engine.configure_user(configuration).await?),
        Order::Services => json(engine.guest.services()),
        Order::Statistics => json(engine.guest.statistics()),
        Order::Metrics => json(engine.state.metrics.render(engine.guest.statistics())?),
        Order::LogLevel { .. } | Order::Drain => json(()),
    }
}

impl Engine {
    /// Loads what is in force according to the store.
    pub(super) async fn restore(&self, epoch: u64) -> Result<Restored> {
        let units = self.units.reload().await?;
        let user_configuration = self.user_configuration.load(Ordering::SeqCst);
        Ok(Restored { epoch, revision: self.configuration.revision(), units, user_configuration })
    }

    /// Puts configuration files of users in force.
    pub(super) async fn configure_user(&self, configuration: UserConfiguration) -> Result<()> {
        let version = configuration.version;
        self.guest.configure_user(Arc::new(configuration)).await?;
        self.user_configuration.fetch_max(version, Ordering::SeqCst);
        Ok(())
    }
}

fn json(answer: impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(answer)
        .map_err(|error| Error::new(ErrorKind::Internal, "could not encode an answer").source(error))
}
