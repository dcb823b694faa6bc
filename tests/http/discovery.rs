//! Discovery.

use std::{collections::BTreeSet, fs};

use axum::{body::Body, http::StatusCode};
use serde_json::{Value, json};
use sid_cds::{
    cds_hooks::{service::Services, template::Tokens},
    chart::terminology::{SiteFile, Terminology, statement},
};

use super::harness::{call, get, service};

async fn services() -> Vec<Value> {
    let answer = get(&service(), "/cds-services").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    answer.json()["services"].as_array().unwrap().clone()
}

/// DISC-01, DISC-02, DISC-04, DISC-06…DISC-10, DISC-12, DISC-13, AMB-01, AMB-05: each entry has its
/// members, and no empty one (GEN-04).
#[tokio::test]
async fn every_entry_is_complete() {
    let services = services().await;
    let ids: Vec<&str> = services
        .iter()
        .map(|entry| entry["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        ["sid-patient-view", "sid-order-select", "sid-order-sign"]
    );
    for entry in &services {
        let hook = entry["hook"].as_str().unwrap();
        assert_eq!(entry["id"], format!("sid-{hook}"));
        for name in ["title", "description", "usageRequirements"] {
            assert!(
                entry[name].as_str().is_some_and(|text| !text.is_empty()),
                "{name}"
            );
        }
        // AMB-05: discovery has no flag for what is required.
        let usage = entry["usageRequirements"].as_str().unwrap();
        let required = "Required: patient, observations and conditions, ";
        assert!(usage.contains(required), "{usage}");
        assert_eq!(entry["version"], "2.0.1");
        assert!(entry.get("hookVersion").is_none());
        let id = entry["id"].as_str().unwrap();
        let safe = |c: char| c.is_ascii_alphanumeric() || "._~-".contains(c);
        assert!(id.chars().all(safe) && id != "feedback", "{id}");
        let requirements = entry["usageRequirements"].as_str().unwrap();
        assert!(requirements.contains("may be left out"), "{requirements}");
    }
}

/// DISC-11, DISC-18, TOK-01…TOK-03, TOK-10…TOK-16, TOK-18, TOK-20, PERF-02: a read and one search for each type, in the order of the file, no
/// parameter twice, only what the public sandbox resolves.
#[tokio::test]
async fn templates_keep_to_what_clients_resolve() {
    let keys = [
        "patient",
        "observations",
        "conditions",
        "procedures",
        "medicationRequests",
        "medicationAdministrations",
        "medicationStatements",
        "medicationDispenses",
        "encounters",
        "immunizations",
    ];
    for entry in services().await {
        let prefetch = entry["prefetch"].as_object().unwrap();
        assert_eq!(prefetch.keys().collect::<Vec<_>>(), keys);
        assert_eq!(prefetch["patient"], "Patient/{{context.patientId}}");
        for (key, template) in prefetch.iter().skip(1) {
            let template = template.as_str().unwrap();
            let (_, query) = template.split_once('?').unwrap();
            let mut names: Vec<&str> = query
                .split('&')
                .map(|pair| pair.split_once('=').unwrap().0)
                .collect();
            assert_eq!(names[0], "patient", "{key}");
            assert!(
                names.contains(&"_sort") && names.contains(&"_count"),
                "{key}"
            );
            assert!(
                names.iter().all(|name| !name.contains(':')),
                "{key}: a modifier"
            );
            assert!(!template.contains(['+', '%']), "{key}: {template}");
            assert!(
                template.matches("today()").count() <= 1,
                "{key}: one date bound"
            );
            let tokens = template
                .split("{{")
                .skip(1)
                .map(|rest| rest.split("}}").next().unwrap());
            for token in tokens {
                assert!(
                    ["context.patientId", "today() - 3653 days"].contains(&token),
                    "{key}: {token}"
                );
            }
            names.sort_unstable();
            names.dedup();
            assert_eq!(
                names.len(),
                query.split('&').count(),
                "{key}: a parameter twice"
            );
        }
    }
}

/// DISC-22.
#[tokio::test]
async fn an_unchanged_document_is_not_sent_again() {
    let service = service();
    let first = get(&service, "/cds-services").await;
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.len() > 10);
    for (tags, status) in [
        (etag.clone(), StatusCode::NOT_MODIFIED),
        (format!("W/{etag}"), StatusCode::NOT_MODIFIED),
        (format!("\"other\", {etag}"), StatusCode::NOT_MODIFIED),
        ("\"other\"".to_owned(), StatusCode::OK),
    ] {
        let headers = [("if-none-match", tags.as_str())];
        let again = call(&service, "GET", "/cds-services", &headers, Body::empty()).await;
        assert_eq!(again.status, status, "{tags}");
        assert_eq!(again.text.is_empty(), status == StatusCode::NOT_MODIFIED);
    }
}

/// The value sets whose codes an Observation may have, and the panel whose components hold results.
const OBSERVATION_SETS: [&str; 14] = [
    "lab-igg-mass",
    "lab-igg-substance",
    "lab-iga-mass",
    "lab-iga-substance",
    "lab-iga-low-range",
    "lab-igm-mass",
    "lab-igm-substance",
    "lab-ig-panel-order",
    "lab-bcell-abs",
    "lab-m-protein",
    "lab-m-protein-non-igg",
    "lab-m-protein-qualitative",
    "lab-blood-culture",
    "obs-body-weight",
];

fn codes_of(set: &str) -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/terminology/valuesets");
    let text = fs::read_to_string(format!("{folder}/{set}.json")).unwrap();
    let set: Value = serde_json::from_str(&text).unwrap();
    let includes = set["compose"]["include"].as_array().unwrap();
    let concepts = includes
        .iter()
        .flat_map(|include| include["concept"].as_array().unwrap());
    concepts
        .map(|concept| concept["code"].as_str().unwrap().to_owned())
        .collect()
}

/// The search for Observations asks for exactly the codes that are read: one that is not asked for
/// would be read as never recorded.
#[tokio::test]
async fn observations_are_searched_by_every_code_that_is_read() {
    let statements = [
        statement::INFECTION_HISTORY_REVIEWED,
        statement::IGG_DECISIVE_FACTOR,
        statement::VACCINATION_ADEQUATE,
        statement::ANTIBIOTIC_PROPHYLAXIS_CONSIDERED,
        statement::IVIG_REASON,
        statement::SWITCH_REASON,
        statement::IG_REVIEW,
        statement::IG_EXTENSION,
        statement::INDEX_EVENT_CONFIRMED,
        statement::DONOR_TYPE,
        statement::IG_OUTSIDE_RECORD,
    ];
    let sets = OBSERVATION_SETS.into_iter().flat_map(codes_of);
    let read: BTreeSet<String> = sets.chain(statements.map(str::to_owned)).collect();
    for entry in services().await {
        let template = entry["prefetch"]["observations"].as_str().unwrap();
        let codes = template
            .split('&')
            .find_map(|pair| pair.strip_prefix("code="))
            .unwrap();
        let asked: Vec<&str> = codes.split(',').collect();
        assert_eq!(
            asked
                .iter()
                .map(|code| (*code).to_owned())
                .collect::<BTreeSet<_>>(),
            read
        );
        assert_eq!(asked.len(), read.len(), "a code twice");
    }
}

/// Inpatient Encounters are searched by every class that is read as an admission.
#[tokio::test]
async fn encounters_are_searched_by_every_class_that_is_read() {
    let read: BTreeSet<String> = codes_of("enc-admission").into_iter().collect();
    for entry in services().await {
        let template = entry["prefetch"]["encounters"].as_str().unwrap();
        let classes = template
            .split('&')
            .find_map(|pair| pair.strip_prefix("class="))
            .unwrap();
        assert_eq!(
            classes
                .split(',')
                .map(str::to_owned)
                .collect::<BTreeSet<_>>(),
            read
        );
    }
}

/// TOK-03: for clients of 2.0 every token is a member of the context, and nothing else changes.
#[test]
fn the_bounds_by_today_can_be_left_out() {
    let terminology = Terminology::built_in().unwrap();
    let templates = |tokens| -> Vec<String> {
        let services = Services::with_codes_of(&terminology, tokens).unwrap();
        let document: Value = serde_json::from_str(services.discovery()).unwrap();
        let entries = document["services"].as_array().unwrap().iter();
        entries
            .flat_map(|entry| entry["prefetch"].as_object().unwrap().values())
            .map(|template| template.as_str().unwrap().to_owned())
            .collect()
    };
    let (bounded, plain) = (templates(Tokens::Today), templates(Tokens::Context));
    assert_eq!(bounded.len(), plain.len());
    let mut left_out = 0;
    for (bounded, plain) in bounded.iter().zip(plain) {
        assert!(!plain.contains("today()"), "{plain}");
        let plain: Vec<&str> = plain.split('&').collect();
        for pair in bounded.split('&') {
            let kept = plain.contains(&pair);
            assert_ne!(kept, pair.contains("today()"), "{bounded}");
            left_out += usize::from(!kept);
        }
    }
    assert_eq!(left_out, 3 * 6);
}

/// A site's own codes are asked for too, and the tag of the document changes with them.
#[test]
fn a_sites_codes_are_asked_for() {
    let mut terminology = Terminology::built_in().unwrap();
    let before = Services::with_codes_of(&terminology, Tokens::Today).unwrap();
    let set = |id: &str, code: &str| {
        json!({"resourceType": "ValueSet", "url": format!("urn:sid-cds:valueset:{id}"),
            "compose": {"include": [{"system": "urn:example:local", "concept": [{"code": code}]}]}})
        .to_string()
    };
    let files = [
        set("lab-igg-mass", "IGG 1"),
        set("enc-admission", "INDL"),
        set("dx-mgus", "M1"),
    ];
    let files: Vec<SiteFile<'_>> = files
        .iter()
        .map(|json| SiteFile { name: "site", json })
        .collect();
    terminology.add_site(&files).unwrap();
    let after = Services::with_codes_of(&terminology, Tokens::Today).unwrap();
    assert_ne!(before.etag(), after.etag());
    let document: Value = serde_json::from_str(after.discovery()).unwrap();
    for entry in document["services"].as_array().unwrap() {
        let prefetch = &entry["prefetch"];
        assert!(
            prefetch["observations"]
                .as_str()
                .unwrap()
                .contains(",IGG%201&")
        );
        assert!(prefetch["encounters"].as_str().unwrap().contains(",INDL&"));
        assert!(!prefetch["conditions"].as_str().unwrap().contains("M1"));
    }
}
