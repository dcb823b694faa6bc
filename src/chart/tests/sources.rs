//! Which sources count as searched (F-09), and whose record it is.

use super::*;
use Problem::*;

fn condition(id: &str) -> Value {
    json!({
        "resourceType": "Condition", "id": id, "subject": {"reference": "Patient/p"},
        "code": concept(SKS_D, "DC911"),
    })
}

fn bundle(resources: &[Value]) -> Value {
    let entries: Vec<_> = resources
        .iter()
        .map(|resource| json!({"resource": resource}))
        .collect();
    json!({"resourceType": "Bundle", "type": "searchset", "entry": entries})
}

fn outcome(severity: &str) -> Value {
    json!({"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": "x"}]})
}

/// PF-04…PF-08, PF-13, PF-15, AMB-03, AMB-09.
#[test]
fn what_a_prefetch_key_may_hold() {
    let next = changed(
        &bundle(&[condition("c")]),
        &json!({"link": [{"relation": "next", "url": "https://fhir.test/?page=2"}]}),
    );
    let other_type = json!({"resourceType": "Observation", "id": "o", "status": "final",
        "code": {"text": "weight"}});
    type Row = (&'static str, Option<Value>, bool, usize, Vec<Problem>);
    let rows: Vec<Row> = vec![
        ("absent", None, false, 0, vec![]),
        ("null", Some(Value::Null), true, 0, vec![]),
        ("an empty Bundle", Some(bundle(&[])), true, 0, vec![]),
        (
            "a Bundle without entry",
            Some(json!({"resourceType": "Bundle"})),
            true,
            0,
            vec![],
        ),
        ("a Bundle", Some(bundle(&[condition("c")])), true, 1, vec![]),
        (
            "a Bundle with a next link",
            Some(next),
            false,
            1,
            vec![Incomplete],
        ),
        (
            "an OperationOutcome",
            Some(outcome("error")),
            false,
            0,
            vec![SourceError],
        ),
        (
            "an error among the results",
            Some(bundle(&[condition("c"), outcome("error")])),
            false,
            1,
            vec![SourceError],
        ),
        (
            "a warning among the results",
            Some(bundle(&[condition("c"), outcome("warning")])),
            true,
            1,
            vec![],
        ),
        ("a number", Some(json!(7)), false, 0, vec![SourceError]),
        (
            "a string",
            Some(json!("Condition")),
            false,
            0,
            vec![SourceError],
        ),
        (
            "an array",
            Some(json!([condition("c")])),
            false,
            0,
            vec![SourceError],
        ),
        (
            "an empty object",
            Some(json!({})),
            false,
            0,
            vec![SourceError],
        ),
        (
            "a single resource",
            Some(condition("c")),
            false,
            1,
            vec![Incomplete],
        ),
        (
            "another type",
            Some(other_type.clone()),
            false,
            0,
            vec![SourceError],
        ),
        (
            "a Bundle of another type",
            Some(bundle(&[other_type])),
            false,
            0,
            vec![SourceError],
        ),
        (
            "entry that is no array",
            Some(json!({"resourceType": "Bundle", "entry": {}})),
            false,
            0,
            vec![SourceError],
        ),
        (
            "an entry that is nothing",
            Some(json!({"resourceType": "Bundle", "entry": [{}, {"resource": condition("c")}]})),
            false,
            1,
            vec![Unreadable],
        ),
    ];
    for (what, value, searched, diagnoses, expected) in rows {
        let patient = Some(json!({"resourceType": "Patient", "id": "p"}));
        let chart = read_prefetch(&[
            (Source::Patient, "patient", patient),
            (Source::Condition, "conditions", value),
        ]);
        assert_eq!(
            chart.facts.searched.conditions, searched,
            "{what}: searched"
        );
        assert_eq!(chart.facts.diagnoses.len(), diagnoses, "{what}: diagnoses");
        assert_eq!(kinds(&chart), expected, "{what}: problems");
        for problem in &chart.facts.problems {
            let place = problem.reference.as_str();
            assert!(place.starts_with("prefetch.conditions"), "{what}: {place}");
        }
        assert!(
            !chart.facts.searched.procedures,
            "{what}: a source that nobody asked for"
        );
    }
}

#[test]
fn several_keys_of_one_source() {
    let labs = |value| (Source::Observation, "labs", value);
    let statements = |value| (Source::Observation, "statements", value);
    let rows = [
        ("both", Some(bundle(&[])), Some(Value::Null), true),
        ("one absent", Some(bundle(&[])), None, false),
        (
            "one failed",
            Some(bundle(&[])),
            Some(outcome("fatal")),
            false,
        ),
    ];
    for (what, first, second, expected) in rows {
        let chart = read_prefetch(&[labs(first), statements(second)]);
        assert_eq!(chart.facts.searched.observations, expected, "{what}");
    }
}

#[test]
fn the_patient() {
    let patient = |changes: Value| {
        changed(
            &json!({"resourceType": "Patient", "id": "p", "birthDate": "1960-05-17"}),
            &changes,
        )
    };
    type Row = (
        &'static str,
        Option<Value>,
        bool,
        Option<When>,
        Vec<Problem>,
    );
    let rows: Vec<Row> = vec![
        (
            "sound",
            Some(patient(json!({}))),
            true,
            day("1960-05-17"),
            vec![],
        ),
        ("absent", None, false, None, vec![]),
        ("null", Some(Value::Null), false, None, vec![]),
        (
            "another one",
            Some(patient(json!({"id": "q"}))),
            false,
            None,
            vec![OtherPatient],
        ),
        (
            "in a Bundle",
            Some(bundle(&[patient(json!({}))])),
            true,
            day("1960-05-17"),
            vec![],
        ),
        ("in an empty Bundle", Some(bundle(&[])), false, None, vec![]),
        (
            "a year",
            Some(patient(json!({"birthDate": "1960"}))),
            true,
            Some(When::between(date(1960, 1, 1), date(1960, 12, 31))),
            vec![],
        ),
        (
            "a birth date that is none",
            Some(patient(json!({"birthDate": "17-05-1960"}))),
            true,
            None,
            vec![DateInvalid],
        ),
        (
            "a fault that does not matter",
            Some(patient(json!({"gender": "X"}))),
            true,
            day("1960-05-17"),
            vec![ValueUnreadable],
        ),
    ];
    for (what, value, searched, born, expected) in rows {
        let chart = read_prefetch(&[(Source::Patient, "patient", value)]);
        assert_eq!(chart.facts.searched.patient, searched, "{what}");
        assert_eq!(chart.facts.patient.born, born, "{what}");
        assert_eq!(kinds(&chart), expected, "{what}");
        assert_eq!(chart.patient, Some(Reference::new("Patient/p")), "{what}");
    }
    let died = [
        (json!({"deceasedBoolean": true}), Some(Deceased::Undated)),
        (json!({"deceasedBoolean": false}), None),
        (
            json!({"deceasedDateTime": "2026-03-01"}),
            day("2026-03-01").map(Deceased::On),
        ),
        (
            json!({"deceasedDateTime": "in March"}),
            Some(Deceased::Undated),
        ),
    ];
    for (changes, expected) in died {
        let value = Some(patient(changes.clone()));
        let chart = read_prefetch(&[(Source::Patient, "patient", value)]);
        assert_eq!(chart.facts.patient.deceased, expected, "{changes}");
    }
}

#[test]
fn a_whole_record() {
    let patient = |id: &str| json!({"resourceType": "Patient", "id": id, "birthDate": "1960"});
    let rows = [
        (
            "a collection",
            bundle(&[patient("p"), condition("c")]),
            true,
            1,
            vec![],
        ),
        (
            "an error in it",
            bundle(&[patient("p"), outcome("error")]),
            false,
            0,
            vec![SourceError],
        ),
        (
            "two patients",
            bundle(&[patient("p"), patient("q"), condition("c")]),
            false,
            0,
            vec![Conflict, OtherPatient, OtherPatient, OtherPatient],
        ),
        ("not a Bundle", patient("p"), false, 0, vec![SourceError]),
    ];
    for (what, record, searched, diagnoses, mut expected) in rows {
        let chart = read_bundle(&record);
        let found = chart.facts.searched;
        assert_eq!(
            (found.conditions, found.medication_requests),
            (searched, searched),
            "{what}"
        );
        assert_eq!(chart.facts.diagnoses.len(), diagnoses, "{what}");
        let mut found = kinds(&chart);
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{what}");
    }
    // Without a Patient the one subject of all is the patient, of unknown age.
    let others = changed(
        &condition("d"),
        &json!({"subject": {"reference": "Patient/q"}}),
    );
    let one = read_bundle(&bundle(&[condition("c")]));
    assert_eq!(one.patient, Some(Reference::new("Patient/p")));
    assert!(!one.facts.searched.patient && one.facts.searched.conditions);
    let two = read_bundle(&bundle(&[condition("c"), others]));
    assert_eq!(
        (two.patient, two.facts.searched),
        (None, Searched::default())
    );
    // As a transaction writes them: no ids, references by fullUrl.
    let chart = read_bundle(
        &json!({"resourceType": "Bundle", "type": "transaction", "entry": [
            {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "birthDate": "1960"}},
            {"fullUrl": "urn:uuid:2", "resource": changed(
                &condition("c"), &json!({"subject": {"reference": "urn:uuid:1"}}))},
            {"fullUrl": "urn:uuid:3", "resource": changed(
                &condition("d"), &json!({"subject": {"reference": "urn:uuid:9"}}))},
            {"request": {"method": "DELETE", "url": "Condition/old"}},
        ]}),
    );
    assert_eq!(chart.patient, Some(Reference::new("urn:uuid:1")));
    assert_eq!(chart.facts.diagnoses.len(), 1);
    assert_eq!(problems(&chart), [("Condition/d".to_owned(), OtherPatient)]);
}

#[test]
fn a_resource_that_cannot_be_read_and_may_decide() {
    let unreadable = |resource: Value| changed(&resource, &json!({"id": "bad"}));
    let order = json!({
        "resourceType": "MedicationRequest", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p"}, "medicationCodeableConcept": concept(ATC, "J06BA02"),
    });
    type Flag = fn(&Searched) -> bool;
    let rows: Vec<(&str, Value, Flag, bool)> = vec![
        (
            "a diagnosis whose status of verification is not FHIR's shape",
            changed(&condition("c"), &json!({"verificationStatus": "confirmed"})),
            |searched| searched.conditions,
            false,
        ),
        (
            "a diagnosis without a shape of code",
            changed(&condition("c"), &json!({"code": "DC911"})),
            |searched| searched.conditions,
            false,
        ),
        (
            "a fracture: it could not have decided",
            changed(
                &condition("c"),
                &json!({"verificationStatus": "confirmed", "code": concept(SKS_D, "DS721")}),
            ),
            |searched| searched.conditions,
            true,
        ),
        (
            "a CAR-T procedure of an unknown status",
            json!({"resourceType": "Procedure", "status": "given",
                "subject": {"reference": "Patient/p"}, "code": concept(SKS, "BOQX1")}),
            |searched| searched.procedures,
            false,
        ),
        (
            "another procedure of an unknown status",
            json!({"resourceType": "Procedure", "status": "given",
                "subject": {"reference": "Patient/p"}, "code": concept(SKS, "KABC00")}),
            |searched| searched.procedures,
            true,
        ),
        (
            "an order of an unknown status",
            changed(&order, &json!({"status": "running"})),
            |searched| searched.medication_requests,
            false,
        ),
        (
            "an order of an unknown intent",
            changed(&order, &json!({"intent": "wish"})),
            |searched| searched.medication_requests,
            false,
        ),
        (
            "an order of a medication that was not sent",
            changed(
                &order,
                &json!({"medicationCodeableConcept": null,
                "medicationReference": {"reference": "Medication/none"}}),
            ),
            |searched| searched.medication_requests,
            false,
        ),
        (
            "the same, entered in error",
            changed(
                &order,
                &json!({"status": "entered-in-error",
                "medicationCodeableConcept": null,
                "medicationReference": {"reference": "Medication/none"}}),
            ),
            |searched| searched.medication_requests,
            true,
        ),
        (
            "an encounter without a class",
            json!({"resourceType": "Encounter", "status": "finished",
                "subject": {"reference": "Patient/p"}}),
            |searched| searched.encounters,
            false,
        ),
    ];
    for (what, resource, flag, expected) in rows {
        let chart = read_record(&[unreadable(resource), condition("sound")]);
        assert_eq!(flag(&chart.facts.searched), expected, "{what}");
        assert_eq!(
            chart.facts.diagnoses.len(),
            1,
            "{what}: the other one still counts"
        );
        let silent = what.starts_with("the same");
        assert_eq!(
            kinds(&chart).contains(&Unreadable),
            !silent && !what.starts_with("another"),
            "{what}"
        );
    }
}
