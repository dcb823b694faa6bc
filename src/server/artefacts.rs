//! `GET /fhir-artifacts…`: the guideline as FHIR artefacts, read-only.

use axum::{
    Json,
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::error::Refusal;
use crate::artefacts;

/// `GET /fhir-artifacts`: every artefact, a Bundle.
pub async fn all() -> Response {
    answer(artefacts::bundle(None))
}

/// `GET /fhir-artifacts/{type}`: those of one type, a Bundle; empty when there are none.
pub async fn of_type(Path(resource_type): Path<String>) -> Response {
    answer(artefacts::bundle(Some(&resource_type)))
}

/// `GET /fhir-artifacts/{type}/{id}`.
pub async fn one(Path((resource_type, id)): Path<(String, String)>) -> Response {
    match artefacts::one(&resource_type, &id) {
        Some(resource) => answer(resource.clone()),
        None => Refusal::not_found("There is no such artefact. /fhir-artifacts lists them.")
            .into_response(),
    }
}

fn answer(resource: Value) -> Response {
    (
        [(header::CONTENT_TYPE, "application/fhir+json")],
        Json(resource).into_response().into_body(),
    )
        .into_response()
}
