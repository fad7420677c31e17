//! Several processes on one store.

use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::time::Duration;

use tokio::time::timeout;
use zato_core::ErrorKind;
use zato_store::{Batch, Operation, Store};

use crate::place::{Place, open_as_child, put, spawn, spec};

const ADDITIONS: i64 = 40;

/// Adds one to a number kept in an object, without losing what others add meanwhile.
async fn add_one(store: &Store) {
    loop {
        let object = store.get("channel.rest", "counter").await.unwrap().unwrap();
        let operation = Operation::Put {
            kind: object.kind,
            name: object.name,
            is_active: true,
            spec: spec(object.spec["number"].as_i64().unwrap() + 1),
            expected_revision: Some(object.revision),
        };
        match store.apply(Batch::new("adder", "").with(operation)).await {
            Ok(_) => return,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{}", error.report()),
        }
    }
}

#[tokio::test]
async fn processes_that_write_at_once_lose_nothing() {
    let place = Place::sqlite();
    let store = place.open().await;
    store.apply(Batch::new("admin", "").with(put("counter", 0))).await.unwrap();
    let children: Vec<Child> =
        (0..2).map(|_| spawn("processes::child_adds_to_the_counter", &place)).collect();
    for _ in 0..ADDITIONS {
        add_one(&store).await;
    }
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let counter = store.get("channel.rest", "counter").await.unwrap().unwrap();
    assert_eq!(counter.spec, spec(3 * ADDITIONS));
    assert_eq!(store.revision().await.unwrap(), 3 * ADDITIONS + 1);
    let report = store.check().await.unwrap();
    assert_eq!(report.problems, []);
}

#[tokio::test]
#[ignore = "run by processes_that_write_at_once_lose_nothing in a process of its own"]
async fn child_adds_to_the_counter() {
    let Some(store) = open_as_child().await else { return };
    for _ in 0..ADDITIONS {
        add_one(&store).await;
    }
}

#[tokio::test]
async fn a_watcher_sees_what_another_process_writes() {
    let place = Place::sqlite();
    let store = place.open().await;
    let mut revisions = store.watch().await.unwrap();
    let mut child = spawn("processes::child_writes_once", &place);
    timeout(Duration::from_secs(30), revisions.wait_for(|revision| *revision == 1)).await.unwrap().unwrap();
    assert!(store.get("channel.rest", "from the child").await.unwrap().is_some());
    assert!(child.wait().unwrap().success());
    let output = BufReader::new(child.stdout.take().unwrap());
    assert!(output.lines().map_while(Result::ok).any(|line| line.contains("1 passed")));
}

#[tokio::test]
#[ignore = "run by a_watcher_sees_what_another_process_writes in a process of its own"]
async fn child_writes_once() {
    let Some(store) = open_as_child().await else { return };
    store.apply(Batch::new("child", "").with(put("from the child", 1))).await.unwrap();
}
