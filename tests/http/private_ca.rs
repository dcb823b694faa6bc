//! Servers whose certificates an authority of the hospital has signed: trusted where its file is named.

use std::{fs, net::SocketAddr, path::PathBuf};

use axum::{Router, http::StatusCode, routing::get};
use axum_server::tls_rustls::RustlsConfig;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use sid_cds::{
    config::{Client, ClientTrust, Config, RequiredDataMissing, StorePlace},
    server::{Demonstration, State, clock::Clock, router},
};

use super::{
    fetching_harness::{HOOKS, ask, bare, refusals, whole},
    harness::TODAY,
    tokens::{ES384, ISSUER, claims, key_set},
    trust_harness::{SERVICE, send_token, service_for},
};

/// An authority, with its certificate in a file.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            folder,
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The demonstration's FHIR server and a source of keys, by TLS with a certificate for `name`; its port.
    async fn server(&self, name: &str) -> u16 {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let tls = RustlsConfig::from_pem(certificate.pem().into(), key.serialize_pem().into());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let mut config = Config::load(None).unwrap();
        config.store = StorePlace::Memory;
        let mut state = State::new(config, Clock::Fixed(TODAY)).unwrap();
        let zone = state.config.time_zone.clone();
        let base = format!("https://localhost:{}", address.port());
        state.demonstration = Some(Demonstration::built_in(zone, base).unwrap());
        let keys = || async {
            let json = [("content-type", "application/json")];
            (json, key_set().to_string())
        };
        let routes = router(state).merge(Router::new().route("/keys", get(keys)));
        let server = axum_server::from_tcp_rustls(listener, tls.await.unwrap()).unwrap();
        tokio::spawn(server.serve(routes.into_make_service()));
        address.port()
    }
}

fn client(table: &Value) -> Client {
    let mut client = json!({ "name": "ehr", "private-network-hosts": ["localhost"] });
    let members = client.as_object_mut().unwrap();
    members.extend(table.as_object().unwrap().clone());
    serde_json::from_value(client).unwrap()
}

/// A service that may ask the FHIR server at this port.
fn service(port: u16, ca_file: Option<PathBuf>) -> Router {
    let mut config = Config::load(None).unwrap();
    config.client_trust = ClientTrust::None;
    config.store = StorePlace::Memory;
    config.required_data_missing = RequiredDataMissing::Refusal;
    config.fetch_deadline = std::time::Duration::from_secs(60);
    let mut client = client(&json!({ "fhir-servers": [format!("https://localhost:{port}/fhir")] }));
    client.ca_file = ca_file;
    config.clients = vec![client];
    router(State::new(config, Clock::Fixed(TODAY)).unwrap())
}

#[tokio::test]
async fn a_fhir_server_of_a_private_authority() {
    let (authority, other) = (Authority::new(), Authority::new());
    let port = authority.server("localhost").await;
    let base = format!("https://localhost:{port}/fhir");
    for hook in HOOKS {
        let whole = whole("p05", hook).await;
        let trusting = service(port, Some(authority.file()));
        let sent = ask(&trusting, hook, &whole).await;
        let fetched = ask(&trusting, hook, &bare(&whole, &base)).await;
        assert_eq!(fetched.status, StatusCode::OK, "{}", fetched.text);
        assert_eq!(fetched.json(), sent.json());
        for (what, port, file) in [
            ("no file", port, None),
            ("another authority", port, Some(other.file())),
            (
                "another name",
                authority.server("other.example").await,
                Some(authority.file()),
            ),
        ] {
            let base = format!("https://localhost:{port}/fhir");
            let answer = ask(&service(port, file), hook, &bare(&whole, &base)).await;
            let refusals = refusals(&answer);
            assert_eq!(refusals.len(), 3, "{what}");
        }
    }
}

#[tokio::test]
async fn a_source_of_keys_of_a_private_authority() {
    let authority = Authority::new();
    let url = format!(
        "https://localhost:{}/keys",
        authority.server("localhost").await
    );
    for (file, cause) in [(Some(authority.file()), None), (None, Some("no-keys"))] {
        let mut client = client(&json!({ "jwt": { "issuer": ISSUER, "jwks-url": url } }));
        client.ca_file = file;
        let (_, service) = service_for(vec![client]).await;
        let sent = send_token(&service, SERVICE, &ES384.sign(&claims(SERVICE))).await;
        assert_eq!(sent.cause, cause);
    }
}

/// A file that would trust nobody, or not whom it should, stops the start and is named.
#[tokio::test]
async fn a_file_without_an_authority_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let block = |content: &str| {
        format!("-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n")
    };
    let good = fs::read_to_string(Authority::new().file()).unwrap();
    for (name, content, expected) in [
        ("nowhere", None, "No such file"),
        ("empty", Some(String::new()), "holds no certificate"),
        (
            "text",
            Some("no certificate".to_owned()),
            "holds no certificate",
        ),
        ("garbage", Some(block("AAAA")), "cannot be read"),
        (
            "one of two",
            Some(format!("{good}{}", block("AAAA"))),
            "cannot be read",
        ),
    ] {
        let file = folder.path().join(name);
        if let Some(content) = content {
            fs::write(&file, content).unwrap();
        }
        let mut config = Config::load(None).unwrap();
        let mut client = client(&json!({ "fhir-servers": ["https://localhost:1/fhir"] }));
        client.ca_file = Some(file.clone());
        config.clients = vec![client];
        config.store = StorePlace::Memory;
        let error = State::new(config, Clock::Fixed(TODAY))
            .unwrap_err()
            .to_string();
        for part in ["ehr", "ca-file", file.to_str().unwrap(), expected] {
            assert!(error.contains(part), "{name}: {error}");
        }
    }
}
