//! Modules of service-sources.txt.

use rustix::process::Signal;

use super::*;

#[tokio::test]
async fn modules_are_deployed_by_name_on_every_worker_and_at_every_start() {
    let mut server = TestServer::new(2, "").await;
    server.channel("crm").await;
    fs::write(server.paths.service_sources(), "missing\ncrm\n./work/hot-deploy/current\n").unwrap();
    server.start().await;
    server.everywhere("/crm", "installed").await;
    let log = server.log();
    assert_eq!(log.matches("Deployed `module:crm`, 1 service: crm").count(), 1, "{log}");
    assert_eq!(log.matches("`module:missing` could not be loaded").count(), 1, "{log}");
    let list = server.client().await.services().await.unwrap();
    assert_eq!(list.services[0].unit, "module:crm");
    assert_eq!((list.failures.len(), list.failures[0].key.as_str()), (1, "module:missing"));
    let victim = server.ready_pids().await[0];
    send(victim, Signal::KILL);
    wait_for!("another worker", (server.ready_pids().await[0] != victim).then_some(()));
    server.everywhere("/crm", "installed").await;
    assert!(server.store.current_units().await.unwrap().is_empty(), "what is installed is not in the store");
    server.stop().await;
    fs::write(server.paths.service_sources(), "# nothing\n").unwrap();
    server.start().await;
    assert!(server.client().await.services().await.unwrap().services.is_empty());
}

#[tokio::test]
async fn deployments_leave_installed_modules_in_force() {
    let mut server =
        TestServer::new(1, "[deploy_patterns_allowed]\norder=false_true\n*=True\nother=False\n").await;
    server.channel("crm").await;
    fs::write(server.paths.service_sources(), "crm\nother\n").unwrap();
    server.save("before.py", "service before yes\n");
    server.start().await;
    server.save("after.py", "service after yes\n");
    server.outcome("after.py", |_| true, UnitStatus::Deployed).await;
    fs::remove_file(server.pickup("before.py")).unwrap();
    server.outcome("before.py", |_| true, UnitStatus::Deleted).await;
    server.everywhere("/crm", "installed").await;
    assert!(server.log().contains("Skipped `module:other`, [deploy_patterns_allowed]"), "{}", server.log());
}
