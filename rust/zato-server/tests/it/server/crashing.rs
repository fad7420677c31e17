//! Processes that are killed: nothing is lost and nothing is half in force.

use rustix::process::Signal;

use super::*;

#[tokio::test]
async fn a_killed_worker_comes_back_with_everything() {
    let server = TestServer::started().await;
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    let before = server.pids().await;
    send(before[0], Signal::KILL);
    wait_for!("the new worker", {
        let status = server.status().await.unwrap();
        (status.is_ready && status.workers[0].pid != Some(before[0])).then_some(())
    });
    server.everywhere("/crm", "one").await;
    let status = server.status().await.unwrap();
    assert_eq!((status.workers[0].restarts, status.workers[1].restarts), (1, 0));
    assert!(status.workers[0].last_exit.as_ref().unwrap().starts_with("signal 9"));
}

#[tokio::test]
async fn changes_made_while_a_worker_is_down_reach_it() {
    let server = TestServer::started().await;
    for round in 0..5 {
        let pids = server.ready_pids().await;
        send(pids[round % 2], Signal::KILL);
        server.save("crm.py", &format!("service crm n{round}\n"));
        let name = format!("extra{round}");
        server.save(&format!("{name}.py"), &format!("service {name} yes\n"));
        let revision = server.channel(&name).await;
        server.client().await.sync(revision).await.unwrap();
        server.everywhere("/crm", &format!("n{round}")).await;
        server.everywhere(&format!("/{name}"), "yes").await;
    }
}

#[tokio::test]
async fn a_worker_killed_while_it_imports_does_not_lose_the_deployment() {
    let server = TestServer::started().await;
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    let marker = server.path("died").display().to_string();
    server.save("crm.py", &format!("die-once {marker}\nservice crm two\n"));
    server.everywhere("/crm", "two").await;
    assert_eq!(server.store.deployments(10).await.unwrap().len(), 2, "{}", server.log());
}

#[tokio::test]
async fn any_worker_may_be_killed_while_it_imports() {
    let server = TestServer::started().await;
    for victim in 0..2 {
        let pids = server.ready_pids().await;
        let (begun, go_on) = (server.path(&format!("begun{victim}.")), server.path(&format!("go{victim}.")));
        let content =
            format!("touch-own {}\nwait-own {}\nservice crm n{victim}\n", begun.display(), go_on.display());
        server.save("crm.py", &content);
        let own = |prefix: &std::path::Path, pid: u32| PathBuf::from(format!("{}{pid}", prefix.display()));
        // The first worker tries first, the others follow.
        for pid in &pids[..victim] {
            fs::write(own(&go_on, *pid), "").unwrap();
        }
        wait_for!("the import", own(&begun, pids[victim]).exists().then_some(()));
        send(pids[victim], Signal::KILL);
        fs::write(format!("{}all", go_on.display()), "").unwrap();
        server.everywhere("/crm", &format!("n{victim}")).await;
        let latest = &server.store.deployments(1).await.unwrap()[0];
        assert_eq!(latest.status, zato_store::DeploymentStatus::Deployed);
    }
}

#[tokio::test]
async fn a_supervisor_killed_while_units_are_imported_leaves_old_or_new() {
    let mut server = TestServer::started().await;
    server.save("crm.py", "service crm old\n");
    server.everywhere("/crm", "old").await;
    let (begun, go_on) = (server.path("begun"), server.path("go"));
    server.save("crm.py", &format!("touch {}\nwait {}\nservice crm new\n", begun.display(), go_on.display()));
    wait_for!("the import", begun.exists().then_some(()));
    let pids = server.pids().await;
    server.kill().await;
    wait_for!("the end of the workers", pids.iter().all(|pid| !is_alive(*pid)).then_some(()));
    // Nobody has put it in force.
    assert_eq!(server.store.current_units().await.unwrap()[0].files[0].content, "service crm old\n");
    fs::write(&go_on, "").unwrap();
    server.start().await;
    server.everywhere("/crm", "new").await;
    let deployments = server.store.deployments(10).await.unwrap();
    assert_eq!(deployments[1].status, zato_store::DeploymentStatus::Failed, "{deployments:?}");
}

#[tokio::test]
async fn a_supervisor_killed_at_any_moment_leaves_old_or_new_everywhere() {
    let mut server = TestServer::started().await;
    server.save("crm.py", "service crm n0\n");
    server.everywhere("/crm", "n0").await;
    for round in 1..=12_u64 {
        server.save("crm.py", &format!("service crm n{round}\n"));
        // Somewhere between noticing and acknowledging; a different place each time.
        tokio::time::sleep(Duration::from_millis(round * 4)).await;
        server.kill().await;
        server.start().await;
        let answers = server.answers("/crm").await;
        let expected = format!("n{round}");
        assert!(answers.values().all(|answer| *answer == expected), "{round}: {answers:?}\n{}", server.log());
    }
}

#[tokio::test]
async fn workers_of_a_killed_supervisor_finish_what_is_in_flight() {
    let mut server = TestServer::started().await;
    server.save("crm.py", "service crm slowly\nslow crm 400\n");
    server.everywhere("/crm", "slowly").await;
    let request = tokio::spawn(get(server.address().await, "/crm"));
    wait_for!("the request to run", {
        let status = server.status().await.unwrap();
        status.workers.iter().any(|worker| worker.statistics.unwrap().running > 0).then_some(())
    });
    server.kill().await;
    assert!(request.await.unwrap().unwrap().1.starts_with("slowly"));
}

#[tokio::test]
async fn a_worker_told_to_end_finishes_and_is_replaced() {
    let server = TestServer::started().await;
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    let address = server.address().await;
    let before = server.pids().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let load = tokio::spawn(async move {
        let mut answers = 0;
        while !*stopped.borrow() {
            if let Ok((status, body)) = get(address, "/crm").await {
                assert_eq!(status, 200, "{body}");
                answers += 1;
            }
        }
        answers
    });
    send(before[1], Signal::TERM);
    wait_for!("the new worker", {
        let status = server.status().await.unwrap();
        (status.is_ready && status.workers[1].pid != Some(before[1])).then_some(())
    });
    stop.send(true).unwrap();
    assert!(load.await.unwrap() > 0);
}
