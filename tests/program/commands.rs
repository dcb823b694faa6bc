//! Commands about one record, one service and the guideline: what they print and their exit codes.

use std::{
    fs,
    io::{Read, Write},
    process::Stdio,
};

use serde_json::Value;

use super::support::{Demo, FIXTURE, Made, program, run, text};

const REQUEST: &str = "tests/sandbox/order-select-full-form.json";

#[test]
fn assess_prints_the_assessment() {
    let day = ["assess", "--as-of", "2026-03-16"];
    for (arguments, lines) in [(&[FIXTURE][..], None), (&[FIXTURE, REQUEST], Some(2))] {
        let output = run(&[&day[..], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let out = text(&output.stdout);
        if let Some(lines) = lines {
            assert_eq!(out.lines().count(), lines, "one object a line");
        }
        for assessment in serde_json::Deserializer::from_str(&out).into_iter::<Value>() {
            let assessment = assessment.unwrap();
            assert_eq!(assessment["asOf"], "2026-03-16");
            let members: Vec<&String> = assessment.as_object().unwrap().keys().collect();
            assert_eq!(
                members,
                [
                    "asOf",
                    "guideline",
                    "population",
                    "start",
                    "course",
                    "dose",
                    "order",
                    "cards",
                    "comparators",
                    "dataProblems",
                    "counterfactual",
                    "trace"
                ]
            );
        }
    }
    for language in ["da", "en"] {
        let output = run(&[&day[..], &["--text", "--lang", language, FIXTURE]].concat());
        assert_eq!(output.status.code(), Some(0));
        assert!(!output.stdout.is_empty());
    }
}

#[test]
fn assess_reads_standard_input() {
    let mut child = program()
        .args(["assess", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let bundle = fs::read(FIXTURE).unwrap();
    child.stdin.take().unwrap().write_all(&bundle).unwrap();
    let mut out = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert!(serde_json::from_str::<Value>(&out).unwrap()["population"]["code"].is_string());
}

#[test]
fn assess_says_which_file_it_cannot_read() {
    for (content, expected) in [
        ("{\n\"resourceType\": Nancy", "not JSON: line 2"),
        ("[]", "neither a FHIR Bundle nor a CDS Hooks request"),
        (
            "{\"resourceType\": \"Patient\"}",
            "neither a FHIR Bundle nor a CDS Hooks request",
        ),
        (
            "{\"hook\": \"encounter-start\"}",
            "a request of a hook that no service answers",
        ),
        ("{\"hook\": \"patient-view\"}", "hookInstance: Missing."),
    ] {
        let file = Made::new("unreadable.json", content);
        let output = run(&["assess", file.path(), FIXTURE]);
        assert_eq!(output.status.code(), Some(1), "{content}");
        let message = text(&output.stderr);
        assert!(
            message.starts_with(file.path()) && message.contains(expected),
            "{message}"
        );
        assert!(!message.contains("Nancy"));
        assert!(!output.stdout.is_empty(), "the other file is assessed");
    }
}

#[test]
fn doctor_examines_a_running_service() {
    let demo = Demo::start();
    let (_, rest) = demo.greeting.split_once("Open ").unwrap();
    let (base, _) = rest.split_once("/ ").unwrap();
    let output = run(&["doctor", "--base", base, "--patients", "2"]);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{table}");
    assert!(table.contains(" passed, 0 failed,"), "{table}");
    // The demonstration asks for no token: the doctor says so when it has one.
    let key = "tests/doctor/keys/ec.jwk.json";
    let with_key = ["--key", key, "--issuer", "https://ehr.example"];
    let arguments = [
        &[
            "doctor",
            "--base",
            base,
            "--patients",
            "1",
            "--format",
            "json",
        ][..],
        &with_key,
    ];
    let output = run(&arguments.concat());
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let failed: Vec<&str> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["result"] == "failed")
        .map(|row| row["rule"].as_str().unwrap())
        .collect();
    assert!(failed.contains(&"SEC-05"), "{failed:?}");
    assert!(
        failed
            .iter()
            .all(|rule| rule.starts_with("JWT") || *rule == "SEC-05"),
        "{failed:?}"
    );
}

#[test]
fn doctor_says_why_it_cannot_begin() {
    let base = ["doctor", "--base", "http://127.0.0.1:1"];
    for (arguments, code, said) in [
        (
            vec!["--key", "nowhere.pem", "--issuer", "x"],
            1,
            "nowhere.pem: ",
        ),
        (
            vec!["--key", "tests/doctor/keys/ec.pem", "--issuer", "x"],
            1,
            "ec.pem: no key id",
        ),
        (vec!["--key", "Cargo.toml"], 2, "--issuer"),
        (vec!["--issuer", "x"], 2, "--key"),
        (vec![], 1, "not every check passed"),
    ] {
        let output = run(&[&base[..], &arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let message = text(&output.stderr);
        assert!(message.contains(said), "{said}: {message}");
    }
    assert_eq!(
        run(&["doctor", "--base", "cds.example"]).status.code(),
        Some(2)
    );
}

#[test]
fn comparators_and_evidence_are_listed_in_both_languages() {
    for (command, of, count) in [("comparators", None, 8), ("evidence", Some("studies"), 10)] {
        let printed = |arguments: &[&str]| {
            let output = run(&[&[command], arguments].concat());
            assert!(output.status.success(), "{command} {arguments:?}");
            text(&output.stdout)
        };
        let json: Value = serde_json::from_str(&printed(&["--format", "json"])).unwrap();
        let list = of.map_or(&json, |member| &json[member]);
        assert_eq!(list.as_array().unwrap().len(), count);
        let (da, en) = (printed(&[]), printed(&["--lang", "en"]));
        assert_ne!(da, en);
        for one in list.as_array().unwrap() {
            let citation = one["citation"].as_str().unwrap();
            assert!(da.contains(citation) && en.contains(citation), "{citation}");
        }
    }
    let evidence = text(&run(&["evidence", "--format", "json"]).stdout);
    let evidence: Value = serde_json::from_str(&evidence).unwrap();
    assert_eq!(evidence["judgement"]["certainty"], "very-low");
    for study in evidence["studies"].as_array().unwrap() {
        assert_eq!(study["certainty"], "very-low");
        assert_eq!(study["randomised"], false);
    }
}

#[test]
fn parameters_lists_every_code() {
    let table = run(&["parameters"]);
    assert_eq!(table.status.code(), Some(0));
    let table = text(&table.stdout);
    let json = run(&["parameters", "--format", "json"]);
    let listing: Value = serde_json::from_slice(&json.stdout).unwrap();
    for row in listing["parameters"].as_array().unwrap() {
        for member in ["id", "meaning", "value", "origin"] {
            assert!(table.contains(row[member].as_str().unwrap()), "{row}");
        }
    }
    for (member, value) in [
        ("id", "medicinraadet-sid"),
        ("version", "1.1"),
        ("approved", "2026-02-18"),
        ("document", "233094"),
        ("reviewBy", "2027-02-18"),
    ] {
        assert_eq!(listing["guideline"][member], value);
        assert!(table.contains(value), "{value}");
    }
    for (list, code) in [
        ("criteria", "igg-below-4"),
        ("missing", "igg-second-sample"),
        ("dataProblems", "unit-missing"),
        ("cards", "C01"),
    ] {
        let codes = listing[list].as_array().unwrap();
        assert!(codes.iter().any(|listed| listed == code), "{list}");
        assert!(
            codes
                .iter()
                .all(|code| table.contains(code.as_str().unwrap())),
            "{list}"
        );
    }
}

#[test]
fn timeline_draws_and_lists() {
    let bundle = "fixtures/02-car-t-stop-due/bundle.json";
    let drawn = run(&["timeline", bundle, "--as-of", "2026-03-16", "--lang", "en"]);
    assert!(drawn.status.success());
    let svg = text(&drawn.stdout);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("Assessed 16 Mar 2026"));
    let listed = run(&["timeline", bundle, "--as-of", "2026-03-16", "--table"]);
    let table = text(&listed.stdout);
    assert!(table.starts_with("Dato\tHvad\tFund\tKilde i journalen\n"));
    assert!(table.contains("Seponeringsforsøg 6. mar. 2026"));
    let refused = run(&["timeline", "fixtures/README.md"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).starts_with("fixtures/README.md: not JSON"));
}

#[test]
fn a_record_of_an_earlier_fhir_version_is_refused() {
    let record = Made::new(
        "stu3.json",
        r#"{"resourceType":"Bundle","type":"collection","entry":[{"resource":
            {"resourceType":"Condition","clinicalStatus":"active","assertedDate":"2026-01-01"}}]}"#,
    );
    let output = run(&["assess", record.path()]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.contains("entry[0].resource.assertedDate: Of FHIR STU3. This service reads FHIR R4"),
        "{error}"
    );
}
