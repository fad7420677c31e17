//! Starting and stopping.

use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;

use rustix::process::Signal;
use zato_server::control::WorkerPhase;

use super::*;

#[tokio::test]
async fn starts_serves_and_stops_in_good_time() {
    let mut server = TestServer::new(2, "").await;
    server.channel("crm").await;
    server.save("crm.py", "service crm one\n");
    server.environment.push(("ZATO_TEST_READY".into(), server.path("ready").display().to_string()));
    server.start().await;
    assert_eq!(server.answers("/crm").await.len(), 2);
    let status = server.status().await.unwrap();
    assert_eq!((status.name.as_str(), status.units, status.workers.len()), ("server1", 1, 2));
    assert!(status.workers.iter().all(|worker| worker.phase == WorkerPhase::Ready && worker.restarts == 0));
    assert!(status.workers.iter().all(|worker| worker.statistics.unwrap().services == 1));
    assert!(fs::read_to_string(server.path("ready")).unwrap().starts_with("2 "));
    assert_eq!(get(status.address, "/zato/health/ready").await.unwrap().0, 200);
    let pids = server.pids().await;
    let started = Instant::now();
    server.stop().await;
    assert!(started.elapsed() < Duration::from_secs(2), "stopping took {:?}", started.elapsed());
    assert!(pids.into_iter().all(|pid| !is_alive(pid)));
    assert!(!server.paths.pidfile().exists() && !server.paths.default_control_socket().unwrap().exists());
    assert!(get(status.address, "/crm").await.is_err());
}

#[tokio::test]
async fn a_terminal_that_is_closed_stops_what_runs_in_it_and_nothing_else() {
    let mut background = TestServer::started().await;
    background.signal(Signal::HUP);
    let mut foreground = TestServer::new(1, "").await;
    foreground.environment.push(("ZATO_TEST_TERMINAL".into(), "yes".into()));
    foreground.start().await;
    foreground.signal(Signal::HUP);
    assert!(foreground.ended().await.success());
    assert!(background.status().await.is_some(), "SIGHUP is for log rotation there");
    background.stop().await;
}

#[tokio::test]
async fn is_told_to_stop_by_a_client() {
    let mut server = TestServer::new(1, "").await;
    server.start().await;
    let (client, pids) = (server.client().await, server.pids().await);
    client.stop(false, PATIENCE).await.unwrap();
    assert!(server.ended().await.success());
    assert!(!is_alive(pids[0]));
}

/// Sends a request to a service that takes its time, and waits until it runs.
async fn request_in_flight(
    server: &TestServer,
    milliseconds: u32,
) -> tokio::task::JoinHandle<std::io::Result<(u16, String)>> {
    server.save("crm.py", &format!("service crm slowly\nslow crm {milliseconds}\n"));
    server.outcome("crm.py", |_| true, UnitStatus::Deployed).await;
    let address = server.address().await;
    wait_for!("the service", {
        server.client().await.services().await.is_ok_and(|list| !list.services.is_empty()).then_some(())
    });
    let request = tokio::spawn(get(address, "/crm"));
    wait_for!("the request to run", {
        let status = server.status().await.unwrap();
        status
            .workers
            .iter()
            .any(|worker| worker.statistics.is_some_and(|figures| figures.running > 0))
            .then_some(())
    });
    request
}

#[tokio::test]
async fn requests_in_flight_are_finished() {
    let mut server = TestServer::started().await;
    let request = request_in_flight(&server, 500).await;
    server.signal(Signal::TERM);
    server.ended().await;
    assert!(request.await.unwrap().unwrap().1.starts_with("slowly"), "{}", server.log());
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    let mut server = TestServer::new(2, "").await;
    let text = fs::read_to_string(server.paths.server_conf()).unwrap();
    fs::write(server.paths.server_conf(), text.replace("drain_timeout=1", "drain_timeout=60")).unwrap();
    server.channel("crm").await;
    server.start().await;
    let request = request_in_flight(&server, 60_000).await;
    let started = Instant::now();
    server.signal(Signal::TERM);
    wait_for!("the first signal", server.log().contains("SIGTERM, stopping").then_some(()));
    server.signal(Signal::INT);
    server.ended().await;
    assert!(started.elapsed() < PATIENCE, "it waited");
    assert!(request.await.unwrap().is_err());
}

#[tokio::test]
async fn services_that_do_not_end_are_cut_off_in_time() {
    let mut server = TestServer::started().await;
    let request = request_in_flight(&server, 60_000).await;
    let started = Instant::now();
    server.signal(Signal::TERM);
    server.ended().await;
    // One second for the service, and what it takes on a busy machine.
    assert!(started.elapsed() < Duration::from_secs(4), "stopping took {:?}", started.elapsed());
    request.abort();
}

#[tokio::test]
async fn refuses_to_run_twice_and_takes_over_what_a_crash_left() {
    let mut server = TestServer::started().await;
    let first = server.process.take();
    server.spawn();
    assert_eq!(server.ended().await.code(), Some(9), "{}", server.log());
    assert!(server.log().contains("already running"));
    server.process = first;
    let pids = server.pids().await;
    server.kill().await;
    assert!(server.paths.pidfile().exists(), "nobody was left to remove it");
    server.start().await;
    assert!(pids.into_iter().all(|pid| !is_alive(pid)), "workers end with their supervisor");
}

#[tokio::test]
async fn an_urgent_signal_makes_every_worker_write_its_stacks() {
    let mut server = TestServer::new(2, "").await;
    server.start().await;
    server.signal(Signal::URG);
    for pid in server.pids().await {
        wait_for!(
            format!("stacks of {pid}\n{}", server.log()),
            server.log().contains(&format!("stacks of process {pid}")).then_some(())
        );
    }
    assert_eq!(
        get(server.address().await, "/zato/health/ready").await.unwrap().0,
        200,
        "nothing else happens"
    );
}

#[tokio::test]
async fn a_taken_port_is_named_with_a_remedy() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let mut server = TestServer::new(1, "").await;
    let text = fs::read_to_string(server.paths.server_conf()).unwrap();
    fs::write(server.paths.server_conf(), text.replace("127.0.0.1:0", &format!("127.0.0.1:{port}"))).unwrap();
    server.spawn();
    assert_eq!(server.ended().await.code(), Some(9));
    assert!(server.log().contains(&format!("port {port} is taken")) && server.log().contains("ss -ltnp"));
}

#[tokio::test]
async fn a_worker_that_cannot_start_says_why() {
    let mut server = TestServer::new(2, "").await;
    server.environment.push(("ZATO_TEST_GUEST_FAILS".into(), "the interpreter is on strike".into()));
    server.spawn();
    assert_eq!(server.ended().await.code(), Some(16));
    assert!(server.log().contains("cannot start: the interpreter is on strike"), "{}", server.log());
}

#[tokio::test]
async fn a_signal_during_the_start_stops_it() {
    let mut server = TestServer::new(2, "").await;
    server.environment.push(("ZATO_TEST_WORKER_PAUSE".into(), "60000".into()));
    server.spawn();
    wait_for!(
        "workers",
        server.status().await.filter(|status| status.workers.iter().all(|worker| worker.pid.is_some()))
    );
    let pids = server.pids().await;
    server.signal(Signal::TERM);
    assert!(server.ended().await.success(), "{}", server.log());
    assert!(pids.into_iter().all(|pid| !is_alive(pid)));
}

#[tokio::test]
async fn systemd_is_told() {
    let mut server = TestServer::new(1, "").await;
    let socket = UnixDatagram::bind(server.path("notify")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    server.environment.push(("NOTIFY_SOCKET".into(), server.path("notify").display().to_string()));
    server.start().await;
    let mut buffer = [0; 200];
    let length = socket.recv(&mut buffer).unwrap();
    let pid = server.process.as_ref().unwrap().id();
    assert_eq!(std::str::from_utf8(&buffer[..length]).unwrap(), format!("READY=1\nMAINPID={pid}"));
    server.stop().await;
    let length = socket.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"STOPPING=1");
}
