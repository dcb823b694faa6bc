//! Requests: what is accepted, and every fault by its path in one answer.

use axum::{body::Body, http::StatusCode};
use serde_json::{Value, json};

use super::harness::{call, post, request, service};

const HOOKS: [&str; 3] = ["patient-view", "order-select", "order-sign"];

fn authorization() -> Value {
    json!({
        "access_token": "secret-token",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "client",
    })
}

/// A change to a request: where, and the value that is put there (`null` takes the member away).
fn changed(hook: &str, changes: &[(&str, Value)]) -> Value {
    let mut body = request(hook);
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            parent.remove(name);
        } else {
            parent.insert(name.to_owned(), value.clone());
        }
    }
    body
}

/// What the checklist says to accept leniently, beside the plain request (ST-01).
#[tokio::test]
async fn accepted() {
    let service = service();
    let instance = "/hookInstance";
    for (rule, changes) in [
        ("plain", vec![]),
        (
            "REQ-03 prefix",
            vec![(
                instance,
                json!("urn:uuid:d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"),
            )],
        ),
        (
            "REQ-03 upper case",
            vec![(instance, json!("D1577C69-DFBE-44AD-BA6D-3E05E953B2EA"))],
        ),
        (
            "REQ-05",
            vec![("/fhirServer", json!("http://localhost:9080/fhir"))],
        ),
        (
            "REQ-07",
            vec![
                ("/fhirServer", json!("https://fhir.example/r4")),
                ("/fhirAuthorization", authorization()),
            ],
        ),
        ("REQ-09 empty", vec![("/prefetch", json!({}))]),
        (
            "PF-04…PF-08, whatever is in a key",
            vec![(
                "/prefetch",
                json!({
                    "patient": "123",
                    "observations": null,
                    "conditions": [],
                    "procedures": { "resourceType": "OperationOutcome" },
                    "encounters": 7,
                    "undeclared": { "resourceType": "Bundle" },
                }),
            )],
        ),
        ("REQ-10", vec![("/extension", json!({ "dk.example": 1 }))]),
        ("EXT-05", vec![("/extension", json!([{ "url": "x" }]))]),
        ("EXT-05", vec![("/extension", json!("x"))]),
        (
            "CTX-33, unknown members",
            vec![("/more", json!([])), ("/context/more", json!("x"))],
        ),
        (
            "CTX-02 with a type",
            vec![("/context/patientId", json!("Patient/4711"))],
        ),
        (
            "GEN-08 long ids",
            vec![("/context/patientId", json!("x".repeat(194)))],
        ),
        (
            "CTX-03, CTX-05, CTX-10",
            vec![("/context/encounterId", json!("Encounter/e1"))],
        ),
        (
            "CTX-01, CTX-04",
            vec![("/context/userId", json!("PractitionerRole/a-b.c"))],
        ),
    ] {
        for hook in HOOKS {
            let body = changed(hook, &changes);
            let answer = post(&service, &format!("/cds-services/sid-{hook}"), &body).await;
            assert_eq!(
                answer.status,
                StatusCode::OK,
                "{hook} {rule}: {}",
                answer.text
            );
            assert!(answer.json()["cards"].is_array(), "{rule}");
        }
    }
}

/// AUTHZ-02, AUTHZ-03, AUTHZ-06, AUTHZ-07: spellings that real clients send.
#[tokio::test]
async fn lenient_authorization() {
    let service = service();
    for (name, value) in [
        ("token_type", json!("bearer")),
        ("expires_in", json!("300")),
        ("expires_in", json!(300.5)),
        ("patient", json!("4711")),
        ("patient", json!("Patient/4711")),
        ("patient", json!("")),
        ("patient", Value::Null),
    ] {
        let mut body = request("patient-view");
        body["fhirServer"] = json!("https://fhir.example");
        body["fhirAuthorization"] = authorization();
        body["fhirAuthorization"][name] = value;
        let answer = post(&service, "/cds-services/sid-patient-view", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text);
    }
    for name in ["fhirAuthorization", "fhirServer", "prefetch"] {
        let mut body = request("patient-view");
        body[name] = Value::Null;
        let answer = post(&service, "/cds-services/sid-patient-view", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: null");
    }
}

/// AUTHZ-06: with a token of another patient that one's data would be fetched, so nothing is answered.
#[tokio::test]
async fn a_token_of_another_patient_is_refused() {
    let service = service();
    for hook in HOOKS {
        let mut body = request(hook);
        body["fhirServer"] = json!("https://fhir.example");
        body["fhirAuthorization"] = authorization();
        body["fhirAuthorization"]["patient"] = json!("4712");
        let answer = post(&service, &format!("/cds-services/sid-{hook}"), &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{hook}");
        assert_eq!(answer.faults(), ["fhirAuthorization.patient"]);
        assert!(!answer.text.contains("471"), "no id: {}", answer.text);
    }
}

/// Faults of any hook; a hook may have any name, and another one than the service's is refused
/// (CTX-32, ST-04).
#[tokio::test]
async fn refused_everywhere() {
    let service = service();
    for (rule, changes, faults) in [
        ("REQ-02", vec![("/hook", Value::Null)], vec!["hook"]),
        (
            "REQ-02",
            vec![("/hook", json!("order-dispatch"))],
            vec!["hook"],
        ),
        (
            "CTX-32",
            vec![("/hook", json!("dk.example.ward-round"))],
            vec!["hook"],
        ),
        ("REQ-02", vec![("/hook", json!(7))], vec!["hook"]),
        (
            "REQ-03",
            vec![("/hookInstance", Value::Null)],
            vec!["hookInstance"],
        ),
        (
            "REQ-03",
            vec![("/hookInstance", json!("1"))],
            vec!["hookInstance"],
        ),
        (
            "REQ-05",
            vec![("/fhirServer", json!("ftp://fhir.example"))],
            vec!["fhirServer"],
        ),
        (
            "REQ-05",
            vec![("/fhirAuthorization", authorization())],
            vec!["fhirServer"],
        ),
        ("REQ-08", vec![("/context", Value::Null)], vec!["context"]),
        ("REQ-08", vec![("/context", json!("x"))], vec!["context"]),
        ("REQ-09", vec![("/prefetch", json!([]))], vec!["prefetch"]),
        (
            "AUTHZ-01…05",
            vec![
                ("/fhirServer", json!("https://fhir.example")),
                ("/fhirAuthorization", json!({})),
            ],
            vec![
                "fhirAuthorization.access_token",
                "fhirAuthorization.expires_in",
                "fhirAuthorization.scope",
                "fhirAuthorization.subject",
                "fhirAuthorization.token_type",
            ],
        ),
        (
            "CTX-02",
            vec![("/context/patientId", json!(4711))],
            vec!["context.patientId"],
        ),
        (
            "CTX-02",
            vec![("/context/patientId", json!(""))],
            vec!["context.patientId"],
        ),
        (
            "CTX-02",
            vec![("/context/patientId", json!("a b"))],
            vec!["context.patientId"],
        ),
        (
            "CTX-03",
            vec![("/context/encounterId", json!(["e1"]))],
            vec!["context.encounterId"],
        ),
        (
            "CTX-34",
            vec![("/context/userId", json!("1"))],
            vec!["context.userId"],
        ),
        (
            "all in one answer",
            vec![
                ("/hookInstance", Value::Null),
                ("/context/userId", Value::Null),
                ("/context/patientId", json!({})),
            ],
            vec!["context.patientId", "context.userId", "hookInstance"],
        ),
    ] {
        for hook in HOOKS {
            let body = changed(hook, &changes);
            let answer = post(&service, &format!("/cds-services/sid-{hook}"), &body).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{hook} {rule}");
            assert_eq!(answer.faults(), faults, "{hook} {rule}");
        }
    }
}

/// Faults of the context of one hook (CTX-05).
#[tokio::test]
async fn refused_by_hook() {
    let service = service();
    for (rule, hook, changes, faults) in [
        (
            "CTX-04",
            "order-select",
            vec![("/context/userId", json!("Patient/1"))],
            vec!["context.userId"],
        ),
        (
            "CTX-09",
            "order-sign",
            vec![("/context/userId", json!("RelatedPerson/1"))],
            vec!["context.userId"],
        ),
        (
            "CTX-06",
            "order-select",
            vec![("/context/selections", Value::Null)],
            vec!["context.selections"],
        ),
        (
            "CTX-06",
            "order-select",
            vec![("/context/selections", json!("MedicationRequest/1"))],
            vec!["context.selections"],
        ),
        (
            "CTX-06",
            "order-select",
            vec![("/context/selections", json!(["MedicationRequest/1", 2]))],
            vec!["context.selections[1]"],
        ),
        (
            "CTX-07",
            "order-select",
            vec![("/context/draftOrders", Value::Null)],
            vec!["context.draftOrders"],
        ),
        (
            "CTX-11",
            "order-sign",
            vec![("/context/draftOrders", Value::Null)],
            vec!["context.draftOrders"],
        ),
        (
            "CTX-07",
            "order-sign",
            vec![("/context/draftOrders", json!([]))],
            vec!["context.draftOrders"],
        ),
        (
            "CTX-07",
            "order-sign",
            vec![(
                "/context/draftOrders",
                json!({ "resourceType": "List", "entry": {} }),
            )],
            vec![
                "context.draftOrders.entry",
                "context.draftOrders.resourceType",
            ],
        ),
        (
            "CTX-12",
            "order-sign",
            vec![(
                "/context/draftOrders",
                json!({ "resourceType": "Bundle", "entry": [{}, { "resource": {} }, 3] }),
            )],
            vec![
                "context.draftOrders.entry[0].resource",
                "context.draftOrders.entry[1].resource.resourceType",
                "context.draftOrders.entry[2]",
            ],
        ),
    ] {
        let body = changed(hook, &changes);
        let answer = post(&service, &format!("/cds-services/sid-{hook}"), &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{hook} {rule}");
        assert_eq!(answer.faults(), faults, "{hook} {rule}");
    }
    // CTX-01, AMB-10: a patient may look; a selection may be a bare id; Bundle.type is not needed.
    for (hook, pointer, value) in [
        ("patient-view", "/context/userId", json!("Patient/1")),
        (
            "order-select",
            "/context/selections",
            json!(["order-1", "MedicationRequest/2"]),
        ),
        (
            "patient-view",
            "/context/draftOrders",
            json!("not of this hook"),
        ),
    ] {
        let body = changed(hook, &[(pointer, value)]);
        let answer = post(&service, &format!("/cds-services/sid-{hook}"), &body).await;
        assert_eq!(
            answer.status,
            StatusCode::OK,
            "{hook} {pointer}: {}",
            answer.text
        );
    }
}

/// ST-05, ST-07, AMB-20: what is not JSON is refused with the place, and nothing of it comes back.
#[tokio::test]
async fn broken_json() {
    let service = service();
    let deep = format!("{{\"context\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for (body, text) in [
        (&b""[..], "Not JSON: line 1, column 0."),
        (b"{\"hook\":\n \"Nancy Ann", "Not JSON: line 2, column 11."),
        (b"{\"hook\": Nancy}", "Not JSON: line 1, column 10."),
        (b"{\"hook\": 1} trailing", "Not JSON: line 1, column 13."),
        (b"[\"Nancy\"]", "The body must be a JSON object."),
        (b"\"Nancy\"", "The body must be a JSON object."),
        (b"null", "The body must be a JSON object."),
        (b"{\"hook\": \"\xff\"}", "Not UTF-8 from byte 10 on."),
        (deep.as_bytes(), "The body is nested more than 64 deep."),
        (
            b"{\"context\": 1e999}",
            "Nested too deeply, or a number is out of range.",
        ),
    ] {
        let headers = [("content-type", "application/json")];
        let path = "/cds-services/sid-patient-view";
        let answer = call(&service, "POST", path, &headers, Body::from(body.to_vec())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{text}");
        assert_eq!(answer.json()["issue"][0]["details"]["text"], text);
        assert!(!answer.text.contains("Nancy"));
        answer.faults();
    }
}

/// ST-07: no value of a refused request is in the answer.
#[tokio::test]
async fn values_do_not_come_back() {
    let service = service();
    let secret = "0101701234";
    let body = json!({
        "hook": secret,
        "hookInstance": secret,
        "fhirServer": secret,
        "fhirAuthorization": { "access_token": 7, "token_type": secret, "expires_in": secret, "patient": [secret] },
        "context": {
            "patientId": [secret],
            "userId": secret,
            "encounterId": { secret: secret },
            "selections": [format!("{secret} {secret}")],
            "draftOrders": { "resourceType": secret, "entry": [secret, { secret: 1 }] },
        },
        "prefetch": secret,
        secret: secret,
    });
    for hook in HOOKS {
        let answer = post(&service, &format!("/cds-services/sid-{hook}"), &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(!answer.text.contains(secret), "{}", answer.text);
    }
}
