//! All outgoing connections, compiled out of a snapshot of the store.

use std::collections::HashMap;
use std::sync::Arc;

use zato_connections::{ApiKey, BasicAuth, BearerToken, OutgoingRest};
use zato_core::{Error, ErrorKind, Problem, Result};
use zato_schema::{Kind, decode};
use zato_store::{Cipher, Object, ObjectKey, Snapshot};

use crate::bearer::Bearer;
use crate::connection::Connection;
use crate::credential::Credential;

/// All outgoing connections of one revision of the store.
#[derive(Debug, Default)]
pub struct Connections {
    rest: HashMap<String, Arc<Connection>>,
}

impl Connections {
    /// Compiles a snapshot. Connections that are as they were in `previous` keep their pools. What cannot be used is
    /// left out and reported.
    #[must_use]
    pub fn compile(snapshot: &Snapshot, cipher: &Cipher, previous: &Self) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let (credentials, marks) = credentials(snapshot, cipher, &mut problems);
        let credentials = Arc::new(credentials);
        let mut rest = HashMap::new();
        for object in snapshot.of_kind(OutgoingRest::ID) {
            // Another definition that a call may name makes a difference as well.
            let fingerprint = format!("{} {} {} {marks}", object.id, object.is_active, object.spec);
            let known = previous.rest.get(&object.name).filter(|known| known.fingerprint == fingerprint);
            if let Some(known) = known {
                rest.insert(object.name.clone(), Arc::clone(known));
                continue;
            }
            match decode::<OutgoingRest>(&object.spec) {
                Ok(config) => {
                    let connection = Connection::new(object, config, fingerprint, Arc::clone(&credentials));
                    rest.insert(object.name.clone(), Arc::new(connection));
                }
                Err(error) => problems.push(about(object, &error)),
            }
        }
        (Self { rest }, problems)
    }

    /// Gives the REST connection of a name.
    #[must_use]
    pub fn rest(&self, name: &str) -> Option<&Arc<Connection>> {
        self.rest.get(name)
    }

    /// Names of all REST connections, sorted.
    #[must_use]
    pub fn rest_names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.rest.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}

/// Credentials of active definitions by name, and what tells this set of them from another one.
fn credentials(
    snapshot: &Snapshot,
    cipher: &Cipher,
    problems: &mut Vec<Problem>,
) -> (HashMap<String, Arc<Credential>>, String) {
    let (mut found, mut marks) = (HashMap::new(), String::new());
    for object in snapshot.objects.iter().filter(|object| object.kind.starts_with("security.")) {
        marks.push_str(&format!("{}:{} ", object.id, object.revision));
        if !object.is_active {
            continue;
        }
        let credential = match object.kind.as_str() {
            BasicAuth::ID => decode::<BasicAuth>(&object.spec)
                .and_then(|config| Credential::basic(&config, &cipher.decrypt_field(&config.password)?)),
            ApiKey::ID => decode::<ApiKey>(&object.spec)
                .and_then(|config| Credential::api_key(&config, &cipher.decrypt_field(&config.password)?)),
            BearerToken::ID => bearer(object, cipher),
            _ => continue,
        };
        match credential {
            Ok(credential) => drop(found.insert(object.name.clone(), Arc::new(credential))),
            Err(error) => problems.push(about(object, &error)),
        }
    }
    (found, marks)
}

fn bearer(object: &Object, cipher: &Cipher) -> Result<Credential> {
    let mut config = decode::<BearerToken>(&object.spec)?;
    config.password = cipher.decrypt_field(&config.password)?;
    if config.password.is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "it has no secret"));
    }
    Ok(Credential::Bearer(Arc::new(Bearer::new(object.name.clone(), config))))
}

fn about(object: &Object, error: &Error) -> Problem {
    let mut problem = Problem::new(error.to_string());
    problem.hint = error.get_hint().map(str::to_owned);
    problem.object(ObjectKey::new(object.kind.clone(), object.name.clone()).to_string())
}
