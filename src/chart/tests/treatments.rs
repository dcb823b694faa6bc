//! CAR-T, bispecific antibodies, transplants, immunoglobulin (F-02, F-03, F-04, F-07, F-08).

use super::*;
use crate::guideline::facts::{
    CarTStage::{self, Infused, Ordered, Planned},
    Donor, IgIndication, IgRoute, Indication,
};
use Problem::*;

fn of_patient(resource: Value, changes: &Value) -> Value {
    let subject = json!({"id": "x", "subject": {"reference": "Patient/p"}});
    changed(&changed(&resource, &subject), changes)
}

fn procedure(code: Value, changes: Value) -> Value {
    let base = json!({"resourceType": "Procedure", "status": "completed", "code": code,
        "performedDateTime": "2025-12-01"});
    of_patient(base, &changes)
}

fn order(atc: &str, changes: Value) -> Value {
    let base = json!({"resourceType": "MedicationRequest", "status": "active", "intent": "order",
        "authoredOn": "2025-12-01", "medicationCodeableConcept": concept(ATC, atc)});
    of_patient(base, &changes)
}

fn given(atc: &str, changes: Value) -> Value {
    let base = json!({"resourceType": "MedicationAdministration", "status": "completed",
        "effectiveDateTime": "2025-12-01", "medicationCodeableConcept": concept(ATC, atc)});
    of_patient(base, &changes)
}

fn taken(atc: &str, changes: Value) -> Value {
    let base = json!({"resourceType": "MedicationStatement", "status": "active",
        "effectivePeriod": {"start": "2025-12-01"},
        "medicationCodeableConcept": concept(ATC, atc)});
    of_patient(base, &changes)
}

fn dispensed(atc: &str, changes: Value) -> Value {
    let base = json!({"resourceType": "MedicationDispense", "status": "completed",
        "whenHandedOver": "2025-12-01", "medicationCodeableConcept": concept(ATC, atc)});
    of_patient(base, &changes)
}

#[test]
fn car_t() {
    let car_t = || concept(SKS, "BOQX1");
    let status = |changes: Value| {
        let base = json!({"resourceType": "Condition",
            "code": concept("http://hl7.org/fhir/sid/icd-10-cm", "Z92.850")});
        of_patient(base, &changes)
    };
    let first = day("2025-12-01");
    type Row = (
        &'static str,
        Value,
        Option<(CarTStage, Option<When>)>,
        Vec<Problem>,
    );
    let rows: Vec<Row> = vec![
        (
            "a procedure",
            procedure(car_t(), json!({})),
            Some((Infused, first)),
            vec![],
        ),
        (
            "just before midnight in Denmark",
            procedure(
                car_t(),
                json!({"performedDateTime": "2025-09-16T23:30:00+02:00"}),
            ),
            Some((Infused, day("2025-09-16"))),
            vec![],
        ),
        (
            "the same moment in UTC",
            procedure(
                car_t(),
                json!({"performedDateTime": "2025-09-16T21:30:00Z"}),
            ),
            Some((Infused, day("2025-09-16"))),
            vec![],
        ),
        (
            "half an hour later",
            procedure(
                car_t(),
                json!({"performedDateTime": "2025-09-16T22:00:00Z"}),
            ),
            Some((Infused, day("2025-09-17"))),
            vec![],
        ),
        (
            "a month without a day",
            procedure(car_t(), json!({"performedDateTime": "2025-09"})),
            Some((
                Infused,
                Some(When::between(date(2025, 9, 1), date(2025, 9, 30))),
            )),
            vec![],
        ),
        (
            "a period",
            procedure(
                car_t(),
                json!({"performedDateTime": null,
                "performedPeriod": {"start": "2025-12-01", "end": "2025-12-03"}}),
            ),
            Some((
                Infused,
                Some(When::between(date(2025, 12, 1), date(2025, 12, 3))),
            )),
            vec![],
        ),
        (
            "a date that is none",
            procedure(car_t(), json!({"performedDateTime": "2025-11-31"})),
            Some((Infused, None)),
            vec![DateInvalid],
        ),
        (
            "a date in words",
            procedure(
                car_t(),
                json!({"performedDateTime": null, "performedString": "in May"}),
            ),
            Some((Infused, None)),
            vec![DateInvalid],
        ),
        (
            "no date",
            procedure(car_t(), json!({"performedDateTime": null})),
            Some((Infused, None)),
            vec![DateMissing],
        ),
        (
            "completed, after today",
            procedure(car_t(), json!({"performedDateTime": "2026-03-17"})),
            None,
            vec![DateInFuture],
        ),
        (
            "planned, after today",
            procedure(
                car_t(),
                json!({"status": "preparation", "performedDateTime": "2026-04-01"}),
            ),
            Some((Planned, day("2026-04-01"))),
            vec![],
        ),
        (
            "in error",
            procedure(car_t(), json!({"status": "entered-in-error"})),
            None,
            vec![],
        ),
        (
            "not done",
            procedure(car_t(), json!({"status": "not-done"})),
            None,
            vec![],
        ),
        (
            "begun, perhaps given",
            procedure(car_t(), json!({"status": "in-progress"})),
            Some((Ordered, first)),
            vec![],
        ),
        (
            "a product given",
            given("L01XL03", json!({})),
            Some((Infused, first)),
            vec![],
        ),
        (
            "a product not given",
            given("L01XL03", json!({"status": "not-done"})),
            None,
            vec![],
        ),
        (
            "not a CAR-T: tabelecleucel",
            given("L01XL09", json!({})),
            None,
            vec![],
        ),
        (
            "an order",
            order("L01XL03", json!({})),
            Some((Ordered, first)),
            vec![],
        ),
        (
            "a completed order",
            order("L01XL03", json!({"status": "completed"})),
            Some((Ordered, first)),
            vec![],
        ),
        (
            "a stopped order",
            order("L01XL03", json!({"status": "stopped"})),
            None,
            vec![],
        ),
        (
            "a plan",
            order("L01XL03", json!({"intent": "plan"})),
            Some((Planned, first)),
            vec![],
        ),
        (
            "dispensed only",
            dispensed("L01XL03", json!({})),
            Some((Ordered, first)),
            vec![],
        ),
        (
            "told of only",
            taken("L01XL03", json!({"status": "completed"})),
            Some((Ordered, first)),
            vec![],
        ),
        (
            "status after CAR-T",
            status(json!({"onsetDateTime": "2025-12-01"})),
            Some((Infused, first)),
            vec![],
        ),
        (
            "status without an onset",
            status(json!({"recordedDate": "2026-01-10"})),
            Some((Infused, None)),
            vec![DateMissing],
        ),
        (
            "a refuted status",
            status(
                json!({"onsetDateTime": "2025-12-01", "verificationStatus": concept(
                "http://terminology.hl7.org/CodeSystem/condition-ver-status", "refuted")}),
            ),
            None,
            vec![],
        ),
    ];
    for (what, resource, expected, expected_problems) in rows {
        let chart = read_record(&[resource]);
        let found: Vec<_> = chart
            .facts
            .car_t
            .iter()
            .map(|one| (one.stage, one.when))
            .collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{what}");
        assert_eq!(kinds(&chart), expected_problems, "{what}");
    }
}

#[test]
fn what_a_cell_therapy_was_for() {
    let lymphoma = json!({"resourceType": "Condition", "id": "c",
        "subject": {"reference": "Patient/p"}, "code": concept(SKS_D, "DC833")});
    let rows = [
        ("nothing", json!({}), Indication::NotStated),
        (
            "words only",
            json!({"reasonCode": [{"text": "lymphoma"}]}),
            Indication::NotStated,
        ),
        (
            "lymphoma",
            json!({"reasonCode": [concept(SKS_D, "DC833")]}),
            Indication::HaematologicalMalignancy,
        ),
        (
            "by reference",
            json!({"reasonReference": [{"reference": "Condition/c"}]}),
            Indication::HaematologicalMalignancy,
        ),
        (
            "lupus",
            json!({"reasonCode": [concept(SKS_D, "DM32")]}),
            Indication::Other,
        ),
    ];
    for (what, reason, expected) in rows {
        let infused = procedure(concept(SKS, "BOQX1"), reason);
        let chart = read_record(&[infused, lymphoma.clone()]);
        assert_eq!(chart.facts.car_t[0].indication, expected, "{what}");
    }
}

#[test]
fn bispecifics() {
    let first = day("2025-12-01");
    // What is read: start, end, goes on.
    type Read = Option<(Option<When>, Option<When>, bool)>;
    let bounds = |start: &str, end: &str| json!([{"timing": {"repeat": {"boundsPeriod": {"start": start, "end": end}}}}]);
    let rows: Vec<(&str, Value, Read)> = vec![
        (
            "a dose",
            given("L01FX24", json!({})),
            Some((first, None, false)),
        ),
        (
            "not given",
            given("L01FX24", json!({"status": "not-done"})),
            None,
        ),
        (
            "an active order",
            order("L01FX24", json!({})),
            Some((first, None, true)),
        ),
        (
            "a proposal",
            order("L01FX24", json!({"intent": "proposal"})),
            None,
        ),
        (
            "not to be performed",
            order("L01FX24", json!({"doNotPerform": true})),
            None,
        ),
        (
            "an order that begins after today",
            order(
                "L01FX24",
                json!({"dosageInstruction": bounds("2026-04-01", "2026-08-01")}),
            ),
            None,
        ),
        (
            "an active statement whose end has passed",
            taken(
                "L01FX24",
                json!({"effectivePeriod": {"start": "2025-12-01", "end": "2026-02-01"}}),
            ),
            Some((first, day("2026-02-01"), false)),
        ),
        (
            "a stopped statement",
            taken(
                "L01FX24",
                json!({"status": "stopped",
                "effectivePeriod": {"start": "2025-12-01", "end": "2026-02-01"}}),
            ),
            Some((first, day("2026-02-01"), false)),
        ),
        (
            "intended",
            taken("L01FX24", json!({"status": "intended"})),
            None,
        ),
        (
            "not of the set: emicizumab",
            given("B02BX06", json!({})),
            None,
        ),
        (
            "not of the set: amivantamab",
            given("L01FX18", json!({})),
            None,
        ),
    ];
    for (what, resource, expected) in rows {
        let facts = read_record(&[resource]).facts;
        let found: Vec<_> = facts
            .bispecifics
            .iter()
            .map(|one| (one.start, one.end, one.ongoing))
            .collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{what}");
    }
    // A start that nobody can place: the source does not tell all that decides.
    let undated = read_record(&[order("L01FX24", json!({"authoredOn": "in May"}))]);
    assert!(!undated.facts.searched.medication_requests);
    assert_eq!(kinds(&undated), [DateInvalid]);
    let unreadable = read_record(&[given("L01FX24", json!({"effectiveDateTime": "in May"}))]);
    assert!(!unreadable.facts.searched.medication_administrations);
    assert_eq!(
        kinds(&unreadable),
        [Unreadable],
        "an administration must have a date"
    );
    let by_rxnorm = changed(
        &given("", json!({"id": "y"})),
        &json!({"medicationCodeableConcept": concept(RXNORM, "1597258")}),
    );
    let facts = read_record(&[given("L01FX07", json!({})), by_rxnorm]).facts;
    let drugs: Vec<_> = facts
        .bispecifics
        .iter()
        .map(|one| one.drug.as_str())
        .collect();
    assert_eq!(
        drugs,
        ["blinatumomab", "blinatumomab"],
        "one drug in two code systems"
    );
}

#[test]
fn transplants() {
    let snomed = |code| concept("http://snomed.info/sct", code);
    let rows = [
        (
            "allogeneic",
            procedure(snomed("58390007"), json!({})),
            Some(Donor::Allogeneic),
        ),
        (
            "autologous, often mislabelled",
            procedure(snomed("58776007"), json!({})),
            Some(Donor::Autologous),
        ),
        (
            "not stated",
            procedure(snomed("234336002"), json!({})),
            Some(Donor::Unknown),
        ),
        (
            "SKS below a node",
            procedure(concept(SKS, "BOQF10"), json!({})),
            Some(Donor::Allogeneic),
        ),
        (
            "planned",
            procedure(snomed("58390007"), json!({"status": "preparation"})),
            None,
        ),
        (
            "in error",
            procedure(snomed("58390007"), json!({"status": "entered-in-error"})),
            None,
        ),
    ];
    for (what, resource, expected) in rows {
        let facts = read_record(&[resource]).facts;
        let found: Vec<_> = facts.transplants.iter().map(|one| one.donor).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{what}");
    }
}

#[test]
fn immunoglobulin() {
    let bounds = |end: &str| json!([{"timing": {"repeat": {"boundsPeriod": {"start": "2025-12-01", "end": end}}}}]);
    // What is read: end, active, stopped.
    type Read = Option<(Option<When>, bool, bool)>;
    let rows: Vec<(&str, Value, Read)> = vec![
        (
            "an active order",
            order("J06BA02", json!({})),
            Some((None, true, false)),
        ),
        (
            "one whose end is today",
            order(
                "J06BA02",
                json!({"dosageInstruction": bounds("2026-03-16")}),
            ),
            Some((None, true, false)),
        ),
        (
            "one whose end has passed",
            order(
                "J06BA02",
                json!({"dosageInstruction": bounds("2026-03-15")}),
            ),
            Some((day("2026-03-15"), false, true)),
        ),
        (
            "stopped, with an end",
            order(
                "J06BA02",
                json!({"status": "stopped", "dosageInstruction": bounds("2026-03-01")}),
            ),
            Some((day("2026-03-01"), false, true)),
        ),
        (
            "stopped before its planned end",
            order(
                "J06BA02",
                json!({"status": "stopped", "dosageInstruction": bounds("2026-06-01")}),
            ),
            Some((None, false, true)),
        ),
        (
            "completed",
            order("J06BA02", json!({"status": "completed"})),
            Some((None, false, true)),
        ),
        (
            "on hold",
            order("J06BA02", json!({"status": "on-hold"})),
            Some((None, false, true)),
        ),
        (
            "a draft",
            order("J06BA02", json!({"status": "draft"})),
            None,
        ),
        (
            "cancelled",
            order("J06BA02", json!({"status": "cancelled"})),
            None,
        ),
        (
            "in error",
            order("J06BA02", json!({"status": "entered-in-error"})),
            None,
        ),
        (
            "a dose",
            given("J06BA01", json!({})),
            Some((None, false, false)),
        ),
        (
            "dispensed",
            dispensed("J06BA01", json!({})),
            Some((None, false, false)),
        ),
        (
            "a statement",
            taken("J06BA01", json!({})),
            Some((None, true, false)),
        ),
        ("anti-D is another thing", order("J06BB01", json!({})), None),
    ];
    for (what, resource, expected) in rows {
        let chart = read_record(std::slice::from_ref(&resource));
        let found: Vec<_> = chart
            .facts
            .immunoglobulin
            .iter()
            .map(|one| (one.end, one.active, one.stopped))
            .collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{what}");
        // A draft is no exposure, yet a record that holds one is asked about it.
        let kept = ["an active order", "one whose end is today", "a draft"];
        let sent = chart.orders.get(&Reference::new("MedicationRequest/x"));
        let sent = sent.map(|raw| serde_json::from_str::<Value>(raw.get()).expect("JSON"));
        assert_eq!(
            sent,
            kept.contains(&what).then_some(resource),
            "{what}: the order as it was sent"
        );
    }
}

#[test]
fn medication_by_reference() {
    let medication =
        json!({"resourceType": "Medication", "id": "ig", "code": concept(ATC, "J06BA02")});
    let refers = |reference: &str| {
        order(
            "",
            json!({"medicationCodeableConcept": null,
            "medicationReference": {"reference": reference}}),
        )
    };
    let contains = changed(&refers("#ig"), &json!({"contained": [medication]}));
    let rows = [
        ("in the Bundle", vec![refers("Medication/ig"), medication]),
        ("contained", vec![contains]),
    ];
    for (what, resources) in rows {
        let chart = read_record(&resources);
        assert_eq!(chart.facts.immunoglobulin.len(), 1, "{what}");
        assert_eq!(kinds(&chart), [], "{what}");
    }
}

#[test]
fn routes_and_reasons() {
    let named = |atc: &str, text: &str| {
        json!({"medicationCodeableConcept":
            {"coding": [{"system": ATC, "code": atc}], "text": text}})
    };
    let routes = [
        ("intravenous", order("J06BA02", json!({})), IgRoute::Iv),
        ("subcutaneous", order("J06BA01", json!({})), IgRoute::Sc),
        (
            "facilitated",
            order("", named("J06BA01", "HyQvia 100 mg/ml")),
            IgRoute::FacilitatedSc,
        ),
    ];
    for (what, resource, expected) in routes {
        assert_eq!(
            read_record(&[resource]).facts.immunoglobulin[0].route,
            expected,
            "{what}"
        );
    }
    let because = |codes: &[&str]| -> Value {
        let reasons: Vec<_> = codes.iter().map(|code| concept(SKS_D, code)).collect();
        json!({"reasonCode": reasons})
    };
    use IgIndication::*;
    let reasons = [
        ("none", json!({}), NotStated),
        ("in no set", because(&["DS721"]), NotStated),
        (
            "hypogammaglobulinaemia",
            because(&["DD801"]),
            SecondaryImmunodeficiency,
        ),
        ("CLL", because(&["DC911"]), SecondaryImmunodeficiency),
        ("CIDP", because(&["DG618"]), Immunomodulation),
        (
            "CLL and ITP",
            because(&["DC911", "DD693"]),
            Immunomodulation,
        ),
        (
            "ITP and hypogammaglobulinaemia",
            because(&["DD693", "DD801"]),
            SecondaryImmunodeficiency,
        ),
        ("CVID", because(&["DD839"]), PrimaryImmunodeficiency),
    ];
    for (what, reason, expected) in reasons {
        let facts = read_record(&[order("J06BA02", reason)]).facts;
        assert_eq!(facts.immunoglobulin[0].indication, expected, "{what}");
    }
}
