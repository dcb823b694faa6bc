//! The doctor: passes the demonstration service, and finds each fault of a service that is broken on
//! purpose.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod doctor {
    pub mod faults;
    pub mod keys;
    pub mod model;
}

use std::{collections::BTreeSet, fs, net::SocketAddr, sync::Arc};

use axum::Router;
use doctor::{faults::FAULTS, keys, model};
use jiff::civil::{Date, date};
use sid_cds::{
    config::{ClientTrust, Config, Origins, RequiredDataMissing, StorePlace},
    doctor::{Check, Ending, Patients, Report, Subject, examine},
    server::{Demonstration, State, clock::Clock, router},
};
use tokio::{net::TcpListener, task::JoinSet};

/// The day of the patients, and of the demonstration service.
const TODAY: Date = date(2026, 3, 16);

/// Serves on a free port for as long as the test runs.
async fn serve(make: impl FnOnce(SocketAddr) -> Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = make(address);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

fn patients(most: usize) -> Patients {
    let zone = Config::load(None).unwrap().time_zone;
    let demonstration = Demonstration::built_in(zone, "https://ehr.invalid".to_owned()).unwrap();
    Patients::new(demonstration, TODAY, most)
}

async fn report(base: &str, with_key: bool, patients: &Patients) -> Report {
    let subject = Subject {
        base: base.parse().unwrap(),
        origin: model::ORIGIN.to_owned(),
        signer: with_key.then(|| keys::signer("ec.pem")),
    };
    examine(subject, patients).await.unwrap()
}

fn demonstration(address: SocketAddr) -> Router {
    let mut config = Config::load(None).unwrap();
    config.client_trust = ClientTrust::None;
    config.cors_origins = Origins::Any;
    config.store = StorePlace::Memory;
    config.required_data_missing = RequiredDataMissing::Card;
    let zone = config.time_zone.clone();
    let mut state = State::new(config, Clock::Fixed(TODAY)).unwrap();
    state.demonstration = Some(Demonstration::built_in(zone, format!("http://{address}")).unwrap());
    router(state)
}

/// Our end-to-end test: every demonstration patient, every hook, every fault.
#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_service_is_healthy() {
    let address = serve(demonstration).await;
    // The address of discovery is what people have at hand.
    let base = format!("http://{address}/cds-services/");
    let report = report(&base, false, &patients(usize::MAX)).await;
    assert!(report.is_clean(), "{}", report.table());
    let passed: BTreeSet<Check> = report.ended(Ending::Passed).collect();
    assert!(passed.len() >= 68, "{}", report.table());
    for check in [
        Check::CallAnswers,
        Check::ActionCreate,
        Check::ActionUpdate,
        Check::ActionDelete,
        Check::AnswerOrder,
    ] {
        assert!(passed.contains(&check), "{check:?}");
    }
}

/// `serve` as it is configured by default, for a client with a key of either kind (AMB-19). Feedback
/// needs a token too (FB-11).
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_asks_for_tokens_is_healthy() {
    let address = serve(|address| {
        let file = std::env::temp_dir().join(format!("sid-cds-{}-doctor.toml", std::process::id()));
        let keys = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/doctor/keys/public.jwks.json"
        );
        let (origin, issuer) = (model::ORIGIN, keys::ISSUER);
        let text = format!(
            "public-urls = [\"http://{address}\"]\ncors-origins = [\"{origin}\"]\n[[clients]]\n\
             name = \"ehr\"\njwt = {{ issuer = \"{issuer}\", jwks-file = \"{keys}\" }}\n"
        );
        fs::write(&file, text).unwrap();
        let config = Config::load(Some(&file)).unwrap();
        fs::remove_file(&file).unwrap();
        router(State::new(config, Clock::System).unwrap())
    })
    .await;
    for file in ["ec.jwk.json", "rsa.jwk.json"] {
        let subject = Subject {
            base: format!("http://{address}").parse().unwrap(),
            origin: model::ORIGIN.to_owned(),
            signer: Some(keys::own(file)),
        };
        let report = examine(subject, &patients(3)).await.unwrap();
        assert!(report.is_clean(), "{file}: {}", report.table());
        for check in [
            Check::TokenNeeded,
            Check::TokenSignature,
            Check::TokenNone,
            Check::TokenSymmetric,
            Check::TokenAudience,
            Check::TokenExpired,
            Check::TokenIssuer,
            Check::TokenKeyId,
            Check::TokenSilence,
            Check::FeedbackAccepted,
        ] {
            assert_eq!(report.result(check), Ending::Passed, "{file}: {check:?}");
        }
    }
    let feedback = format!("http://{address}/cds-services/sid-patient-view/feedback");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.post(feedback).body("{}").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 401);
}

/// The model has something of everything: no check is without an object.
#[tokio::test(flavor = "multi_thread")]
async fn a_sound_service_passes_every_check() {
    let address = serve(|address| model::service(address, model::Fault::None)).await;
    let base = format!("http://{address}");
    let report = report(&base, true, &patients(4)).await;
    let passed: Vec<Check> = report.ended(Ending::Passed).collect();
    assert_eq!(passed, Check::ALL, "{}", report.table());
}

/// One service for each fault, and exactly the checks that find it.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_service_fails_on_what_it_breaks() {
    const AT_ONCE: usize = 4;
    let patients = Arc::new(patients(2));
    let mut parts = JoinSet::new();
    for part in 0..AT_ONCE {
        let patients = patients.clone();
        parts.spawn(async move {
            let mut found = BTreeSet::new();
            for (checks, fault) in FAULTS.into_iter().skip(part).step_by(AT_ONCE) {
                let address = serve(|address| model::service(address, fault)).await;
                let report = report(&format!("http://{address}"), true, &patients).await;
                let failed: Vec<Check> = report.ended(Ending::Failed).collect();
                assert_eq!(failed, checks, "{}", report.table());
                found.extend(failed);
            }
            found
        });
    }
    let mut found = BTreeSet::from([Check::Encrypted]);
    found.extend(parts.join_all().await.into_iter().flatten());
    let all: BTreeSet<Check> = Check::ALL.iter().copied().collect();
    let without: Vec<&Check> = all.difference(&found).collect();
    assert!(without.is_empty(), "no fault for {without:?}");
}

/// 0.0.0.0 leads to this machine, and is not an address of it.
#[tokio::test(flavor = "multi_thread")]
async fn plain_http_to_another_machine_fails() {
    let address = serve(|address| model::service(address, model::Fault::None)).await;
    let base = format!("http://0.0.0.0:{}", address.port());
    let report = report(&base, false, &patients(4)).await;
    assert_eq!(report.result(Check::Encrypted), Ending::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_there_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let report = report(&base, false, &patients(4)).await;
    let failed: Vec<Check> = report.ended(Ending::Failed).collect();
    assert_eq!(failed, [Check::DiscoveryAnswers]);
    assert!(report.table().contains("no answer"), "{}", report.table());
}

/// Each failure says what was found and how to mend it, in the table and in JSON.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_says_how_to_mend_it() {
    let fault = model::Fault::Card(|card| card["summary"] = "x".repeat(140).into());
    let address = serve(|address| model::service(address, fault)).await;
    let report = report(&format!("http://{address}"), true, &patients(4)).await;
    let table = report.table();
    for said in [
        "FAILED          CARD-02  SHALL   a summary has fewer than 140 characters",
        "found: model p01: cards[0]: 140 characters",
        "more\n",
        "mend:  Shorten it",
        " 1 failed,",
    ] {
        assert!(table.contains(said), "{said}: {table}");
    }
    let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
    assert_eq!(json["failed"], 1);
    let checks = json["checks"].as_array().unwrap();
    assert_eq!(checks.len(), Check::ALL.len());
    let failed = checks.iter().find(|row| row["result"] == "failed").unwrap();
    assert_eq!(failed["rule"], "CARD-02");
    assert!(failed["found"].as_array().unwrap().len() > 3);
    assert!(failed["mend"].as_str().unwrap().starts_with("Shorten"));
}
