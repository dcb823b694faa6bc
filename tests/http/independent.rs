//! An independent reader, the package healthchain, accepts every answer and reads it whole.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::{
    answers::answers,
    harness::{demonstration, get},
};

/// The verdict on each body, in order; installs the reader where it is not there.
fn read(items: &[Value]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let installed = Command::new("bash")
        .arg("tests/healthchain/install")
        .current_dir(root)
        .output()
        .unwrap();
    assert!(
        installed.status.success(),
        "healthchain cannot be installed (python3 and its venv module are needed): {}{}",
        String::from_utf8_lossy(&installed.stdout),
        String::from_utf8_lossy(&installed.stderr)
    );
    let mut reader = Command::new(root.join("target/healthchain/bin/python"))
        .arg("tests/healthchain/read.py")
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = reader.stdin.take().unwrap();
    let lines: String = items.iter().map(|item| format!("{item}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = reader.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<(String, String)> = text
        .lines()
        .map(|line| line.split_once('\t').unwrap())
        .map(|(what, verdict)| (what.to_owned(), verdict.to_owned()))
        .collect();
    assert_eq!(verdicts.len(), items.len());
    verdicts
}

/// SUG-03: `isRecommended` is always sent, which this reader needs.
#[tokio::test]
async fn healthchain_reads_every_answer_whole() {
    let discovery = get(&demonstration(), "/cds-services").await.json();
    let mut items = vec![json!({ "what": "discovery", "kind": "discovery", "body": discovery })];
    for (what, body) in answers().await {
        items.push(json!({ "what": what, "kind": "response", "body": body }));
    }
    for (what, verdict) in read(&items) {
        assert_eq!(verdict, "ok", "{what}");
    }
}

/// The reader does refuse what breaks a rule, and notices what it does not know.
#[tokio::test]
async fn healthchain_refuses_what_is_wrong() {
    let (_, answer) = answers()
        .await
        .iter()
        .find(|(_, answer)| answer["cards"][0]["suggestions"].is_array())
        .unwrap();
    type Change = fn(&mut Value);
    let rows: [(&str, Change, &str); 6] = [
        ("unchanged", |_| {}, "ok"),
        (
            "summary",
            |card| card["summary"] = json!("x".repeat(141)),
            "not accepted: cards.0.summary",
        ),
        (
            "indicator",
            |card| card["indicator"] = json!("success"),
            "not accepted: cards.0.indicator",
        ),
        (
            "isRecommended",
            |card| {
                card["suggestions"][0]
                    .as_object_mut()
                    .unwrap()
                    .remove("isRecommended");
            },
            "not accepted: cards.0.suggestions.0.isRecommended",
        ),
        (
            "selectionBehavior",
            |card| card["selectionBehavior"] = json!("all"),
            "not accepted: cards.0.selectionBehavior",
        ),
        (
            "unknown",
            |card| card["urgency"] = json!("high"),
            "not read whole",
        ),
    ];
    let items: Vec<Value> = rows
        .iter()
        .map(|(what, change, _)| {
            let mut body = answer.clone();
            change(&mut body["cards"][0]);
            json!({ "what": what, "kind": "response", "body": body })
        })
        .collect();
    for ((what, _, expected), (_, verdict)) in rows.iter().zip(read(&items)) {
        assert_eq!(verdict, *expected, "{what}");
    }
}
