//! Every kind of the registry fulfills what is asked of kinds.

use zato_server::kinds;

#[test]
fn every_kind_conforms() {
    let registry = kinds::registry().unwrap();
    let problems = zato_schema::conformance::check(&registry);
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn the_first_kinds_are_there() {
    let registry = kinds::registry().unwrap();
    for id in ["channel.rest", "security.basic_auth", "security.api_key", "service", "cache.builtin"] {
        assert!(registry.get(id).is_some(), "{id}");
    }
}
