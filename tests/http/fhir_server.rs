//! Fetching from a FHIR server that others made: sekmet, which `tests/run` puts into `target/tools`.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::http::StatusCode;
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::fetching_harness::{HOOKS, Setting, ask, bare, patients, refusals, whole};

/// What `tests/tools/fhir_server.py` lets in.
const TOKEN: &str = "a-token-of-the-test";

/// A running server, stopped when it goes.
struct Server {
    child: Child,
    base: String,
    /// Its data and its log.
    _folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// A server on a free port of this machine, with pages of at most `page_size`.
    async fn start(page_size: usize) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join("target/tools/sekmet/bin/python");
        assert!(python.exists(), "tests/run installs {}", python.display());
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let folder = tempfile::tempdir().unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new(python)
            .arg(root.join("tests/tools/fhir_server.py"))
            .args([port.to_string(), page_size.to_string()])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Self {
            child,
            base: format!("http://127.0.0.1:{port}/fhir"),
            _folder: folder,
        };
        let metadata = format!("{}/metadata", server.base);
        while Client::new().get(&metadata).send().await.is_err() {
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended: {ended:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        server
    }

    /// Stores every fixture under the ids that it has.
    async fn load(&self) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        for folder in fs::read_dir(folder).unwrap() {
            let Ok(text) = fs::read_to_string(folder.unwrap().path().join("bundle.json")) else {
                continue;
            };
            let mut bundle: Value = serde_json::from_str(&text).unwrap();
            bundle["type"] = json!("transaction");
            for entry in bundle["entry"].as_array_mut().unwrap() {
                let resource = &entry["resource"];
                let name = |member: &str| resource[member].as_str().unwrap();
                let url = format!("{}/{}", name("resourceType"), name("id"));
                entry["fullUrl"] = json!(format!("{}/{url}", self.base));
                entry["request"] = json!({ "method": "PUT", "url": url });
            }
            let answer = Client::new()
                .post(&self.base)
                .bearer_auth(TOKEN)
                .header("content-type", "application/fhir+json")
                .body(bundle.to_string())
                .send()
                .await
                .unwrap();
            assert_eq!(
                answer.status(),
                StatusCode::OK,
                "{}",
                answer.text().await.unwrap()
            );
        }
    }

    /// Whether a search that finds three goes over pages.
    async fn has_next_page(&self) -> bool {
        let search = format!("{}/Condition?patient=p05&_count=1000", self.base);
        let answer = Client::new().get(search).bearer_auth(TOKEN).send().await;
        answer.unwrap().text().await.unwrap().contains("\"next\"")
    }
}

/// The same without what the server adds to each resource, which comes back in suggestions.
fn without_meta(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            members.remove("meta");
            for member in members.values_mut() {
                *member = without_meta(member.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_meta(item.take());
            }
        }
        _ => {}
    }
    value
}

/// PF-09, PF-13, AUTHZ-09: every patient and hook, with all in one page and with pages of two.
#[tokio::test]
#[ignore = "needs target/tools, which tests/run makes"]
async fn a_real_server_gives_what_prefetch_gives() {
    for page_size in [1000, 2] {
        let server = Server::start(page_size).await;
        server.load().await;
        assert_eq!(server.has_next_page().await, page_size == 2);
        let mut setting = Setting::for_base(&server.base);
        setting.refuses = false;
        let service = setting.service();
        let mut cards = 0;
        for patient in patients() {
            for hook in HOOKS {
                let whole = whole(&patient, hook).await;
                // One story is about Conditions that cannot be had; here they can.
                if whole["prefetch"].to_string().contains("\"error\"") {
                    continue;
                }
                let mut request = bare(&whole, &server.base);
                request["fhirAuthorization"] = json!({
                    "access_token": TOKEN,
                    "token_type": "Bearer",
                    "expires_in": 300,
                    "scope": "patient/*.rs",
                    "subject": "sid-cds",
                });
                let sent = ask(&service, hook, &whole).await;
                let fetched = ask(&service, hook, &request).await;
                assert_eq!(fetched.status, StatusCode::OK, "{}", fetched.text);
                let (sent, fetched) = (without_meta(sent.json()), without_meta(fetched.json()));
                assert!(sent == fetched, "{patient} {hook}\n{sent:#}\n{fetched:#}");
                cards += sent["cards"].as_array().unwrap().len();
            }
        }
        assert!(cards > 20, "{cards}");
    }
}

/// AUTHZ-09, PF-12: a token that the server does not know, and none.
#[tokio::test]
#[ignore = "needs target/tools, which tests/run makes"]
async fn a_real_server_denies_access_without_its_token() {
    let server = Server::start(1000).await;
    let service = Setting::for_base(&server.base).service();
    let mut request = bare(&whole("p01", "patient-view").await, &server.base);
    for token in [None, Some("another")] {
        if let Some(token) = token {
            request["fhirAuthorization"] = json!({
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": 300,
                "scope": "patient/*.rs",
                "subject": "sid-cds",
            });
        }
        let refusals = refusals(&ask(&service, "patient-view", &request).await);
        assert_eq!(refusals.len(), 3);
        for (_, code, text) in refusals {
            assert_eq!(code, "forbidden");
            assert!(text.contains("denied access"), "{text}");
        }
    }
}
