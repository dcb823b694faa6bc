//! The demonstration FHIR endpoint: reads and searches over the demonstration patients, nothing else.

mod search;

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, RawQuery, State as Shared},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{State, error::Refusal};
use crate::cds_hooks::outcome::IssueCode;
use search::{Search, TYPES};

/// The routes below `/fhir`.
pub fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/metadata", get(metadata))
        .route("/_services/smart/Launch", post(launch))
        .route("/{type}", get(search_by_get))
        .route("/{type}/_search", post(search_by_post))
        .route("/{type}/{id}", get(read))
}

/// The records of every demonstration patient on one day.
#[derive(Debug)]
pub struct Store {
    resources: Vec<Value>,
    failing: Vec<(String, String)>,
    base: String,
}

impl Store {
    /// A store whose resources stand at `base`, without a slash at its end. A search for a patient
    /// and a resource type of `failing` is answered with an error, as a part of a record that
    /// cannot be had (PF-07).
    pub fn new(resources: Vec<Value>, failing: Vec<(String, String)>, base: String) -> Self {
        Self {
            resources,
            failing,
            base,
        }
    }

    /// Where it stands, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// One resource.
    pub fn read(&self, resource_type: &str, id: &str) -> Option<&Value> {
        self.of_type(resource_type)
            .find(|resource| resource["id"] == id)
    }

    /// What a relative URL, a read or a search, leads to; `None` where it leads nowhere.
    pub fn resolve(&self, relative: &str) -> Option<Value> {
        if let Some((resource_type, query)) = relative.split_once('?') {
            return self.search(resource_type, query);
        }
        let (resource_type, id) = relative.split_once('/')?;
        self.read(resource_type, id).cloned()
    }

    /// A searchset Bundle; `None` for a type that is not served.
    pub fn search(&self, resource_type: &str, query: &str) -> Option<Value> {
        let resource_type = *TYPES.iter().find(|known| **known == resource_type)?;
        let search = Search::read(resource_type, query);
        let fails = self
            .failing
            .iter()
            .any(|(patient, failing)| failing == resource_type && search.is_for_patient(patient));
        let found = if fails {
            Vec::new()
        } else {
            self.of_type(resource_type).collect()
        };
        let (page, total) = search.apply(found);
        let mut links = vec![json!({
            "relation": "self",
            "url": format!("{}/{resource_type}?{query}", self.base),
        })];
        if let Some(next) = search.next_page(total) {
            let url = format!("{}/{resource_type}?{next}", self.base);
            links.push(json!({ "relation": "next", "url": url }));
        }
        let matches = page.into_iter().map(|resource| {
            let id = resource["id"].as_str().unwrap_or_default();
            json!({
                "fullUrl": format!("{}/{resource_type}/{id}", self.base),
                "resource": resource,
                "search": { "mode": "match" },
            })
        });
        let failed = fails.then(|| outcome("error", "exception", "This search cannot be made."));
        let ignored = search.ignored().map(|name| {
            let text = format!("The parameter {name} is not known here and was ignored.");
            outcome("warning", "not-supported", &text)
        });
        let entries: Vec<Value> = matches.chain(failed).chain(ignored).collect();
        let mut bundle = json!({
            "resourceType": "Bundle",
            "type": "searchset",
            "total": total,
            "link": links,
        });
        if !entries.is_empty() {
            bundle["entry"] = Value::Array(entries);
        }
        Some(bundle)
    }

    fn of_type(&self, resource_type: &str) -> impl Iterator<Item = &Value> {
        self.resources
            .iter()
            .filter(move |resource| resource["resourceType"] == resource_type)
    }
}

/// An entry that says something of the search itself.
fn outcome(severity: &str, code: &str, text: &str) -> Value {
    json!({
        "resource": {
            "resourceType": "OperationOutcome",
            "issue": [{ "severity": severity, "code": code, "details": { "text": text } }],
        },
        "search": { "mode": "outcome" },
    })
}

/// What the public sandbox asks before it opens a SMART app: an id for the launch. The demonstration is
/// open, so the patient's own id does.
async fn launch(Shared(state): Shared<Arc<State>>, body: Bytes) -> Result<Response, Refusal> {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let store = store(&state)?;
    let patient = asked["parameters"]["patient"].as_str().unwrap_or_default();
    store
        .read("Patient", patient)
        .map(|_| Json(json!({ "launch_id": patient })).into_response())
        .ok_or_else(|| Refusal::not_found("There is no such demonstration patient."))
}

async fn metadata(Shared(state): Shared<Arc<State>>) -> Result<Response, Refusal> {
    let resources: Vec<Value> = TYPES
        .iter()
        .map(|resource_type| {
            let parameters: Vec<Value> = search::parameters(resource_type)
                .map(|(name, kind)| json!({ "name": name, "type": kind }))
                .collect();
            json!({
                "type": resource_type,
                "interaction": [{ "code": "read" }, { "code": "search-type" }],
                "searchParam": parameters,
            })
        })
        .collect();
    let store = store(&state)?;
    Ok(fhir_json(&json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": state.clock.today(&state.config.time_zone.0).to_string(),
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "software": { "name": "sid-cds", "version": env!("CARGO_PKG_VERSION") },
        "implementation": {
            "description": "For demonstration only: invented patients, read-only, a small part of \
                            FHIR search. Not a FHIR server for any other use.",
            "url": store.base,
        },
        "rest": [{ "mode": "server", "resource": resources }],
    })))
}

async fn read(
    Shared(state): Shared<Arc<State>>,
    Path((resource_type, id)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    store(&state)?
        .read(&resource_type, &id)
        .map(fhir_json)
        .ok_or_else(|| Refusal::not_found("There is no such resource in the demonstration."))
}

async fn search_by_get(
    Shared(state): Shared<Arc<State>>,
    Path(resource_type): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    answer_search(&state, &resource_type, &query.unwrap_or_default())
}

async fn search_by_post(
    Shared(state): Shared<Arc<State>>,
    Path(resource_type): Path<String>,
    RawQuery(query): RawQuery,
    form: Bytes,
) -> Result<Response, Refusal> {
    let form = std::str::from_utf8(&form).map_err(|_| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            IssueCode::Structure,
            "The form is not UTF-8.",
        )
    })?;
    let query = [query.as_deref().unwrap_or_default(), form].join("&");
    answer_search(&state, &resource_type, query.trim_matches('&'))
}

fn answer_search(state: &State, resource_type: &str, query: &str) -> Result<Response, Refusal> {
    store(state)?
        .search(resource_type, query)
        .map(|bundle| fhir_json(&bundle))
        .ok_or_else(|| Refusal::not_found("This resource type is not part of the demonstration."))
}

fn store(state: &State) -> Result<Store, Refusal> {
    let today = state.clock.today(&state.config.time_zone.0);
    state
        .demonstration
        .as_ref()
        .map(|demonstration| demonstration.store(today))
        .ok_or_else(|| Refusal::not_found("There is no demonstration here."))
}

fn fhir_json(value: &Value) -> Response {
    let media_type = [(header::CONTENT_TYPE, "application/fhir+json; charset=utf-8")];
    (media_type, Json(value)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(id: &str, code: &str, date: &str) -> Value {
        json!({
            "resourceType": "Observation",
            "id": id,
            "status": "final",
            "subject": { "reference": "Patient/a" },
            "category": [{ "coding": [{ "system": "urn:c", "code": "laboratory" }] }],
            "code": { "coding": [{ "system": "urn:one", "code": code }, { "code": "also" }] },
            "effectiveDateTime": date,
        })
    }

    fn store() -> Store {
        let mut other = observation("o9", "x", "2026-01-01");
        other["subject"]["reference"] = json!("Patient/b");
        let encounter = json!({
            "resourceType": "Encounter",
            "id": "e1",
            "class": { "system": "urn:act", "code": "IMP" },
            "subject": { "reference": "Patient/a" },
            "period": { "start": "2026-01-10", "end": "2026-01-20T08:00:00+01:00" },
        });
        let resources = vec![
            json!({ "resourceType": "Patient", "id": "a" }),
            observation("o1", "x", "2026-01-31"),
            observation("o2", "y", "2026-02"),
            observation("o3", "x", "2026-03-01T00:30:00+01:00"),
            observation("o4", "z", "2025"),
            encounter,
            other,
        ];
        let failing = vec![("a".to_owned(), "Condition".to_owned())];
        Store::new(resources, failing, "http://here/fhir".to_owned())
    }

    fn ids(bundle: &Value) -> Vec<&str> {
        let entries = bundle["entry"].as_array().map_or(&[][..], Vec::as_slice);
        entries
            .iter()
            .filter(|entry| entry["search"]["mode"] == "match")
            .filter_map(|entry| entry["resource"]["id"].as_str())
            .collect()
    }

    #[test]
    fn searches_find_what_they_ask_for() {
        for (query, found) in [
            ("Patient?", &["a"][..]),
            ("Patient?_id=b", &[]),
            ("Observation?patient=b", &["o9"]),
            (
                "Observation?subject=Patient/a&_sort=-date",
                &["o3", "o2", "o1", "o4"],
            ),
            (
                "Observation?patient=Patient%2Fa&_sort=date&_count=2",
                &["o4", "o1"],
            ),
            ("Observation?patient=a&code=x,y", &["o1", "o2", "o3"]),
            ("Observation?patient=a&code=urn:one%7Cx", &["o1", "o3"]),
            ("Observation?patient=a&code=urn:two|x", &[]),
            (
                "Observation?patient=a&code=urn:one|",
                &["o1", "o2", "o3", "o4"],
            ),
            (
                "Observation?patient=a&code=|also",
                &["o1", "o2", "o3", "o4"],
            ),
            ("Observation?patient=a&code=|x", &[]),
            (
                "Observation?patient=a&category=laboratory&status=final",
                &["o1", "o2", "o3", "o4"],
            ),
            ("Observation?patient=a&status=preliminary", &[]),
            ("Observation?patient=a&date=ge2026-02-15", &["o2", "o3"]),
            ("Observation?patient=a&date=gt2026-02-28", &["o3"]),
            ("Observation?patient=a&date=le2026-01-31", &["o1", "o4"]),
            ("Observation?patient=a&date=lt2026-02-01", &["o1", "o4"]),
            ("Observation?patient=a&date=2026-01", &["o1"]),
            ("Observation?patient=a&date=eq2026-03-01", &["o3"]),
            ("Observation?patient=a&date=ge2026-02&code=y", &["o2"]),
            ("Observation?patient=a&date=nonsense", &[]),
            (
                "Encounter?patient=a&class=IMP,ACUTE&date=ge2026-01-15",
                &["e1"],
            ),
            ("Encounter?patient=a&class=AMB", &[]),
            ("Encounter?patient=a&date=lt2026-01-10", &[]),
            ("Procedure?patient=a", &[]),
        ] {
            let bundle = store().resolve(query).unwrap();
            assert_eq!(ids(&bundle), found, "{query}");
        }
        assert!(store().resolve("Goal?patient=a").is_none());
        assert!(store().resolve("Patient/b").is_none());
        assert_eq!(store().resolve("Patient/a").unwrap()["id"], "a");
    }

    #[test]
    fn pages_lead_through_every_match_once() {
        let store = store();
        let mut url = "Observation?patient=a&_sort=-date&_count=3".to_owned();
        let mut seen = Vec::new();
        loop {
            let page = store.resolve(&url).unwrap();
            assert_eq!(page["total"], 4);
            seen.extend(ids(&page).into_iter().map(str::to_owned));
            let links = page["link"].as_array().unwrap();
            let Some(next) = links.iter().find(|link| link["relation"] == "next") else {
                break;
            };
            let next = next["url"].as_str().unwrap();
            next.strip_prefix("http://here/fhir/")
                .unwrap()
                .clone_into(&mut url);
        }
        assert_eq!(seen, ["o3", "o2", "o1", "o4"]);
    }

    #[test]
    fn what_is_not_understood_or_fails_is_said() {
        for (query, severity) in [
            ("Observation?patient=a&nonsense=1", Some("warning")),
            ("Observation?patient=a&_sort=code", Some("warning")),
            ("Condition?patient=a", Some("error")),
            ("Condition?patient=Patient/a&_count=5", Some("error")),
            ("Condition?patient=b", None),
            ("Observation?patient=a", None),
        ] {
            let bundle = store().resolve(query).unwrap();
            let outcome = bundle["entry"]
                .as_array()
                .into_iter()
                .flatten()
                .find_map(|entry| {
                    (entry["search"]["mode"] == "outcome").then(|| &entry["resource"])
                });
            let said = outcome.and_then(|outcome| outcome["issue"][0]["severity"].as_str());
            assert_eq!(said, severity, "{query}");
        }
    }
}
