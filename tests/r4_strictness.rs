//! Nothing that stands in a resource is lost in silence: it is read, listed as lost, or an error.

#![expect(clippy::panic, reason = "tests")]

use serde_json::{Value, json};

/// What becomes of a resource.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// Everything is in the typed resource.
    Whole,
    /// Read, with these paths listed.
    Lost(&'static [&'static str]),
    /// Not read: which element, and the rule.
    Error(Option<&'static str>, &'static str),
}
use Outcome::{Error, Lost, Whole};

fn observation(changes: Value) -> Value {
    changed(
        json!({
            "resourceType": "Observation", "id": "o", "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "2465-3"}]},
            "effectiveDateTime": "2026-03-10",
            "valueQuantity": {"value": 3.2, "system": "http://unitsofmeasure.org", "code": "g/L"},
        }),
        changes,
    )
}

fn order(changes: Value) -> Value {
    changed(
        json!({
            "resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
            "medicationCodeableConcept": {"text": "immunoglobulin"},
            "subject": {"reference": "Patient/p"},
        }),
        changes,
    )
}

fn patient(changes: Value) -> Value {
    changed(
        json!({"resourceType": "Patient", "id": "p", "birthDate": "1960-05-17"}),
        changes,
    )
}

fn encounter(changes: Value) -> Value {
    let base = json!({
        "resourceType": "Encounter", "id": "e", "status": "finished",
        "class": {"code": "IMP"}, "subject": {"reference": "Patient/p"},
    });
    changed(base, changes)
}

fn changed(base: Value, changes: Value) -> Value {
    let (Value::Object(mut members), Value::Object(changes)) = (base, changes) else {
        panic!("two objects");
    };
    for (key, value) in changes {
        // "-" removes: null is a case of its own.
        if value == "-" {
            members.remove(&key)
        } else {
            members.insert(key, value)
        };
    }
    Value::Object(members)
}

fn undated(date: &str) -> (String, Value, Outcome) {
    let what = format!("effectiveDateTime {date:?}");
    (
        what,
        observation(json!({"effectiveDateTime": date})),
        Lost(&["effectiveDateTime"]),
    )
}

#[test]
fn every_known_trap() {
    let row = |what: &str, resource, outcome| (what.to_owned(), resource, outcome);
    let mut rows = vec![
        row("a sound Observation", observation(json!({})), Whole),
        row("a sound order", order(json!({})), Whole),
        row(
            "an unknown element",
            observation(json!({"colour": "red"})),
            Lost(&["colour"]),
        ),
        row(
            "an element of STU3",
            order(json!({"context": {"reference": "Encounter/e"}})),
            Lost(&["context"]),
        ),
        row(
            "an unknown status",
            observation(json!({"status": "nope"})),
            Error(Some("status"), "unknown code"),
        ),
        row(
            "an unknown gender",
            patient(json!({"gender": "X"})),
            Lost(&["gender"]),
        ),
        row(
            "an unknown identifier.use",
            patient(json!({"identifier": [{"use": "nope", "value": "1"}]})),
            Lost(&["identifier"]),
        ),
        row(
            "an unknown telecom.system",
            patient(json!({"telecom": [{"system": "pigeon", "value": "1"}]})),
            Lost(&["telecom"]),
        ),
        row(
            "two faults in elements that can be missed",
            patient(json!({"telecom": [{"system": "pigeon"}], "gender": "X"})),
            Lost(&["telecom", "gender"]),
        ),
        row("an open code", order(json!({"intent": "nope"})), Whole),
        row(
            "a required element missing",
            observation(json!({"status": "-"})),
            Error(None, "missing field `status`"),
        ),
        row(
            "a required element only as absent",
            observation(json!({"status": "-", "_status": {"extension": [{
                "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
                "valueCode": "unknown"}]}})),
            Error(None, "missing field `status`"),
        ),
        row(
            "a required choice missing",
            order(json!({"medicationCodeableConcept": "-"})),
            Error(None, "a required element is missing or cannot be read"),
        ),
        row(
            "a bad contained resource",
            order(json!({"contained": [{"resourceType": "Patient", "gender": "X"}]})),
            Lost(&["contained"]),
        ),
        row(
            "a contained resource that R4B does not have",
            order(json!({"contained": [{"resourceType": "MedicinalProduct", "id": "x"}]})),
            Lost(&["contained"]),
        ),
        row(
            "Encounter.class missing",
            encounter(json!({"class": "-"})),
            Error(None, "missing field `class`"),
        ),
        row(
            "Encounter.class of R5",
            encounter(json!({"class": [{"coding": [{"code": "IMP"}]}]})),
            Error(Some("class"), "expected a string"),
        ),
        row("a null", observation(json!({"method": null})), Whole),
        row("an empty array", observation(json!({"note": []})), Whole),
        row(
            "a year before 1000",
            observation(json!({"issued": "0999-01-01T00:00:00Z"})),
            Whole,
        ),
        row(
            "a value as text",
            observation(json!({"valueQuantity": {"value": "3.2", "code": "g/L"}})),
            Lost(&["valueQuantity"]),
        ),
        row(
            "an unknown comparator",
            observation(json!({"valueQuantity": {"value": 3.2, "comparator": "ad"}})),
            Lost(&["valueQuantity"]),
        ),
        row(
            "two values",
            observation(json!({"valueString": "4"})),
            Lost(&["valueString"]),
        ),
        row(
            "an extension of R5",
            observation(json!({"extension": [{"url": "urn:x", "valueInteger64": "1"}]})),
            Lost(&["extension[0].valueInteger64"]),
        ),
        row(
            "a bad value in a component",
            observation(
                json!({"component": [{"code": {"text": "x"}, "valueQuantity": {"value": "1"}}]}),
            ),
            Lost(&["component[0].valueQuantity"]),
        ),
        row(
            "another type",
            json!({"resourceType": "Basic", "code": {"text": "x"}}),
            Error(None, "a resource type that is not used"),
        ),
        row(
            "a type that is none",
            json!({"resourceType": "Nope"}),
            Error(None, "unknown code"),
        ),
        row(
            "no type",
            json!({"id": "x"}),
            Error(None, "missing field `resourceType`"),
        ),
        row(
            "no object",
            json!([1, 2]),
            Error(None, "expected variant identifier"),
        ),
    ];
    rows.extend(
        [
            "2026-03-10T08:00:00",
            "2026-03-10T08:00Z",
            " 2026-03-10",
            "2026-02-30",
            "2026-13-01",
            "2026-03-10T24:00:00Z",
            "2026-03-10t08:00:00Z",
            "Invalid date",
            "12026-01-01",
        ]
        .map(undated),
    );
    for (what, resource, expected) in rows {
        check(&what, &resource.to_string(), expected);
    }
    let text = r#"{"resourceType":"Patient","id":"p","gender":"male","gender":"female"}"#;
    check(
        "an element twice",
        text,
        Error(None, "duplicate field `gender`"),
    );
    let text = r#"{"id":"p","gender":"male","resourceType":"Patient"}"#;
    check("resourceType last", text, Whole);
    let deep = format!(
        r#"{{"resourceType":"Patient","x":{}1{}}}"#,
        "[".repeat(500),
        "]".repeat(500)
    );
    check("a very deep value", &deep, Error(None, "cannot be read"));
}

fn check(what: &str, raw: &str, expected: Outcome) {
    match (r4::read(raw), &expected) {
        (Ok(read), Whole) => assert!(read.lost.is_empty(), "{what}: lost {:?}", read.lost),
        (Ok(read), Lost(paths)) => assert_eq!(&read.lost, paths, "{what}"),
        (Err(error), Error(element, rule)) => {
            assert_eq!(
                (error.element.as_deref(), error.what.as_str()),
                (*element, *rule),
                "{what}"
            );
        }
        (outcome, _) => panic!("{what}: {outcome:?}, expected {expected:?}"),
    }
}

#[test]
fn an_error_tells_no_value() {
    let secret = "Testesen-010203-1234";
    let rows = [
        json!({"resourceType": "Patient", "id": secret, "birthDate": "1960", "name": secret}),
        json!({"resourceType": "Observation", "status": secret, "code": {"text": "x"}}),
        json!({"resourceType": "Condition", "subject": secret}),
        json!({"resourceType": secret}),
    ];
    for resource in rows {
        if let Err(error) = r4::read(&resource.to_string()) {
            assert!(!error.to_string().contains("Testesen"), "{error}");
        }
    }
}
