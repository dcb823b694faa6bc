//! HTTP around the requests: CORS, status codes, media types, limits.

use axum::{body::Body, http::StatusCode};
use serde_json::json;

use super::harness::{ORIGIN, OTHER_ORIGIN, call, get, post, request, service};

const SERVICE: &str = "/cds-services/sid-patient-view";

/// CORS-01, CORS-02: a preflight is answered before anything else, for every address of a client.
#[tokio::test]
async fn preflight_is_answered_first() {
    let service = service();
    for path in [
        "/cds-services",
        SERVICE,
        "/cds-services/sid-patient-view/feedback",
        "/nowhere",
    ] {
        for origin in [ORIGIN, OTHER_ORIGIN] {
            let headers = [
                ("origin", origin),
                ("access-control-request-method", "POST"),
                (
                    "access-control-request-headers",
                    "authorization,content-type",
                ),
            ];
            let answer = call(&service, "OPTIONS", path, &headers, Body::empty()).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            let allowed = if origin == ORIGIN { ORIGIN } else { "" };
            assert_eq!(
                answer.header("access-control-allow-origin"),
                allowed,
                "{path}"
            );
            assert_eq!(
                answer.header("access-control-allow-methods"),
                "GET,POST,OPTIONS"
            );
            assert_eq!(
                answer.header("access-control-allow-headers"),
                "authorization,content-type"
            );
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    }
}

/// CORS-02: an error can be read by the page that caused it.
#[tokio::test]
async fn errors_carry_cors_headers() {
    let service = service();
    let json = ("content-type", "application/json");
    for (method, path, content_type, status) in [
        ("POST", SERVICE, json, StatusCode::BAD_REQUEST),
        ("GET", "/nowhere", json, StatusCode::NOT_FOUND),
        ("GET", SERVICE, json, StatusCode::METHOD_NOT_ALLOWED),
        (
            "POST",
            SERVICE,
            ("content-type", "text/plain"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
    ] {
        for (origin, allowed) in [(ORIGIN, ORIGIN), (OTHER_ORIGIN, "")] {
            let headers = [("origin", origin), content_type];
            let answer = call(&service, method, path, &headers, "{}").await;
            assert_eq!(answer.status, status, "{method} {path}");
            assert_eq!(answer.header("access-control-allow-origin"), allowed);
            answer.faults();
        }
    }
}

/// ST-05, each with an OperationOutcome (ST-04).
#[tokio::test]
async fn the_status_says_what_is_wrong() {
    let service = service();
    for (method, path, status, allow) in [
        ("GET", "/", StatusCode::NOT_FOUND, ""),
        ("GET", "/fhir/metadata", StatusCode::NOT_FOUND, ""),
        ("POST", "/cds-services/sid", StatusCode::NOT_FOUND, ""),
        ("GET", SERVICE, StatusCode::METHOD_NOT_ALLOWED, "POST"),
        ("DELETE", SERVICE, StatusCode::METHOD_NOT_ALLOWED, "POST"),
        (
            "POST",
            "/cds-services",
            StatusCode::METHOD_NOT_ALLOWED,
            "GET,HEAD",
        ),
    ] {
        let body = request("patient-view").to_string();
        let headers = [("content-type", "application/json")];
        let answer = call(&service, method, path, &headers, body).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
        assert_eq!(answer.faults(), ["-"]);
    }
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(get(&service, path).await.status, StatusCode::OK);
    }
}

/// GEN-07.
#[tokio::test]
async fn json_and_fhir_json_are_accepted() {
    let service = service();
    let refused = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    for (content_type, status) in [
        ("application/json", StatusCode::OK),
        ("application/fhir+json", StatusCode::OK),
        ("Application/JSON; Charset=UTF-8", StatusCode::OK),
        ("application/json;charset=\"utf-8\"", StatusCode::OK),
        ("application/json; charset=iso-8859-1", refused),
        ("application/x-www-form-urlencoded", refused),
        ("text/json", refused),
        ("application/xml", refused),
        ("", refused),
    ] {
        let body = request("patient-view").to_string();
        let answer = call(
            &service,
            "POST",
            SERVICE,
            &[("content-type", content_type)],
            body,
        )
        .await;
        assert_eq!(answer.status, status, "{content_type}");
    }
    let headers = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    let compressed = call(&service, "POST", SERVICE, &headers, "{}").await;
    assert_eq!(compressed.status, refused);
}

/// Prefetch makes large bodies: 2 MB is read, over the limit is refused as such.
#[tokio::test]
async fn large_bodies() {
    let service = service();
    let limit = 8_388_608;
    for (padding, status) in [
        (2_000_000, StatusCode::OK),
        (limit - 1_000, StatusCode::OK),
        (limit, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let mut body = request("patient-view");
        body["prefetch"] = json!({ "conditions": { "padding": "x".repeat(padding) } });
        let answer = post(&service, SERVICE, &body).await;
        assert_eq!(answer.status, status, "{padding}");
        if status != StatusCode::OK {
            assert_eq!(answer.faults(), ["-"]);
        }
    }
}

/// The language of the answer is the configured one, or the one that the client prefers.
#[tokio::test]
async fn the_answer_names_its_language() {
    let service = service();
    for (accepted, language) in [("en-GB,en;q=0.8", "en"), ("da", "da"), ("fr", "da")] {
        let headers = [
            ("content-type", "application/json"),
            ("accept-language", accepted),
        ];
        let body = request("patient-view").to_string();
        let answer = call(&service, "POST", SERVICE, &headers, body).await;
        assert_eq!(answer.header("content-language"), language, "{accepted}");
    }
}
