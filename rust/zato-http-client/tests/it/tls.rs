use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zato_http_client::{FailureKind, Overrides, Verification};

use crate::place::{connection, get, ok, send, text};

/// A private CA, what it signed, and a server that shows it.
struct Place {
    address: SocketAddr,
    directory: TempDir,
}

impl Place {
    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn host(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }
}

fn signed(
    ca: &CertifiedIssuer<'_, KeyPair>,
    name: &str,
    directory: &Path,
    file: &str,
) -> (CertificateDer<'static>, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, ca).unwrap();
    std::fs::write(directory.join(file), format!("{}{}", certificate.pem(), key.serialize_pem())).unwrap();
    (certificate.der().clone(), key)
}

fn place(needs_client: bool, name: &str) -> Place {
    let directory = tempfile::tempdir().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(directory.path().join("ca.pem"), ca.pem()).unwrap();
    let (certificate, key) = signed(&ca, name, directory.path(), "server.pem");
    signed(&ca, "client", directory.path(), "client.pem");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = if needs_client {
        let mut roots = RootCertStore::empty();
        roots.add(ca.der().clone()).unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = builder.with_single_cert(vec![certificate], key).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut head = [0; 4096];
                if stream.read(&mut head).await.is_ok_and(|read| read > 0) {
                    drop(stream.write_all(&ok("secret")).await);
                    drop(stream.shutdown().await);
                }
            }
        });
    });
    Place { address, directory }
}

#[test]
fn a_certificate_of_an_unknown_ca_is_refused() {
    let place = place(false, "localhost");
    let connection = connection(json!({"host": place.host()}));
    let failure = send(&connection, get(&connection)).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
}

#[test]
fn a_certificate_of_a_named_ca_is_accepted() {
    let place = place(false, "localhost");
    let connection = connection(json!({"host": place.host(), "tls_ca_file": place.file("ca.pem")}));
    assert_eq!(text(send(&connection, get(&connection)).unwrap()), "secret");
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let place = place(false, "elsewhere");
    let connection = connection(json!({"host": place.host(), "tls_ca_file": place.file("ca.pem")}));
    let failure = send(&connection, get(&connection)).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
}

#[test]
fn verification_can_be_switched_off_for_a_connection_or_a_call() {
    let place = place(false, "elsewhere");
    let open = connection(json!({"host": place.host(), "tls_verify": false}));
    assert_eq!(text(send(&open, get(&open)).unwrap()), "secret");
    let closed = connection(json!({"host": place.host()}));
    let mut call = get(&closed);
    call.overrides = Overrides { verification: Some(Verification::Off), ..Overrides::default() };
    assert_eq!(text(send(&closed, call).unwrap()), "secret");
    assert!(send(&closed, get(&closed)).is_err(), "other calls are not affected");
}

#[test]
fn a_client_certificate_is_shown_to_who_asks() {
    let place = place(true, "localhost");
    let ca = place.file("ca.pem");
    let without = connection(json!({"host": place.host(), "tls_ca_file": ca}));
    assert!(send(&without, get(&without)).is_err());
    let with = json!({"host": place.host(), "tls_ca_file": ca, "tls_client_file": place.file("client.pem")});
    let with = connection(with);
    assert_eq!(text(send(&with, get(&with)).unwrap()), "secret");
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let place = place(false, "localhost");
    for file in ["missing.pem", "empty.pem"] {
        std::fs::write(place.file("empty.pem"), "nothing").unwrap();
        let connection = connection(json!({"host": place.host(), "tls_client_file": place.file(file)}));
        let failure = connection.start(get(&connection)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Request);
        assert!(failure.to_string().contains(file), "{failure}");
    }
}
