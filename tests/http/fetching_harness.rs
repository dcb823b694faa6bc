//! A service with a FHIR server to ask, requests without their prefetch, and what is refused.

use std::{
    fs,
    path::Path,
    sync::{Arc, LazyLock},
};

use axum::{Router, http::StatusCode};
use serde_json::{Value, json};
use sid_cds::{
    config::{BaseUrl, Client, ClientTrust, Config, RequiredDataMissing, Version},
    server::{State, clock::Patience, router},
};
use url::Host;

use super::{
    harness::{Answer, TODAY, demonstration, get, post},
    upstream::Upstream,
};

pub const HOOKS: [&str; 3] = ["patient-view", "order-select", "order-sign"];
/// A patient with an infection history, treatment and orders, who is not silent on any hook.
pub const PATIENT: &str = "p05";

/// How a service of these tests differs from one that is as configured by default.
pub struct Setting {
    pub servers: Vec<String>,
    pub consent: bool,
    pub refuses: bool,
    pub patience: Patience,
    pub change: fn(&mut Config),
}

impl Setting {
    /// One server of this machine, and no end to the patience: what ends a call is not the clock.
    pub fn for_server(upstream: &Upstream) -> Self {
        Self::for_base(&upstream.base)
    }

    /// The same for the server at this address.
    pub fn for_base(base: &str) -> Self {
        Self {
            servers: vec![base.to_owned()],
            consent: true,
            refuses: true,
            patience: Patience::UntilTold(Arc::default()),
            change: |_| {},
        }
    }

    /// The service.
    pub fn service(self) -> Router {
        let mut config = Config::load(None).unwrap();
        config.client_trust = ClientTrust::None;
        let servers = self
            .servers
            .iter()
            .map(|base| BaseUrl::parse(base).unwrap());
        let hosts: &[&str] = if self.consent {
            &["127.0.0.1", "localhost"]
        } else {
            &[]
        };
        config.clients = vec![Client {
            cds_hooks: Version::default(),
            name: "ehr".to_owned(),
            fhir_servers: servers.collect(),
            private_network_hosts: hosts
                .iter()
                .map(|host| Host::parse(host).unwrap())
                .collect(),
            ca_file: None,
            smart: None,
            jwt: None,
            certificate: None,
        }];
        config.required_data_missing = if self.refuses {
            RequiredDataMissing::Refusal
        } else {
            RequiredDataMissing::Card
        };
        (self.change)(&mut config);
        let clock = sid_cds::server::clock::Clock::Fixed(TODAY);
        let mut state = State::new(config, clock).unwrap();
        state.patience = self.patience;
        router(state)
    }
}

/// The demonstration, which has the requests of every patient.
pub static DEMONSTRATION: LazyLock<Router> = LazyLock::new(demonstration);

/// The request that brings everything.
pub async fn whole(patient: &str, hook: &str) -> Value {
    let path = format!("/demo/requests/{patient}/{hook}");
    let mut request = get(&DEMONSTRATION, &path).await.json();
    request.as_object_mut().unwrap().remove("fhirServer");
    request
}

/// The same without some of its keys, and with a FHIR server to ask.
pub fn without(whole: &Value, keys: &[&str], server: &str) -> Value {
    let mut request = whole.clone();
    let prefetch = request["prefetch"].as_object_mut().unwrap();
    for key in keys {
        prefetch.remove(*key).unwrap();
    }
    if !server.is_empty() {
        request["fhirServer"] = json!(server);
    }
    request
}

/// The same without any prefetch.
pub fn bare(whole: &Value, server: &str) -> Value {
    let mut request = without(whole, &[], server);
    request.as_object_mut().unwrap().remove("prefetch");
    request
}

pub async fn ask(service: &Router, hook: &str, request: &Value) -> Answer {
    post(service, &format!("/cds-services/sid-{hook}"), request).await
}

/// The words of each issue of a 412, by key.
pub fn refusals(answer: &Answer) -> Vec<(String, String, String)> {
    assert_eq!(
        answer.status,
        StatusCode::PRECONDITION_FAILED,
        "{}",
        answer.text
    );
    answer.faults();
    let issues = answer.json();
    let issues = issues["issue"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    issues
        .iter()
        .map(|issue| {
            (
                text(&issue["expression"][0]),
                text(&issue["code"]),
                text(&issue["details"]["text"]),
            )
        })
        .collect()
}

pub fn patients() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut ids: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            let text = fs::read_to_string(entry.unwrap().path().join("bundle.json")).ok()?;
            let bundle: Value = serde_json::from_str(&text).unwrap();
            let entries = bundle["entry"].as_array().unwrap();
            let resources = entries.iter().map(|entry| &entry["resource"]);
            let patient = resources
                .into_iter()
                .find(|resource| resource["resourceType"] == "Patient");
            Some(patient.unwrap()["id"].as_str().unwrap().to_owned())
        })
        .collect();
    ids.sort();
    ids
}
