//! Workers in which nothing can run any more.

use super::*;

const READY: &str = "/zato/health/ready";

async fn start(workers: usize, stuck_timeout: &str, stuck_for: Duration) -> TestServer {
    let mut server = TestServer::new(workers, &format!("stuck_timeout={stuck_timeout}\n")).await;
    server.channel("crm").await;
    server.channel("hog").await;
    server.save("crm.py", "service crm one\n");
    server.save("hog.py", &format!("service hog stuck\nslow hog {}\n", stuck_for.as_millis()));
    server.start().await;
    server.everywhere("/crm", "one").await;
    server
}

#[tokio::test]
async fn a_stuck_worker_is_not_ready_until_a_thread_is_free() {
    let server = start(1, "0", Duration::from_secs(2)).await;
    let (address, pids) = (server.address().await, server.ready_pids().await);
    assert_eq!(get(address, READY).await.unwrap().0, 200);
    assert_eq!(get(address, "/hog").await.unwrap().0, 504);
    wait_for!("not ready", (get(address, READY).await.unwrap().0 == 503).then_some(()));
    let log = server.log();
    assert!(log.contains("all 3 threads are held by runs past their time limit: `hog` (3)"), "{log}");
    assert_eq!(get(address, "/zato/health/live").await.unwrap().0, 200);
    wait_for!("ready again", (get(address, READY).await.unwrap().0 == 200).then_some(()));
    assert_eq!(server.ready_pids().await, pids);
}

#[tokio::test]
async fn a_worker_that_stays_stuck_is_replaced_and_others_are_not() {
    let server = start(2, "1", Duration::from_secs(3600)).await;
    let (address, before) = (server.address().await, server.ready_pids().await);
    assert_eq!(get(address, "/hog").await.unwrap().0, 504);
    let after = wait_for!(format!("a new worker\n{}", server.log()), {
        let after = server.ready_pids().await;
        (after != before).then_some(after)
    });
    let kept = before.iter().zip(&after).filter(|(before, after)| before == after).count();
    assert_eq!(kept, 1, "{before:?} {after:?}");
    server.everywhere("/crm", "one").await;
    for _ in 0..10 {
        assert_eq!(get(address, READY).await.unwrap().0, 200);
    }
    let status = server.status().await.unwrap();
    assert_eq!(status.workers.iter().map(|worker| worker.restarts).sum::<u64>(), 1);
    let log = server.log();
    for line in ["is replaced: all 3 threads are held", "`hog` (3)", "stacks of process", "is started again"]
    {
        assert!(log.contains(line), "{line}\n{log}");
    }
    assert!(!log.contains("ended unexpectedly"), "{log}");
    let metrics = server.client().await.metrics().await.unwrap();
    let restarts = metrics.lines().filter(|line| line.starts_with("zato_worker_restarts_total{"));
    let mut counts: Vec<_> = restarts.map(|line| line.rsplit_once(' ').unwrap().1).collect();
    counts.sort_unstable();
    assert_eq!(counts, ["0", "1"], "{metrics}");
}
