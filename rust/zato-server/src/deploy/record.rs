//! What is in force, what failed, and how both are told to people.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use jiff::Timestamp;
use parking_lot::Mutex;
use zato_core::Problem;
use zato_core::guest::{PreparedUnit, ServiceInfo, Unit};
use zato_store::UnitVersion;

use crate::control::{DeploymentReport, UnitFailure, UnitReport};

/// Units by key, as the supervisor knows them.
#[derive(Debug, Default)]
pub(crate) struct Records(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Hash of the version in force of each unit.
    in_force: BTreeMap<String, String>,
    failures: BTreeMap<String, Failure>,
    /// Keys of modules that workers find by their names, and whether people were told that they are loaded.
    installed: BTreeMap<String, bool>,
    latest: Option<i64>,
    /// Deployments of this server since its start.
    own: BTreeSet<i64>,
}

#[derive(Debug)]
struct Failure {
    told: UnitFailure,
    noted_at: Instant,
    /// The sources that failed, to be tried again when something they may have needed is deployed.
    unit: Option<Unit>,
}

impl Records {
    /// Begins with what the store says is in force, and with modules that are not in the store.
    pub(crate) fn new(versions: &[UnitVersion], installed: &[Unit]) -> Self {
        let records = Self::default();
        records.replace(versions);
        records.0.lock().installed = installed.iter().map(|unit| (unit.key.clone(), false)).collect();
        records
    }

    /// Takes over what the store says is in force.
    pub(super) fn replace(&self, versions: &[UnitVersion]) {
        let in_force =
            versions.iter().filter_map(|version| Some((version.key.clone(), version.hash.clone()?)));
        self.0.lock().in_force = in_force.collect();
    }

    /// Takes note that a deployment is one of this server.
    pub(super) fn note_own(&self, deployment: i64) {
        self.0.lock().own.insert(deployment);
    }

    /// Whether a deployment is one of this server.
    pub(super) fn is_own(&self, deployment: i64) -> bool {
        self.0.lock().own.contains(&deployment)
    }

    /// How many units are in force.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().in_force.len()
    }

    /// The latest finished deployment since the start.
    pub(crate) fn latest(&self) -> Option<i64> {
        self.0.lock().latest
    }

    /// Hash of the version in force.
    pub(super) fn hash_in_force(&self, key: &str) -> Option<String> {
        self.0.lock().in_force.get(key).cloned()
    }

    /// Keys of the units in force.
    pub(super) fn keys_in_force(&self) -> Vec<String> {
        self.0.lock().in_force.keys().cloned().collect()
    }

    /// Whether this very version is in force, and the latest that was tried.
    pub(super) fn is_in_force(&self, unit: &Unit) -> bool {
        let state = self.0.lock();
        let has_failed = state.failures.get(&unit.key).is_some_and(|failure| failure.told.hash == unit.hash);
        !has_failed && state.in_force.get(&unit.key) == Some(&unit.hash)
    }

    /// Units whose latest version failed, sorted by key.
    pub(crate) fn failures(&self) -> Vec<UnitFailure> {
        self.0.lock().failures.values().map(|failure| failure.told.clone()).collect()
    }

    /// Takes out the units whose very version has failed since then, and gives what was said about them: nothing can
    /// have changed.
    pub(super) fn failed_since(&self, units: &mut Vec<Unit>, since: Instant) -> Vec<UnitFailure> {
        let state = self.0.lock();
        let mut failed = Vec::new();
        units.retain(|unit| {
            let is_same = |failure: &&Failure| failure.told.hash == unit.hash && failure.noted_at >= since;
            let known = state.failures.get(&unit.key).filter(is_same);
            failed.extend(known.map(|failure| failure.told.clone()));
            known.is_none()
        });
        failed
    }

    /// Forgets a failure; gives whether there was one.
    pub(super) fn forget_failure(&self, key: &str) -> bool {
        self.0.lock().failures.remove(key).is_some()
    }

    /// Units that failed and may do better along with these: their problems mention one of them.
    pub(super) fn related_failures(&self, units: &[Unit]) -> Vec<Unit> {
        let state = self.0.lock();
        let failed = state.failures.values().filter_map(|failure| {
            let unit =
                failure.unit.as_ref().filter(|unit| units.iter().all(|other| other.key != unit.key))?;
            let mentions = |problem: &Problem| units.iter().any(|other| is_mentioned(other, problem));
            failure.told.problems.iter().any(mentions).then(|| unit.clone())
        });
        failed.collect()
    }

    /// Takes note of a finished deployment. `units` are those it wanted to put in force.
    pub(super) fn note(&self, deployment: i64, units: &[Unit], report: &DeploymentReport) {
        let mut state = self.0.lock();
        state.latest = Some(deployment);
        for key in &report.deleted {
            state.in_force.remove(key);
            state.failures.remove(key);
        }
        for told in report.units.iter().filter(|told| !told.is_dependant) {
            if told.problems.is_empty() {
                state.in_force.insert(told.key.clone(), told.hash.clone());
                state.failures.remove(&told.key);
            } else {
                let failure = Failure {
                    told: failure(told, Some(deployment)),
                    noted_at: Instant::now(),
                    unit: units.iter().find(|unit| unit.key == told.key).cloned(),
                };
                state.failures.insert(told.key.clone(), failure);
            }
        }
    }

    /// Takes note of units in force that a worker could not load; gives those that nobody said so about before.
    fn note_not_loaded<'u>(&self, units: &'u [PreparedUnit]) -> Vec<&'u PreparedUnit> {
        let mut state = self.0.lock();
        let mut new = Vec::new();
        for unit in units.iter().filter(|unit| !unit.problems.is_empty()) {
            let is_installed = state.installed.contains_key(&unit.key);
            let hash = state.in_force.get(&unit.key).cloned().or(is_installed.then(String::new));
            let Some(hash) = hash else { continue };
            let report = UnitReport {
                key: unit.key.clone(),
                hash,
                problems: unit.problems.clone(),
                ..UnitReport::default()
            };
            let told = failure(&report, None);
            let is_known =
                state.failures.get(&unit.key).is_some_and(|known| known.told.problems == told.problems);
            if !is_known {
                state
                    .failures
                    .insert(unit.key.clone(), Failure { told, noted_at: Instant::now(), unit: None });
                new.push(unit);
            }
        }
        new
    }
}

impl Records {
    /// Takes note of installed modules that a worker has loaded; gives those that people were not told about yet.
    fn note_installed<'u>(&self, units: &'u [PreparedUnit]) -> Vec<&'u PreparedUnit> {
        let mut state = self.0.lock();
        let mut new = Vec::new();
        for unit in units.iter().filter(|unit| unit.problems.is_empty()) {
            let Some(is_told) = state.installed.get_mut(&unit.key) else { continue };
            if !std::mem::replace(is_told, true) {
                new.push(unit);
            }
            state.failures.remove(&unit.key);
        }
        new
    }
}

fn failure(told: &UnitReport, deployment: Option<i64>) -> UnitFailure {
    UnitFailure {
        key: told.key.clone(),
        hash: told.hash.clone(),
        deployment,
        at: Timestamp::now(),
        problems: told.problems.clone(),
    }
}

/// Whether a problem names a unit, by its module or one of its files.
fn is_mentioned(unit: &Unit, problem: &Problem) -> bool {
    let in_file = |file: &str| unit.files.iter().any(|source| source.location.to_string_lossy() == file);
    problem.file.as_deref().is_some_and(in_file)
        || contains_word(&problem.message, &unit.key)
        || contains_word(&problem.message, &unit.module)
}

fn contains_word(text: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

/// Writes what became of a deployment to the log (reference operations 6.4).
pub(super) fn log(report: &DeploymentReport, workers: usize, was_in_force: &[String]) {
    let number = report.deployment.map_or_else(String::new, |number| format!("deployment {number}, "));
    let plural = if workers == 1 { "" } else { "s" };
    let suffix = format!("({number}{workers} worker{plural}, {} ms)", report.milliseconds);
    for unit in &report.units {
        let key = &unit.key;
        if !unit.problems.is_empty() {
            let kept = if was_in_force.contains(key) {
                "the previous version stays in force"
            } else {
                "it is not in force"
            };
            let problems: Vec<String> =
                unit.problems.iter().map(|problem| format!("\n  {problem}")).collect();
            tracing::error!(target: "zato", "Could not deploy `{key}`, {kept} {suffix}{}", problems.concat());
            continue;
        }
        let what = name_all(&unit.services);
        let verb = if unit.is_dependant { "Deployed again, as it imports what changed," } else { "Deployed" };
        tracing::info!(target: "zato", "{verb} `{key}`, {what} {suffix}");
    }
    for key in &report.deleted {
        tracing::info!(target: "zato", "Undeployed `{key}` {suffix}");
    }
}

fn name_all(services: &[ServiceInfo]) -> String {
    let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
    match names.as_slice() {
        [] => "no services in it".to_owned(),
        [one] => format!("1 service: {one}"),
        many => format!("{} services: {}", many.len(), many.join(", ")),
    }
}

/// Writes to the log which modules of service-sources.txt are loaded; once, whatever other workers say.
pub(crate) fn log_installed(records: &Records, units: &[PreparedUnit]) {
    for unit in records.note_installed(units) {
        tracing::info!(target: "zato", "Deployed `{}`, {}", unit.key, name_all(&unit.services));
    }
}

/// Writes to the log which units in force a worker could not load; once, whatever other workers say.
pub(crate) fn log_not_loaded(records: &Records, worker: usize, units: &[PreparedUnit]) {
    for unit in records.note_not_loaded(units) {
        let problems: Vec<String> = unit.problems.iter().map(|problem| format!("\n  {problem}")).collect();
        tracing::error!(target: "zato", "`{}` could not be loaded by worker {worker}{}", unit.key, problems.concat());
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use zato_core::guest::SourceFile;

    use super::*;

    fn unit(key: &str, module: &str) -> Unit {
        Unit {
            key: key.to_owned(),
            module: module.to_owned(),
            is_package: false,
            is_internal: false,
            files: vec![SourceFile {
                path: key.to_owned(),
                location: PathBuf::from("/in").join(key),
                content: String::new(),
            }],
            hash: format!("hash of {key}"),
        }
    }

    fn report(key: &str, problem: Option<Problem>) -> DeploymentReport {
        let unit = UnitReport {
            key: key.to_owned(),
            hash: format!("hash of {key}"),
            problems: problem.into_iter().collect(),
            ..UnitReport::default()
        };
        DeploymentReport { units: vec![unit], ..DeploymentReport::default() }
    }

    #[test]
    fn a_failed_unit_is_tried_again_with_what_it_names() {
        let records = Records::default();
        let crm = unit("crm.py", "crm");
        let problem = Problem::new("ModuleNotFoundError: No module named 'base'");
        records.note(1, std::slice::from_ref(&crm), &report("crm.py", Some(problem)));
        assert!(records.related_failures(&[unit("other.py", "other")]).is_empty());
        assert!(records.related_failures(&[unit("ase.py", "ase")]).is_empty());
        assert_eq!(records.related_failures(&[unit("base.py", "base")]), std::slice::from_ref(&crm));
        assert!(records.related_failures(&[unit("base.py", "base"), crm.clone()]).is_empty());
        records.note(2, std::slice::from_ref(&crm), &report("crm.py", None));
        assert!(records.failures().is_empty());
        assert!(records.is_in_force(&crm));
    }

    #[test]
    fn a_unit_that_workers_could_not_load_is_not_as_good_as_in_force() {
        let records = Records::default();
        let crm = unit("crm.py", "crm");
        records.note(1, std::slice::from_ref(&crm), &report("crm.py", None));
        let prepared = PreparedUnit {
            key: "crm.py".to_owned(),
            problems: vec![Problem::new("no library")],
            ..PreparedUnit::default()
        };
        assert_eq!(records.note_not_loaded(std::slice::from_ref(&prepared)).len(), 1);
        assert!(
            records.note_not_loaded(std::slice::from_ref(&prepared)).is_empty(),
            "the second worker says the same"
        );
        assert!(!records.is_in_force(&crm));
        assert_eq!(records.failures()[0].problems[0].message, "no library");
    }
}
