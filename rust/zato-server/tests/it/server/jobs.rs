//! Jobs of the config store in running servers.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use zato_server::api::NewObject;
use zato_store::{Run, RunOutcome};

use super::*;

impl TestServer {
    /// A server with two workers and a service `work` that records its runs.
    async fn with_recorder() -> Self {
        let mut server = Self::new(2, "").await;
        server.save("work.py", &server.work());
        server.start().await;
        server
    }

    fn work(&self) -> String {
        format!("service work record {}\nservice broken break\n", self.path("runs.txt").display())
    }

    async fn job(&self, name: &str, spec: Value) {
        self.api.create(vec![object("scheduler.job", name, spec)]).await.unwrap();
    }

    /// Lines that `work` has recorded.
    fn recorded(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("runs.txt")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    async fn has_job(&self, name: &str) -> bool {
        self.store.get("scheduler.job", name).await.unwrap().is_some()
    }

    /// Waits until a job has so many runs that have ended; gives them, the latest first.
    async fn runs(&self, name: &str, count: usize) -> Vec<Run> {
        wait_for!(format!("{count} runs of {name}\n{}", self.log()), {
            let runs = self.store.runs(Some(name), 1000).await.unwrap();
            let ended = runs.iter().filter(|run| run.finished_at.is_some()).count();
            (ended >= count).then_some(runs)
        })
    }
}

fn every_second(service: &str) -> Value {
    json!({"service": service, "job_type": "interval_based", "seconds": 1, "extra": "page=1"})
}

fn in_milliseconds(milliseconds: i64) -> String {
    (Timestamp::now() + SignedDuration::from_millis(milliseconds)).to_string()
}

#[tokio::test]
async fn an_interval_based_job_runs_on_workers_again_and_again() {
    let server = TestServer::with_recorder().await;
    server.job("poll", every_second("work")).await;
    let runs = server.runs("poll", 3).await;
    assert_eq!(server.recorded()[0], "work scheduler interval_based poll page=1");
    let ended: Vec<_> = runs.iter().filter(|run| run.finished_at.is_some()).collect();
    assert!(ended.iter().all(|run| run.outcome == RunOutcome::Ok && run.server == "server1"), "{runs:?}");
    for pair in runs.windows(2) {
        let apart = pair[0].scheduled_for.duration_since(pair[1].scheduled_for);
        assert_eq!((apart, pair[0].number), (SignedDuration::from_secs(1), pair[1].number + 1));
    }
    let text = server.client().await.metrics().await.unwrap();
    assert!(text.contains("zato_scheduler_jobs 1\n"), "{text}");
    assert!(text.contains("zato_scheduler_runs_total{outcome=\"ok\"}"), "{text}");
    assert!(text.contains("zato_scheduler_lateness_seconds_count"), "{text}");
}

#[tokio::test]
async fn a_one_time_job_runs_once_and_is_gone() {
    let server = TestServer::with_recorder().await;
    let spec =
        json!({"service": "work", "job_type": "one_time", "start_date": in_milliseconds(300), "extra": "x"});
    server.job("once", spec).await;
    wait_for!("the job to be gone", (!server.has_job("once").await).then_some(()));
    server.runs("once", 1).await;
    assert_eq!(server.recorded(), ["work scheduler one_time once x"]);
    let history = server.store.history("scheduler.job", "once").await.unwrap();
    assert_eq!(history[0].actor, "scheduler of server1");
}

#[tokio::test]
async fn a_cron_style_job_runs_by_its_expression() {
    let server = TestServer::with_recorder().await;
    let spec = json!({"service": "work", "job_type": "cron_style", "cron_definition": "* * * * * *"});
    server.job("tick", spec).await;
    let runs = server.runs("tick", 2).await;
    assert!(runs.iter().all(|run| run.scheduled_for.subsec_nanosecond() == 0));
    assert_eq!(server.recorded()[0], "work scheduler cron_style tick ");
}

#[tokio::test]
async fn a_job_is_switched_off_when_it_has_run_as_often_as_it_may_also_over_a_restart() {
    let mut server = TestServer::with_recorder().await;
    let mut spec = every_second("work");
    spec["repeats"] = json!(3);
    server.job("thrice", spec).await;
    server.runs("thrice", 1).await;
    server.stop().await;
    server.start().await;
    wait_for!("the end", {
        let job = server.store.get("scheduler.job", "thrice").await.unwrap().unwrap();
        (!job.is_active).then_some(())
    });
    let runs = server.runs("thrice", 3).await;
    assert_eq!(runs.iter().map(|run| run.number).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(server.recorded().len(), 3);
}

#[tokio::test]
async fn a_job_whose_service_fails_or_is_missing_runs_again_and_says_why() {
    let server = TestServer::with_recorder().await;
    server.job("bad", every_second("broken")).await;
    server.job("lost", every_second("nowhere")).await;
    let bad = server.runs("bad", 2).await;
    assert!(bad.iter().any(|run| run.outcome == RunOutcome::Error && run.detail == "it broke"), "{bad:?}");
    assert_eq!(server.runs("lost", 2).await.last().unwrap().outcome, RunOutcome::Error);
    let log = server.log();
    assert!(log.contains("Job `bad` failed, service `broken`: it broke"), "{log}");
    assert!(log.contains("Job `lost` failed, service `nowhere`"), "{log}");
}

#[tokio::test]
async fn a_changed_job_follows_the_change_and_an_inactive_or_deleted_one_runs_no_more() {
    let server = TestServer::with_recorder().await;
    let far = json!({"service": "work", "job_type": "interval_based", "days": 1});
    server.job("a", far).await;
    let changes = json!({"days": null, "seconds": 1});
    server.api.edit("scheduler.job", "a", changes.as_object().unwrap(), None).await.unwrap();
    server.runs("a", 1).await;
    let off = json!({"is_active": false});
    server.api.edit("scheduler.job", "a", off.as_object().unwrap(), None).await.unwrap();
    server.job("other", every_second("work")).await;
    // Once the other job has run twice, the first would have run too.
    let before = server.store.runs(Some("a"), 100).await.unwrap().len();
    server.runs("other", 2).await;
    assert_eq!(server.store.runs(Some("a"), 100).await.unwrap().len(), before);
}

#[tokio::test]
async fn a_run_whose_worker_is_killed_is_lost_and_not_repeated() {
    let mut server = TestServer::new(1, "").await;
    let work = format!("{}slow work 60000\n", server.work());
    server.save("work.py", &work);
    server.start().await;
    let spec = json!({"service": "work", "job_type": "one_time", "start_date": in_milliseconds(100)});
    server.job("once", spec).await;
    wait_for!("the run", (!server.recorded().is_empty()).then_some(()));
    send(server.ready_pids().await[0], rustix::process::Signal::KILL);
    let runs = server.runs("once", 1).await;
    assert_eq!(runs[0].outcome, RunOutcome::Lost);
    server.ready_pids().await;
    assert!(!server.has_job("once").await);
    assert_eq!(server.recorded().len(), 1);
}

#[tokio::test]
async fn a_run_that_is_cut_off_by_the_end_of_the_server_is_marked_at_the_next_start() {
    let mut server = TestServer::new(1, "").await;
    let work = format!("{}slow work 60000\n", server.work());
    server.save("work.py", &work);
    server.start().await;
    server.job("slow", json!({"service": "work", "job_type": "one_time"})).await;
    wait_for!("the run", (!server.recorded().is_empty()).then_some(()));
    server.kill().await;
    server.start().await;
    assert_eq!(server.runs("slow", 1).await[0].outcome, RunOutcome::Lost);
    wait_for!("the job to be gone", (!server.has_job("slow").await).then_some(()));
    assert!(server.log().contains("A run of job `slow`"), "{}", server.log());
}

#[tokio::test]
async fn a_job_survives_a_server_that_is_killed() {
    let mut server = TestServer::with_recorder().await;
    let spec = json!({"service": "work", "job_type": "one_time", "start_date": in_milliseconds(3000)});
    server.job("later", spec).await;
    server.kill().await;
    assert!(server.has_job("later").await);
    server.start().await;
    assert_eq!(server.runs("later", 1).await[0].outcome, RunOutcome::Ok);
    assert_eq!(server.recorded().len(), 1);
}

#[tokio::test]
async fn what_is_in_flight_when_a_server_stops_is_finished_and_recorded() {
    let mut server = TestServer::new(1, "").await;
    let work = format!("{}slow work 400\n", server.work());
    server.save("work.py", &work);
    server.start().await;
    server.job("slow", json!({"service": "work", "job_type": "one_time"})).await;
    wait_for!("the run", (!server.recorded().is_empty()).then_some(()));
    server.stop().await;
    assert_eq!(server.store.runs(Some("slow"), 1).await.unwrap()[0].outcome, RunOutcome::Ok);
}

#[tokio::test]
async fn overlapping_runs_are_allowed_unless_the_job_says_otherwise() {
    let mut server = TestServer::new(1, "").await;
    let work = format!("{}slow work 2500\n", server.work());
    server.save("work.py", &work);
    server.start().await;
    let mut alone = every_second("work");
    alone["on_overlap"] = json!("skip");
    let objects =
        vec![object("scheduler.job", "alone", alone), object("scheduler.job", "any", every_second("work"))];
    server.api.create(objects).await.unwrap();
    let runs = server.runs("alone", 3).await;
    assert!(runs.iter().any(|run| run.outcome == RunOutcome::Skipped), "{runs:?}");
    let running = |runs: &[Run]| runs.iter().filter(|run| run.finished_at.is_none()).count();
    assert!(running(&runs) <= 1, "{runs:?}");
    wait_for!("two runs at once", {
        let runs = server.store.runs(Some("any"), 100).await.unwrap();
        (running(&runs) >= 2).then_some(())
    });
}

#[tokio::test]
async fn two_servers_of_a_cluster_run_each_firing_once() {
    let first = TestServer::with_recorder().await;
    let mut second = TestServer::beside(&first).await;
    second.start().await;
    let jobs: Vec<NewObject> =
        (0..5).map(|index| object("scheduler.job", &format!("j{index}"), every_second("work"))).collect();
    first.api.create(jobs).await.unwrap();
    let (mut runs, mut servers) = (0, std::collections::BTreeSet::new());
    for index in 0..5 {
        for run in first.runs(&format!("j{index}"), 3).await.iter().filter(|run| run.finished_at.is_some()) {
            servers.insert(run.server.clone());
            assert_eq!(run.outcome, RunOutcome::Ok);
            runs += 1;
        }
    }
    assert!(first.recorded().len() >= runs);
    first.signal(rustix::process::Signal::KILL);
    // What one server no longer does, the other one does.
    let before = first.store.runs(Some("j0"), 1).await.unwrap()[0].id;
    wait_for!("runs on the other server", {
        let runs = first.store.runs(Some("j0"), 100).await.unwrap();
        runs.iter()
            .any(|run| run.id > before && run.server == "server2" && run.finished_at.is_some())
            .then_some(())
    });
}

#[tokio::test]
async fn workers_follow_revisions_that_change_jobs_only_and_those_that_follow() {
    let server = TestServer::with_recorder().await;
    server.job("later", json!({"service": "work", "job_type": "interval_based", "days": 1})).await;
    for _ in 0..2 {
        let revision = server.store.revision().await.unwrap();
        let report = server.client().await.sync(revision).await.unwrap();
        assert!(report.workers.iter().all(|worker| worker.revision >= Some(revision)), "{report:?}");
        server.channel(&format!("work{revision}")).await;
    }
    let revision = server.store.revision().await.unwrap();
    server.client().await.sync(revision).await.unwrap();
    let path = format!("/work{}", revision - 1);
    assert_ne!(get(server.address().await, &path).await.unwrap().0, 404);
}

#[tokio::test]
async fn a_paused_server_runs_no_jobs() {
    let mut server = TestServer::new(1, "").await;
    server.save("work.py", &server.work());
    server.environment.push(("Zato_Scheduler_Status".to_owned(), "paused".to_owned()));
    server.start().await;
    server.job("once", json!({"service": "work", "job_type": "one_time"})).await;
    wait_for!("the job to be known", {
        server.client().await.metrics().await.unwrap().contains("zato_scheduler_jobs 1\n").then_some(())
    });
    assert!(server.has_job("once").await && server.recorded().is_empty());
    assert!(server.log().contains("The scheduler is paused"));
}
