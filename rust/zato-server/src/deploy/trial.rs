//! The first import of a deployment, in one worker: should it end the process, or hang where nothing can interrupt
//! it, the other workers go on as if nothing had happened, and the unit that did it is found.

use std::time::Duration;

use zato_core::guest::{PreparedUnit, Unit, UnitChanges};
use zato_core::{Error, ErrorKind, Problem};

use super::import_note::ImportNote;
use super::transaction::{ANSWER_GRACE, Transaction};
use crate::supervisor::seat::Member;

/// How long to wait for a worker if none is there at all.
const WORKER_LIMIT: Duration = Duration::from_secs(15);

/// Why a worker could not say anything about the units it was given.
pub(super) struct Collapse {
    pub(super) problem: Problem,
    /// Whether it may be because of one of the units; not if there is no worker.
    is_of_units: bool,
    /// Key of the unit that was being imported, if that is known.
    suspect: Option<String>,
    /// The worker. Further attempts are made on the same seat, so that another one always serves.
    seat: Option<usize>,
}

impl Transaction<'_> {
    /// Prepares in one worker. A process killed from outside is given a second chance, one that crashed is not:
    /// importing the unit again would crash the next one.
    pub(super) async fn prepare_on_one(
        &self,
        changes: &UnitChanges,
        seat: Option<usize>,
    ) -> Result<(Member, Vec<Vec<PreparedUnit>>), Collapse> {
        let mut attempts = 2;
        loop {
            let Some(member) = self.member(seat).await else {
                let problem =
                    Problem::new(format!("no worker was ready within {} s", WORKER_LIMIT.as_secs()))
                        .hint("see `zato info` and server.log for what keeps workers from starting");
                return Err(Collapse { problem, is_of_units: false, suspect: None, seat });
            };
            attempts -= 1;
            let error = match self.ask_to_prepare(&member, changes).await {
                Ok(prepared) => return Ok((member, vec![prepared.units])),
                Err(error) => error,
            };
            let was_given_up = error.kind() == ErrorKind::Timeout;
            if !was_given_up && !member.is_gone() {
                let (problem, seat) = (refusal(&member, &error), Some(member.index));
                return Err(Collapse { problem, is_of_units: true, suspect: None, seat });
            }
            let how = self.fleet.exit_of(&member, ANSWER_GRACE).await;
            let suspect = ImportNote::in_directory(self.import_notes, member.index).take(member.pid);
            // It is no sign of a worker that cannot start, and is not to delay the next attempt.
            self.fleet.forgive(&member);
            let how = how.unwrap_or_else(|| "no answer".to_owned());
            if attempts == 0 || was_given_up || !is_killed(&how) {
                let problem = if was_given_up { refusal(&member, &error) } else { crash(&member, &how) };
                return Err(Collapse { problem, is_of_units: true, suspect, seat: Some(member.index) });
            }
            tracing::warn!(
                "worker {} was killed while it imported units; they are imported again",
                member.index
            );
        }
    }

    /// Waits for the worker on a seat, or for any if there is none in time.
    async fn member(&self, seat: Option<usize>) -> Option<Member> {
        if seat.is_some()
            && let Some(member) = self.fleet.wait_for_member(WORKER_LIMIT, seat).await
        {
            return Some(member);
        }
        self.fleet.wait_for_member(WORKER_LIMIT, None).await
    }

    /// Finds the units that are to blame for a collapse: the one that was being imported or, if nobody knows, the one
    /// without which those before it can be imported. Gives the last collapse as well.
    pub(super) async fn culprits(
        &self,
        changes: &UnitChanges,
        first: Collapse,
    ) -> (Vec<Unit>, Problem, Option<usize>) {
        let mut collapse = first;
        let (mut harmless, mut harmful) = (0, changes.put.len());
        loop {
            if !collapse.is_of_units {
                return (changes.put.clone(), collapse.problem, collapse.seat);
            }
            let is_suspect = |unit: &&Unit| collapse.suspect.as_ref() == Some(&unit.key);
            let last = || changes.put.iter().take(harmful).next_back();
            let is_found = harmful.saturating_sub(harmless) <= 1;
            let found = changes.put.iter().find(is_suspect).or_else(|| last().filter(|_| is_found));
            if found.is_some() || is_found {
                return (found.cloned().into_iter().collect(), collapse.problem, collapse.seat);
            }
            let middle = harmless.midpoint(harmful);
            let part = UnitChanges {
                put: changes.put.iter().take(middle).cloned().collect(),
                delete: changes.delete.clone(),
            };
            match self.prepare_on_one(&part, collapse.seat).await {
                Ok(_) => harmless = middle,
                Err(next) => (harmful, collapse) = (middle, next),
            }
        }
    }
}

pub(super) fn refusal(member: &Member, error: &Error) -> Problem {
    Problem::new(format!("worker {} could not import it: {error}", member.index))
}

fn crash(member: &Member, how: &str) -> Problem {
    let message =
        format!("worker {} (process {}) ended while it imported it: {how}", member.index, member.pid);
    Problem::new(message).hint("fix what crashes the process and save the file again")
}

fn is_killed(how: &str) -> bool {
    how.starts_with("signal 9")
}
