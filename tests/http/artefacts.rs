//! The guideline as FHIR artefacts.

use axum::http::StatusCode;
use serde_json::Value;

use super::harness::{get, service};

#[tokio::test]
async fn artefacts_are_served_as_a_bundle_by_type_and_one_by_one() {
    let service = service();
    let all = get(&service, "/fhir-artifacts").await;
    assert_eq!(all.status, StatusCode::OK);
    assert_eq!(all.header("content-type"), "application/fhir+json");
    let entries = all.json()["entry"].as_array().unwrap().clone();
    for resource_type in [
        "PlanDefinition",
        "ActivityDefinition",
        "ValueSet",
        "CodeSystem",
    ] {
        let of_type = get(&service, &format!("/fhir-artifacts/{resource_type}")).await;
        let of_type = of_type.json()["entry"].as_array().unwrap().clone();
        let expected: Vec<&Value> = entries
            .iter()
            .filter(|entry| entry["resource"]["resourceType"] == resource_type)
            .collect();
        assert!(!expected.is_empty(), "{resource_type}");
        assert_eq!(of_type.iter().collect::<Vec<_>>(), expected);
    }
    for entry in &entries {
        let resource = &entry["resource"];
        let (kind, id) = (&resource["resourceType"], &resource["id"]);
        let address = format!(
            "/fhir-artifacts/{}/{}",
            kind.as_str().unwrap(),
            id.as_str().unwrap()
        );
        assert_eq!(get(&service, &address).await.json(), *resource, "{address}");
    }
    let none = get(&service, "/fhir-artifacts/Library/none").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert_eq!(none.json()["resourceType"], "OperationOutcome");
}
