//! How requests prove who sends them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use zato_connections::{ApiKey, BasicAuth};
use zato_core::{Error, ErrorKind, Result, Secret};

use crate::bearer::Bearer;
use crate::failure::Failure;

/// How requests prove who sends them.
#[derive(Debug)]
pub(crate) enum Credential {
    /// A header that never changes; Basic Auth (RFC 7617) or an API key.
    Header {
        /// Type of its definition, as services see it.
        sec_type: &'static str,
        /// Username of its definition.
        username: String,
        name: HeaderName,
        value: HeaderValue,
    },
    /// A token that an authorization server gives (RFC 6750).
    Bearer(Arc<Bearer>),
}

impl Credential {
    pub(crate) fn basic(config: &BasicAuth, password: &Secret) -> Result<Self> {
        let text = STANDARD.encode(format!("{}:{}", config.username, password.expose()));
        Ok(Self::Header {
            sec_type: "basic_auth",
            username: config.username.clone(),
            name: AUTHORIZATION,
            value: sensitive(&format!("Basic {text}"))?,
        })
    }

    pub(crate) fn api_key(config: &ApiKey, key: &Secret) -> Result<Self> {
        let name = HeaderName::try_from(config.header.as_str()).map_err(|_| {
            Error::new(ErrorKind::Invalid, format!("`{}` cannot be the name of a header", config.header))
        })?;
        Ok(Self::Header {
            sec_type: "apikey",
            username: config.header.clone(),
            name,
            value: sensitive(key.expose())?,
        })
    }

    /// Type of the definition, as services see it.
    pub(crate) const fn sec_type(&self) -> &'static str {
        match self {
            Self::Header { sec_type, .. } => sec_type,
            Self::Bearer(_) => "oauth",
        }
    }

    /// Username of the definition.
    pub(crate) fn username(&self) -> &str {
        match self {
            Self::Header { username, .. } => username,
            Self::Bearer(bearer) => bearer.username(),
        }
    }

    /// Puts it into headers, unless the service has given that header itself.
    pub(crate) async fn apply(&self, headers: &mut HeaderMap, scopes: Option<&str>) -> Result<(), Failure> {
        match self {
            Self::Header { name, value, .. } => {
                headers.entry(name).or_insert_with(|| value.clone());
            }
            Self::Bearer(bearer) => {
                if !headers.contains_key(AUTHORIZATION) {
                    headers.insert(AUTHORIZATION, bearer.header(scopes).await?);
                }
            }
        }
        Ok(())
    }
}

fn sensitive(text: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Error::new(ErrorKind::Invalid, "its secret contains characters that headers cannot carry")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
