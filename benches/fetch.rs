//! A call that brings no prefetch against the slowest single query of its FHIR server.
//!
//! `cargo bench --workspace --bench fetch`, about ten seconds. The FHIR server answers each query after
//! 50 ms. Given are the first call of a fresh process, and the calls after it.

#![allow(clippy::expect_used, reason = "a benchmark stops at the first fault")]

#[path = "support"]
mod support {
    pub mod client;
    pub mod patients;
    pub mod service;
}

use std::{
    net::SocketAddr,
    rc::Rc,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use axum::{Router, extract::OriginalUri, http::header, routing::get};
use jiff::Zoned;
use serde_json::json;
use support::{
    client::{Call, Connection},
    patients::Patient,
    service::{PATH, Server, Signer, machine},
};

/// How long the FHIR server takes over a query.
const TAKES: Duration = Duration::from_millis(50);
/// Fresh processes, and calls of each.
const PROCESSES: usize = 5;
const CALLS: usize = 20;

/// Queries that the FHIR server was asked and that are not counted yet.
static ASKED: AtomicUsize = AtomicUsize::new(0);

fn main() {
    let fhir = fhir_server();
    let single = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    single.expect("a runtime").block_on(measure(fhir));
}

async fn measure(fhir: SocketAddr) {
    println!("{}", machine());
    let mut queries = Vec::new();
    for (_, kind) in TYPES {
        let mut connection = Connection::open(fhir).await.expect("the FHIR server");
        let begun = Instant::now();
        let call = Call {
            head: format!("GET /fhir/{kind}?patient=p HTTP/1.1\r\nhost: localhost\r\n\r\n")
                .into_bytes(),
            body: Rc::from([]),
        };
        let answer = connection.call(&call).await.expect("an answer");
        assert_eq!(answer.status, 200);
        queries.push(begun.elapsed());
    }
    let slowest = queries.into_iter().max().expect("a query");
    ASKED.store(0, Ordering::Relaxed);
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for _ in 0..PROCESSES {
        let folder = tempfile::tempdir().expect("a folder");
        let mut signer = Signer::new();
        let further = format!(
            "fhir-servers = [\"http://{fhir}/fhir\"]\nprivate-network-hosts = [\"127.0.0.1\"]"
        );
        let server = Server::sid_cds(folder.path(), &signer, &further);
        let mut connection = Connection::open(server.address).await.expect("the service");
        for number in 0..=CALLS {
            let body = json!({
                "hook": "patient-view",
                "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
                "fhirServer": format!("http://{fhir}/fhir"),
                "context": { "userId": "Practitioner/1", "patientId": "p" },
            });
            let body = Rc::from(body.to_string().into_bytes());
            let call = Call::post(PATH, &signer.authorization(), body);
            let begun = Instant::now();
            let answer = connection.call(&call).await.expect("an answer");
            let took = begun.elapsed();
            let text = String::from_utf8_lossy(&answer.body);
            assert_eq!(answer.status, 200, "{text}");
            let asked = ASKED.swap(0, Ordering::Relaxed);
            assert_eq!(asked, TYPES.len(), "queries of one call");
            if number == 0 {
                first.push(took);
            } else {
                later.push(took);
            }
        }
    }
    println!(
        "slowest of {} single queries: {:.1} ms\n",
        TYPES.len(),
        ms(slowest)
    );
    println!(
        "{:<36} {:>8} {:>8} {:>7} {:>7}",
        "", "middle", "p99", "ratio", "target"
    );
    for (name, mut times) in [
        ("first call of a fresh process", first),
        ("later calls", later),
    ] {
        times.sort_unstable();
        let middle = times[times.len() / 2];
        let last = times[times.len() * 99 / 100];
        println!(
            "{name:<36} {:>5.1} ms {:>5.1} ms {:>7.2} {:>7}",
            ms(middle),
            ms(last),
            ms(middle) / ms(slowest),
            "1.3"
        );
    }
}

/// The prefetch keys of a resource, and its type.
const TYPES: [(&str, &str); 10] = [
    ("patient", "Patient"),
    ("observations", "Observation"),
    ("conditions", "Condition"),
    ("procedures", "Procedure"),
    ("medicationRequests", "MedicationRequest"),
    ("medicationAdministrations", "MedicationAdministration"),
    ("medicationStatements", "MedicationStatement"),
    ("medicationDispenses", "MedicationDispense"),
    ("encounters", "Encounter"),
    ("immunizations", "Immunization"),
];

/// Starts the FHIR server on a thread of its own.
fn fhir_server() -> SocketAddr {
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
                .await
                .expect("an address");
            let address = listener.local_addr().expect("an address");
            sender.send(address).expect("it is waited for");
            let answer = |OriginalUri(uri): OriginalUri| async move {
                ASKED.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(TAKES).await;
                let kind = uri.path().split('/').nth(2).unwrap_or_default().to_owned();
                (
                    [(header::CONTENT_TYPE, "application/fhir+json")],
                    found(&kind),
                )
            };
            let routes = Router::new().route("/fhir/{*rest}", get(answer));
            axum::serve(listener, routes).await.expect("it serves");
        });
    });
    receiver.recv().expect("the FHIR server starts")
}

/// A resource of the patient, or a Bundle of those of a type.
fn found(kind: &str) -> String {
    let patient = Patient {
        id: "p".to_owned(),
        today: Zoned::now().date(),
    };
    if kind == "Patient" {
        return patient.resource().json;
    }
    let key = TYPES
        .iter()
        .find(|(_, of)| *of == kind)
        .map(|(key, _)| *key);
    let resources = (0..20).map(|number| patient.relevant(number));
    let entries: Vec<String> = resources
        .filter(|resource| Some(resource.key) == key)
        .map(|resource| format!(r#"{{"resource":{}}}"#, resource.json))
        .collect();
    format!(
        r#"{{"resourceType":"Bundle","type":"searchset","entry":[{}]}}"#,
        entries.join(",")
    )
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
