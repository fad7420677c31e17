//! The history of objects.

use zato_store::{Batch, HistoryOperation, ObjectState, Operation};

use crate::place::{Place, put, spec};

fn state(is_active: bool, number: i64) -> Option<ObjectState> {
    Some(ObjectState { is_active, spec: spec(number) })
}

pub(crate) async fn tells_who_did_what_and_why(place: Place) {
    let store = place.open().await;
    store.apply(Batch::new("jane", "new customer").with(put("a", 1)).with(put("b", 1))).await.unwrap();
    let off = Operation::put("channel.rest", "a", false, spec(2));
    store.apply(Batch::new("cli", "maintenance").with(off)).await.unwrap();
    let history = store.history("channel.rest", "a").await.unwrap();
    assert_eq!(history.len(), 2);
    let (update, create) = (&history[0], &history[1]);
    assert_eq!((create.operation, create.revision), (HistoryOperation::Create, 1));
    assert_eq!((create.actor.as_str(), create.reason.as_str()), ("jane", "new customer"));
    assert_eq!((&create.before, &create.after), (&None, &state(true, 1)));
    assert_eq!((update.operation, update.revision), (HistoryOperation::Update, 2));
    assert_eq!((update.actor.as_str(), update.reason.as_str()), ("cli", "maintenance"));
    assert_eq!((&update.before, &update.after), (&state(true, 1), &state(false, 2)));
    assert!(update.at >= create.at);
    assert_eq!(update.object_id, create.object_id);
}

pub(crate) async fn follows_an_object_through_its_names(place: Place) {
    let store = place.open().await;
    let batch = || Batch::new("admin", "");
    store.apply(batch().with(put("old", 1))).await.unwrap();
    store.apply(batch().with(Operation::rename("channel.rest", "old", "new"))).await.unwrap();
    store.apply(batch().with(put("new", 2))).await.unwrap();
    let history = store.history("channel.rest", "new").await.unwrap();
    let operations: Vec<_> = history.iter().map(|entry| entry.operation).collect();
    let expected = [HistoryOperation::Update, HistoryOperation::Rename, HistoryOperation::Create];
    assert_eq!(operations, expected);
    assert_eq!((history[1].name.as_str(), history[1].previous_name.as_deref()), ("new", Some("old")));
    assert_eq!((&history[1].before, &history[1].after), (&state(true, 1), &state(true, 1)));
    assert_eq!(store.history("channel.rest", "old").await.unwrap(), history);
}

pub(crate) async fn outlives_the_object(place: Place) {
    let store = place.open().await;
    let batch = || Batch::new("admin", "");
    store.apply(batch().with(put("a", 1))).await.unwrap();
    store.apply(batch().with(Operation::delete("channel.rest", "a"))).await.unwrap();
    store.apply(batch().with(put("a", 2))).await.unwrap();
    let history = store.history("channel.rest", "a").await.unwrap();
    let operations: Vec<_> = history.iter().map(|entry| entry.operation).collect();
    let expected = [HistoryOperation::Create, HistoryOperation::Delete, HistoryOperation::Create];
    assert_eq!(operations, expected);
    assert_eq!((&history[1].before, &history[1].after), (&state(true, 1), &None));
    assert_ne!(history[0].object_id, history[2].object_id);
}

pub(crate) async fn is_empty_for_what_never_was(place: Place) {
    let store = place.open().await;
    assert!(store.history("channel.rest", "none").await.unwrap().is_empty());
}
