//! The report page: who gets it, what it says of nothing, and that what the playground does is in it.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{StatusCode, header::HOST},
};
use serde_json::{Value, json};
use sid_cds::server::report_router;
use uuid::Uuid;

use super::harness::{Answer, call, demonstration, get, post, service, service_with};

/// The report of `serve`, called by a name.
async fn by_name(report: &Router, host: &str, path: &str) -> Answer {
    call(report, "GET", path, &[(HOST.as_str(), host)], Body::empty()).await
}

/// Both languages, the headers of the other pages, no script, and a word on how numbers come about.
#[tokio::test]
async fn an_empty_report_says_so() {
    let service = demonstration();
    for (language, empty, invitation) in [
        ("da", "Ingen kort er vist i perioden", "Åbn afprøvningen"),
        (
            "en",
            "No card was shown in this period",
            "Open the playground",
        ),
    ] {
        let page = get(&service, &format!("/report?lang={language}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(
            page.header("content-security-policy")
                .starts_with("default-src 'none'; script-src 'self'; style-src 'self'")
        );
        assert!(page.text.contains(&format!("<html lang=\"{language}\">")));
        for inline in [
            "<script",
            " style=",
            " onclick=",
            "javascript:",
            "http://",
            "https://",
        ] {
            assert!(!page.text.contains(inline), "{inline}");
        }
        assert!(page.text.contains(empty) && page.text.contains(invitation));
        assert!(
            page.text
                .contains(&format!("<a href=\"/?lang={language}\">"))
        );
        assert!(page.text.contains("name=\"from\" value=\"2025-09-22\""));
        assert!(page.text.contains("name=\"to\" value=\"2026-03-16\""));
    }
    let csv = get(&service, "/report.csv").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        csv.header("content-disposition"),
        "attachment; filename=\"sid-cds-report_2025-09-22_2026-03-16.csv\""
    );
    assert_eq!(
        csv.text,
        "card,guideline,week,measure,detail,count\n,,,unknown-cards,,0\n"
    );
}

/// A period that cannot be is said and not repeated, and has no numbers.
#[tokio::test]
async fn periods_that_cannot_be() {
    let service = demonstration();
    for (query, said) in [
        ("from=%3Cscript%3E", "One of the dates does not exist"),
        ("from=2026-02-30", "One of the dates does not exist"),
        ("to=9999-12-31", "One of the dates does not exist"),
        ("from=2026-03-02&to=2026-03-01", "ends before it begins"),
        ("from=2020-01-01", "longer than two years"),
    ] {
        let page = get(&service, &format!("/report?{query}&lang=en")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(page.text.contains(said), "{query}");
        assert!(!page.text.contains("<script"), "{query}");
        assert!(!page.text.contains("id=\"unknown\""), "{query}");
        let csv = get(&service, &format!("/report.csv?{query}")).await;
        assert_eq!(csv.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

/// `serve` never has it where clients call, and where it has it, only for this machine.
#[tokio::test]
async fn serve_shows_it_to_this_machine_only() {
    for path in ["/report", "/report.csv"] {
        let answer = get(&service(), path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    // Nor does the playground bring it.
    let (playground, _) = service_with(|config| config.playground = true);
    assert_eq!(
        get(&playground, "/report").await.status,
        StatusCode::NOT_FOUND
    );
    let page = get(&playground, "/").await;
    assert!(!page.text.contains("/report?"));

    let (_, state) = service_with(|_| {});
    let report = report_router(Arc::clone(&state));
    for host in [
        "127.0.0.1:9091",
        "127.0.0.1",
        "localhost:9091",
        "LOCALHOST",
        "[::1]:9091",
    ] {
        for path in ["/report", "/report.csv", "/assets/page.css"] {
            let answer = by_name(&report, host, path).await;
            assert_eq!(answer.status, StatusCode::OK, "{host}{path}");
            assert_eq!(answer.header("access-control-allow-origin"), "");
        }
    }
    // A name that another site lets stand for this address.
    for host in [
        "rebound.example:9091",
        "127.0.0.1.rebound.example",
        "localhost.rebound.example",
        "localhost@rebound.example",
        "192.0.2.1",
        "",
    ] {
        for path in ["/report", "/report.csv"] {
            let answer = by_name(&report, host, path).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{host}{path}");
        }
    }
    assert_eq!(get(&report, "/report").await.status, StatusCode::FORBIDDEN);
    for path in ["/", "/cds-services", "/metrics", "/playground/records/p01"] {
        let answer = by_name(&report, "localhost", path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    // What it says of nothing does not lead to a playground that is not there.
    let page = by_name(&report, "localhost", "/report?lang=en").await;
    assert!(page.text.contains("No card was shown in this period"));
    assert!(!page.text.contains("playground"));
}

/// While the store is down the page says so.
#[tokio::test]
async fn without_a_store_there_are_no_numbers() {
    let (_, state) = service_with(|_| {});
    let report = report_router(Arc::clone(&state));
    state.reports.close().await;
    let page = by_name(&report, "localhost", "/report?lang=en").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.header("retry-after"), "30");
    assert!(page.text.contains("The numbers cannot be read now"));
    let csv = by_name(&report, "localhost", "/report.csv").await;
    assert_eq!(csv.status, StatusCode::SERVICE_UNAVAILABLE);
}

/// Asks the playground about p06's order for another patient; the answer.
async fn shown_to(service: &Router, patient: usize) -> Value {
    let record = get(service, "/playground/records/p06?on=2026-03-16&lang=en").await;
    let record = record.text.replace("p06", &format!("p06-{patient}"));
    let record: Value = serde_json::from_str(&record).unwrap();
    let question = json!({
        "record": record["resources"],
        "notSearched": record["notSearched"],
        "drafts": [record["draft"]],
        "hook": "order-select",
        // A day that is not today: the card is shown today.
        "asOf": "2026-03-20",
        "language": "en",
    });
    let answer = post(service, "/playground/evaluate", &question).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

/// A row of the table of cards, without its markup.
fn row(page: &str, card: &str) -> Vec<String> {
    let (_, table) = page
        .split_once("<table class=\"counts\" id=\"cards\">")
        .unwrap();
    let row = table
        .split("<tr>")
        // A link where there is more to say of it.
        .find(|row| {
            [format!(">{card}</a>"), format!(">{card} ")]
                .iter()
                .any(|name| row.contains(name))
        })
        .unwrap();
    row.split("<td>")
        .skip(1)
        .map(|cell| {
            let (written, _) = cell.split_once("</").unwrap();
            written.rsplit('>').next().unwrap().replace("&lt;", "<")
        })
        .collect()
}

/// What is shown in the playground counts as shown, and feedback as an EHR sends it is in the report:
/// fewer than five as no more than that.
#[tokio::test]
async fn what_the_playground_does_is_reported() {
    let service = demonstration();
    for patient in 1..=6 {
        let answer = shown_to(&service, patient).await;
        let address = answer["feedback"].as_str().unwrap();
        assert_eq!(address, "/cds-services/sid-order-select/feedback");
        let cards = answer["response"]["cards"].as_array().unwrap();
        let card = &cards[0];
        assert_eq!(card["source"]["topic"]["code"], "C05");
        // Shown again: the same card.
        assert_eq!(
            shown_to(&service, patient).await["response"]["cards"][0]["uuid"],
            card["uuid"]
        );
        let reason = &card["overrideReasons"][1];
        let outcome = if patient == 6 {
            json!({
                "card": card["uuid"],
                "outcome": "accepted",
                "acceptedSuggestions": [{ "id": card["suggestions"][0]["uuid"] }],
            })
        } else {
            json!({
                "card": card["uuid"],
                "outcome": "overridden",
                "overrideReason": {
                    "reason": { "system": reason["system"], "code": reason["code"] },
                    "userComment": "<img src=x onerror=alert(1)>",
                },
            })
        };
        let mut entry = outcome;
        entry["outcomeTimestamp"] = json!("2026-03-16T10:00:00Z");
        let told = post(&service, address, &json!({ "feedback": [entry] })).await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text);
        let page = get(&service, "/report?lang=en").await;
        let expected = match patient {
            1..=4 => ["1.1", "<5", "*", "*", "*", "*", "*"],
            5 => ["1.1", "5", "0", "0%", "5", "100%", "0"],
            // One of six accepted would be told by the five that were set aside.
            _ => ["1.1", "6", "*", "*", "*", "*", "0"],
        };
        assert_eq!(row(&page.text, "C05"), expected, "{patient}");
        assert!(!page.text.contains("onerror"));
    }
    // One that was never shown.
    let unknown = json!({ "feedback": [{
        "card": Uuid::new_v4(),
        "outcome": "overridden",
        "outcomeTimestamp": "2026-03-16T10:00:00Z",
    }] });
    let told = post(
        &service,
        "/cds-services/sid-order-select/feedback",
        &unknown,
    )
    .await;
    assert_eq!(told.status, StatusCode::OK);
    let page = get(&service, "/report?lang=en").await;
    assert!(
        page.text
            .contains("<span id=\"unknown\"><span aria-hidden=\"true\">&lt;5</span>")
    );
}

/// In `serve` the playground is no client: it shows nothing that counts, and offers no feedback.
#[tokio::test]
async fn the_playground_of_serve_leaves_the_figures_alone() {
    let (playground, state) = service_with(|config| config.playground = true);
    let demonstration = demonstration();
    let record = get(
        &demonstration,
        "/playground/records/p06?on=2026-03-16&lang=en",
    )
    .await;
    let record = record.json();
    let question = json!({
        "record": record["resources"],
        "drafts": [record["draft"]],
        "hook": "order-select",
        "asOf": "2026-03-16",
        "language": "en",
    });
    let answer = post(&playground, "/playground/evaluate", &question).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["feedback"], Value::Null);
    assert!(
        !answer.json()["html"]
            .as_str()
            .unwrap()
            .contains("<textarea")
    );
    let report = report_router(state);
    let csv = by_name(&report, "localhost", "/report.csv").await;
    assert_eq!(csv.text.lines().count(), 2, "{}", csv.text);
}
