//! Runs of jobs.

use jiff::Timestamp;
use zato_store::{Batch, Claim, Claimed, Operation, RunEnd, RunOutcome, Store};

use crate::place::{Place, put, spec};

/// Makes an object that claims can be about; gives its identity and revision.
async fn job(store: &Store, name: &str) -> (i64, i64) {
    let object = store.apply(Batch::new("admin", "").with(put(name, 1))).await.unwrap().objects.remove(0);
    (object.id, object.revision)
}

fn claim((job, job_revision): (i64, i64), second: i64) -> Claim {
    Claim {
        job,
        job_revision,
        scheduled_for: Timestamp::from_second(second).unwrap(),
        cid: format!("cid-{second}"),
        most_runs: None,
        skips_overlap: false,
        is_manual: false,
    }
}

async fn claim_one(store: &Store, claim: Claim) -> Claimed {
    store.claim_runs("server1", &[claim]).await.unwrap().remove(0)
}

async fn begin(store: &Store, claim: Claim) -> i64 {
    let claimed = claim_one(store, claim).await;
    let Claimed::Run { id, .. } = claimed else { unreachable!("{claimed:?}") };
    id
}

async fn finish(store: &Store, id: i64, outcome: RunOutcome) {
    store.finish_runs(&[RunEnd { id, outcome, detail: String::new() }]).await.unwrap();
}

pub(crate) async fn a_run_is_claimed_once_whoever_claims_it(place: Place) {
    let stores = [place.open().await, place.open().await];
    let job = job(&stores[0], "a").await;
    let racing = (0..20).map(|index| {
        let (store, claim) = (stores[index % 2].clone(), claim(job, 60));
        tokio::spawn(async move { claim_one(&store, claim).await })
    });
    let mut outcomes = Vec::new();
    for task in racing.collect::<Vec<_>>() {
        outcomes.push(task.await.unwrap());
    }
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Claimed::Run { .. })).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Claimed::Taken).count(), 19);
    assert!(matches!(claim_one(&stores[0], claim(job, 120)).await, Claimed::Run { number: 2, .. }));
}

pub(crate) async fn a_run_is_recorded_from_its_beginning_to_its_end(place: Place) {
    let store = place.open().await;
    let job = job(&store, "a").await;
    let id = begin(&store, claim(job, 60)).await;
    let run = store.runs(Some("a"), 10).await.unwrap().remove(0);
    assert_eq!((run.id, run.job, run.server.as_str(), run.cid.as_str()), (id, job.0, "server1", "cid-60"));
    assert_eq!((run.outcome, run.finished_at, run.number), (RunOutcome::Running, None, 1));
    let end = RunEnd { id, outcome: RunOutcome::Error, detail: "it broke".to_owned() };
    store.finish_runs(&[end]).await.unwrap();
    finish(&store, id, RunOutcome::Ok).await;
    let run = store.runs(None, 10).await.unwrap().remove(0);
    assert_eq!((run.outcome, run.detail.as_str()), (RunOutcome::Error, "it broke"), "the first end counts");
    assert!(run.finished_at.unwrap() >= run.started_at);
    assert!(store.runs(Some("b"), 10).await.unwrap().is_empty());
}

pub(crate) async fn runs_are_counted_until_the_job_is_changed(place: Place) {
    let store = place.open().await;
    let first = job(&store, "a").await;
    let limited = |job, second| Claim { most_runs: Some(2), ..claim(job, second) };
    assert!(matches!(claim_one(&store, limited(first, 1)).await, Claimed::Run { number: 1, .. }));
    let manual = Claim { is_manual: true, ..limited(first, 2) };
    assert!(matches!(claim_one(&store, manual).await, Claimed::Run { number: 0, .. }));
    assert!(matches!(claim_one(&store, limited(first, 3)).await, Claimed::Run { number: 2, .. }));
    assert_eq!(claim_one(&store, limited(first, 4)).await, Claimed::Exhausted);
    let changed = store.apply(Batch::new("admin", "").with(put("a", 2))).await.unwrap().objects.remove(0);
    assert_eq!(claim_one(&store, limited(first, 5)).await, Claimed::Changed);
    let now = (changed.id, changed.revision);
    assert!(matches!(claim_one(&store, limited(now, 5)).await, Claimed::Run { number: 1, .. }));
}

pub(crate) async fn what_is_gone_or_switched_off_is_not_run(place: Place) {
    let store = place.open().await;
    let off = Operation::put("channel.rest", "a", false, spec(1));
    let object = store.apply(Batch::new("admin", "").with(off)).await.unwrap().objects.remove(0);
    let off = (object.id, object.revision);
    assert_eq!(claim_one(&store, claim(off, 1)).await, Claimed::Changed);
    let manual = Claim { is_manual: true, ..claim(off, 1) };
    assert!(matches!(claim_one(&store, manual).await, Claimed::Run { .. }));
    store.apply(Batch::new("admin", "").with(Operation::delete("channel.rest", "a"))).await.unwrap();
    assert_eq!(claim_one(&store, claim(off, 2)).await, Claimed::Changed);
}

pub(crate) async fn an_overlapping_run_is_left_out_if_the_job_says_so(place: Place) {
    let store = place.open().await;
    let job = job(&store, "a").await;
    let alone = |second| Claim { skips_overlap: true, ..claim(job, second) };
    let id = begin(&store, alone(1)).await;
    assert_eq!(claim_one(&store, alone(2)).await, Claimed::Overlaps);
    assert_eq!(claim_one(&store, alone(2)).await, Claimed::Taken, "it is recorded");
    assert!(matches!(claim_one(&store, claim(job, 3)).await, Claimed::Run { number: 2, .. }));
    let outcomes: Vec<_> = store.runs(None, 10).await.unwrap().iter().map(|run| run.outcome).collect();
    assert_eq!(outcomes, [RunOutcome::Running, RunOutcome::Skipped, RunOutcome::Running]);
    let third = store.runs(None, 1).await.unwrap()[0].id;
    finish(&store, id, RunOutcome::Ok).await;
    finish(&store, third, RunOutcome::Ok).await;
    assert!(matches!(claim_one(&store, alone(4)).await, Claimed::Run { .. }));
}

pub(crate) async fn runs_of_a_server_that_ended_are_lost(place: Place) {
    let store = place.open().await;
    let job = job(&store, "a").await;
    let (lost, done) = (begin(&store, claim(job, 1)).await, begin(&store, claim(job, 2)).await);
    finish(&store, done, RunOutcome::Ok).await;
    let other = store.claim_runs("server2", &[claim(job, 3)]).await.unwrap();
    assert!(matches!(other[0], Claimed::Run { .. }));
    let found: Vec<_> = store.lose_runs("server1").await.unwrap().iter().map(|run| run.id).collect();
    assert_eq!(found, [lost]);
    assert!(store.lose_runs("server1").await.unwrap().is_empty());
    let outcomes: Vec<_> = store.runs(None, 10).await.unwrap().iter().map(|run| run.outcome).collect();
    assert_eq!(outcomes, [RunOutcome::Running, RunOutcome::Ok, RunOutcome::Lost]);
}

pub(crate) async fn knows_the_latest_firing_of_each_job(place: Place) {
    let store = place.open().await;
    let (a, b) = (job(&store, "a").await, job(&store, "b").await);
    for claim in [claim(a, 5), claim(a, 4), Claim { is_manual: true, ..claim(a, 9) }, claim(b, 2)] {
        begin(&store, claim).await;
    }
    let last = store.last_firings(&[a.0, b.0, 99]).await.unwrap();
    let found: Vec<_> = last.iter().map(|firing| (firing.job, firing.scheduled_for.as_second())).collect();
    assert_eq!(found, [(a.0, 5), (b.0, 2)]);
}

pub(crate) async fn keeps_a_hundred_runs_of_a_job(place: Place) {
    let store = place.open().await;
    let (a, b) = (job(&store, "a").await, job(&store, "b").await);
    let open = begin(&store, claim(a, 0)).await;
    begin(&store, claim(b, 0)).await;
    for second in 1..=150 {
        let id = begin(&store, claim(a, second)).await;
        finish(&store, id, RunOutcome::Ok).await;
    }
    let runs = store.runs(Some("a"), 1000).await.unwrap();
    assert_eq!(runs.len(), 101);
    assert_eq!(runs.last().map(|run| run.id), Some(open), "what has not ended is kept");
    assert_eq!(runs[0].number, 151);
    assert_eq!(store.runs(Some("b"), 1000).await.unwrap().len(), 1);
}
