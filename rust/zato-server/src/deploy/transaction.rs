//! Prepares a deployment in every worker and puts it in force in all of them or in none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use zato_core::guest::{PreparedUnit, ServiceInfo, Unit, UnitChanges};
use zato_core::{Error, ErrorKind, Problem, Result};

use super::read::UnreadableUnit;
use super::record::{self, Records};
use super::trial::refusal;
use super::verdict::{Verdict, judge};
use crate::control::{Order, Prepared, Restored};
use crate::supervisor::fleet::Fleet;
use crate::supervisor::seat::Member;

/// How long a worker may go on saying nothing after the time for an import, or for putting units in force.
pub(super) const ANSWER_GRACE: Duration = Duration::from_secs(10);

/// How many units of a deployment may each cost a worker, or an attempt, until the rest is given up.
const COLLAPSES: u32 = 16;

/// A deployment on its way through the workers.
#[derive(Debug)]
pub(super) struct Transaction<'t> {
    pub(super) fleet: &'t Arc<Fleet>,
    pub(super) records: &'t Records,
    /// Where workers note which unit they import.
    pub(super) import_notes: &'t Path,
    /// Number of the deployment in the store; a negative one for a check.
    pub(super) deployment: i64,
    /// How long the import of one unit may take.
    pub(super) import_limit: Duration,
    /// Whether units that import a changed one change with it.
    pub(super) includes_dependants: bool,
}

/// What workers have imported aside.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Everything that was prepared, with services, dependants included.
    pub(super) prepared: BTreeMap<String, PreparedUnit>,
    /// Keys that may come in force.
    pub(super) accepted: BTreeSet<String>,
    /// Units that failed, and why.
    pub(super) failed: BTreeMap<String, Vec<Problem>>,
    /// Workers that have prepared all of it.
    crew: Vec<Member>,
}

/// What a worker did with a deployment in force.
#[derive(Debug)]
pub(super) struct Acknowledgement {
    pub(super) worker: usize,
    pub(super) outcome: Result<()>,
}

impl Transaction<'_> {
    /// Imports all units aside in every worker. First one worker tries: should an import hang, or crash the
    /// process, the others go on as if nothing had happened.
    pub(super) async fn prepare(&self, changes: &UnitChanges) -> Outcome {
        let mut outcome = Outcome::default();
        let mut remaining = changes.clone();
        let (mut collapses, mut seat) = (0, None);
        while !(remaining.put.is_empty() && remaining.delete.is_empty()) {
            outcome.prepared.clear();
            let (first, prepared) = match self.prepare_on_one(&remaining, seat).await {
                Ok(answer) => answer,
                Err(collapse) => {
                    outcome.crew.clear();
                    collapses += 1;
                    let (culprits, problem, next) = if collapses < COLLAPSES {
                        self.culprits(&remaining, collapse).await
                    } else {
                        (remaining.put.clone(), collapse.problem, None)
                    };
                    if culprits.is_empty() {
                        return outcome;
                    }
                    outcome.fail_all(&culprits, &problem);
                    remaining.put.retain(|unit| culprits.iter().all(|culprit| culprit.key != unit.key));
                    seat = next;
                    continue;
                }
            };
            let mut verdict = self.judge(&remaining.put, &prepared, &mut outcome);
            outcome.crew = vec![first];
            let has_work = !verdict.accepted.is_empty() || !remaining.delete.is_empty();
            if has_work && !verdict.is_mixed {
                let accepted = only(&remaining, |unit| verdict.accepted.contains(&unit.key));
                let (crew, prepared) = self.prepare_on_rest(&outcome.crew, &accepted).await;
                outcome.crew.extend(crew);
                let rest = self.judge(&accepted.put, &prepared, &mut outcome);
                verdict.is_mixed |= rest.is_mixed;
                verdict.accepted.retain(|key| rest.accepted.contains(key) || outcome.crew.len() == 1);
                verdict.failed.extend(rest.failed);
            }
            let has_failed = !verdict.failed.is_empty();
            remaining.put.retain(|unit| !verdict.failed.contains_key(&unit.key));
            for (key, problems) in verdict.failed {
                outcome.failed.entry(key).or_default().extend(problems);
            }
            if !verdict.is_mixed || !has_failed {
                outcome.accepted = verdict.accepted;
                break;
            }
        }
        outcome
    }

    fn judge(&self, wanted: &[Unit], prepared: &[Vec<PreparedUnit>], outcome: &mut Outcome) -> Verdict {
        let wanted: BTreeSet<String> = wanted.iter().map(|unit| unit.key.clone()).collect();
        let mut whole = Verdict { accepted: BTreeSet::new(), ..Verdict::default() };
        for (position, units) in prepared.iter().enumerate() {
            let units: Vec<PreparedUnit> = units
                .iter()
                .filter(|unit| self.includes_dependants || wanted.contains(&unit.key))
                .cloned()
                .collect();
            let verdict = judge(&wanted, &units);
            if position == 0 {
                whole.accepted = verdict.accepted;
            } else {
                whole.accepted.retain(|key| verdict.accepted.contains(key));
            }
            for (key, problems) in verdict.failed {
                // Workers usually say the same; each thing is told once.
                let known = whole.failed.entry(key).or_default();
                let new: Vec<Problem> =
                    problems.into_iter().filter(|problem| !known.contains(problem)).collect();
                known.extend(new);
            }
            whole.is_mixed |= verdict.is_mixed;
            outcome.prepared.extend(units.into_iter().map(|unit| (unit.key.clone(), unit)));
        }
        whole.accepted.retain(|key| !whole.failed.contains_key(key));
        whole
    }

    /// Prepares in all workers but those that have. One that ends meanwhile is left out: it starts with what is in
    /// force by then.
    async fn prepare_on_rest(
        &self,
        done: &[Member],
        changes: &UnitChanges,
    ) -> (Vec<Member>, Vec<Vec<PreparedUnit>>) {
        let rest = self
            .fleet
            .members()
            .into_iter()
            .filter(|member| done.iter().all(|one| one.index != member.index));
        let preparing = rest.map(|member| async move {
            match self.ask_to_prepare(&member, changes).await {
                Ok(prepared) => Some((member, prepared.units)),
                Err(_) if member.is_gone() => None,
                Err(error) => {
                    let units = Prepared::refused(changes, &refusal(&member, &error)).units;
                    Some((member, units))
                }
            }
        });
        join_all(preparing).await.into_iter().flatten().unzip()
    }

    pub(super) async fn ask_to_prepare(&self, member: &Member, changes: &UnitChanges) -> Result<Prepared> {
        let limit = u64::try_from(self.import_limit.as_millis()).unwrap_or(u64::MAX);
        let order = Order::Prepare { deployment: self.deployment, changes: changes.clone(), limit };
        // The limit is for one unit, the worker watches over it; this is for a worker that does not.
        let units = u32::try_from(changes.put.len().max(1)).unwrap_or(u32::MAX);
        let patience = self.import_limit.saturating_mul(units).saturating_add(ANSWER_GRACE);
        match tokio::time::timeout(patience, member.peer.ask(&order)).await {
            Ok(answer) => answer,
            Err(_) => {
                self.fleet.kill_member(member, "it does not answer while units are imported");
                Err(Error::new(ErrorKind::Timeout, format!("worker {} does not answer", member.index)))
            }
        }
    }

    /// Puts accepted units in force. To be called once they are in the store, as nothing can take them back from
    /// then on: a worker that does not do as it is told loads what is in the store, or is restarted.
    pub(super) async fn commit(&self, outcome: &Outcome) -> Vec<Acknowledgement> {
        let (epoch, members) = self.fleet.begin_epoch();
        let committing = members.into_iter().map(|member| async move {
            let has_prepared =
                outcome.crew.iter().any(|one| one.index == member.index && one.start == member.start);
            let mut done = Err(Error::new(ErrorKind::Deploy, "it joined later"));
            if has_prepared {
                let units = outcome.accepted.iter().cloned().collect();
                let order = Order::Commit { deployment: self.deployment, units, epoch };
                done = limited(member.peer.ask::<Vec<ServiceInfo>>(&order)).await.map(drop);
            }
            match &done {
                Ok(()) => self.fleet.note_epoch(&member, epoch),
                Err(error) => {
                    let number = self.deployment;
                    tracing::debug!(%error, "worker {} loads deployment {number} from the store", member.index);
                    done = catch_up(self.fleet, self.records, &member, epoch).await;
                }
            }
            Acknowledgement { worker: member.index, outcome: done }
        });
        join_all(committing).await
    }

    /// Forgets what was prepared.
    pub(super) async fn abort(&self, outcome: &Outcome) {
        let order = Order::Abort { deployment: self.deployment };
        let aborting = outcome.crew.iter().map(|member| limited(member.peer.ask::<()>(&order)));
        for result in join_all(aborting).await {
            if let Err(error) = result {
                tracing::debug!(%error, "a worker could not forget deployment {}", self.deployment);
            }
        }
    }
}

impl Outcome {
    /// Adds units that no worker was asked about, as their files cannot be read.
    pub(super) fn note_unreadable(&mut self, unreadable: &[UnreadableUnit]) {
        for UnreadableUnit { unit, problems } in unreadable {
            self.failed.insert(unit.key.clone(), problems.clone());
        }
    }

    fn fail_all(&mut self, units: &[Unit], problem: &Problem) {
        for unit in units {
            let location = unit.files.first().map(|file| file.location.display().to_string());
            let problem = Problem { file: location, ..problem.clone() };
            self.failed.entry(unit.key.clone()).or_default().push(problem);
        }
    }
}

/// Makes a worker load what is in force according to the store; one that cannot is restarted.
pub(super) async fn catch_up(
    fleet: &Arc<Fleet>,
    records: &Records,
    member: &Member,
    epoch: u64,
) -> Result<()> {
    match limited(member.peer.ask::<Restored>(&Order::CatchUp { epoch })).await {
        Ok(restored) => {
            fleet.note_epoch(member, epoch);
            record::log_not_loaded(records, member.index, &restored.units);
            let failed: Vec<&str> = restored
                .units
                .iter()
                .filter(|unit| !unit.problems.is_empty())
                .map(|unit| unit.key.as_str())
                .collect();
            if failed.is_empty() {
                return Ok(());
            }
            Err(Error::new(ErrorKind::Deploy, format!("it could not load {}", failed.join(", "))))
        }
        Err(error) => {
            if !member.is_gone() {
                fleet.recycle(member, &format!("it could not load what is in force: {error}"));
            }
            Err(error)
        }
    }
}

async fn limited<T>(asking: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(ANSWER_GRACE, asking).await.unwrap_or_else(|_| {
        let message = format!("it did not answer within {} s", ANSWER_GRACE.as_secs());
        Err(Error::new(ErrorKind::Timeout, message))
    })
}

fn only(changes: &UnitChanges, is_wanted: impl Fn(&Unit) -> bool) -> UnitChanges {
    let put = changes.put.iter().filter(|unit| is_wanted(unit)).cloned().collect();
    UnitChanges { put, delete: changes.delete.clone() }
}
