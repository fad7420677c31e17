//! Deployments that succeed.

use super::*;

#[tokio::test]
async fn a_save_is_in_force_on_every_worker_and_recorded() {
    let server = TestServer::started().await;
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    server.save("crm.py", "service crm two\n");
    server.everywhere("/crm", "two").await;
    let deployments = server.client().await.deployments(10).await.unwrap();
    assert_eq!(deployments.len(), 2);
    let deployment = &deployments[0];
    assert_eq!((deployment.actor.as_str(), deployment.reason.as_str()), ("server1", "pickup"));
    let acknowledgements = wait_for!("acknowledgments", {
        let found = server.store.acknowledgements(deployment.id).await.unwrap();
        (found.len() == 2).then_some(found)
    });
    assert!(acknowledgements.iter().all(|one| one.status == zato_store::AcknowledgementStatus::Deployed));
    assert!(
        server.log().contains("Deployed `crm.py`, 1 service: crm (deployment 2, 2 workers"),
        "{}",
        server.log()
    );
    let copy = server.paths.hot_deploy_current().join("crm.py");
    wait_for!(
        "the copy",
        (fs::read_to_string(&copy).unwrap_or_default() == "service crm two\n").then_some(())
    );
}

#[tokio::test]
async fn requests_during_a_deployment_all_succeed() {
    let server = TestServer::started().await;
    server.save("crm.py", "service crm zero\n");
    server.everywhere("/crm", "zero").await;
    let address = server.address().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let load = tokio::spawn(async move {
        let mut answers = 0;
        while !*stopped.borrow() {
            let (status, body) = get(address, "/crm").await.unwrap();
            assert_eq!(status, 200, "{body}");
            answers += 1;
        }
        answers
    });
    for number in 0..20 {
        server.save("crm.py", &format!("service crm n{number}\n"));
        server.everywhere("/crm", &format!("n{number}")).await;
    }
    stop.send(true).unwrap();
    assert!(load.await.unwrap() > 20);
}

#[tokio::test]
async fn ten_files_are_one_deployment_and_saving_the_same_is_none() {
    let server = TestServer::started().await;
    for number in 0..10 {
        server.save(&format!("n{number}.py"), &format!("service n{number} hello\n"));
    }
    server.outcome("n9.py", |_| true, UnitStatus::Deployed).await;
    assert_eq!(server.store.deployments(10).await.unwrap().len(), 1);
    server.save("n3.py", "service n3 hello\n");
    server.save("crm.py", "service crm marker\n");
    server.everywhere("/crm", "marker").await;
    assert!(server.store.unit_versions("n3.py").await.unwrap().len() == 1);
}

#[tokio::test]
async fn renaming_and_deleting_are_followed() {
    let server = TestServer::started().await;
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    fs::rename(server.pickup("crm.py"), server.pickup("sales.py")).unwrap();
    server.outcome("crm.py", |_| true, UnitStatus::Deleted).await;
    server.everywhere("/crm", "one").await;
    assert_eq!(server.client().await.services().await.unwrap().services[0].unit, "sales.py");
    fs::remove_file(server.pickup("sales.py")).unwrap();
    server.outcome("sales.py", |_| true, UnitStatus::Deleted).await;
    wait_for!("the end of the service", {
        server.client().await.services().await.unwrap().services.is_empty().then_some(())
    });
}

#[tokio::test]
async fn what_imports_a_changed_unit_changes_with_it() {
    let server = TestServer::started().await;
    server.save("base.py", "service base one\n");
    server.save("crm.py", "import base\nservice crm one\n");
    server.everywhere("/crm", "one").await;
    server.save("base.py", "service base two\n");
    wait_for!(
        "the dependant",
        server.log().contains("Deployed again, as it imports what changed, `crm.py`").then_some(())
    );
    let latest = &server.store.deployments(1).await.unwrap()[0];
    assert_eq!(latest.units.len(), 2);
}

#[tokio::test]
async fn packages_and_odd_names_are_deployed() {
    let server = TestServer::started().await;
    server.save("billing/__init__.py", "service billing package\n");
    server.save("billing/sub/tax.py", "service tax nested\n");
    server.save("my-api.py", "service my-api hyphen\n");
    server.save("my.api.py", "service my.api dot\n");
    server.save("deep/er/crm.py", "service crm deep\n");
    server.everywhere("/crm", "deep").await;
    let services = server.client().await.services().await.unwrap();
    let found: Vec<(&str, &str)> =
        services.services.iter().map(|service| (service.name.as_str(), service.unit.as_str())).collect();
    assert_eq!(
        found,
        [
            ("billing", "billing"),
            ("crm", "deep/er/crm.py"),
            ("my-api", "my-api.py"),
            ("my.api", "my.api.py"),
            ("tax", "billing")
        ]
    );
}

#[tokio::test]
async fn a_command_deploys_checks_and_rolls_back() {
    let mut server = TestServer::started().await;
    let file = server.path("crm.py");
    let client = server.client().await;
    fs::write(&file, "service crm one\n").unwrap();
    let report = client.deploy(&file, "jane").await.unwrap();
    assert!(report.is_success() && report.units[0].services[0].name == "crm");
    fs::write(&file, "service crm two\n").unwrap();
    client.deploy(&file, "jane").await.unwrap();
    server.everywhere("/crm", "two").await;
    let unchanged = client.deploy(&file, "jane").await.unwrap().unchanged;
    assert_eq!((unchanged.len(), unchanged[0].key.as_str()), (1, "crm.py"));
    assert_eq!(unchanged[0].services[0].name, "crm", "whoever deployed it");
    fs::write(&file, "fail SyntaxError: invalid syntax\n").unwrap();
    let report = client.check_units(&file).await.unwrap();
    assert_eq!(report.units[0].problems[0].line, Some(1));
    assert_eq!(report.deployment, None);
    server.everywhere("/crm", "two").await;
    let report = client.rollback("crm.py", 1, "jane").await.unwrap();
    assert!(report.is_success());
    server.everywhere("/crm", "one").await;
    assert_eq!(server.store.deployments(1).await.unwrap()[0].reason, "rollback");
    assert!(client.rollback("crm.py", 50, "jane").await.is_err());
    assert!(client.rollback("missing.py", 1, "jane").await.is_err());
    server.stop().await;
    server.start().await;
    server.everywhere("/crm", "one").await;
}

#[tokio::test]
async fn what_patterns_refuse_is_skipped_without_being_imported() {
    let patterns = "[deploy_patterns_allowed]\norder=false_true\n*=True\nold/*=False\nsecret=False\n";
    let mut server = TestServer::new(1, patterns).await;
    server.channel("crm").await;
    server.start().await;
    let imported = server.path("imported");
    for file in ["old/api.py", "secret.py"] {
        server.save(file, &format!("touch {}\nservice other no\n", imported.display()));
        let skipped = format!("Skipped `{file}`, [deploy_patterns_allowed]");
        wait_for!(server.log(), server.log().contains(&skipped).then_some(()));
        assert!(server.store.unit_versions(file).await.unwrap().is_empty());
    }
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    let client = server.client().await;
    assert!(client.services().await.unwrap().failures.is_empty(), "a refusal is no failure");
    let file = server.pickup("secret.py");
    for report in [client.deploy(&file, "jane").await.unwrap(), client.check_units(&file).await.unwrap()] {
        assert_eq!(report.skipped, ["secret.py"]);
        assert!(report.is_success() && report.units.is_empty(), "{report:?}");
    }
    assert!(!imported.exists(), "nothing of it may run");
    server.stop().await;
    let text = fs::read_to_string(server.paths.server_conf()).unwrap();
    fs::write(server.paths.server_conf(), format!("{text}crm=False\n")).unwrap();
    server.start().await;
    assert!(server.client().await.services().await.unwrap().services.is_empty(), "also what was in force");
}

#[tokio::test]
async fn as_many_versions_are_kept_as_server_conf_says() {
    let mut server = TestServer::new(1, "[hot_deploy]\nbackup_history=2\n").await;
    server.channel("crm").await;
    server.start().await;
    for reply in ["one", "two", "three", "four"] {
        server.save("crm.py", &format!("service crm {reply}\n"));
        server.everywhere("/crm", reply).await;
    }
    assert_eq!(server.store.unit_versions("crm.py").await.unwrap().len(), 2);
    let client = server.client().await;
    assert!(client.rollback("crm.py", 2, "jane").await.is_err());
    assert!(client.rollback("crm.py", 1, "jane").await.unwrap().is_success());
    server.everywhere("/crm", "three").await;
}

#[tokio::test]
async fn a_save_is_in_force_without_a_wait() {
    let server = TestServer::started().await;
    let mut times = Vec::new();
    for number in 0..40 {
        let reply = format!("n{number}");
        let address = server.address().await;
        let saved = Instant::now();
        server.save("crm.py", &format!("service crm {reply}\n"));
        loop {
            let (_, body) = get(address, "/crm").await.unwrap();
            if body.starts_with(&format!("{reply} ")) {
                break;
            }
            assert!(saved.elapsed() < PATIENCE);
        }
        times.push(saved.elapsed());
        server.everywhere("/crm", &reply).await;
    }
    times.sort();
    println!("p50 {:?} p90 {:?} max {:?}", times[20], times[36], times[39]);
    // The goals, 50 and 200 ms, are for an optimized build on an idle machine (`make bench` measures that); this only
    // notices a pause that nobody meant.
    assert!(times[20] < Duration::from_millis(700), "{times:?}");
}

#[tokio::test]
async fn all_servers_of_a_cluster_run_what_one_of_them_picked_up() {
    let mut first = TestServer::started().await;
    let mut second = TestServer::beside(&first).await;
    first.save("crm.py", "service crm one\n");
    second.save("crm.py", "service crm one\n");
    first.everywhere("/crm", "one").await;
    second.start().await;
    second.everywhere("/crm", "one").await;
    first.save("crm.py", "service crm two\n");
    second.everywhere("/crm", "two").await;
    first.everywhere("/crm", "two").await;
    // Its own copy is older than what is in force, and nobody has saved it.
    second.stop().await;
    second.start().await;
    second.everywhere("/crm", "two").await;
    second.save("crm.py", "service crm three\n");
    first.everywhere("/crm", "three").await;
    let latest = first.store.deployments(1).await.unwrap().remove(0);
    assert_eq!(latest.actor, "server2");
    wait_for!("acknowledgments of both", {
        let found = first.store.acknowledgements(latest.id).await.unwrap();
        (found.len() == 4).then_some(())
    });
    first.stop().await;
    second.everywhere("/crm", "three").await;
}

#[tokio::test]
async fn a_directory_deployed_by_command_in_the_pickup_directory_is_deployed_once() {
    let server = TestServer::started().await;
    let client = server.client().await;
    server.save("many/sub/crm.py", "service crm one\n");
    let report = client.deploy(&server.pickup("many"), "jane").await.unwrap();
    assert!(report.is_success() && report.units.iter().all(|unit| unit.key == "many/sub/crm.py"));
    server.everywhere("/crm", "one").await;
    server.save("many/sub/crm.py", "fail SyntaxError\n");
    let report = client.deploy(&server.pickup("many"), "jane").await.unwrap();
    assert!(!report.is_success());
    server.save("marker.py", "service marker one\n");
    server.outcome("marker.py", |_| true, UnitStatus::Deployed).await;
    assert_eq!(server.store.unit_versions("many/sub/crm.py").await.unwrap().len(), 2);
    fs::remove_dir_all(server.pickup("many")).unwrap();
    wait_for!("the end of the service", {
        let services = client.services().await.unwrap().services;
        services.iter().all(|service| service.name != "crm").then_some(())
    });
}
