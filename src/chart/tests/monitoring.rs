//! Vaccinations, organ foci and antibiotic prophylaxis (F-11, F-12).

use super::*;
use crate::guideline::facts::VaccinationTarget::{self, Influenza, Pneumococci};
use Problem::*;

fn immunization(code: Value, changes: Value) -> Value {
    let base = json!({"resourceType": "Immunization", "id": "x", "status": "completed",
        "vaccineCode": code, "patient": {"reference": "Patient/p"},
        "occurrenceDateTime": "2025-10-20"});
    changed(&base, &changes)
}

#[test]
fn vaccinations() {
    let cvx = |code| concept("http://hl7.org/fhir/sid/cvx", code);
    let autumn = day("2025-10-20");
    let none = json!({});
    type Row = (
        &'static str,
        Value,
        Option<(VaccinationTarget, Option<When>)>,
        bool,
        Vec<Problem>,
    );
    let rows: Vec<Row> = vec![
        (
            "influenza by ATC",
            immunization(concept(ATC, "J07BB02"), none.clone()),
            Some((Influenza, autumn)),
            true,
            vec![],
        ),
        (
            "influenza by CVX",
            immunization(cvx("150"), none.clone()),
            Some((Influenza, autumn)),
            true,
            vec![],
        ),
        (
            "pneumococci, any vaccine of the group",
            immunization(concept(ATC, "J07AL02"), none.clone()),
            Some((Pneumococci, autumn)),
            true,
            vec![],
        ),
        (
            "the month only",
            immunization(cvx("216"), json!({"occurrenceDateTime": "2025-10"})),
            Some((
                Pneumococci,
                Some(When::between(date(2025, 10, 1), date(2025, 10, 31))),
            )),
            true,
            vec![],
        ),
        (
            "a date in words",
            immunization(
                cvx("216"),
                json!({"occurrenceDateTime": null, "occurrenceString": "last autumn"}),
            ),
            Some((Pneumococci, None)),
            true,
            vec![DateMissing],
        ),
        (
            "not given",
            immunization(cvx("150"), json!({"status": "not-done"})),
            None,
            true,
            vec![],
        ),
        (
            "entered in error",
            immunization(cvx("150"), json!({"status": "entered-in-error"})),
            None,
            true,
            vec![],
        ),
        (
            "after today",
            immunization(cvx("150"), json!({"occurrenceDateTime": "2026-03-17"})),
            None,
            true,
            vec![DateInFuture],
        ),
        (
            "another vaccine",
            immunization(concept(ATC, "J07BK03"), none.clone()),
            None,
            true,
            vec![],
        ),
        (
            "without a code it may be anything",
            immunization(json!(7), none.clone()),
            None,
            false,
            vec![Unreadable],
        ),
        (
            "a status that is none",
            immunization(cvx("150"), json!({"status": "done"})),
            None,
            false,
            vec![Unreadable],
        ),
    ];
    for (what, resource, expected, searched, expected_problems) in rows {
        let chart = read_record(&[resource]);
        let found: Vec<_> = chart
            .facts
            .vaccinations
            .iter()
            .map(|one| (one.against, one.when))
            .collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{what}");
        assert_eq!(chart.facts.searched.immunizations, searched, "{what}");
        assert_eq!(kinds(&chart), expected_problems, "{what}");
    }
}

#[test]
fn organ_foci() {
    let focus = |code: &str, status: &str| {
        json!({"resourceType": "Condition", "id": "x", "subject": {"reference": "Patient/p"},
            "code": concept(SKS_D, code), "recordedDate": "2024-01-01",
            "clinicalStatus": concept(
                "http://terminology.hl7.org/CodeSystem/condition-clinical", status)})
    };
    for (code, status, expected) in [
        ("DJ479", "active", 1),
        ("DJ449", "active", 1),
        ("DJ47", "resolved", 0),
        ("DI10", "active", 0),
    ] {
        let facts = read_record(&[focus(code, status)]).facts;
        assert_eq!(facts.organ_foci.len(), expected, "{code} {status}");
    }
}

#[test]
fn running_antibiotics() {
    let order = |changes: Value| {
        let base = json!({"resourceType": "MedicationRequest", "id": "x", "status": "active",
            "intent": "order", "subject": {"reference": "Patient/p"}, "authoredOn": "2026-03-01",
            "medicationCodeableConcept": concept(ATC, "J01EE01")});
        changed(&base, &changes)
    };
    let planned_to = |end: &str| json!([{"timing": {"repeat": {"boundsPeriod": {"start": "2026-03-01", "end": end}}}}]);
    type Row = (&'static str, Value, Option<bool>);
    let rows: [Row; 9] = [
        ("active", json!({}), Some(false)),
        (
            "the reason says prophylaxis",
            json!({"reasonCode": [{"text": "Antibiotikaprofylakse"}]}),
            Some(true),
        ),
        (
            "the instruction says prophylaxis",
            json!({"dosageInstruction": [{"text": "Prophylactic, daily"}]}),
            Some(true),
        ),
        (
            "a planned end to come",
            json!({"dosageInstruction": planned_to("2026-05-01")}),
            Some(false),
        ),
        (
            "a planned end that has passed",
            json!({"dosageInstruction": planned_to("2026-03-10")}),
            None,
        ),
        ("stopped", json!({"status": "stopped"}), None),
        ("on hold", json!({"status": "on-hold"}), None),
        ("a draft", json!({"status": "draft"}), None),
        (
            "not an antibiotic",
            json!({"medicationCodeableConcept": concept(ATC, "J05AB01")}),
            None,
        ),
    ];
    for (what, changes, expected) in rows {
        let facts = read_record(&[order(changes)]).facts;
        let found: Vec<_> = facts
            .running_antibiotics
            .iter()
            .map(|one| one.marked_prophylactic)
            .collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{what}");
    }
}
