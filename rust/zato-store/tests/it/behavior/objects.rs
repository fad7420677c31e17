//! Objects, batches, revisions.

use serde_json::json;
use zato_core::ErrorKind;
use zato_store::{Batch, ObjectKey, Operation, Store};

use crate::place::{Place, put, spec};

fn batch() -> Batch {
    Batch::new("admin", "test")
}

async fn revision_of(store: &Store, name: &str) -> i64 {
    store.get("channel.rest", name).await.unwrap().unwrap().revision
}

pub(crate) async fn a_new_store_is_empty_and_at_revision_zero(place: Place) {
    let store = place.open().await;
    assert_eq!(store.revision().await.unwrap(), 0);
    let snapshot = store.snapshot().await.unwrap();
    assert_eq!((snapshot.revision, snapshot.objects.len()), (0, 0));
    assert_eq!(store.get("channel.rest", "none").await.unwrap(), None);
}

pub(crate) async fn puts_several_objects_in_one_revision(place: Place) {
    let store = place.open().await;
    let applied = store.apply(batch().with(put("b", 1)).with(put("a", 2))).await.unwrap();
    assert_eq!(applied.revision, 1);
    let names: Vec<_> = applied.objects.iter().map(|object| object.name.as_str()).collect();
    assert_eq!(names, ["b", "a"], "in the order of the operations");
    let snapshot = store.snapshot().await.unwrap();
    let names: Vec<_> = snapshot.objects.iter().map(|object| object.name.as_str()).collect();
    assert_eq!(names, ["a", "b"], "sorted");
    let object = snapshot.get("channel.rest", "a").unwrap();
    assert_eq!(object, &store.get("channel.rest", "a").await.unwrap().unwrap());
    assert_eq!((object.revision, object.updated_by.as_str(), object.is_active), (1, "admin", true));
    assert_eq!(object.spec, spec(2));
    assert_eq!(store.list("channel.rest").await.unwrap(), snapshot.objects);
    assert!(store.list("service").await.unwrap().is_empty());
}

pub(crate) async fn replaces_what_an_object_says(place: Place) {
    let store = place.open().await;
    let first = store.apply(batch().with(put("a", 1))).await.unwrap().objects.remove(0);
    let operation = Operation::put("channel.rest", "a", false, spec(2));
    let second = store.apply(Batch::new("jane", "off").with(operation)).await.unwrap().objects.remove(0);
    assert_eq!(second.id, first.id);
    assert_eq!((second.revision, second.updated_by.as_str(), second.is_active), (2, "jane", false));
    assert_eq!(second.spec, spec(2));
    assert!(second.updated_at >= first.updated_at);
}

pub(crate) async fn leaves_an_object_alone_that_is_already_as_asked_for(place: Place) {
    let store = place.open().await;
    let first = store.apply(batch().with(put("a", 1))).await.unwrap();
    let again = store.apply(Batch::new("jane", "again").with(put("a", 1))).await.unwrap();
    assert_eq!(again, first);
    let mixed = store.apply(batch().with(put("a", 1)).with(put("b", 1))).await.unwrap();
    assert_eq!(mixed.revision, 2);
    assert_eq!(mixed.objects[0].revision, 1);
    assert_eq!(store.history("channel.rest", "a").await.unwrap().len(), 1);
}

pub(crate) async fn applies_nothing_if_one_operation_fails(place: Place) {
    let store = place.open().await;
    store.apply(batch().with(put("a", 1))).await.unwrap();
    let before = store.snapshot().await.unwrap();
    let failing = batch()
        .with(put("a", 2))
        .with(put("b", 1))
        .with(Operation::delete("channel.rest", "missing"))
        .with(put("c", 1));
    assert_eq!(store.apply(failing).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.snapshot().await.unwrap(), before);
    assert_eq!(store.history("channel.rest", "a").await.unwrap().len(), 1);
    assert_eq!(store.apply(batch().with(put("a", 2))).await.unwrap().revision, 2);
}

pub(crate) async fn operations_of_a_batch_see_each_other(place: Place) {
    let store = place.open().await;
    store.apply(batch().with(put("a", 1)).with(put("b", 2))).await.unwrap();
    let swap = batch()
        .with(Operation::rename("channel.rest", "a", "swap"))
        .with(Operation::rename("channel.rest", "b", "a"))
        .with(Operation::rename("channel.rest", "swap", "b"))
        .with(put("new", 3))
        .with(Operation::delete("channel.rest", "new"));
    let applied = store.apply(swap).await.unwrap();
    assert_eq!(applied.objects.len(), 2, "each object once, deleted ones missing");
    assert_eq!(store.get("channel.rest", "a").await.unwrap().unwrap().spec, spec(2));
    assert_eq!(store.get("channel.rest", "b").await.unwrap().unwrap().spec, spec(1));
    assert!(store.check().await.unwrap().problems.is_empty());
}

pub(crate) async fn names_are_unique_within_a_kind_only(place: Place) {
    let store = place.open().await;
    let other = Operation::put("service", "a", true, json!({}));
    let upper = Operation::put("service", "A", true, json!({}));
    store.apply(batch().with(put("a", 1)).with(other).with(upper)).await.unwrap();
    assert_eq!(store.snapshot().await.unwrap().objects.len(), 3);
    assert_eq!(store.snapshot().await.unwrap().of_kind("service").count(), 2);
}

pub(crate) async fn refuses_a_change_meant_for_an_older_object(place: Place) {
    let store = place.open().await;
    store.apply(batch().with(put("a", 1))).await.unwrap();
    store.apply(Batch::new("jane", "").with(put("a", 2))).await.unwrap();
    let (kind, name) = ("channel.rest".to_owned(), "a".to_owned());
    for expected_revision in [Some(1), Some(7)] {
        let (kind, name) = (kind.clone(), name.clone());
        let operations = [
            Operation::Put {
                kind: kind.clone(),
                name: name.clone(),
                is_active: true,
                spec: spec(3),
                expected_revision,
            },
            Operation::Delete { kind: kind.clone(), name: name.clone(), expected_revision },
            Operation::Rename { kind, name, new_name: "z".to_owned(), expected_revision },
        ];
        for operation in operations {
            let error = store.apply(batch().with(operation)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Conflict);
            assert!(error.message().contains("channel.rest `a` was changed by jane"), "{error}");
        }
    }
    assert_eq!(store.get("channel.rest", "a").await.unwrap().unwrap().spec, spec(2));
    let expected_revision = Some(revision_of(&store, "a").await);
    let operation =
        Operation::Put { kind: kind.clone(), name, is_active: true, spec: spec(3), expected_revision };
    store.apply(batch().with(operation)).await.unwrap();
    let gone = Operation::Put {
        kind,
        name: "gone".to_owned(),
        is_active: true,
        spec: spec(3),
        expected_revision: Some(1),
    };
    let error = store.apply(batch().with(gone)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("channel.rest `gone`"), "{error}");
}

pub(crate) async fn refuses_to_create_an_object_twice(place: Place) {
    let store = place.open().await;
    let create = || Operation::create("channel.rest", "a", true, spec(1));
    store.apply(batch().with(create())).await.unwrap();
    let error = store.apply(batch().with(create())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("channel.rest `a` already exists"), "{error}");
}

pub(crate) async fn refuses_a_batch_meant_for_an_older_store(place: Place) {
    let store = place.open().await;
    store.apply(Batch { expected_revision: Some(0), ..batch().with(put("a", 1)) }).await.unwrap();
    let late = Batch { expected_revision: Some(0), ..batch().with(put("b", 1)) };
    assert_eq!(store.apply(late).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(store.snapshot().await.unwrap().objects.len(), 1);
}

pub(crate) async fn refuses_to_delete_or_rename_what_does_not_exist(place: Place) {
    let store = place.open().await;
    let operations =
        [Operation::delete("channel.rest", "none"), Operation::rename("channel.rest", "none", "some")];
    for operation in operations {
        let error = store.apply(batch().with(operation)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().contains("channel.rest `none`"), "{error}");
    }
}

pub(crate) async fn refuses_objects_without_kind_or_name(place: Place) {
    let store = place.open().await;
    store.apply(batch().with(put("a", 1))).await.unwrap();
    let operations = [
        Operation::put("", "a", true, json!({})),
        Operation::put("channel.rest", "", true, json!({})),
        Operation::rename("channel.rest", "a", ""),
    ];
    for operation in operations {
        assert_eq!(store.apply(batch().with(operation)).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
}

pub(crate) async fn renaming_keeps_identity(place: Place) {
    let store = place.open().await;
    let before = store.apply(batch().with(put("a", 1))).await.unwrap().objects.remove(0);
    let applied = store.apply(batch().with(Operation::rename("channel.rest", "a", "b"))).await.unwrap();
    assert_eq!(applied.objects[0].id, before.id);
    assert_eq!((applied.objects[0].name.as_str(), applied.objects[0].revision), ("b", 2));
    assert_eq!(applied.objects[0].spec, before.spec);
    assert_eq!(store.get("channel.rest", "a").await.unwrap(), None);
    let same = store.apply(batch().with(Operation::rename("channel.rest", "b", "b"))).await.unwrap();
    assert_eq!(same.revision, 2, "nothing to do");
    let replaced = store.apply(batch().with(put("a", 1))).await.unwrap().objects.remove(0);
    assert_ne!(replaced.id, before.id);
}

pub(crate) async fn refuses_to_rename_onto_another_object(place: Place) {
    let store = place.open().await;
    store.apply(batch().with(put("a", 1)).with(put("b", 2))).await.unwrap();
    let error = store.apply(batch().with(Operation::rename("channel.rest", "a", "b"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("channel.rest `b` already exists"), "{error}");
}

pub(crate) async fn tells_what_changed_since_a_revision(place: Place) {
    let store = place.open().await;
    let batches = [
        batch().with(put("kept", 1)).with(put("changed", 1)).with(put("deleted", 1)).with(put("renamed", 1)),
        batch().with(put("changed", 2)).with(Operation::delete("channel.rest", "deleted")),
        batch().with(Operation::rename("channel.rest", "renamed", "new name")).with(put("reborn", 1)),
        batch().with(Operation::delete("channel.rest", "reborn")),
        batch().with(put("reborn", 2)),
    ];
    for batch in batches {
        store.apply(batch).await.unwrap();
    }
    let changes = store.changes_since(1).await.unwrap();
    assert_eq!(changes.revision, 5);
    let names: Vec<_> = changes.put.iter().map(|object| object.name.as_str()).collect();
    assert_eq!(names, ["changed", "new name", "reborn"]);
    let gone = ["deleted", "renamed"].map(|name| ObjectKey::new("channel.rest", name));
    assert_eq!(changes.deleted, gone);
    let nothing = store.changes_since(5).await.unwrap();
    assert_eq!((nothing.put.len(), nothing.deleted.len()), (0, 0));
    assert_eq!(store.changes_since(0).await.unwrap().put, store.snapshot().await.unwrap().objects);
}

pub(crate) async fn keeps_any_json_as_it_is(place: Place) {
    let store = place.open().await;
    let spec =
        json!({"z": null, "a": [1, -2.5, true, {"ü": "\u{0}\n\"' 💡"}], "big": 9_007_199_254_740_993_i64});
    let name = "it's \"ü\" 💡; DROP TABLE object --";
    store.apply(batch().with(Operation::put("kind", name, true, spec.clone()))).await.unwrap();
    let object = store.get("kind", name).await.unwrap().unwrap();
    assert_eq!(object.spec, spec);
    assert_eq!(object.spec.to_string(), spec.to_string(), "the order of fields too");
}

pub(crate) async fn a_clone_sees_what_the_other_wrote(place: Place) {
    let store = place.open().await;
    let clone = store.clone();
    let other = place.open().await;
    store.apply(batch().with(put("a", 1))).await.unwrap();
    assert_eq!(clone.revision().await.unwrap(), 1);
    assert_eq!(other.revision().await.unwrap(), 1);
    let writers: Vec<_> = (0..20)
        .map(|number| {
            let store = if number % 2 == 0 { store.clone() } else { other.clone() };
            tokio::spawn(async move { store.apply(batch().with(put(&format!("{number}"), number))).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    assert_eq!(clone.revision().await.unwrap(), 21);
}

pub(crate) async fn belongs_to_one_cluster(place: Place) {
    let store = place.open().await;
    assert_eq!(store.cluster().await.unwrap(), None);
    assert_eq!(store.create_cluster("").await.unwrap_err().kind(), ErrorKind::Invalid);
    let cluster = store.create_cluster("quickstart").await.unwrap();
    assert_eq!((cluster.id, cluster.name.as_str()), (1, "quickstart"));
    for name in ["quickstart", "other"] {
        let error = store.create_cluster(name).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.message().contains("quickstart"), "{error}");
    }
    assert_eq!(place.open().await.cluster().await.unwrap(), Some(cluster));
}

pub(crate) async fn a_sound_store_has_no_problems(place: Place) {
    let store = place.open().await;
    store.apply(batch().with(put("a", 1)).with(put("b", 1))).await.unwrap();
    store.apply(batch().with(Operation::delete("channel.rest", "a"))).await.unwrap();
    let report = store.check().await.unwrap();
    assert_eq!(report.problems, []);
    assert_eq!((report.schema_version, report.revision, report.objects), (2, 2, 1));
}

pub(crate) async fn futures_move_between_threads(place: Place) {
    fn require_send<T: Send>(future: T) -> T {
        future
    }
    let store = require_send(Store::open(place.options().create(true))).await.unwrap();
    require_send(store.migrate()).await.unwrap();
    require_send(store.apply(batch())).await.unwrap();
    require_send(store.snapshot()).await.unwrap();
    require_send(store.changes_since(0)).await.unwrap();
    require_send(store.history("", "")).await.unwrap();
    require_send(store.check()).await.unwrap();
    require_send(store.watch()).await.unwrap();
    require_send(store.current_units()).await.unwrap();
    require_send(store.unit_versions("")).await.unwrap();
    require_send(store.close()).await;
}
