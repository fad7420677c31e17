//! Learning of changes.

use std::time::{Duration, Instant};

use tokio::time::timeout;
use zato_core::guest::UnitChanges;
use zato_store::{Batch, Store, StoreOptions};

use crate::place::{Place, put, unit};

/// Far longer than anything should take, so that a test that hangs says where.
const LIMIT: Duration = Duration::from_secs(10);

async fn write(store: &Store, number: i64) -> i64 {
    store.apply(Batch::new("admin", "").with(put("a", number))).await.unwrap().revision
}

pub(crate) async fn sees_changes_of_the_same_store_at_once(place: Place) {
    let options = StoreOptions { poll_interval: LIMIT * 100, ..place.options().create(true) };
    let store = Store::open(options).await.unwrap();
    store.migrate().await.unwrap();
    let mut revisions = store.watch().await.unwrap();
    assert_eq!(*revisions.borrow(), 0);
    for number in 1..=3 {
        let revision = write(&store, number).await;
        timeout(LIMIT, revisions.wait_for(|seen| *seen == revision)).await.unwrap().unwrap();
    }
}

pub(crate) async fn sees_changes_of_another_store_within_100_ms(place: Place) {
    let (store, other) = (place.open().await, place.open().await);
    let mut revisions = store.watch().await.unwrap();
    let mut delays = Vec::new();
    for number in 1..=9 {
        let revision = write(&other, number).await;
        let start = Instant::now();
        timeout(LIMIT, revisions.wait_for(|seen| *seen == revision)).await.unwrap().unwrap();
        delays.push(start.elapsed());
    }
    // The median, as the machine may stop any single try for longer.
    delays.sort_unstable();
    assert!(delays[4] < Duration::from_millis(100), "{delays:?}");
}

pub(crate) async fn is_not_told_of_what_changes_no_object(place: Place) {
    let (store, other) = (place.open().await, place.open().await);
    let mut revisions = store.watch().await.unwrap();
    let changes = UnitChanges { put: vec![unit("a.py", "1")], delete: Vec::new() };
    other.begin_deployment("pickup", "", &changes).await.unwrap();
    let revision = write(&other, 1).await;
    timeout(LIMIT, revisions.changed()).await.unwrap().unwrap();
    assert_eq!(*revisions.borrow(), revision, "the first thing to be told is the revision");
}

pub(crate) async fn a_late_watcher_is_told_only_of_later_changes(place: Place) {
    let store = place.open().await;
    let mut early = store.watch().await.unwrap();
    let revision = write(&store, 1).await;
    timeout(LIMIT, early.wait_for(|seen| *seen == revision)).await.unwrap().unwrap();
    let mut late = store.watch().await.unwrap();
    assert_eq!(*late.borrow(), revision);
    assert!(!late.has_changed().unwrap());
    let revision = write(&store, 2).await;
    timeout(LIMIT, late.changed()).await.unwrap().unwrap();
    assert_eq!(*late.borrow(), revision);
}

pub(crate) async fn ends_with_the_store(place: Place) {
    let store = place.open().await;
    let mut revisions = store.watch().await.unwrap();
    drop(store);
    assert!(timeout(LIMIT, revisions.changed()).await.unwrap().is_err());
    let store = place.open().await;
    let mut revisions = store.watch().await.unwrap();
    store.close().await;
    assert!(timeout(LIMIT, revisions.changed()).await.unwrap().is_err());
    assert!(store.revision().await.is_err());
}

pub(crate) async fn looks_at_once_when_nudged(place: Place) {
    let options = StoreOptions { poll_interval: LIMIT * 100, ..place.options().create(true) };
    let store = Store::open(options).await.unwrap();
    store.migrate().await.unwrap();
    let other = place.open().await;
    let mut revisions = store.watch().await.unwrap();
    let revision = write(&other, 1).await;
    store.nudge();
    timeout(LIMIT, revisions.wait_for(|seen| *seen == revision)).await.unwrap().unwrap();
}
