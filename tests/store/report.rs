//! The report on a store with known content, on both databases: `sid-cds report` and the page.

use std::process::{Command, Stdio};

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use jiff::civil::date;
use serde_json::{Value, json};
use sid_cds::{
    config::{ClientTrust, Config, StorePlace},
    server::{State, clock::Clock, report_router},
    store::{Outcome, Shown, ShownSuggestion, Store},
};
use tower::ServiceExt;
use uuid::Uuid;

use super::{
    folder::Folder,
    postgres::Postgres,
    suite::{received, set_aside, shown},
};

const HL7: &str = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes";

/// Twenty cards in two weeks: six accepted, eleven set aside for two reasons, three without an answer.
async fn fill(place: StorePlace) {
    let store = Store::new(place).unwrap();
    let cards: Vec<_> = (1..=20)
        .map(|n| {
            let mut shown = shown(Uuid::from_u128(n), "ehr", if n <= 10 { 16 } else { 23 });
            shown.suggestions[0].uuid = Uuid::from_u128(1000 + n);
            shown
        })
        .collect();
    store.add_shown(&cards).await.unwrap();
    // Shown again, before and after the period.
    let mut again = shown(Uuid::from_u128(1), "ehr", 30);
    again.day = date(2026, 4, 30);
    store.add_shown(&[again]).await.unwrap();
    let mut feedback = Vec::new();
    for n in 1..=17 {
        let card = Uuid::from_u128(n);
        let outcome = match n {
            1..=6 => Outcome::Accepted {
                suggestions: vec![Uuid::from_u128(1000 + n)],
            },
            7..=12 => set_aside(Some((HL7, "expert-contradicts"))),
            13..=17 => set_aside(Some(("urn:sid-cds:override", "O6"))),
            _ => unreachable!(),
        };
        // Set aside first, and the last outcome sent twice.
        feedback.push(received(card, set_aside(None), "2026-03-24T10:00:00Z"));
        feedback.extend([(); 2].map(|()| received(card, outcome.clone(), "2026-03-25T10:00:00Z")));
    }
    let unknown = (0..7).map(|n| {
        received(
            Uuid::from_u128(9000 + n),
            set_aside(None),
            "2026-03-31T21:59:59Z",
        )
    });
    feedback.extend(unknown);
    store.add_feedback(&feedback).await.unwrap();
    store.close().await;
}

fn report(store: &str, arguments: &[&str]) -> (i32, String, String) {
    run(store, &[&["report"], arguments].concat())
}

/// Code, output and error of the program with this store.
fn run(store: &str, arguments: &[&str]) -> (i32, String, String) {
    let folder = Folder::new();
    let output = Command::new(env!("CARGO_BIN_EXE_sid-cds"))
        .env_clear()
        .env("SID_CDS_STORE", store)
        .current_dir(folder.path())
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

const MARCH: [&str; 4] = ["--from", "2026-03-01", "--to", "2026-03-31"];

fn the_report_is_right(store: &str) {
    let of_march = |format: &'static str| {
        let (code, out, error) = report(store, &[&MARCH[..], &["--format", format]].concat());
        assert_eq!(code, 0, "{error}");
        out
    };
    let json: Value = serde_json::from_str(&of_march("json")).unwrap();
    // Three unanswered are hidden, and with them the six accepted that would tell them.
    let expected = json!({
        "from": "2026-03-01",
        "to": "2026-03-31",
        "smallestCount": 5,
        "cards": [{
            "card": "C01",
            "guideline": "1.1",
            "shown": 20,
            "accepted": null,
            "overridden": 11,
            "unanswered": null,
            // Which suggestions there are would tell of a total that is hidden.
            "bySuggestion": [],
            "byReason": [
                { "system": HL7, "reason": "expert-contradicts", "count": 6 },
                { "system": "urn:sid-cds:override", "reason": "O6", "count": 5 },
            ],
            // Four in the first week and seven in the second: together they are eleven.
            "byWeek": [
                { "week": "2026-W12", "accepted": null, "overridden": null, "unanswered": null },
                { "week": "2026-W13", "accepted": null, "overridden": null, "unanswered": null },
            ],
        }],
        "unknownCards": 7,
    });
    assert_eq!(json, expected);
    let csv = of_march("csv");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "card,guideline,week,measure,detail,count");
    for line in [
        "C01,1.1,,shown,,20",
        "C01,1.1,,accepted,,",
        "C01,1.1,,overridden,O6,5",
        "C01,1.1,2026-W12,overridden,,",
        ",,,unknown-cards,,7",
    ] {
        assert!(lines.contains(&line), "{line}: {csv}");
    }
    let table = of_march("table");
    for part in [
        "Cards shown from 2026-03-01 to 2026-03-31",
        "20         *          11           *",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
    // Shown again in April, with what was done in March.
    let april = [
        "--from",
        "2026-04-01",
        "--to",
        "2026-04-30",
        "--format",
        "json",
    ];
    let (_, april, _) = report(store, &april);
    let april: Value = serde_json::from_str(&april).unwrap();
    assert_eq!(april["cards"][0]["shown"], Value::Null);
    assert_eq!(
        april["unknownCards"], 0,
        "the day ends at midnight in Denmark"
    );
}

/// `prune` deletes what was shown in the first week, and leaves the report of the second as it was.
fn what_is_old_can_be_deleted(store: &str) {
    let second_week = [
        "--from",
        "2026-03-20",
        "--to",
        "2026-03-31",
        "--format",
        "json",
    ];
    let before = report(store, &second_week);
    let prune = |more: &[&str]| {
        run(
            store,
            &[&["prune", "--before", "2026-03-20"], more].concat(),
        )
    };
    for (more, expected) in [
        (
            &["--dry-run"][..],
            "Would be deleted: 0 entries of feedback, 1 cards on a day, 0 suggestions.\n",
        ),
        (
            &[],
            "Deleted: 0 entries of feedback, 1 cards on a day, 0 suggestions.\n",
        ),
        (
            &[],
            "Deleted: 0 entries of feedback, 0 cards on a day, 0 suggestions.\n",
        ),
    ] {
        assert_eq!(prune(more), (0, expected.to_owned(), String::new()));
    }
    assert_eq!(report(store, &second_week), before);
    let (code, out, error) = run(store, &["prune", "--before", "2999-01-01"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(error, "--before is after today\n");
}

/// What the report page's address answers over a store, as `serve` has it on loopback.
async fn served(place: StorePlace, path: &str) -> String {
    let mut config = Config::load(None).unwrap();
    config.client_trust = ClientTrust::None;
    config.store = place;
    let state = State::new(config, Clock::Fixed(date(2026, 4, 1))).unwrap();
    let request = Request::builder().uri(path).header("host", "127.0.0.1");
    let request = request.body(Body::empty()).unwrap();
    let response = report_router(state).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The cells of a table of the page, row by row, as they read.
fn rows(page: &str, table: &str) -> Vec<Vec<String>> {
    let (_, rest) = page.split_once(table).expect(table);
    let (_, body) = rest.split_once("<tbody>").unwrap();
    let (body, _) = body.split_once("</tbody>").unwrap();
    let text = |cell: &str| {
        let written = cell
            .split("<span class=\"visually-hidden\">")
            .next()
            .unwrap();
        let mut text = String::new();
        for part in written.split('<') {
            text.push_str(part.split_once('>').map_or(part, |(_, text)| text));
        }
        text.replace("&lt;", "<").trim().to_owned()
    };
    body.split("<tr>")
        .skip(1)
        .map(|row| {
            let cells = row.split("</th>").flat_map(|part| part.split("</td>"));
            let mut cells: Vec<String> = cells.map(text).collect();
            assert_eq!(cells.pop().as_deref(), Some(""), "{row}");
            cells
        })
        .collect()
}

/// Table, CSV and command line say the same of the same period.
async fn the_page_agrees(place: StorePlace, store: &str) {
    let (_, json, _) = report(store, &[&MARCH[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&json).unwrap();
    let (_, csv, _) = report(store, &[&MARCH[..], &["--format", "csv"]].concat());
    let query = "from=2026-03-01&to=2026-03-31&lang=en";
    let served_csv = served(place.clone(), &format!("/report.csv?{query}")).await;
    assert_eq!(served_csv, csv);
    let page = served(place, &format!("/report?{query}")).await;
    let written = |count: &Value, hidden: &str| match count {
        Value::Null => hidden.to_owned(),
        count => count.to_string(),
    };
    let (card, part) = (&json["cards"][0], |count: &Value| written(count, "*"));
    let cards = rows(&page, "id=\"cards\"");
    assert_eq!(cards.len(), json["cards"].as_array().unwrap().len());
    assert_eq!(
        cards[0],
        [
            "C01 Start after CAR-T/bispecific",
            "1.1",
            &written(&card["shown"], "<5"),
            &part(&card["accepted"]),
            "*",
            &part(&card["overridden"]),
            "55%",
            &part(&card["unanswered"]),
        ]
    );
    let of = |list: &str, cells: fn(&Value) -> Vec<Value>| -> Vec<Vec<String>> {
        let rows = card[list].as_array().unwrap();
        rows.iter()
            .map(|row| {
                let cells = cells(row);
                let text = |cell: &Value| match cell {
                    Value::String(text) => text.clone(),
                    count => part(count),
                };
                cells.iter().map(text).collect()
            })
            .collect()
    };
    let weeks = of("byWeek", |row| {
        let number = row["week"].as_str().unwrap().replace("2026-W", "week ");
        let week = json!(format!("{number}, 2026"));
        vec![
            week,
            row["accepted"].clone(),
            row["overridden"].clone(),
            row["unanswered"].clone(),
        ]
    });
    assert_eq!(rows(&page, "data-weeks=\"1\""), weeks);
    let reasons = of("byReason", |row| {
        let code = format!(
            "{}#{}",
            row["system"].as_str().unwrap(),
            row["reason"].as_str().unwrap()
        );
        let words = match row["reason"].as_str().unwrap() {
            "expert-contradicts" => "Specialist or immunology advice",
            _ => "Data wrong or outdated",
        };
        vec![json!(words), json!(code), row["count"].clone()]
    });
    assert_eq!(rows(&page, "data-reasons=\"1\""), reasons);
    assert!(!page.contains("data-suggestions="), "as in the JSON");
    let unknown = written(&json["unknownCards"], "<5");
    assert!(page.contains(&format!("<span id=\"unknown\">{unknown}</span>")));
    // Nothing that is hidden stands in a picture: of the twenty, nine are neither here nor there.
    assert!(page.contains("Set aside 11 (55%)"));
    for told in [
        "Accepted 6",
        "Accepted 3",
        "Unanswered 3",
        "Set aside 4",
        "Set aside 7",
    ] {
        assert!(!page.contains(told), "{told}");
    }
}

#[tokio::test]
async fn the_report_counts_what_sqlite_holds() {
    let folder = Folder::new();
    let file = folder.file("store.sqlite");
    let place = StorePlace::Sqlite(file.clone());
    fill(place.clone()).await;
    let store = format!("sqlite:{}", file.display());
    the_report_is_right(&store);
    the_page_agrees(place, &store).await;
    what_is_old_can_be_deleted(&store);
}

#[tokio::test]
async fn the_report_counts_what_postgresql_holds() {
    let postgres = Postgres::start().await;
    fill(postgres.place("postgres")).await;
    the_report_is_right(&postgres.url("postgres"));
    the_page_agrees(postgres.place("postgres"), &postgres.url("postgres")).await;
    what_is_old_can_be_deleted(&postgres.url("postgres"));
}

/// Whatever a client or another program wrote into the store is text on the page.
#[tokio::test]
async fn hostile_rows_stay_text() {
    const HOSTILE: &str = "</title></svg><script>alert(1)</script>\"'><img/src=x/onerror=alert(1)>";
    let folder = Folder::new();
    let place = StorePlace::Sqlite(folder.file("store.sqlite"));
    let store = Store::new(place.clone()).unwrap();
    let shown: Vec<Shown> = (1..=12)
        .map(|n| Shown {
            client: HOSTILE.to_owned(),
            service: HOSTILE.to_owned(),
            code: HOSTILE.to_owned(),
            guideline: HOSTILE,
            suggestions: vec![ShownSuggestion {
                uuid: Uuid::from_u128(1000 + n),
                kind: HOSTILE,
            }],
            ..shown(Uuid::from_u128(n), "ehr", 16)
        })
        .collect();
    store.add_shown(&shown).await.unwrap();
    let feedback: Vec<_> = (1..=12)
        .map(|n| {
            let outcome = match n {
                1..=6 => Outcome::Accepted {
                    suggestions: vec![Uuid::from_u128(1000 + n)],
                },
                _ => set_aside(Some((HOSTILE, HOSTILE))),
            };
            received(Uuid::from_u128(n), outcome, "2026-03-25T10:00:00Z")
        })
        .collect();
    store.add_feedback(&feedback).await.unwrap();
    store.close().await;
    for language in ["da", "en"] {
        let page = served(
            place.clone(),
            &format!("/report?from=2026-03-01&to=2026-03-31&lang={language}"),
        )
        .await;
        assert!(page.contains("&#60;script&#62;") && page.contains("&lt;script&gt;"));
        for markup in ["<script", "<img/", "\"'>"] {
            assert!(!page.contains(markup), "{markup}");
        }
    }
}

#[test]
fn a_report_that_cannot_be_says_why() {
    let swapped = ["--from", "2026-03-31", "--to", "2026-03-01"];
    for (store, arguments, expected) in [
        ("memory", MARCH, "ends with the service"),
        ("sqlite:nowhere.sqlite", MARCH, "there is no such file"),
        ("memory", swapped, "--from is after --to"),
    ] {
        let (code, out, error) = report(store, &arguments);
        assert_eq!((code, out.as_str()), (1, ""), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}
