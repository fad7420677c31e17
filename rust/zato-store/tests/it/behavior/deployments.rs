//! Deployments and versions.

use zato_core::guest::{Unit, UnitChanges};
use zato_core::{ErrorKind, Problem};
use zato_store::{AcknowledgementStatus, DeploymentResult, DeploymentStatus, Store, UnitResult, UnitStatus};

use crate::place::{Place, service, unit};

fn put(units: &[Unit]) -> UnitChanges {
    UnitChanges { put: units.to_vec(), delete: Vec::new() }
}

fn delete(key: &str) -> UnitChanges {
    UnitChanges { put: Vec::new(), delete: vec![key.to_owned()] }
}

fn deployed(key: &str) -> UnitResult {
    UnitResult {
        key: key.to_owned(),
        status: UnitStatus::Deployed,
        services: vec![service("demo.ping", key)],
        problems: Vec::new(),
    }
}

fn failed(key: &str) -> UnitResult {
    let problem = Problem::new("invalid syntax").file(key).line(3);
    UnitResult {
        key: key.to_owned(),
        status: UnitStatus::Failed,
        services: Vec::new(),
        problems: vec![problem],
    }
}

async fn deploy(store: &Store, key: &str, hash: &str) -> i64 {
    let id = store.begin_deployment("pickup", "saved", &put(&[unit(key, hash)])).await.unwrap();
    store.finish_deployment(id, DeploymentResult::new(vec![deployed(key)], Vec::new())).await.unwrap();
    id
}

async fn undeploy(store: &Store, key: &str) -> i64 {
    let id = store.begin_deployment("pickup", "deleted", &delete(key)).await.unwrap();
    store.finish_deployment(id, DeploymentResult::new(Vec::new(), vec![key.to_owned()])).await.unwrap();
    id
}

async fn current_hashes(store: &Store) -> Vec<String> {
    store.current_units().await.unwrap().into_iter().map(|unit| unit.hash).collect()
}

pub(crate) async fn a_begun_deployment_changes_nothing_in_force(place: Place) {
    let store = place.open().await;
    let id = store.begin_deployment("pickup", "saved", &put(&[unit("a.py", "1")])).await.unwrap();
    assert!(store.current_units().await.unwrap().is_empty());
    let deployment = store.deployment(id).await.unwrap().unwrap();
    assert_eq!(deployment.status, DeploymentStatus::Pending);
    assert_eq!((deployment.actor.as_str(), deployment.reason.as_str()), ("pickup", "saved"));
    assert_eq!((deployment.finished_at, deployment.units.len()), (None, 0));
    assert_eq!(store.unit_versions("a.py").await.unwrap()[0].status, UnitStatus::Pending);
    assert_eq!(store.deployment(id + 1).await.unwrap(), None);
}

pub(crate) async fn a_finished_deployment_is_in_force(place: Place) {
    let store = place.open().await;
    let units = [unit("b.py", "1"), unit("a.py", "2")];
    let id = store.begin_deployment("pickup", "saved", &put(&units)).await.unwrap();
    let result = DeploymentResult::new(vec![deployed("b.py"), deployed("a.py")], Vec::new());
    store.finish_deployment(id, result.clone()).await.unwrap();
    let [b, a] = units;
    assert_eq!(store.current_units().await.unwrap(), [a, b]);
    let deployment = store.deployment(id).await.unwrap().unwrap();
    assert_eq!((deployment.status, deployment.units), (DeploymentStatus::Deployed, result.units));
    assert!(deployment.finished_at.unwrap() >= deployment.created_at);
    let current = store.current_versions().await.unwrap();
    assert_eq!(current.len(), 2);
    assert_eq!((current[0].key.as_str(), current[0].deployment, current[0].is_current), ("a.py", id, true));
    assert_eq!(current[0].services, [service("demo.ping", "a.py")]);
    assert_eq!(place.open().await.current_units().await.unwrap().len(), 2);
    assert_eq!(store.revision().await.unwrap(), 0, "deployments are not configuration");
}

pub(crate) async fn a_failed_unit_leaves_the_old_one_in_force(place: Place) {
    let store = place.open().await;
    deploy(&store, "a.py", "1").await;
    let changes = put(&[unit("a.py", "2"), unit("b.py", "1")]);
    let id = store.begin_deployment("pickup", "saved", &changes).await.unwrap();
    let result = DeploymentResult::new(vec![failed("a.py"), deployed("b.py")], Vec::new());
    store.finish_deployment(id, result).await.unwrap();
    let current = store.current_units().await.unwrap();
    assert_eq!(current, [unit("a.py", "1"), unit("b.py", "1")]);
    let versions = store.unit_versions("a.py").await.unwrap();
    let statuses: Vec<_> = versions.iter().map(|version| (version.status, version.is_current)).collect();
    assert_eq!(statuses, [(UnitStatus::Failed, false), (UnitStatus::Deployed, true)]);
    assert_eq!(versions[0].problems[0].line, Some(3));
    assert_eq!(store.deployments(1).await.unwrap()[0].status, DeploymentStatus::Partial);
    assert_eq!(store.deployments(10).await.unwrap().len(), 2);
}

pub(crate) async fn deleting_takes_a_unit_out_of_force(place: Place) {
    let store = place.open().await;
    deploy(&store, "a.py", "1").await;
    deploy(&store, "b.py", "1").await;
    let id = undeploy(&store, "a.py").await;
    assert_eq!(store.current_units().await.unwrap(), [unit("b.py", "1")]);
    let versions = store.unit_versions("a.py").await.unwrap();
    assert_eq!((versions[0].status, versions[0].deployment), (UnitStatus::Deleted, id));
    assert_eq!(versions[0].hash, None);
    assert_eq!(store.deployment(id).await.unwrap().unwrap().deleted, ["a.py"]);
    undeploy(&store, "a.py").await;
}

pub(crate) async fn a_unit_without_result_has_failed(place: Place) {
    let store = place.open().await;
    let changes = put(&[unit("a.py", "1"), unit("b.py", "1")]);
    let id = store.begin_deployment("pickup", "saved", &changes).await.unwrap();
    store.finish_deployment(id, DeploymentResult::new(vec![deployed("a.py")], Vec::new())).await.unwrap();
    assert_eq!(store.current_units().await.unwrap(), [unit("a.py", "1")]);
    let version = store.unit_versions("b.py").await.unwrap().remove(0);
    assert_eq!((version.status, version.problems.len()), (UnitStatus::Failed, 1));
}

pub(crate) async fn dependants_are_recorded_but_not_versions(place: Place) {
    let store = place.open().await;
    let first = deploy(&store, "user.py", "1").await;
    let id = store.begin_deployment("pickup", "saved", &put(&[unit("library.py", "1")])).await.unwrap();
    let result = DeploymentResult::new(vec![deployed("library.py"), failed("user.py")], Vec::new());
    store.finish_deployment(id, result).await.unwrap();
    let versions = store.unit_versions("user.py").await.unwrap();
    assert_eq!((versions.len(), versions[0].deployment, versions[0].is_current), (1, first, true));
    assert_eq!(store.deployment(id).await.unwrap().unwrap().units.len(), 2);
}

pub(crate) async fn refuses_a_second_finish(place: Place) {
    let store = place.open().await;
    let id = deploy(&store, "a.py", "1").await;
    let result = DeploymentResult::new(vec![failed("a.py")], Vec::new());
    let error = store.finish_deployment(id, result.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(store.finish_deployment(id + 1, result).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.current_units().await.unwrap().len(), 1);
}

pub(crate) async fn refuses_results_that_contradict_themselves(place: Place) {
    let store = place.open().await;
    let mut changes = put(&[unit("a.py", "1")]);
    changes.delete.push("b.py".to_owned());
    let id = store.begin_deployment("pickup", "saved", &changes).await.unwrap();
    let deployed_b = DeploymentResult::new(vec![deployed("b.py")], Vec::new());
    let deleted_a = DeploymentResult::new(Vec::new(), vec!["a.py".to_owned()]);
    let deleted_c = DeploymentResult::new(vec![deployed("a.py")], vec!["c.py".to_owned()]);
    let pending = UnitResult { status: UnitStatus::Pending, ..deployed("a.py") };
    let pending_unit = DeploymentResult::new(vec![pending], Vec::new());
    let still_pending =
        DeploymentResult { status: DeploymentStatus::Pending, units: Vec::new(), deleted: Vec::new() };
    let failed_but_deployed = DeploymentResult {
        status: DeploymentStatus::Failed,
        units: vec![deployed("a.py")],
        deleted: Vec::new(),
    };
    for result in [deployed_b, deleted_a, deleted_c, pending_unit, still_pending, failed_but_deployed] {
        let error = store.finish_deployment(id, result).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    assert!(store.current_units().await.unwrap().is_empty());
    assert_eq!(store.deployment(id).await.unwrap().unwrap().status, DeploymentStatus::Pending);
}

pub(crate) async fn refuses_changes_without_a_single_meaning(place: Place) {
    let store = place.open().await;
    let twice = put(&[unit("a.py", "1"), unit("a.py", "2")]);
    let both = UnitChanges { put: vec![unit("a.py", "1")], delete: vec!["a.py".to_owned()] };
    for changes in [UnitChanges::default(), twice, both, put(&[unit("", "1")]), put(&[unit("a.py", "")])] {
        let error = store.begin_deployment("pickup", "saved", &changes).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    assert!(store.deployments(10).await.unwrap().is_empty());
}

pub(crate) async fn goes_back_by_versions_that_were_in_force(place: Place) {
    let store = place.open().await;
    for hash in ["1", "2", "2"] {
        deploy(&store, "a.py", hash).await;
    }
    let id = store.begin_deployment("pickup", "saved", &put(&[unit("a.py", "broken")])).await.unwrap();
    store.finish_deployment(id, DeploymentResult::new(vec![failed("a.py")], Vec::new())).await.unwrap();
    deploy(&store, "a.py", "3").await;
    for (back, hash) in [(0, "3"), (1, "2"), (2, "1")] {
        assert_eq!(store.unit_at("a.py", back).await.unwrap(), unit("a.py", hash));
    }
    for (key, back) in [("a.py", 3), ("none.py", 0), ("none.py", 1)] {
        let error = store.unit_at(key, back).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().contains(key), "{error}");
    }
}

pub(crate) async fn goes_back_to_a_deleted_unit(place: Place) {
    let store = place.open().await;
    deploy(&store, "a.py", "1").await;
    undeploy(&store, "a.py").await;
    assert_eq!(store.unit_at("a.py", 0).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.unit_at("a.py", 1).await.unwrap(), unit("a.py", "1"));
    deploy(&store, "a.py", "2").await;
    assert_eq!(store.unit_at("a.py", 1).await.unwrap(), unit("a.py", "1"));
}

pub(crate) async fn the_same_source_under_two_keys_stays_two_units(place: Place) {
    let store = place.open().await;
    deploy(&store, "a.py", "same").await;
    deploy(&store, "b.py", "same").await;
    assert_eq!(store.current_units().await.unwrap(), [unit("a.py", "same"), unit("b.py", "same")]);
}

pub(crate) async fn abandoned_deployments_are_marked_as_failed(place: Place) {
    let store = place.open().await;
    deploy(&store, "a.py", "1").await;
    let id = store.begin_deployment("pickup", "saved", &put(&[unit("a.py", "2")])).await.unwrap();
    drop(store);
    let store = place.open().await;
    assert_eq!(store.fail_abandoned_deployments().await.unwrap(), [id]);
    assert!(store.fail_abandoned_deployments().await.unwrap().is_empty());
    let deployment = store.deployment(id).await.unwrap().unwrap();
    assert_eq!(deployment.status, DeploymentStatus::Failed);
    assert!(deployment.finished_at.is_some());
    let version = store.unit_versions("a.py").await.unwrap().remove(0);
    assert_eq!((version.status, version.problems.len()), (UnitStatus::Failed, 1));
    assert_eq!(current_hashes(&store).await, ["1"]);
    let late = DeploymentResult::new(vec![deployed("a.py")], Vec::new());
    assert_eq!(store.finish_deployment(id, late).await.unwrap_err().kind(), ErrorKind::Conflict);
}

pub(crate) async fn keeps_a_hundred_versions(place: Place) {
    let store = place.open().await;
    deploy(&store, "old.py", "1").await;
    for number in 0..105 {
        deploy(&store, "a.py", &format!("good {number}")).await;
    }
    for number in 0..105 {
        let changes = put(&[unit("a.py", &format!("bad {number}"))]);
        let id = store.begin_deployment("pickup", "saved", &changes).await.unwrap();
        store.finish_deployment(id, DeploymentResult::new(vec![failed("a.py")], Vec::new())).await.unwrap();
    }
    let versions = store.unit_versions("a.py").await.unwrap();
    assert_eq!(versions.len(), 200, "a hundred that were in force, a hundred that failed");
    assert_eq!(store.unit_at("a.py", 99).await.unwrap().hash, "good 5");
    assert!(store.unit_at("a.py", 100).await.is_err());
    assert_eq!(store.current_units().await.unwrap().len(), 2);
    assert_eq!(store.unit_versions("old.py").await.unwrap().len(), 1);
    assert_eq!(store.check().await.unwrap().problems, []);
}

pub(crate) async fn keeps_as_many_versions_as_it_is_told(place: Place) {
    let store = Store::open(place.options().create(true).versions_kept(3)).await.unwrap();
    store.migrate().await.unwrap();
    for number in 0..6 {
        deploy(&store, "a.py", &format!("good {number}")).await;
        let changes = put(&[unit("a.py", &format!("bad {number}"))]);
        let id = store.begin_deployment("pickup", "saved", &changes).await.unwrap();
        store.finish_deployment(id, DeploymentResult::new(vec![failed("a.py")], Vec::new())).await.unwrap();
    }
    assert_eq!(store.unit_versions("a.py").await.unwrap().len(), 6);
    assert_eq!(store.unit_at("a.py", 2).await.unwrap().hash, "good 3");
    assert!(store.unit_at("a.py", 3).await.is_err());
    assert_eq!(current_hashes(&store).await, ["good 5"]);
}

pub(crate) async fn remembers_the_last_word_of_each_worker(place: Place) {
    let store = place.open().await;
    let id = deploy(&store, "a.py", "1").await;
    let words = [
        ("server1", 1, AcknowledgementStatus::Failed, "out of memory"),
        ("server1", 0, AcknowledgementStatus::Deployed, ""),
        ("server1", 1, AcknowledgementStatus::Deployed, ""),
    ];
    for (server, worker, status, detail) in words {
        store.acknowledge(id, server, worker, status, detail).await.unwrap();
    }
    let acknowledgements = store.acknowledgements(id).await.unwrap();
    let told: Vec<_> =
        acknowledgements.iter().map(|one| (one.worker, one.status, one.detail.as_str())).collect();
    assert_eq!(told, [(0, AcknowledgementStatus::Deployed, ""), (1, AcknowledgementStatus::Deployed, "")]);
    let error =
        store.acknowledge(id + 1, "server1", 0, AcknowledgementStatus::Deployed, "").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(store.acknowledgements(id + 1).await.unwrap().is_empty());
}

pub(crate) async fn the_status_follows_from_the_units(_place: Place) {
    let status = |units: Vec<UnitResult>, deleted: &[&str]| {
        DeploymentResult::new(units, deleted.iter().map(|&key| key.to_owned()).collect()).status
    };
    assert_eq!(status(vec![deployed("a.py")], &[]), DeploymentStatus::Deployed);
    assert_eq!(status(Vec::new(), &["b.py"]), DeploymentStatus::Deployed);
    assert_eq!(status(vec![failed("a.py")], &[]), DeploymentStatus::Failed);
    assert_eq!(status(vec![failed("a.py")], &["b.py"]), DeploymentStatus::Partial);
    assert_eq!(status(vec![failed("a.py"), deployed("b.py")], &[]), DeploymentStatus::Partial);
}
