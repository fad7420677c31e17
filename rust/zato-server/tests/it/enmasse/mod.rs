//! Enmasse over a real store: what is imported, what is refused and why, and that exports import to no change.

mod broken;
mod forms;
mod round_trip;

use zato_server::api::Api;
use zato_server::config::Environment;
use zato_server::enmasse::{self, Document, Finding, Outcome, Plan, PlanOptions};

use crate::place::Place;

/// Parses text that has to be in the right form.
fn document(text: &str) -> Document {
    let document = enmasse::document::parse(text.as_bytes());
    assert_eq!(document.findings, vec![], "{text}");
    document
}

async fn plan_with(api: &Api, text: &str, environment: &Environment, options: PlanOptions) -> Plan {
    let snapshot = api.store().snapshot().await.unwrap();
    enmasse::plan(&document(text), &snapshot, api, environment, options).unwrap()
}

async fn plan(api: &Api, text: &str) -> Plan {
    plan_with(api, text, &Environment::default(), PlanOptions::default()).await
}

async fn import_with(place: &Place, text: &str, environment: &Environment, options: PlanOptions) -> Plan {
    match enmasse::import(&place.api, &document(text), environment, options).await.unwrap() {
        Outcome::Done { plan, .. } => plan,
        Outcome::Refused(plan) => panic!("{}", plan.findings_to_table()),
    }
}

async fn import(place: &Place, text: &str) -> Plan {
    import_with(place, text, &Environment::default(), PlanOptions::default()).await
}

fn counts(plan: &Plan) -> (usize, usize, usize, usize) {
    (plan.create.len(), plan.update.len(), plan.delete.len(), plan.unchanged.len())
}

fn shown(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}
