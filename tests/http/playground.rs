//! The playground: its pages and files, its questions, and what it refuses.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::harness::{BASE, call, demonstration, get, post, request, service};

/// The page names every patient, loads its own files only, and runs nothing of its own text.
#[tokio::test]
async fn the_page() {
    let service = demonstration();
    for (path, language) in [("/?lang=da", "da"), ("/?lang=en", "en")] {
        let page = get(&service, path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"));
        assert!(!policy.contains("unsafe"));
        assert!(page.text.contains(&format!("<html lang=\"{language}\">")));
        // One script, from a file; no style and no handler in the text.
        assert_eq!(page.text.matches("<script").count(), 1);
        for inline in [" style=", " onclick=", " onload=", "javascript:"] {
            assert!(!page.text.contains(inline), "{inline}");
        }
        for patient in ["p01", "p02", "p19"] {
            assert!(page.text.contains(&format!("/fhir/Patient/{patient}\"")));
            assert!(
                page.text
                    .contains(&format!("&patientId={patient}&").replace('&', "&#38;"))
            );
        }
        assert!(page.text.contains(&format!("{BASE}/cds-services")));
    }
    for (file, media_type) in [
        ("page.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        ("playground.js", "text/javascript; charset=utf-8"),
        ("subject.js", "text/javascript; charset=utf-8"),
        ("link.js", "text/javascript; charset=utf-8"),
    ] {
        let found = get(&service, &format!("/assets/{file}")).await;
        assert_eq!(found.header("content-type"), media_type);
        // Nothing is loaded from elsewhere: no address of another place stands in a file.
        assert!(
            !found.text.contains("https://") && !found.text.contains("@import"),
            "{file}"
        );
    }
    for path in [
        "/assets/nothing.js",
        "/assets/..%2Fpage.css",
        "/playground/records/nobody",
    ] {
        assert_eq!(
            get(&service, path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

/// `serve` has no playground unless it is switched on.
#[tokio::test]
async fn serve_has_none() {
    let service = service();
    for path in ["/", "/assets/page.css", "/playground/records/p01"] {
        assert_eq!(
            get(&service, path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let answer = post(&service, "/playground/evaluate", &json!({})).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

async fn record(patient: &str) -> Value {
    let path = format!("/playground/records/{patient}?on=2026-03-16&lang=en");
    get(&demonstration(), &path).await.json()
}

fn question(record: &Value, day: &str) -> Value {
    json!({
        "record": record["resources"],
        "notSearched": record["notSearched"],
        "hook": "patient-view",
        "asOf": day,
        "language": "en",
    })
}

fn codes(answer: &Value) -> Vec<&str> {
    let cards = answer["response"]["cards"].as_array().unwrap();
    cards
        .iter()
        .map(|card| card["source"]["topic"]["code"].as_str().unwrap())
        .collect()
}

/// The day decides: before, on and after the six months, and before anything was recorded.
#[tokio::test]
async fn the_day_moves() {
    let record = record("p02").await;
    for (day, population, cards) in [
        ("2025-09-05", "P1", &[][..]),
        ("2026-03-05", "P2A", &["C14"]),
        ("2026-03-06", "P2B", &["C14"]),
        ("2026-04-20", "P2B", &["C14"]),
    ] {
        let question = question(&record, day);
        let answer = post(&demonstration(), "/playground/evaluate", &question).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.header("cache-control"), "no-store");
        let answer = answer.json();
        assert_eq!(
            answer["assessment"]["population"]["code"], population,
            "{day}"
        );
        assert_eq!(codes(&answer), cards, "{day}");
        let html = answer["html"].as_str().unwrap();
        assert!(html.contains("<svg ") && html.contains("<article") != cards.is_empty());
    }
}

/// The request that is shown is one that the service answers with the cards that are shown.
#[tokio::test]
async fn what_is_shown_is_what_the_service_does() {
    for patient in ["p01", "p06", "p18"] {
        let record = record(patient).await;
        for hook in ["patient-view", "order-select", "order-sign"] {
            let mut question = question(&record, "2026-03-16");
            question["hook"] = json!(hook);
            question["drafts"] = json!([record["draft"]]);
            let service = demonstration();
            let shown = post(&service, "/playground/evaluate", &question)
                .await
                .json();
            let path = format!("/cds-services/sid-{hook}");
            let headers = [
                ("content-type", "application/json"),
                ("accept-language", "en"),
            ];
            let body = shown["request"].to_string();
            let answer = call(&service, "POST", &path, &headers, body).await;
            assert_eq!(answer.json(), shown["response"], "{patient} {hook}");
        }
    }
}

/// What cannot be asked is refused with its place, and repeats nothing of it.
#[tokio::test]
async fn what_cannot_be_asked() {
    let service = demonstration();
    let mut faulty = request("patient-view");
    faulty["context"]["patientId"] = json!(7);
    for (question, place) in [
        (json!([]), "-"),
        (json!({"asOf": "secret", "language": "en"}), "-"),
        (
            json!({"asOf": "2026-03-16", "language": "en", "secret": 1}),
            "-",
        ),
        (json!({"asOf": "2026-03-16", "language": "en"}), "hook"),
        (
            json!({"asOf": "2026-03-16", "language": "en", "hook": "patient-view"}),
            "record",
        ),
        (
            json!({"asOf": "2026-03-16", "language": "en", "request": {"hook": "secret"}}),
            "hook",
        ),
        (
            json!({"asOf": "2026-03-16", "language": "en", "request": faulty}),
            "context.patientId",
        ),
        (
            json!({"asOf": "2026-03-16", "language": "en", "hook": "patient-view",
                "record": [1, null, "secret", {"resourceType": "Patient"}]}),
            "record",
        ),
    ] {
        let answer = post(&service, "/playground/evaluate", &question).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{question}");
        assert_eq!(answer.faults(), [place], "{question}");
        assert!(!answer.text.contains("secret"), "{question}");
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = call(&service, "POST", "/playground/evaluate", &form, "{}").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

/// A record may hold anything: no panic, and what is no resource is not read.
#[tokio::test]
async fn odd_records() {
    let service = demonstration();
    let patient = json!({"resourceType": "Patient", "id": "x<y>\"&", "birthDate": "1960"});
    for odd in [
        json!([patient]),
        json!([patient, 1, null, "text", [], {}]),
        json!([patient, {"resourceType": "Observation"}, {"resourceType": 7, "id": {}}]),
        json!([patient, patient]),
    ] {
        let mut question = json!({"hook": "order-sign", "asOf": "2026-03-16", "language": "da"});
        question["record"] = odd.clone();
        question["drafts"] = json!([{"resourceType": "MedicationRequest"}]);
        let answer = post(&service, "/playground/evaluate", &question).await;
        assert_eq!(answer.status, StatusCode::OK, "{odd}: {}", answer.text);
        let html = answer.json()["html"].as_str().unwrap().to_owned();
        assert!(!html.contains("x<y>"));
    }
}

/// An address may name anything; what it names wrongly is left out, and nothing of it is repeated.
#[tokio::test]
async fn odd_addresses() {
    let service = demonstration();
    for query in [
        "patient=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "on=0000-00-00&day=%22%3E%3Cscript%3E",
        "on=9999-12-31&day=-9999-01-01",
        "hook=%3Cscript%3E&lang=%3Cscript%3E",
        "step=a~b~accepted~%3Cscript%3E",
    ] {
        let page = get(&service, &format!("/?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        assert!(!page.text.contains("alert(1)"), "{query}");
        assert_eq!(page.text.matches("<script").count(), 1, "{query}");
    }
}
