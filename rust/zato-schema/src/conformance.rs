//! What every kind must fulfill, checked by walking a registry. The server runs it over the real one.

use serde_json::{Map, Value};
use zato_core::Problem;

use crate::{DynKind, FieldView, REDACTED, Registry, diff, redact, split, validate};

/// Names that all kinds share, each with what must not be used in its place. Old names that mean the same are
/// fine as aliases.
const CANONICAL_NAMES: [(&str, &[&str]); 12] = [
    ("is_active", &["active", "enabled", "is_enabled"]),
    ("address", &["url", "uri", "endpoint", "addr"]),
    ("host", &["hostname", "host_name", "server"]),
    ("port", &["port_number", "tcp_port"]),
    ("username", &["user", "user_name", "login"]),
    ("password", &["passwd", "pwd", "pass"]),
    ("tls", &["ssl", "use_tls", "use_ssl", "is_tls"]),
    ("timeout", &["time_out", "timeout_seconds", "timeout_secs"]),
    ("pool_size", &["pool", "max_connections", "connections"]),
    ("retry", &["retries", "max_retries", "retry_count"]),
    ("service", &["service_name", "target_service", "handler"]),
    ("data_format", &["format", "body_format"]),
];

/// As [`CANONICAL_NAMES`], for `security`.
const SECURITY_SYNONYMS: [&str; 5] =
    ["security_name", "security_definition", "sec_def", "auth", "authentication"];

/// Returns everything that is wrong with the kinds of a registry; nothing if all is well.
#[must_use]
pub fn check(registry: &Registry) -> Vec<Problem> {
    let mut problems = Vec::new();
    for kind in registry.iter() {
        let found = [
            kind.defects().to_vec(),
            identity(kind),
            documentation(kind),
            names(kind),
            references(registry, kind),
            defaults(kind),
            examples(kind),
            secrets(kind),
        ];
        problems.extend(
            found.into_iter().flatten().map(|problem| problem.object(format!("kind `{}`", kind.id()))),
        );
    }
    problems
}

fn identity(kind: &DynKind) -> Vec<Problem> {
    let mut problems = Vec::new();
    let is_word = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    };
    if !kind.id().split('.').all(is_word) {
        problems.push(Problem::new("its identifier is not `<role>.<protocol>` in lower case"));
    }
    if kind.label().is_empty() || kind.summary().is_empty() {
        problems.push(Problem::new("it has no label or no summary"));
    }
    if kind.enmasse_keys().is_empty() {
        problems.push(Problem::new("it cannot be written in enmasse files"));
    }
    if kind.fields().is_empty() {
        problems.push(Problem::new("it has no fields"));
    }
    problems
}

fn documentation(kind: &DynKind) -> Vec<Problem> {
    let is_undocumented = |field: &&FieldView| field.label.is_empty() || field.help.is_empty();
    kind.fields()
        .iter()
        .filter(is_undocumented)
        .map(|field| Problem::new("its doc comment lacks a first line or a text below it").field(&field.name))
        .collect()
}

fn names(kind: &DynKind) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen: Vec<&str> = vec!["name", "is_active"];
    let fields = kind.fields().iter().flat_map(|field| {
        std::iter::once(field.name.as_str()).chain(field.aliases.iter().map(String::as_str))
    });
    for name in fields.chain(kind.inert_fields().iter().map(|inert| inert.name)) {
        if seen.contains(&name) {
            problems.push(Problem::new("two fields, aliases or inert fields share this name").field(name));
        }
        seen.push(name);
    }
    for field in kind.fields() {
        for (canonical, synonyms) in CANONICAL_NAMES.iter().chain([&("security", &SECURITY_SYNONYMS[..])]) {
            if synonyms.contains(&field.name.as_str()) {
                problems.push(Problem::new(format!("all kinds call this `{canonical}`")).field(&field.name));
            }
        }
        if matches!(field.name.as_str(), "password" | "secret" | "token" | "api_key") && !field.is_secret {
            problems.push(Problem::new("it is not of type `Secret`").field(&field.name));
        }
    }
    for name in kind.unique_together().iter().flat_map(|group| group.iter()) {
        if !kind.fields().iter().any(|field| field.name == *name) {
            problems.push(Problem::new("it is to be unique, but there is no such field").field(*name));
        }
    }
    for flag in kind.single_flags() {
        if !kind.fields().iter().any(|field| field.name == flag.field) {
            problems
                .push(Problem::new("it is to be true once, but there is no such field").field(flag.field));
        }
    }
    problems
}

fn references(registry: &Registry, kind: &DynKind) -> Vec<Problem> {
    let mut problems = Vec::new();
    for field in kind.fields() {
        let Some(crate::ReferenceTarget::Objects(patterns)) = &field.reference else { continue };
        for pattern in patterns {
            let target = crate::ReferenceTarget::Objects(vec![pattern.clone()]);
            if registry.targets(&target).next().is_none() {
                let message = format!("it refers to `{pattern}`, and there is no such kind");
                problems.push(Problem::new(message).field(&field.name));
            }
        }
    }
    problems
}

/// What the schema says is the default must be what decoding gives, and must be acceptable when it is written
/// down; the normal form must hold every field.
fn defaults(kind: &DynKind) -> Vec<Problem> {
    let Some(required) = required_only(kind) else {
        return vec![Problem::new("it has no example to take required fields from")];
    };
    let normal = match validate(kind, "defaults", &Value::Object(required.clone())) {
        Ok(validated) => validated.spec,
        Err(problems) => return problems,
    };
    let mut problems = Vec::new();
    let written: Vec<_> = normal.as_object().into_iter().flat_map(Map::keys).collect();
    let declared: Vec<_> = kind.fields().iter().map(|field| &field.name).collect();
    if written != declared {
        problems.push(Problem::new("serializing its config does not give exactly its fields, in order"));
    }
    for field in kind.fields().iter().filter(|field| !field.is_required) {
        if field.default.as_ref() != normal.get(&field.name) {
            problems
                .push(Problem::new("its documented default is not what decoding gives").field(&field.name));
        }
        let mut explicit = required.clone();
        explicit.insert(field.name.clone(), field.default.clone().unwrap_or_default());
        match validate(kind, "defaults", &Value::Object(explicit)) {
            Ok(validated) if validated.spec == normal => {}
            Ok(_) => {
                problems.push(Problem::new("writing its default down changes the spec").field(&field.name))
            }
            Err(found) => problems.extend(found),
        }
    }
    problems
}

fn required_only(kind: &DynKind) -> Option<Map<String, Value>> {
    let example = kind.examples().first()?.as_object()?;
    let required = kind.fields().iter().filter(|field| field.is_required);
    Some(required.filter_map(|field| Some((field.name.clone(), example.get(&field.name)?.clone()))).collect())
}

fn examples(kind: &DynKind) -> Vec<Problem> {
    let mut problems = Vec::new();
    for example in kind.examples() {
        let envelope = match split(kind, example) {
            Ok(envelope) => envelope,
            Err(found) => {
                problems.extend(found);
                continue;
            }
        };
        if example.get("type").and_then(Value::as_str) != kind.enmasse_type() && kind.enmasse_type().is_some()
        {
            problems.push(Problem::new(format!("example `{}` has another type", envelope.name)));
        }
        match validate(kind, &envelope.name, &envelope.spec) {
            Ok(first) => {
                let again = validate(kind, &envelope.name, &first.spec).map(|second| second.spec);
                if again.as_ref() != Ok(&first.spec) {
                    let message = format!("example `{}` changes when it is validated again", envelope.name);
                    problems.push(Problem::new(message));
                }
                if let Some(warning) = first.warnings.first() {
                    problems.push(Problem::new(format!("example `{}` warns: {warning}", envelope.name)));
                }
            }
            Err(found) => problems.extend(found),
        }
    }
    problems
}

fn secrets(kind: &DynKind) -> Vec<Problem> {
    const TEXT: &str = "conformance-secret";
    let mut problems = Vec::new();
    let Some(mut spec) = required_only(kind) else { return problems };
    for field in kind.secret_fields() {
        if field.default.as_ref().is_some_and(|value| !value.is_null() && value.as_str() != Some("")) {
            problems.push(Problem::new("it is secret and has a default everybody knows").field(&field.name));
        }
        let before = Value::Object(spec.clone());
        spec.insert(field.name.clone(), Value::from(TEXT));
        let after = Value::Object(spec.clone());
        let is_hidden = redact(kind, &after)[&field.name] == REDACTED
            && !format!("{:?}", diff(kind, &before, &after)).contains(TEXT);
        let wrong = serde_json::json!({ &field.name: [TEXT] });
        let refusal = validate(kind, "secrets", &wrong).err().unwrap_or_default();
        if !is_hidden || refusal.iter().any(|problem| problem.to_string().contains(TEXT)) {
            problems.push(Problem::new("it is secret but is shown").field(&field.name));
        }
    }
    problems
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
