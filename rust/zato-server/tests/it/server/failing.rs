//! Deployments that fail, and leave everything as it was.

use super::*;

#[tokio::test]
async fn a_broken_save_leaves_the_old_version_and_says_file_and_line() {
    let server = TestServer::started().await;
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    server.save("crm.py", "service crm two\nfail SyntaxError: invalid syntax\n");
    let problems = server.failure("crm.py").await;
    let file = server.pickup("crm.py").display().to_string();
    assert!(problems.contains(&format!("{file}:2: SyntaxError: invalid syntax")), "{problems}");
    server.everywhere("/crm", "one").await;
    let list = server.client().await.services().await.unwrap();
    assert_eq!((list.failures[0].key.as_str(), list.failures[0].problems[0].line), ("crm.py", Some(2)));
    wait_for!(
        "the log",
        server.log().contains("Could not deploy `crm.py`, the previous version stays in force").then_some(())
    );
    server.save("crm.py", "service crm three\n");
    server.everywhere("/crm", "three").await;
    assert!(server.client().await.services().await.unwrap().failures.is_empty());
}

#[tokio::test]
async fn going_back_to_what_is_in_force_ends_a_failure() {
    let server = TestServer::started().await;
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    server.save("crm.py", "fail NameError\n");
    server.failure("crm.py").await;
    server.save("crm.py", "service crm one\n");
    wait_for!("no failure", {
        server.client().await.services().await.unwrap().failures.is_empty().then_some(())
    });
    assert_eq!(server.store.unit_versions("crm.py").await.unwrap().len(), 2, "it is no deployment");
}

#[tokio::test]
async fn one_broken_file_of_several_does_not_hold_up_the_others() {
    let server = TestServer::started().await;
    for (file, content) in [
        ("crm.py", "service crm one\n"),
        ("base.py", "fail SyntaxError\n"),
        ("user.py", "import base\nservice user one\n"),
    ] {
        server.save(file, content);
    }
    server.everywhere("/crm", "one").await;
    server.failure("base.py").await;
    server.failure("user.py").await;
    // The one that was only waiting for the other comes along.
    server.save("base.py", "service base one\n");
    server.outcome("user.py", |_| true, UnitStatus::Deployed).await;
}

#[tokio::test]
async fn a_change_that_would_break_what_is_in_force_waits_for_the_other_half() {
    let server = TestServer::started().await;
    server.save("base.py", "# old\nservice base one\n");
    server.save("crm.py", "import base\nneeds old base\nservice crm one\n");
    server.everywhere("/crm", "one").await;
    server.save("base.py", "service base two\n");
    let problems = server.failure("base.py").await;
    let file = server.pickup("crm.py").display().to_string();
    assert!(
        problems.contains(&format!("{file}:2: `crm.py` imports it and would no longer load: ImportError")),
        "{problems}"
    );
    server.everywhere("/crm", "one").await;
    server.save("crm.py", "import base\nservice crm two\n");
    server.everywhere("/crm", "two").await;
    server.outcome("base.py", |_| true, UnitStatus::Deployed).await;
    assert!(server.client().await.services().await.unwrap().failures.is_empty());
}

#[tokio::test]
async fn a_file_that_is_no_text_is_recorded_by_name_and_line() {
    let server = TestServer::started().await;
    fs::write(server.pickup("crm.py"), b"service crm one\n\xff\n").unwrap();
    let problems = server.failure("crm.py").await;
    assert!(problems.contains("crm.py:2: the file is not valid UTF-8"), "{problems}");
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
}

#[tokio::test]
async fn a_hanging_import_fails_alone_and_is_named() {
    let server = TestServer::started().await;
    server.save("stuck.py", "hang\n");
    server.save("crm.py", "service crm one\n");
    let problems = server.failure("stuck.py").await;
    assert!(
        problems.contains("its import did not end within 1 s") && problems.contains("import_timeout"),
        "{problems}"
    );
    server.everywhere("/crm", "one").await;
    assert_eq!(server.status().await.unwrap().workers.iter().map(|worker| worker.restarts).sum::<u64>(), 0);
}

#[tokio::test]
async fn an_import_that_ends_the_process_costs_one_worker_and_changes_nothing() {
    let server = TestServer::started().await;
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    server.save("crm.py", "exit 3\n");
    let problems = server.failure("crm.py").await;
    assert!(problems.contains("ended while it imported it: exit code 3"), "{problems}");
    server.everywhere("/crm", "one").await;
    let restarts = wait_for!("the new worker", {
        let status = server.status().await.unwrap();
        status.is_ready.then(|| status.workers.iter().map(|worker| worker.restarts).sum::<u64>())
    });
    assert_eq!(restarts, 1);
}

#[tokio::test]
async fn an_import_that_ends_the_process_does_not_hold_up_the_others() {
    let server = TestServer::started().await;
    for (file, content) in [
        ("a.py", "service a one\n"),
        ("crm.py", "import a\nservice crm one\n"),
        ("exit.py", "exit 3\n"),
        ("other.py", "exit 4\n"),
        ("z.py", "service z one\n"),
    ] {
        server.save(file, content);
    }
    let problems = server.failure("exit.py").await;
    assert!(problems.contains("ended while it imported it: exit code 3"), "{problems}");
    let problems = server.failure("other.py").await;
    assert!(problems.contains("ended while it imported it: exit code 4"), "{problems}");
    server.everywhere("/crm", "one").await;
    server.outcome("z.py", |_| true, UnitStatus::Deployed).await;
    let status = wait_for!("all workers", server.status().await.filter(|status| status.is_ready));
    let restarts: Vec<u64> = status.workers.iter().map(|worker| worker.restarts).collect();
    assert_eq!(restarts.iter().sum::<u64>(), 2);
    assert!(restarts.contains(&0), "one worker serves all the time: {restarts:?}");
}

#[tokio::test]
async fn a_crash_that_nobody_has_seen_coming_is_found_by_trying() {
    let mut server = TestServer::new(2, "").await;
    server.channel("crm").await;
    for (file, content) in [
        ("a.py", "# silent\nservice a one\n"),
        ("b.py", "# silent\nexit-with a 3\n"),
        ("crm.py", "# silent\nimport a\nservice crm one\n"),
        ("d.py", "# silent\nservice d one\n"),
        ("e.py", "# silent\nservice e one\n"),
    ] {
        server.save(file, content);
    }
    server.start().await;
    let problems = server.failure("b.py").await;
    assert!(problems.contains("ended while it imported it: exit code 3"), "{problems}");
    server.everywhere("/crm", "one").await;
}

#[tokio::test]
async fn a_guest_that_does_not_let_go_of_an_import_takes_the_next_one() {
    let server = TestServer::started().await;
    server.save("stuck.py", "# stuck\nhang\n");
    server.failure("stuck.py").await;
    let saved = Instant::now();
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    assert!(saved.elapsed() < Duration::from_secs(5), "{:?}", saved.elapsed());
    let restarts = server.status().await.unwrap().workers.iter().map(|worker| worker.restarts).sum::<u64>();
    assert_eq!(restarts, 0);
}
