//! Enmasse documents, from bytes to the plan of an import: nothing crashes, and every problem says where it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zato_server::api::Api;
use zato_server::config::Environment;
use zato_server::enmasse::{self, PlanOptions};
use zato_server::kinds;
use zato_store::{Cipher, SecretKey, Snapshot, Store, StoreOptions};

thread_local! {
    /// Planning asks the registry and the cipher; the store behind them is empty and never written.
    static API: Api = api();
    static NOTHING: Snapshot = Snapshot { revision: 0, objects: Vec::new() };
}

fn api() -> Api {
    let path = std::env::temp_dir().join(format!("zato-fuzz-{}.db", std::process::id()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let store = runtime.block_on(async {
        let store = Store::open(StoreOptions::sqlite(&path).create(true)).await.expect("a store");
        store.migrate().await.expect("tables");
        store
    });
    let cipher = Cipher::new(&SecretKey::generate().expect("a key")).expect("a cipher");
    for suffix in ["", "-wal", "-shm"] {
        // Open files stay usable; what cannot be removed is a leftover in the temporary directory.
        drop(std::fs::remove_file(format!("{}{suffix}", path.display())));
    }
    Api::new(store, cipher, kinds::registry().expect("kinds that differ"), "fuzz")
}

fuzz_target!(|data: &[u8]| {
    // A line of YAML may end with CR alone, and the parser places what is missing at the end on the line after it.
    let lines = data.iter().filter(|byte| matches!(**byte, b'\n' | b'\r')).count() as u64 + 2;
    let document = enmasse::document::parse(data);
    for item in document.sections.iter().flat_map(|section| &section.items) {
        assert!((1..=lines).contains(&item.node.line));
    }
    let environment: Environment = [("CRM_Password", "s3cret")].into_iter().collect();
    let plan = API.with(|api| {
        NOTHING.with(|nothing| enmasse::plan(&document, nothing, api, &environment, PlanOptions::default()))
    });
    let plan = plan.expect("secrets can be encrypted");
    for finding in plan.problems.iter().chain(&plan.warnings) {
        assert!(!finding.problem.message.is_empty());
        assert!(finding.problem.line.is_none_or(|line| (1..=lines).contains(&line)), "{finding}");
    }
    assert!(plan.update.is_empty() && plan.delete.is_empty(), "nothing is there to change");
    let is_broken = document.findings.iter().any(|finding| !finding.code.is_warning());
    assert!(!is_broken || !plan.is_possible(), "what could not be read would be imported");
});
