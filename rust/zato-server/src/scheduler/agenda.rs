//! Which jobs there are, and when each runs next.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use zato_connections::SchedulerJob;
use zato_connections::scheduler::job::{JobType, OnOverlap};
use zato_core::Problem;
use zato_scheduler::{Firing, Missed, Planner};
use zato_schema::{Kind, decode};
use zato_store::{Changes, Claim, LastFiring, Object};

use super::JobKey;

/// A firing that comes up later than this, because the machine or the process was suspended or its clock was set, is one
/// that was missed.
const MISSED_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// A job as it is in force.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: i64,
    pub(super) revision: i64,
    pub(super) name: String,
    pub(super) is_active: bool,
    pub(super) config: SchedulerJob,
    planner: Planner,
    written: Timestamp,
}

/// A run that is due.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub(super) job: Arc<Job>,
    pub(super) firing: Firing,
}

/// Jobs and their next runs.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// Revision of the store that it is up to date with.
    pub(super) revision: i64,
    jobs: HashMap<i64, (Arc<Job>, Option<Firing>)>,
    queue: BTreeSet<(Timestamp, i64)>,
}

impl Job {
    fn read(object: &Object) -> Result<Self, Vec<Problem>> {
        let config =
            decode::<SchedulerJob>(&object.spec).map_err(|error| vec![Problem::new(error.message())])?;
        let planner = config.planner(object.updated_at, object.id.unsigned_abs())?;
        Ok(Self {
            id: object.id,
            revision: object.revision,
            name: object.name.clone(),
            is_active: object.is_active,
            config,
            planner,
            written: object.updated_at,
        })
    }

    pub(super) fn is_one_time(&self) -> bool {
        self.config.job_type == JobType::OneTime
    }

    /// The claim of a run of this job.
    pub(super) fn claim(&self, scheduled_for: Timestamp, cid: String, is_manual: bool) -> Claim {
        Claim {
            job: self.id,
            job_revision: self.revision,
            scheduled_for,
            cid,
            most_runs: self.config.repeats().filter(|_| !is_manual),
            skips_overlap: self.config.on_overlap == OnOverlap::Skip && !is_manual,
            is_manual,
        }
    }
}

impl Agenda {
    /// Takes over what changed in the store. `last` tells the latest firing of the jobs among the changes; `lateness` is
    /// how much later than now a one-time job runs whose moment has passed. Gives one-time jobs that have run already.
    pub(super) fn take(
        &mut self,
        changes: Changes,
        last: &[LastFiring],
        now: Timestamp,
        lateness: SignedDuration,
    ) -> Vec<Arc<Job>> {
        self.revision = changes.revision;
        let kept: HashSet<i64> = changes.put.iter().map(|object| object.id).collect();
        let gone: HashSet<&str> = changes
            .deleted
            .iter()
            .filter(|key| key.kind == SchedulerJob::ID)
            .map(|key| key.name.as_str())
            .collect();
        // A name that is gone may have become another object's meanwhile.
        let forgotten: Vec<i64> = self
            .jobs
            .values()
            .filter(|(job, _)| kept.contains(&job.id) || is_replaced(job, &gone, &changes.put))
            .map(|(job, _)| job.id)
            .collect();
        for id in forgotten {
            self.forget(id);
        }
        let mut done = Vec::new();
        for object in changes.put.iter().filter(|object| object.kind == SchedulerJob::ID) {
            match Job::read(object) {
                Ok(job) => done.extend(self.add(Arc::new(job), last, now, lateness)),
                Err(problems) => {
                    for problem in problems {
                        tracing::error!(target: "zato", "Job `{}` cannot run: {problem}", object.name);
                    }
                }
            }
        }
        done
    }

    fn add(
        &mut self,
        job: Arc<Job>,
        last: &[LastFiring],
        now: Timestamp,
        lateness: SignedDuration,
    ) -> Option<Arc<Job>> {
        let last = last.iter().find(|firing| firing.job == job.id).map(|firing| firing.scheduled_for);
        let has_run = job.is_one_time() && last == Some(job.planner.schedule.start);
        // What came before the job was written was not missed.
        let since = last.map_or(job.written, |last| last.max(job.written));
        let next = if job.is_active && !has_run { job.planner.next(now, since, lateness) } else { None };
        let (id, done) = (job.id, has_run.then(|| Arc::clone(&job)));
        self.jobs.insert(id, (job, None));
        self.plan(id, next);
        done
    }

    fn forget(&mut self, id: i64) {
        self.plan(id, None);
        self.jobs.remove(&id);
    }

    fn plan(&mut self, id: i64, next: Option<Firing>) {
        let Some((_, planned)) = self.jobs.get_mut(&id) else { return };
        if let Some(before) = planned.take() {
            self.queue.remove(&(before.due, id));
        }
        if let Some(next) = next {
            self.queue.insert((next.due, id));
            *planned = Some(next);
        }
    }

    /// Plans a run anew that could not be begun, unless the job was changed or planned meanwhile.
    pub(super) fn put_off(&mut self, due: &Due, until: Timestamp) {
        let is_same =
            |(job, next): &(Arc<Job>, Option<Firing>)| job.revision == due.job.revision && next.is_none();
        if self.jobs.get(&due.job.id).is_some_and(is_same) {
            self.plan(due.job.id, Some(Firing { due: until, ..due.firing }));
        }
    }

    /// Returns when something is due next.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.queue.first().map(|(due, _)| *due)
    }

    /// Takes what is due, and plans what comes after it. What comes too late is left out if its job says so.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<Due> {
        let mut taken = Vec::new();
        while let Some((due, id)) = self.queue.first().copied().filter(|(due, _)| *due <= now) {
            let Some((job, Some(firing))) = self.jobs.get(&id).cloned() else {
                self.queue.remove(&(due, id));
                continue;
            };
            let next = if job.is_one_time() {
                None
            } else {
                job.planner.next(now, firing.scheduled_for, SignedDuration::ZERO)
            };
            self.plan(id, next);
            let is_missed = now.duration_since(due) > MISSED_AFTER && !job.is_one_time();
            if !is_missed {
                taken.push(Due { job, firing });
            } else if job.planner.missed == Missed::Skip {
                let late = now.duration_since(due).as_secs();
                tracing::warn!(target: "zato", "Job `{}` did not run at {}, {late} s ago", job.name, firing.scheduled_for);
            }
        }
        taken
    }

    /// Finds a job, active or not.
    pub(super) fn find(&self, key: &JobKey) -> Option<Arc<Job>> {
        match key {
            JobKey::Id(id) => self.jobs.get(id).map(|(job, _)| Arc::clone(job)),
            JobKey::Name(name) => {
                self.jobs.values().find(|(job, _)| job.name == *name).map(|(job, _)| Arc::clone(job))
            }
        }
    }

    /// Returns how many jobs have a run to come.
    pub(super) fn planned(&self) -> usize {
        self.queue.len()
    }
}

/// Whether the object of a job is not in the store any more, as its name is gone or is that of another object.
fn is_replaced(job: &Job, gone: &HashSet<&str>, put: &[Object]) -> bool {
    let is_others =
        |object: &Object| object.kind == SchedulerJob::ID && object.name == job.name && object.id != job.id;
    gone.contains(job.name.as_str()) || put.iter().any(is_others)
}

#[cfg(test)]
mod tests;
