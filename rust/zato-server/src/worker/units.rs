//! The units that are in force in this worker.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use zato_core::guest::{Guest, PreparedUnit, ServiceInfo, Unit, UnitChanges};
use zato_core::{Error, ErrorKind, Result};
use zato_store::Store;

use super::import;
use crate::config::deploy_patterns::DeployPatterns;
use crate::config::options::HotDeployOptions;

/// Number under which units are loaded that no deployment of this moment is about.
const RELOAD: i64 = 0;

/// Loads units into the guest.
pub(super) struct Units {
    guest: Arc<dyn Guest>,
    store: Store,
    /// How long the import of one unit may take.
    import_limit: Duration,
    /// What may be imported at all.
    allowed: DeployPatterns,
    /// One deployment at a time.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Modules that are found by their names and have not been loaded yet.
    installed: Vec<Unit>,
    /// Hash of each unit in force.
    in_force: HashMap<String, String>,
    /// The deployment that is prepared.
    prepared: Option<(i64, UnitChanges)>,
}

impl Units {
    pub(super) fn new(guest: Arc<dyn Guest>, store: Store, options: &HotDeployOptions) -> Self {
        let (installed, _) = options.installed_units();
        Self {
            guest,
            store,
            import_limit: options.import_timeout,
            allowed: options.allowed.clone(),
            state: Mutex::new(State { installed, ..State::default() }),
        }
    }

    /// Imports units aside.
    pub(super) async fn prepare(
        &self,
        deployment: i64,
        changes: UnitChanges,
        limit: Duration,
    ) -> Result<Vec<PreparedUnit>> {
        let mut state = self.state.lock().await;
        state.prepared = None;
        let units = import::prepare(&*self.guest, deployment, changes.clone(), limit).await?;
        state.prepared = Some((deployment, changes));
        Ok(units)
    }

    /// Puts prepared units in force.
    pub(super) async fn commit(&self, deployment: i64, units: Vec<String>) -> Result<Vec<ServiceInfo>> {
        let mut state = self.state.lock().await;
        let changes = match state.prepared.take() {
            Some((prepared, changes)) if prepared == deployment => changes,
            _ => {
                let message = format!("deployment {deployment} is not the one that is prepared");
                return Err(Error::new(ErrorKind::Conflict, message));
            }
        };
        let services = self.guest.commit(deployment, units.clone()).await?;
        state.note(&changes, &units);
        Ok(services)
    }

    /// Forgets what is prepared.
    pub(super) async fn abort(&self, deployment: i64) -> Result<()> {
        self.state.lock().await.prepared.take_if(|(prepared, _)| *prepared == deployment);
        // The next deployment does not wait for this, should the guest be stuck in an import that hangs.
        import::abort(&*self.guest, deployment).await
    }

    /// Loads what is in force according to the store, as far as it is not loaded yet. Gives what became of each
    /// unit; those with problems are not in force here.
    pub(super) async fn reload(&self) -> Result<Vec<PreparedUnit>> {
        let mut state = self.state.lock().await;
        state.prepared = None;
        let mut current = self.store.current_units().await?;
        // Another server of the cluster, or this one before its configuration changed, may have let it through.
        current.retain(|unit| self.allowed.allows_unit(unit));
        let is_current = |key: &String| current.iter().any(|unit| unit.key == *key);
        let delete = state.in_force.keys().filter(|key| !is_current(key)).cloned().collect();
        // They come first, so that what is hot-deployed under the same names wins, and only once: they never change.
        let mut put = std::mem::take(&mut state.installed);
        put.extend(current.into_iter().filter(|unit| state.in_force.get(&unit.key) != Some(&unit.hash)));
        let changes = UnitChanges { put, delete };
        if changes.put.is_empty() && changes.delete.is_empty() {
            return Ok(Vec::new());
        }
        let prepared = import::prepare(&*self.guest, RELOAD, changes.clone(), self.import_limit).await?;
        let accepted: Vec<String> =
            prepared.iter().filter(|unit| unit.problems.is_empty()).map(|unit| unit.key.clone()).collect();
        self.guest.commit(RELOAD, accepted.clone()).await?;
        state.note(&changes, &accepted);
        Ok(prepared)
    }
}

impl State {
    fn note(&mut self, changes: &UnitChanges, accepted: &[String]) {
        for key in &changes.delete {
            self.in_force.remove(key);
        }
        // Installed modules stay whatever the store says.
        let stored = changes.put.iter().filter(|unit| !unit.files.is_empty());
        for unit in stored.filter(|unit| accepted.contains(&unit.key)) {
            self.in_force.insert(unit.key.clone(), unit.hash.clone());
        }
    }
}
