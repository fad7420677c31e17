//! A process that is killed while it writes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rand::Rng as _;
use zato_core::guest::UnitChanges;
use zato_store::{Batch, DeploymentResult, DeploymentStatus, Operation, UnitResult, UnitStatus};

use crate::place::{Place, open_as_child, put, spawn, spec, unit};

const KILLS: usize = 20;

/// How many objects every batch of the child changes, beside one that it makes and one that it deletes.
const OBJECTS: usize = 20;

#[tokio::test]
async fn nothing_is_lost_or_half_applied_when_the_writer_is_killed() {
    let place = Place::sqlite();
    place.open().await.close().await;
    let mut revision = 0;
    for kill in 0..KILLS {
        let mut child = spawn("crash::child_writes_until_killed", &place);
        let output = BufReader::new(child.stdout.take().unwrap());
        let (told, revisions) = mpsc::channel();
        let reader = thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            for revision in lines.filter_map(|line| line.strip_prefix("committed ")?.parse::<i64>().ok()) {
                told.send(revision).unwrap();
            }
        });
        let first = revisions.recv_timeout(Duration::from_secs(60)).unwrap();
        // Not to wait for anything, but to hit any moment of a batch.
        let pause = rand::rng().random_range(0..60_000);
        thread::sleep(Duration::from_micros(pause));
        child.kill().unwrap();
        child.wait().unwrap();
        reader.join().unwrap();
        let last = revisions.try_iter().last().unwrap_or(first);
        assert!(first > revision, "the child went on where the last one was killed");
        revision = verify(&place, last).await;
        assert!(kill == 0 || revision > 1);
    }
}

/// Opens the store as the next process would, and gives its revision.
async fn verify(place: &Place, committed: i64) -> i64 {
    let store = place.open().await;
    let report = store.check().await.unwrap();
    assert_eq!(report.problems, []);
    let revision = report.revision;
    // The kill may have come between the commit and the child's word about it.
    assert!(revision == committed || revision == committed + 1, "{revision} {committed}");
    let snapshot = store.snapshot().await.unwrap();
    assert_eq!(snapshot.objects.len(), OBJECTS + 1);
    for object in &snapshot.objects {
        assert_eq!((object.revision, &object.spec), (revision, &spec(revision)), "{}", object.name);
    }
    let pending = store.fail_abandoned_deployments().await.unwrap();
    assert!(pending.len() <= 1, "{pending:?}");
    let deployments = store.deployments(2).await.unwrap();
    let finished = deployments.iter().find(|deployment| deployment.status == DeploymentStatus::Deployed);
    let current = store.current_versions().await.unwrap();
    assert_eq!(current.len(), finished.map_or(0, |_| 2), "both units of a deployment, or none");
    for version in current {
        assert_eq!(Some(version.deployment), finished.map(|deployment| deployment.id));
    }
    store.close().await;
    revision
}

#[tokio::test]
#[ignore = "run and killed by nothing_is_lost_or_half_applied_when_the_writer_is_killed"]
async fn child_writes_until_killed() {
    let Some(store) = open_as_child().await else { return };
    let mut revision = store.revision().await.unwrap();
    loop {
        let next = revision + 1;
        let mut batch = Batch::new("child", "until killed");
        for number in 0..OBJECTS {
            batch = batch.with(put(&format!("{number}"), next));
        }
        if revision > 0 {
            batch = batch.with(Operation::delete("channel.rest", format!("only {revision}")));
        }
        batch = batch.with(put(&format!("only {next}"), next));
        revision = store.apply(batch).await.unwrap().revision;
        assert_eq!(revision, next);
        writeln!(std::io::stdout(), "committed {revision}").unwrap();

        let hash = format!("{revision}");
        let units = ["a.py", "b.py"].map(|key| unit(key, &hash));
        let results = units.each_ref().map(|unit| UnitResult {
            key: unit.key.clone(),
            status: UnitStatus::Deployed,
            services: Vec::new(),
            problems: Vec::new(),
        });
        let changes = UnitChanges { put: units.to_vec(), delete: Vec::new() };
        let id = store.begin_deployment("child", "", &changes).await.unwrap();
        store.finish_deployment(id, DeploymentResult::new(results.to_vec(), Vec::new())).await.unwrap();
    }
}
