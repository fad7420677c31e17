//! A guest without an interpreter. In its language a line `service NAME` is a service that answers with its name
//! and what it was given, and a line `broken` cannot be imported.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use zato_core::guest::{
    Guest, GuestOptions, GuestStatistics, PreparedUnit, ServiceInfo, ServiceSettings, Unit, UnitChanges,
};
use zato_core::invocation::{Body, Failure, FailureKind, Invocation, Outcome, Response};
use zato_core::{Problem, Result};

#[derive(Default)]
struct State {
    in_force: BTreeMap<String, Vec<ServiceInfo>>,
    prepared: BTreeMap<String, Vec<ServiceInfo>>,
    deleted: Vec<String>,
}

/// See the module.
#[derive(Default)]
struct FakeGuest {
    state: Arc<Mutex<State>>,
}

/// Makes the guest of a worker.
pub(crate) fn make(_options: &GuestOptions) -> Result<Arc<dyn Guest>> {
    let guest = FakeGuest::default();
    let internal =
        ["zato.ping", "zato.service.invoke", "pub.zato.service.service-invoker"].map(|name| ServiceInfo {
            name: name.to_owned(),
            impl_name: name.to_owned(),
            unit: "zato:internal".to_owned(),
            is_internal: true,
            ..empty()
        });
    guest.state.lock().unwrap().in_force.insert("zato:internal".to_owned(), internal.to_vec());
    Ok(Arc::new(guest))
}

fn empty() -> ServiceInfo {
    ServiceInfo {
        name: String::new(),
        impl_name: String::new(),
        unit: String::new(),
        file: String::new(),
        line: 0,
        is_internal: false,
    }
}

fn import(unit: &Unit) -> PreparedUnit {
    let mut prepared = PreparedUnit { key: unit.key.clone(), ..PreparedUnit::default() };
    for file in &unit.files {
        for (index, line) in file.content.lines().enumerate() {
            let number = index as u64 + 1;
            if let Some(name) = line.strip_prefix("service ") {
                prepared.services.push(ServiceInfo {
                    name: name.to_owned(),
                    impl_name: name.to_owned(),
                    unit: unit.key.clone(),
                    file: file.location.to_string_lossy().into_owned(),
                    line: number,
                    is_internal: false,
                });
            } else if line == "broken" {
                prepared.problems.push(Problem::new("it is broken").file(file.path.clone()).line(number));
            }
        }
    }
    if !prepared.problems.is_empty() {
        prepared.services.clear();
    }
    prepared
}

/// Answers as the internal services do, as far as the command line needs them.
fn answer(service: &str, body: &[u8]) -> Value {
    use base64::Engine;
    let base64 = base64::engine::general_purpose::STANDARD;
    if service != "zato.service.invoke" {
        return json!({"service": service, "given": String::from_utf8_lossy(body)});
    }
    let request: Value = serde_json::from_slice(body).unwrap();
    let payload = base64.decode(request["payload"].as_str().unwrap()).unwrap();
    let response = answer(request["name"].as_str().unwrap(), &payload).to_string();
    json!({"zato_env": {"result": "ZATO_OK"}, "zato_service_invoke_response": {"response": base64.encode(response)}})
}

impl Guest for FakeGuest {
    fn submit(&self, invocation: Invocation) {
        let Invocation { service, body, reply, .. } = invocation;
        if !self.has_service(&service) {
            return reply
                .fail(Failure::new(FailureKind::ServiceMissing, format!("no such service {service}")));
        }
        let body = Bytes::from(answer(&service, &body).to_string());
        reply.send(Outcome::Response(Response {
            status: 200,
            content_type: None,
            headers: Vec::new(),
            body: Body::Full(body),
        }));
    }

    fn services(&self) -> Vec<ServiceInfo> {
        let mut services: Vec<_> = self.state.lock().unwrap().in_force.values().flatten().cloned().collect();
        services.sort_by(|one, other| one.name.cmp(&other.name));
        services
    }

    fn has_service(&self, name: &str) -> bool {
        self.services().iter().any(|service| service.name == name)
    }

    fn prepare(
        &self,
        _deployment: i64,
        changes: UnitChanges,
    ) -> BoxFuture<'static, Result<Vec<PreparedUnit>>> {
        let prepared: Vec<_> = changes.put.iter().map(import).collect();
        let mut state = self.state.lock().unwrap();
        state.prepared = prepared.iter().map(|unit| (unit.key.clone(), unit.services.clone())).collect();
        state.deleted = changes.delete;
        async move { Ok(prepared) }.boxed()
    }

    fn commit(&self, _deployment: i64, units: Vec<String>) -> BoxFuture<'static, Result<Vec<ServiceInfo>>> {
        let mut state = self.state.lock().unwrap();
        let (deleted, prepared) = (std::mem::take(&mut state.deleted), std::mem::take(&mut state.prepared));
        state.in_force.retain(|key, _| !deleted.contains(key));
        state.in_force.extend(prepared.into_iter().filter(|(key, _)| units.contains(key)));
        drop(state);
        let services = self.services();
        async move { Ok(services) }.boxed()
    }

    fn abort(&self, _deployment: i64) -> BoxFuture<'static, Result<()>> {
        self.state.lock().unwrap().prepared.clear();
        async { Ok(()) }.boxed()
    }

    fn statistics(&self) -> GuestStatistics {
        GuestStatistics { services: self.services().len(), ..GuestStatistics::default() }
    }

    fn configure(&self, _settings: Arc<ServiceSettings>) {}

    fn drain(&self, _limit: Duration) -> BoxFuture<'static, bool> {
        async { true }.boxed()
    }
}
