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
        .route("/{type}", get(search_by_get))
        .route("/{type}/_search", post(search_by_post))
        .route("/{type}/{id}", get(read))
}

/// The records of every demonstration patient on one day.
#[derive(Debug)]
pub struct Store {
    resources: Vec<Value>,
    base: String,
}

impl Store {
    /// A store whose resources stand at `base`, without a slash at its end.
    pub fn new(resources: Vec<Value>, base: String) -> Self {
        Self { resources, base }
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
        let (page, total) = search.apply(self.of_type(resource_type).collect());
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
        let ignored = search.ignored().map(|name| {
            let text = format!("The parameter {name} is not known here and was ignored.");
            json!({
                "resource": {
                    "resourceType": "OperationOutcome",
                    "issue": [{
                        "severity": "warning",
                        "code": "not-supported",
                        "details": { "text": text },
                    }],
                },
                "search": { "mode": "outcome" },
            })
        });
        let entries: Vec<Value> = matches.chain(ignored).collect();
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
