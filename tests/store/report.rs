//! `sid-cds report` on a store with known content, on both databases.

use std::process::{Command, Stdio};

use jiff::civil::date;
use serde_json::{Value, json};
use sid_cds::{
    config::StorePlace,
    store::{Outcome, Store},
};
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
            "bySuggestion": [{ "suggestion": "draft", "count": null }],
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

#[tokio::test]
async fn the_report_counts_what_sqlite_holds() {
    let folder = Folder::new();
    let file = folder.file("store.sqlite");
    fill(StorePlace::Sqlite(file.clone())).await;
    let store = format!("sqlite:{}", file.display());
    the_report_is_right(&store);
    what_is_old_can_be_deleted(&store);
}

#[tokio::test]
async fn the_report_counts_what_postgresql_holds() {
    let postgres = Postgres::start().await;
    fill(postgres.place("postgres")).await;
    the_report_is_right(&postgres.url("postgres"));
    what_is_old_can_be_deleted(&postgres.url("postgres"));
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
