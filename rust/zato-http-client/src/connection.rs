//! One outgoing connection.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use reqwest::Client;
use zato_connections::OutgoingRest;

use crate::call::{Call, Overrides, Verification};
use crate::client::{self, Options};
use crate::credential::Credential;
use crate::engine;
use crate::failure::{Failure, FailureKind};
use crate::pending::{Pending, Slot};
use crate::send::send;

/// How many clients calls with own options of TLS or proxies may have made.
const MOST_CLIENTS: usize = 16;

/// An outgoing connection as it is configured.
#[derive(Debug)]
pub struct Connection {
    /// Identifier of its object.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Whether services may use it.
    pub is_active: bool,
    /// What it is configured to be.
    pub config: OutgoingRest,
    pub(crate) fingerprint: String,
    credential: Result<Option<Arc<Credential>>, String>,
    clients: Mutex<Clients>,
    /// Credentials of all definitions, for calls that name one.
    all: Arc<HashMap<String, Arc<Credential>>>,
}

/// Clients by what calls wanted otherwise; a pool of its own for each.
#[derive(Debug, Default)]
struct Clients {
    by_overrides: HashMap<Overrides, Client>,
    /// Sockets of a forked child's parent are not the child's to use.
    process: u32,
}

impl Connection {
    pub(crate) fn new(
        object: &zato_store::Object,
        config: OutgoingRest,
        fingerprint: String,
        all: Arc<HashMap<String, Arc<Credential>>>,
    ) -> Self {
        let credential = match config.security.as_ref() {
            None => Ok(None),
            Some(security) => all.get(security.name()).cloned().map(Some).ok_or_else(|| {
                format!(
                    "security definition `{}` of the connection is missing, inactive or cannot be used",
                    security.name()
                )
            }),
        };
        Self {
            id: object.id,
            name: object.name.clone(),
            is_active: object.is_active,
            config,
            fingerprint,
            credential,
            clients: Mutex::default(),
            all,
        }
    }

    /// Type and username of the security definition in use, as services see them.
    #[must_use]
    pub fn security(&self) -> Option<(&'static str, &str)> {
        let credential = self.credential.as_ref().ok()?.as_ref()?;
        Some((credential.sec_type(), credential.username()))
    }

    /// Sends a request; the answer is waited for with [`Pending::wait`]. Whether the connection is active is up to
    /// whoever calls, as pings go through anyway.
    ///
    /// # Errors
    /// [`FailureKind::Request`] if the configuration of the connection or of the call cannot be used.
    pub fn start(&self, call: Call) -> Result<Pending, Failure> {
        let client = self.client(&call.overrides)?;
        let credential = self.credential(call.overrides.security.as_deref())?;
        let slot = Arc::new(Slot::default());
        let outcome = Arc::clone(&slot);
        let task =
            engine::spawn(async move { outcome.put(send(client, call, credential.as_deref()).await) })?;
        Ok(Pending::new(slot, task))
    }

    fn credential(&self, other: Option<&str>) -> Result<Option<Arc<Credential>>, Failure> {
        let found = match other {
            None => self.credential.clone(),
            Some(name) => self
                .all
                .get(name)
                .cloned()
                .map(Some)
                .ok_or_else(|| format!("there is no active security definition `{name}`")),
        };
        found.map_err(|message| Failure::new(FailureKind::Request, message))
    }

    fn client(&self, overrides: &Overrides) -> Result<Client, Failure> {
        let key = if overrides.needs_client() {
            Overrides { scopes: None, security: None, ..overrides.clone() }
        } else {
            Overrides::default()
        };
        let mut clients = self.clients.lock();
        let process = std::process::id();
        if clients.process != process {
            // Dropping them would say good-bye to peers in the name of the parent.
            std::mem::forget(std::mem::take(&mut clients.by_overrides));
            clients.process = process;
        }
        if let Some(client) = clients.by_overrides.get(&key) {
            return Ok(client.clone());
        }
        let client = client::make(&self.options(), &key)?;
        if clients.by_overrides.len() == MOST_CLIENTS {
            clients.by_overrides.retain(|overrides, _| !overrides.needs_client());
        }
        clients.by_overrides.insert(key, client.clone());
        Ok(client)
    }

    fn options(&self) -> Options {
        let verification = match self.config.ca_file() {
            _ if !self.config.is_verified() => Verification::Off,
            Some(file) => Verification::File(file.into()),
            None => Verification::System,
        };
        let own = &self.config.tls_client_file;
        Options {
            connect_timeout: self.config.timeout(),
            pool_size: usize::try_from(self.config.pool_size).unwrap_or(usize::MAX),
            verification,
            client_file: (!own.is_empty()).then(|| own.clone()),
        }
    }
}
