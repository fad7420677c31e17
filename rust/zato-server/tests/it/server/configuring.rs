//! Configuration on its way into workers.

use super::*;

#[tokio::test]
async fn a_change_is_in_force_everywhere_when_the_client_hears_so() {
    let server = TestServer::started().await;
    server.save("crm.py", "service crm one\nservice extra two\n");
    server.everywhere("/crm", "one").await;
    let revision = server.channel("extra").await;
    let report = server.client().await.sync(revision).await.unwrap();
    assert!(report.is_complete() && report.workers.len() == 2, "{report:?}");
    assert!(report.workers.iter().all(|worker| worker.revision >= Some(revision)));
    let address = server.address().await;
    for _ in 0..20 {
        assert_eq!(get(address, "/extra").await.unwrap().0, 200);
    }
    let status = server.status().await.unwrap();
    assert!(status.revision >= revision && status.workers.iter().all(|worker| worker.revision >= revision));
}

#[tokio::test]
async fn a_change_by_anybody_is_noticed() {
    let server = TestServer::started().await;
    server.save("crm.py", "service crm one\nservice extra two\n");
    server.everywhere("/crm", "one").await;
    server.channel("extra").await;
    server.everywhere("/extra", "two").await;
}

#[tokio::test]
async fn a_service_that_is_switched_off_answers_no_more() {
    let server = TestServer::started().await;
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    let mut setting = object("service", "crm", serde_json::json!({}));
    setting.is_active = false;
    server.api.put(vec![setting]).await.unwrap();
    server.client().await.sync(server.store.revision().await.unwrap()).await.unwrap();
    let address = server.address().await;
    for _ in 0..10 {
        assert_ne!(get(address, "/crm").await.unwrap().0, 200);
    }
}

#[tokio::test]
async fn metrics_tell_about_all_workers() {
    let server = TestServer::started().await;
    server.save("crm.py", "service crm one\n");
    server.everywhere("/crm", "one").await;
    let text = server.client().await.metrics().await.unwrap();
    for worker in 0..2 {
        assert!(text.contains(&format!("zato_guest_services{{worker=\"{worker}\"}} 1")), "{text}");
    }
    assert_eq!(text.matches("# TYPE zato_http_requests_total").count(), 1);
}
