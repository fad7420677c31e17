//! Clients with pools of connections.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Identity, Proxy};

use crate::call::{Overrides, Verification};
use crate::connecting::Noting;
use crate::failure::{Failure, FailureKind};

/// How long idle connections are kept.
const IDLE: Duration = Duration::from_secs(90);
/// How often a quiet TCP connection is probed, so that half-open ones are noticed.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// What a client is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) pool_size: usize,
    pub(crate) verification: Verification,
    pub(crate) client_file: Option<String>,
}

/// Makes a client.
///
/// # Errors
/// [`FailureKind::Request`] if a file cannot be read or a proxy is not valid.
pub(crate) fn make(options: &Options, overrides: &Overrides) -> Result<Client, Failure> {
    install_provider();
    let mut builder = Client::builder()
        // Redirects are followed by ourselves, so that services see each of them.
        .redirect(Policy::none())
        // Nothing is sent twice.
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(options.pool_size.max(1))
        .pool_idle_timeout(IDLE)
        .tcp_keepalive(KEEPALIVE)
        .connector_layer(Noting)
        .http1_title_case_headers();
    if let Some(limit) = options.connect_timeout {
        builder = builder.connect_timeout(limit);
    }
    builder = verify(builder, overrides.verification.as_ref().unwrap_or(&options.verification))?;
    let own: Vec<&Path> = match &options.client_file {
        Some(file) if overrides.client_files.is_empty() => vec![Path::new(file)],
        _ => overrides.client_files.iter().map(PathBuf::as_path).collect(),
    };
    if let Some(first) = own.first() {
        let mut pem = Vec::new();
        for file in &own {
            pem.extend(read(file)?);
            pem.push(b'\n');
        }
        let identity =
            Identity::from_pem(&pem).map_err(|error| invalid(first, "certificate with its key", &error))?;
        builder = builder.identity(identity);
    }
    for (scheme, address) in &overrides.proxies {
        let proxy = match scheme.trim_end_matches("://") {
            "http" => Proxy::http(address),
            "https" => Proxy::https(address),
            _ => Proxy::all(address),
        };
        let proxy = proxy.map_err(|_| {
            Failure::new(
                FailureKind::Request,
                format!("the address of the proxy for `{scheme}` is not a URL"),
            )
        })?;
        builder = builder.proxy(proxy);
    }
    builder.build().map_err(|error| Failure::of_request(&error))
}

/// A client without any options of a connection.
pub(crate) fn plain() -> Result<&'static Client, Failure> {
    static PLAIN: OnceLock<Client> = OnceLock::new();
    if let Some(client) = PLAIN.get() {
        return Ok(client);
    }
    let options = Options {
        connect_timeout: Some(Duration::from_secs(10)),
        pool_size: 4,
        verification: Verification::System,
        client_file: None,
    };
    let client = make(&options, &Overrides::default())?;
    Ok(PLAIN.get_or_init(|| client))
}

fn verify(builder: ClientBuilder, verification: &Verification) -> Result<ClientBuilder, Failure> {
    match verification {
        Verification::Off => Ok(builder.tls_danger_accept_invalid_certs(true)),
        Verification::File(file) => {
            let certificates = Certificate::from_pem_bundle(&read(file)?)
                .map_err(|error| invalid(file, "certificates", &error))?;
            Ok(builder.tls_certs_only(certificates))
        }
        Verification::System => Ok(builder),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| {
        Failure::new(FailureKind::Request, format!("could not read `{}`: {error}", file.display()))
    })
}

fn invalid(file: &Path, what: &str, error: &reqwest::Error) -> Failure {
    let cause = Failure::of_request(error).message;
    Failure::new(FailureKind::Request, format!("`{}` holds no {what} in PEM format: {cause}", file.display()))
}

/// rustls has to be told once which cryptography it uses.
fn install_provider() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // Another part of the process may have done so, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
    });
}
