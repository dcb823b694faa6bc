//! A site's own codes: in files, in `codes check`, and what is said of those that are not known.

use std::{fs, path::Path};

use serde_json::Value;

use super::support::{Demo, FIXTURE, Made, OPEN, first_words, program, run, text};

/// A local code of IgG, under which a patient's results are else not found.
#[test]
fn a_sites_own_codes() {
    let local = "urn:example:laboratory";
    let codes = Made::new(
        "site-igg.json",
        &format!(
            r#"{{"resourceType":"ValueSet","url":"urn:sid-cds:valueset:lab-igg-mass","compose":{{
                "include":[{{"system":"{local}","concept":[{{"code":"IGG1"}}]}}]}}}}"#
        ),
    );
    let bundle = fs::read_to_string("fixtures/01-car-t-3-months/bundle.json").unwrap();
    let recoded = bundle
        .replace("http://npu-terminology.org", local)
        .replace("NPU19814", "IGG1");
    assert_ne!(recoded, bundle);
    let record = Made::new("recoded.json", &recoded);
    let assess = |more: &[&str]| -> Value {
        let arguments = [&["assess", "--as-of", "2026-03-16"], more, &[record.path()]].concat();
        let output = run(&arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    assert_eq!(assess(&[])["start"]["conclusion"], "UNK");
    let with_codes = assess(&["--terminology", codes.path()]);
    assert_eq!(with_codes["start"]["conclusion"], "MET");

    // The same file in the configuration, by a path from where that is.
    let name = Path::new(codes.path())
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    let output = program()
        .args(["assess", "--as-of", "2026-03-16", record.path()])
        .env(
            "SID_CDS_TERMINOLOGY_FILES",
            format!("[\"{}\"]", codes.path()),
        )
        .output()
        .unwrap();
    let assessment: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(assessment["start"]["conclusion"], "MET");
    let config = format!("{OPEN}\"127.0.0.1:0\"\nterminology-files = [\"{name}\"]");
    let (listening, words) = first_words(&config);
    assert!(listening, "{words}");

    for (content, expected) in [
        (
            r#"{"resourceType":"ValueSet","url":"urn:sid-cds:valueset:lab-igg-mass","compose":{
                "include":[{"system":"http://loinc.org","concept":[{"code":"2464-6"}]}]}}"#,
            "\"2464-6\": is in lab-igg-NEVER-total already, so it cannot be in lab-igg-mass",
        ),
        ("{", "not a FHIR ValueSet or ConceptMap"),
    ] {
        let wrong = Made::new("site-wrong.json", content);
        let config = Made::new(
            "site-wrong.toml",
            &format!(
                "{OPEN}\"127.0.0.1:0\"\nterminology-files = [\"{}\"]",
                wrong.path()
            ),
        );
        for arguments in [
            &["serve", "--config", config.path()][..],
            &["assess", "--terminology", wrong.path(), record.path()],
        ] {
            let output = run(arguments);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}");
            let error = text(&output.stderr);
            assert!(error.contains(wrong.path()), "{error}");
            assert!(error.contains(expected), "{error}");
        }
    }
    let output = run(&["assess", "--terminology", "nowhere.json", record.path()]);
    assert!(text(&output.stderr).starts_with("terminology file nowhere.json: "));
}

/// What an integrator learns of the codes of files; nothing of a patient.
#[test]
fn codes_check_of_files() {
    let check = |arguments: &[&str]| run(&[&["codes", "check"], arguments].concat());
    let known = check(&[FIXTURE]);
    assert_eq!(known.status.code(), Some(0), "{}", text(&known.stderr));
    for said in ["codes are known", "lab-igg-mass", "NPU19814", "med-cart"] {
        assert!(text(&known.stdout).contains(said), "{said}");
    }
    let list = Made::new(
        "codes.csv",
        "\u{feff}code;display;System\r\nIGG1;\"P-Immunglobulin G; \"\"total\"\"\";urn:example:lab\r\n\r\nALB;P-Albumin;urn:example:lab\r\n",
    );
    let output = check(&["--json", list.path()]);
    assert_eq!(output.status.code(), Some(3), "one looks like IgG");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["known"], &report["unknown"], &report["notMapped"]),
        (&0.into(), &2.into(), &1.into())
    );
    assert_eq!(report["codes"][0]["code"], "IGG1");
    assert_eq!(
        report["codes"][0]["display"],
        "P-Immunglobulin G; \"total\""
    );
    assert_eq!(report["codes"][0]["looksLike"][0], "igg");

    // Mapped by the site, it is known.
    let site = Made::new(
        "codes-site.json",
        r#"{"resourceType":"ValueSet","url":"urn:sid-cds:valueset:lab-igg-mass","compose":{
            "include":[{"system":"urn:example:lab","concept":[{"code":"IGG1"}]}]}}"#,
    );
    let output = check(&["--terminology", site.path(), list.path()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));

    let lines = Made::new(
        "codes.ndjson",
        concat!(
            r#"{"resourceType":"Patient","id":"nancy","name":[{"family":"Testesen"}],"birthDate":"1958-02-29"}"#,
            "\n\n",
            r#"{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/nancy"},"code":{"text":"CAR-T given to Testesen, 290258-4010"},"onsetDateTime":"2026-01-17"}"#,
            "\n",
            r#"{"resourceType":"Observation","code":{"coding":[{"system":"urn:example:lab","code":"X","display":"Testesen 290258-4010"}]}}"#,
        ),
    );
    for form in [&[lines.path()][..], &["--json", lines.path()]] {
        let output = check(form);
        assert_eq!(output.status.code(), Some(3), "text that looks like CAR-T");
        let said = text(&output.stdout);
        assert!(said.contains("withheld"), "{said}");
        for hidden in ["nancy", "Testesen", "290258", "1958", "2026-01", "given"] {
            assert!(!said.contains(hidden), "{hidden}: {said}");
        }
    }

    for (content, expected) in [
        (
            "{\"resourceType\":\"Patient\"}\n{broken Nancy",
            "not JSON: line 2",
        ),
        ("[1]", "neither a FHIR resource nor a CDS Hooks request"),
        ("name,number\nNancy,1", "no column \"code\""),
        ("code\nA", "name the system with --system"),
        ("system,code\nurn:x,", "row 2: no code"),
        ("system,code\nurn:x,\"A", "a quote is not closed"),
    ] {
        let file = Made::new("codes-wrong", content);
        let output = check(&[file.path(), FIXTURE]);
        assert_eq!(output.status.code(), Some(1), "{content}");
        let error = text(&output.stderr);
        assert!(
            error.starts_with(file.path()) && error.contains(expected),
            "{error}"
        );
        assert!(!error.contains("Nancy"), "{error}");
        assert!(
            text(&output.stdout).contains("NPU19814"),
            "the other file is read"
        );
    }
    assert_eq!(check(&[]).status.code(), Some(2));
}

/// The same of a FHIR server: every page of every type that it has.
#[test]
fn codes_check_of_a_server() {
    let demo = Demo::start();
    let at = demo.greeting.find("http://127.0.0.1:").unwrap();
    let base = demo.greeting[at..]
        .split('/')
        .take(3)
        .collect::<Vec<_>>()
        .join("/");
    let output = run(&["codes", "check", "--json", &format!("{base}/fhir/")]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let elements: Vec<&str> = report["codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["element"].as_str().unwrap())
        .collect();
    for element in [
        "Observation.code",
        "Condition.code",
        "Procedure.code",
        "MedicationRequest.medicationCodeableConcept",
        "Encounter.class",
        "Immunization.vaccineCode",
    ] {
        assert!(elements.contains(&element), "{element}");
    }
    let output = run(&[
        "codes",
        "check",
        "--header",
        "no header",
        &format!("{base}/fhir"),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("a header is \"Name: value\""));
    drop(demo);
    let output = run(&["codes", "check", &format!("{base}/fhir")]);
    assert_eq!(output.status.code(), Some(1), "the server is gone");
    assert!(text(&output.stderr).contains("Observation: "));
}
