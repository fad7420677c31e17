//! Imports units aside, and gives up on imports that do not end.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use zato_core::guest::{Guest, PreparedUnit, UnitChanges};
use zato_core::{Problem, Result};

/// How often to look which unit is being imported.
const LOOK: Duration = Duration::from_millis(100);

/// How long a guest may take to forget an import that hangs.
const ABORT_LIMIT: Duration = Duration::from_secs(1);

/// Imports units aside. A unit whose import takes longer than the limit fails, and the others are imported again
/// without it.
///
/// # Errors
/// Whatever the guest says about the deployment as a whole.
pub(super) async fn prepare(
    guest: &dyn Guest,
    deployment: i64,
    mut changes: UnitChanges,
    limit: Duration,
) -> Result<Vec<PreparedUnit>> {
    let mut hanging: Vec<PreparedUnit> = Vec::new();
    loop {
        let outcome = watched(guest, deployment, &changes, limit).await;
        let culprit = match outcome {
            Ok(units) => {
                return units.map(|mut units| {
                    units.append(&mut hanging);
                    units
                });
            }
            Err(culprit) => culprit,
        };
        if let Err(error) = abort(guest, deployment).await {
            tracing::warn!(%error, "the guest could not forget an import that hangs");
        }
        let known = culprit.filter(|key| changes.put.iter().any(|unit| unit.key == *key));
        let is_hanging = |key: &String| known.as_ref().is_none_or(|known| known == key);
        let keys: Vec<String> = changes.put.iter().map(|unit| unit.key.clone()).filter(is_hanging).collect();
        hanging.extend(keys.iter().map(|key| timed_out(&changes, key, keys.len(), limit)));
        changes.put.retain(|unit| !keys.contains(&unit.key));
        if changes.put.is_empty() && changes.delete.is_empty() {
            return Ok(hanging);
        }
    }
}

/// Makes the guest forget a deployment.
///
/// # Errors
/// Whatever the guest says.
pub(super) async fn abort(guest: &dyn Guest, deployment: i64) -> Result<()> {
    // An import that hangs may keep the guest from answering; the next one replaces it anyway.
    timeout(ABORT_LIMIT, guest.abort(deployment)).await.unwrap_or_else(|_| {
        tracing::warn!("the guest does not let go of an import that hangs");
        Ok(())
    })
}

/// Gives what the guest says, or the key of the unit whose import hangs, if the guest knows it.
async fn watched(
    guest: &dyn Guest,
    deployment: i64,
    changes: &UnitChanges,
    limit: Duration,
) -> Result<Result<Vec<PreparedUnit>>, Option<String>> {
    let preparing = guest.prepare(deployment, changes.clone());
    tokio::pin!(preparing);
    let mut looks = interval(LOOK.min(limit));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut current = None;
    let mut since = Instant::now();
    loop {
        tokio::select! {
            biased;
            units = &mut preparing => return Ok(units),
            _ = looks.tick() => {}
        }
        let now = guest.preparing();
        if now != current {
            current = now;
            since = Instant::now();
        } else if since.elapsed() >= limit {
            return Err(current);
        }
    }
}

fn timed_out(changes: &UnitChanges, key: &str, suspects: usize, limit: Duration) -> PreparedUnit {
    let location = changes.put.iter().find(|unit| unit.key == key).and_then(|unit| unit.files.first());
    let seconds = limit.as_secs_f64();
    let message = match suspects {
        1 => format!("its import did not end within {seconds} s"),
        others => {
            format!("the import of {others} units did not end within {seconds} s, and it is one of them")
        }
    };
    let mut problem = Problem::new(message).hint(
        "keep work that waits out of the module itself, for instance connections to other systems; \
         or raise import_timeout in stanza [hot_deploy] of server.conf",
    );
    problem.file = location.map(|file| file.location.display().to_string());
    PreparedUnit { key: key.to_owned(), problems: vec![problem], ..PreparedUnit::default() }
}
