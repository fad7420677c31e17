//! What happens to pickup directories while the server is down, and how they can be set up.

use super::*;

#[tokio::test]
async fn what_changed_while_the_server_was_down_is_deployed_at_the_start() {
    let mut server = TestServer::started().await;
    server.channel("gone").await;
    server.save("crm.py", "service crm one\n");
    server.save("gone.py", "service gone soon\n");
    server.save("stays.py", "service stays same\n");
    server.everywhere("/crm", "one").await;
    server.everywhere("/gone", "soon").await;
    server.stop().await;
    server.save("crm.py", "service crm two\n");
    fs::remove_file(server.pickup("gone.py")).unwrap();
    server.start().await;
    // It is in force from the first request on.
    assert!(server.answers("/crm").await.values().all(|answer| answer == "two"));
    let mut keys: Vec<String> =
        server.store.current_units().await.unwrap().into_iter().map(|unit| unit.key).collect();
    keys.sort();
    assert_eq!(keys, ["crm.py", "stays.py"]);
    assert_eq!(server.store.unit_versions("stays.py").await.unwrap().len(), 1, "it was not deployed again");
}

#[tokio::test]
async fn a_rollback_of_a_picked_up_file_survives_until_the_next_save() {
    let mut server = TestServer::started().await;
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    server.save("crm.py", "service crm two\n");
    server.everywhere("/crm", "two").await;
    server.client().await.rollback("crm.py", 1, "jane").await.unwrap();
    server.everywhere("/crm", "one").await;
    server.stop().await;
    server.start().await;
    server.everywhere("/crm", "one").await;
    assert!(server.log().contains("rolled back"));
    server.save("crm.py", "service crm three\n");
    server.everywhere("/crm", "three").await;
}

#[tokio::test]
async fn a_rollback_survives_a_save_that_changes_nothing() {
    let server = TestServer::started().await;
    for version in ["one", "two"] {
        server.save("crm.py", &format!("service crm {version}\n"));
        server.everywhere("/crm", version).await;
    }
    server.client().await.rollback("crm.py", 1, "jane").await.unwrap();
    server.save("crm.py", "service crm two\n");
    server.save("marker.py", "service marker one\n");
    server.outcome("marker.py", |_| true, UnitStatus::Deployed).await;
    server.everywhere("/crm", "one").await;
    wait_for!("the warning", server.log().contains("change the file to deploy it").then_some(()));
    let file = server.path("crm.py");
    fs::write(&file, "service crm two\n").unwrap();
    server.client().await.deploy(&file, "jane").await.unwrap();
    server.everywhere("/crm", "two").await;
}

#[tokio::test]
async fn files_are_removed_after_pickup_where_that_is_wanted() {
    let mut server = TestServer::new(1, "[hot_deploy]\ndelete_after_pick_up=True\n").await;
    server.channel("crm").await;
    server.save("pack/__init__.py", "service pack yes\n");
    server.save("crm.py", "service crm one\n");
    server.start().await;
    server.everywhere("/crm", "one").await;
    wait_for!(
        "removal",
        (!server.pickup("crm.py").exists() && !server.pickup("pack").exists()).then_some(())
    );
    server.save("crm.py", "service crm two\n");
    server.everywhere("/crm", "two").await;
    wait_for!("removal", (!server.pickup("crm.py").exists()).then_some(()));
    server.save("broken.py", "fail SyntaxError\n");
    server.failure("broken.py").await;
    assert!(server.pickup("broken.py").exists(), "it may still be wanted");
    server.stop().await;
    server.start().await;
    server.everywhere("/crm", "two").await;
    assert_eq!(server.store.current_units().await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_store_decides_even_where_there_is_no_pickup_directory() {
    let mut server = TestServer::started().await;
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    server.stop().await;
    fs::rename(server.paths.incoming_services(), server.path("away")).unwrap();
    server.start().await;
    server.everywhere("/crm", "one").await;
    fs::rename(server.path("away"), server.paths.incoming_services()).unwrap();
    server.save("crm.py", "service crm two\n");
    server.everywhere("/crm", "two").await;
}

#[tokio::test]
async fn a_unit_that_no_longer_loads_at_the_start_is_reported_and_tried_again() {
    let mut server = TestServer::started().await;
    let library = server.path("library");
    fs::write(&library, "").unwrap();
    let other = server.path("base.py");
    fs::write(&other, "service base one\n").unwrap();
    server.client().await.deploy(&other, "jane").await.unwrap();
    server.save("crm.py", "import base\nservice crm one\n");
    server.everywhere("/crm", "one").await;
    server.stop().await;
    // As if somebody had removed the library from the machine.
    let changes = zato_core::guest::UnitChanges { put: Vec::new(), delete: vec!["base.py".to_owned()] };
    let id = server.store.begin_deployment("tests", "tests", &changes).await.unwrap();
    let result = zato_store::DeploymentResult::new(Vec::new(), vec!["base.py".to_owned()]);
    server.store.finish_deployment(id, result).await.unwrap();
    server.start().await;
    let list = server.client().await.services().await.unwrap();
    assert_eq!((list.services.len(), list.failures.len()), (0, 1));
    assert!(list.failures[0].problems[0].message.contains("No module named 'base'"));
    assert_eq!(server.log().matches("`crm.py` could not be loaded").count(), 1, "once, not once a worker");
    server.client().await.deploy(&other, "jane").await.unwrap();
    server.save("crm.py", "import base\nservice crm one\n");
    server.everywhere("/crm", "one").await;
}
