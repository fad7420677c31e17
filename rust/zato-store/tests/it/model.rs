//! Random batches, compared with what a map would make of them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use zato_core::ErrorKind;
use zato_store::{Batch, Object, ObjectKey, Operation};

use crate::place::{Place, put, spec};

const KIND: &str = "channel.rest";

/// Number and whether it is active, by name.
type Model = BTreeMap<String, (i64, bool)>;

fn operation() -> impl Strategy<Value = Operation> {
    let name = || prop::sample::select(vec!["a", "b", "c", "d"]);
    prop_oneof![
        (name(), 0..3_i64).prop_map(|(name, number)| put(name, number)),
        (name(), 0..3_i64).prop_map(|(name, number)| Operation::put(KIND, name, false, spec(number))),
        name().prop_map(|name| Operation::delete(KIND, name)),
        (name(), name()).prop_map(|(name, new_name)| Operation::rename(KIND, name, new_name)),
    ]
}

/// Does to a map what the operation does to the store.
fn perform(model: &mut Model, operation: &Operation) -> Result<(), ErrorKind> {
    match operation {
        Operation::Put { name, is_active, spec, .. } => {
            model.insert(name.clone(), (spec["number"].as_i64().unwrap(), *is_active));
        }
        Operation::Delete { name, .. } => {
            model.remove(name).ok_or(ErrorKind::NotFound)?;
        }
        Operation::Rename { name, new_name, .. } => {
            let value = *model.get(name).ok_or(ErrorKind::NotFound)?;
            if name != new_name {
                if model.contains_key(new_name) {
                    return Err(ErrorKind::Conflict);
                }
                model.remove(name);
                model.insert(new_name.clone(), value);
            }
        }
    }
    Ok(())
}

fn model_of(objects: &[Object]) -> Model {
    objects
        .iter()
        .map(|object| (object.name.clone(), (object.spec["number"].as_i64().unwrap(), object.is_active)))
        .collect()
}

async fn compare(batches: Vec<Vec<Operation>>) {
    let place = Place::sqlite();
    let store = place.open().await;
    let mut model = Model::new();
    let mut snapshots = vec![store.snapshot().await.unwrap()];
    for operations in batches {
        let mut wanted = model.clone();
        let expected = operations.iter().try_for_each(|operation| perform(&mut wanted, operation));
        let result = store.apply(Batch { operations, ..Batch::new("model", "") }).await;
        assert_eq!(result.as_ref().map(|_| ()).map_err(|error| error.kind()), expected);
        if expected.is_ok() {
            model = wanted;
        }
        let snapshot = store.snapshot().await.unwrap();
        assert_eq!(model_of(&snapshot.objects), model);
        snapshots.push(snapshot);
    }
    assert_eq!(store.check().await.unwrap().problems, []);
    let last = snapshots.last().unwrap().clone();
    for snapshot in snapshots {
        // What changed since any revision leads from there to the end.
        let changes = store.changes_since(snapshot.revision).await.unwrap();
        let key = |object: Object| (ObjectKey::new(&object.kind, &object.name), object);
        let mut objects: BTreeMap<_, _> = snapshot.objects.into_iter().map(key).collect();
        for name in changes.deleted {
            objects.remove(&name);
        }
        objects.extend(changes.put.into_iter().map(key));
        assert_eq!(objects.into_values().collect::<Vec<_>>(), last.objects);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn batches_do_what_they_would_do_to_a_map(
        batches in prop::collection::vec(prop::collection::vec(operation(), 0..5), 1..12)
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(compare(batches));
    }
}
