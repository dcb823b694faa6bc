//! Cohort mode: the same answer for a patient as `assess` gives, whatever shape the export has.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

const AS_OF: &str = "2026-03-16";

fn sid_cds(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sid-cds"))
        .env_clear()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The Bundles of the demonstration patients.
fn bundles() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut bundles: Vec<PathBuf> = fs::read_dir(fixtures)
        .unwrap()
        .map(|folder| folder.unwrap().path().join("bundle.json"))
        .filter(|bundle| bundle.exists())
        .collect();
    bundles.sort();
    assert!(bundles.len() > 14);
    bundles
}

/// Every resource of the demonstration patients.
fn resources() -> Vec<Value> {
    let mut resources = Vec::new();
    for bundle in bundles() {
        let bundle: Value = serde_json::from_str(&fs::read_to_string(bundle).unwrap()).unwrap();
        let entries = bundle["entry"].as_array().unwrap();
        resources.extend(entries.iter().map(|entry| entry["resource"].clone()));
    }
    resources
}

/// An export by type: one file a type, with results that no rule asks for between the others, orders
/// that name their Medication in a file of its own, and one file compressed.
fn export(folder: &Path) {
    let mut files: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (number, mut resource) in resources().into_iter().enumerate() {
        let kind = resource["resourceType"].as_str().unwrap().to_owned();
        if kind == "MedicationRequest" {
            let id = format!("m{number}");
            let concept = resource["medicationCodeableConcept"].take();
            resource
                .as_object_mut()
                .unwrap()
                .remove("medicationCodeableConcept");
            resource["medicationReference"] = json!({ "reference": format!("Medication/{id}") });
            files
                .entry("Medication".to_owned())
                .or_default()
                .push(json!({ "resourceType": "Medication", "id": id, "code": concept }));
        }
        let patient = resource["subject"].clone();
        if kind == "Observation" {
            for noise in 0..3 {
                files.entry(kind.clone()).or_default().push(json!({
                    "resourceType": "Observation",
                    "id": format!("noise-{number}-{noise}"),
                    "status": "final",
                    "code": { "coding": [{ "system": "http://loinc.org", "code": "2951-2" }] },
                    "subject": patient,
                    "effectiveDateTime": "2026-03-01",
                    "valueQuantity": { "value": 140, "unit": "mmol/L" },
                }));
            }
        }
        files.entry(kind).or_default().push(resource);
    }
    // Orders of other drugs, one of them with its Medication in no file.
    for (id, patient) in [("other", "p19"), ("gone", "p19")] {
        files
            .entry("MedicationRequest".to_owned())
            .or_default()
            .push(json!({
                "resourceType": "MedicationRequest",
                "id": format!("order-{id}"),
                "status": "active",
                "intent": "order",
                "subject": { "reference": format!("Patient/{patient}") },
                "authoredOn": "2026-01-01",
                "medicationReference": { "reference": format!("Medication/{id}") },
            }));
    }
    files
        .entry("Medication".to_owned())
        .or_default()
        .push(json!({
            "resourceType": "Medication",
            "id": "other",
            "code": { "coding": [{ "system": "http://www.whocc.no/atc", "code": "C07AB02" }] },
        }));
    for (kind, resources) in files {
        let lines: String = resources.iter().map(|line| format!("{line}\n")).collect();
        if kind == "Condition" {
            let file = fs::File::create(folder.join("Condition.000.ndjson.gz")).unwrap();
            let mut gzip = GzEncoder::new(file, Compression::fast());
            gzip.write_all(lines.as_bytes()).unwrap();
            gzip.finish().unwrap();
        } else {
            fs::write(folder.join(format!("{kind}.000.ndjson")), lines).unwrap();
        }
    }
}

/// Runs over inputs; the rows by patient, and what it said.
fn rows(inputs: &[&str], out: &Path, more: &[&str]) -> (BTreeMap<String, Value>, Output) {
    let mut arguments = vec!["cohort", "--as-of", AS_OF, "--out", path(out)];
    arguments.extend(more);
    arguments.extend(inputs);
    let output = sid_cds(&arguments);
    let text = fs::read_to_string(out)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let rows = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|row| (row["patient"].as_str().unwrap().to_owned(), row))
        .collect();
    (rows, output)
}

/// The members of a row that `assess` prints as well.
fn comparable(row: &Value) -> Value {
    json!([
        row["population"],
        row["start"],
        row["recommendations"],
        row["missing"],
        row["onImmunoglobulin"],
        row["rule"],
        row["stopDue"],
        row["course"],
        row["cards"],
    ])
}

/// The same of what `assess` prints.
fn assessed() -> BTreeMap<String, Value> {
    bundles()
        .iter()
        .map(|bundle| {
            let output = sid_cds(&["assess", "--as-of", AS_OF, path(bundle)]);
            let assessment: Value = serde_json::from_slice(&output.stdout).unwrap();
            let (start, course) = (&assessment["start"], &assessment["course"]);
            let members = json!([
                assessment["population"]["code"],
                start["conclusion"],
                start["recommendations"],
                start["missing"],
                course["onImmunoglobulin"],
                course["rule"],
                course["stopDue"],
                course["conclusions"],
                assessment["cards"],
            ]);
            let text = fs::read_to_string(bundle).unwrap();
            let bundle: Value = serde_json::from_str(&text).unwrap();
            let patient = bundle["entry"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| &entry["resource"])
                .find(|resource| resource["resourceType"] == "Patient")
                .and_then(|patient| patient["id"].as_str())
                .unwrap();
            (patient.to_owned(), members)
        })
        .collect()
}

#[test]
fn bundles_and_files_by_type_give_what_assess_gives() {
    let folder = tempfile::tempdir().unwrap();
    let by_type = folder.path().join("export");
    fs::create_dir(&by_type).unwrap();
    export(&by_type);
    let expected = assessed();
    let bundles = bundles();
    let bundles: Vec<&str> = bundles.iter().map(|bundle| path(bundle)).collect();
    let forms: [(&str, Vec<&str>, &[&str]); 2] = [
        ("bundles", bundles, &[]),
        ("by-type", vec![path(&by_type)], &["--complete"]),
    ];
    for (form, inputs, more) in forms {
        let out = folder.path().join(format!("{form}.ndjson"));
        let (rows, output) = rows(&inputs, &out, more);
        assert!(output.status.success(), "{form}: {output:?}");
        assert_eq!(
            rows.keys().collect::<Vec<_>>(),
            expected.keys().collect::<Vec<_>>(),
            "{form}"
        );
        for (patient, row) in &rows {
            if form == "by-type" && patient == "p19" {
                // Its order names a Medication that was not exported: that is said.
                assert_eq!(row["start"], "UNK", "{row}");
                assert_eq!(row["problems"][0], "reference-unresolved", "{row}");
                continue;
            }
            assert_eq!(comparable(row), expected[patient], "{form}: {patient}");
        }
        let work = folder.path().join(format!("{form}.ndjson.work"));
        assert!(!work.exists(), "{form}: the work folder is left");
    }
}

#[test]
fn a_type_that_was_not_exported_is_not_searched() {
    let folder = tempfile::tempdir().unwrap();
    let export_folder = folder.path().join("export");
    fs::create_dir(&export_folder).unwrap();
    export(&export_folder);
    fs::remove_file(export_folder.join("Condition.000.ndjson.gz")).unwrap();
    let (rows, _) = rows(
        &[path(&export_folder)],
        &folder.path().join("a.ndjson"),
        &[],
    );
    for (patient, row) in &rows {
        let conclusion = row["start"].as_str().unwrap();
        assert!(
            !["NOT", "NS"].contains(&conclusion) || row["population"] != "P1",
            "{patient}: {row}"
        );
    }
    assert_eq!(rows["p19"]["start"], "UNK", "{}", rows["p19"]);
}

#[test]
fn threads_and_shards_change_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("export");
    fs::create_dir(&input).unwrap();
    export(&input);
    let run = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        rows(&[path(&input)], &out, more);
        fs::read_to_string(out).unwrap()
    };
    let one = run("one.ndjson", &["--jobs", "1"]);
    let many = run("many.ndjson", &["--jobs", "7"]);
    assert_eq!(one, many);
    let mut shards: Vec<String> = Vec::new();
    for shard in ["0/3", "1/3", "2/3"] {
        let text = run(&format!("{}.ndjson", &shard[..1]), &["--shard", shard]);
        shards.extend(text.lines().map(str::to_owned));
    }
    let mut whole: Vec<String> = one.lines().map(str::to_owned).collect();
    whole.sort();
    shards.sort();
    assert_eq!(shards, whole);
}

#[test]
fn every_format_comes_to_the_same_summary() {
    let folder = tempfile::tempdir().unwrap();
    let bundles = bundles();
    let mut summaries = Vec::new();
    for format in ["ndjson", "csv", "parquet"] {
        let out = folder.path().join(format!("rows.{format}"));
        let mut arguments = vec!["cohort", "--as-of", AS_OF, "--out", path(&out)];
        arguments.extend(bundles.iter().map(|bundle| path(bundle)));
        let output = sid_cds(&arguments);
        assert!(output.status.success(), "{output:?}");
        let output = sid_cds(&["cohort", "summary", "--json", path(&out)]);
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        summaries.push(summary);
    }
    assert_eq!(summaries[0], summaries[1]);
    assert_eq!(summaries[0], summaries[2]);
    assert_eq!(summaries[0]["patients"], bundles.len());
    let table = sid_cds(&["cohort", "summary", path(&folder.path().join("rows.csv"))]);
    let table = String::from_utf8(table.stdout).unwrap();
    for word in ["Population and start", "P2A  MET", "Due now", "STOP-DUE"] {
        assert!(table.contains(word), "{word}: {table}");
    }
}

/// Codes that look like what decides and are in no set: in the rows, counted by the summary in every
/// format and over shards, without a name or a text of the record; and gone once they are mapped.
#[test]
fn codes_that_are_not_mapped_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let observation = |id: &str, patient: &str, code: Value| {
        json!({ "resourceType": "Observation", "id": id, "status": "final", "code": code,
            "subject": { "reference": format!("Patient/{patient}") },
            "effectiveDateTime": "2026-03-01",
            "valueQuantity": { "value": 4, "unit": "g/L", "system": "http://unitsofmeasure.org", "code": "g/L" } })
    };
    let igg = json!({ "coding": [{ "system": "urn:oid:1.2.3.4", "code": "IGG1", "display": "P-IgG Qvistgaard" }] });
    let text = json!({ "text": "IgM Qvistgaard" });
    // In a code that is not a local one, with characters that separate in CSV and in the table.
    let odd = json!({ "coding": [{ "system": "http://loinc.org", "code": "x;\"y|z,1", "display": "IgA" }] });
    let order = json!({ "resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
        "subject": { "reference": "Patient/b" }, "authoredOn": "2026-03-01",
        "medicationCodeableConcept": { "coding": [{ "system": "urn:oid:1.2.3.5", "code": "77", "display": "IVIG" }] } });
    let patient =
        |id: &str| json!({ "resourceType": "Patient", "id": id, "birthDate": "1960-01-01" });
    let lines = [
        patient("a"),
        patient("b"),
        patient("c"),
        observation("1", "a", igg.clone()),
        observation("2", "a", igg.clone()),
        observation("3", "b", igg),
        observation("4", "b", text),
        observation("5", "b", odd),
        order,
    ];
    let export = folder.path().join("export.ndjson");
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(&export, lines).unwrap();
    let input = [path(&export)];
    let out = |name: &str| folder.path().join(name);

    let (by_patient, _) = rows(&input, &out("rows.ndjson"), &[]);
    assert_eq!(by_patient["c"]["unmapped"], json!([]));
    assert_eq!(
        by_patient["a"]["unmapped"],
        json!([{ "element": "Observation.code", "system": "urn:oid:1.2.3.4", "code": "IGG1",
            "looksLike": ["igg"], "count": 2 }])
    );
    assert_eq!(by_patient["b"]["unmapped"].as_array().unwrap().len(), 4);

    let summarise = |files: &[&Path]| -> Value {
        let mut arguments = vec!["cohort", "summary", "--json"];
        arguments.extend(files.iter().map(|file| path(file)));
        serde_json::from_slice(&sid_cds(&arguments).stdout).unwrap()
    };
    let summary = summarise(&[&out("rows.ndjson")]);
    let unmapped = summary["unmapped"].as_array().unwrap();
    assert_eq!(
        unmapped[0],
        json!({ "looksLike": ["igg"], "element": "Observation.code", "system": "urn:oid:1.2.3.4",
            "code": "IGG1", "patients": 2, "uses": 3 })
    );
    let of = |looks_like: &str| {
        let mut all = unmapped.iter();
        all.find(|one| one["looksLike"] == json!([looks_like]))
            .unwrap()
    };
    assert_eq!(unmapped.len(), 4, "{summary}");
    assert_eq!(of("igm")["code"], Value::Null);
    assert_eq!(of("iga")["code"], "x;\"y|z,1");
    assert_eq!(
        of("immunoglobulin")["element"],
        "MedicationRequest.medicationCodeableConcept"
    );
    for name in ["rows.csv", "rows.parquet"] {
        let mut arguments = vec!["cohort", "--as-of", AS_OF, "--out"];
        let out = out(name);
        arguments.extend([path(&out), path(&export)]);
        assert!(sid_cds(&arguments).status.success());
        assert_eq!(summarise(&[&out]), summary, "{name}");
    }
    let shards = ["0/2", "1/2"].map(|shard| {
        let out = out(&format!("shard{}.ndjson", &shard[..1]));
        rows(&input, &out, &["--shard", shard]);
        out
    });
    assert_eq!(summarise(&[&shards[0], &shards[1]]), summary);
    let table = sid_cds(&["cohort", "summary", path(&out("rows.csv"))]).stdout;
    let table = String::from_utf8(table).unwrap();
    assert!(
        table.contains(
            "         2         3  igg             Observation.code  urn:oid:1.2.3.4|IGG1\n"
        ),
        "{table}"
    );
    for name in ["rows.ndjson", "rows.csv"] {
        let text = fs::read_to_string(out(name)).unwrap();
        assert!(!text.contains("Qvistgaard"), "{name}: {text}");
    }
    assert!(!table.contains("Qvistgaard"));

    // Mapped by the site, IGG1 is a result like any other.
    let site = out("site.json");
    let map = json!({ "resourceType": "ValueSet", "url": "urn:sid-cds:valueset:lab-igg-mass",
        "compose": { "include": [{ "system": "urn:oid:1.2.3.4",
            "concept": [{ "code": "IGG1", "display": "P-IgG, local" }] }] } });
    fs::write(&site, map.to_string()).unwrap();
    let (mapped, _) = rows(
        &input,
        &out("mapped.ndjson"),
        &["--terminology", path(&site)],
    );
    assert_eq!(mapped["a"]["unmapped"], json!([]));
    assert_eq!(mapped["b"]["unmapped"].as_array().unwrap().len(), 3);
}

#[test]
fn what_cannot_be_used_is_said_and_the_rest_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("lines.ndjson");
    let patient = json!({ "resourceType": "Patient", "id": "a", "birthDate": "1960-01-01" });
    let nobody = json!({ "resourceType": "Condition", "id": "c" });
    let two = json!({ "resourceType": "Bundle", "type": "collection", "entry": [
        { "resource": { "resourceType": "Patient", "id": "x" } },
        { "resource": { "resourceType": "Patient", "id": "y" } },
    ] });
    fs::write(&input, format!("{patient}\n{{broken\n\n{nobody}\n{two}\n")).unwrap();
    let (rows, output) = rows(&[path(&input)], &folder.path().join("a.ndjson"), &[]);
    assert_eq!(rows.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let counts = "1 unreadable, 1 without a patient, 1 Bundles of several patients";
    assert!(said.contains(counts), "{said}");
    assert!(said.contains("lines.ndjson: byte"), "{said}");
}

#[test]
fn a_run_that_was_killed_goes_on_and_ends_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("export");
    fs::create_dir(&input).unwrap();
    export(&input);
    for copy in 1..40 {
        let from = input.join("Observation.000.ndjson");
        fs::copy(from, input.join(format!("Observation.{copy:03}.ndjson"))).unwrap();
    }
    let whole = folder.path().join("whole.ndjson");
    rows(&[path(&input)], &whole, &[]);
    let out = folder.path().join("resumed.ndjson");
    let journal = folder.path().join("resumed.ndjson.work/journal.ndjson");
    let mut child = Command::new(env!("CARGO_BIN_EXE_sid-cds"))
        .args([
            "cohort",
            "--as-of",
            AS_OF,
            "--jobs",
            "2",
            "--out",
            path(&out),
        ])
        .arg(&input)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Killed as soon as something is noted as finished; wherever it is then, the end is the same.
    while child.try_wait().unwrap().is_none() {
        if fs::metadata(&journal).is_ok_and(|journal| journal.len() > 0) {
            let _ = child.kill();
        }
        std::thread::yield_now();
    }
    let (_, output) = rows(&[path(&input)], &out, &["--jobs", "3"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        fs::read_to_string(&out).unwrap(),
        fs::read_to_string(&whole).unwrap()
    );
    // The folder of another run is not touched.
    fs::create_dir_all(journal.parent().unwrap()).unwrap();
    fs::write(journal.parent().unwrap().join("plan.json"), "{}").unwrap();
    let output = sid_cds(&[
        "cohort",
        "--as-of",
        AS_OF,
        "--out",
        path(&out),
        path(&input),
    ]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("unfinished run"), "{said}");
}

#[test]
fn wrong_calls_say_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.xlsx");
    for (arguments, code, word) in [
        (vec!["cohort", "--out", "a.csv"], 2, "INPUT"),
        (vec!["cohort", "fixtures"], 2, "--out"),
        (
            vec!["cohort", "--shard", "4/4", "--out", "a.csv", "fixtures"],
            2,
            "0/4",
        ),
        (
            vec!["cohort", "--out", path(&out), "fixtures"],
            1,
            ".parquet",
        ),
        (vec!["cohort", "--out", "a.csv", "README.md"], 1, ".ndjson"),
        (
            vec!["cohort", "--out", "a.csv", "docs/guideline"],
            1,
            ".ndjson",
        ),
        (vec!["cohort", "summary", "README.md"], 1, ".ndjson"),
    ] {
        let output = sid_cds(&arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
}
