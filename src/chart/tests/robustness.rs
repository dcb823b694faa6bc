//! No JSON makes reading fail: members go missing, change their kind, or say something else.

use proptest::prelude::*;

use super::*;

/// A small record of every type that is read.
fn sound() -> Value {
    let patient = json!({"reference": "Patient/p"});
    let ig = || concept(ATC, "J06BA02");
    let resources = json!([
        {"resourceType": "Patient", "id": "p", "birthDate": "1960-05-17"},
        {"resourceType": "Observation", "id": "o", "status": "final", "subject": patient,
            "code": concept(LOINC, "2465-3"), "effectiveDateTime": "2026-03-10",
            "valueQuantity": {"value": 3.2, "comparator": "<", "system": UCUM, "code": "g/L"},
            "referenceRange": [{"low": {"value": 6.1, "system": UCUM, "code": "g/L"}}],
            "component": [{"code": concept(LOINC, "2458-8"), "valueInteger": 1}]},
        {"resourceType": "Observation", "id": "s", "status": "final", "subject": patient,
            "code": concept("urn:sid-cds:statement", "ig-review"),
            "valueCodeableConcept": concept("urn:sid-cds:statement", "pause"),
            "effectivePeriod": {"start": "2026-01-01", "end": "2026-03-01"}},
        {"resourceType": "Condition", "id": "c", "subject": patient, "code": concept(SKS_D, "DJ13"),
            "onsetDateTime": "2026-01", "encounter": {"reference": "Encounter/e"},
            "evidence": [{"detail": [{"reference": "Observation/o"}]}]},
        {"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "IMP"},
            "period": {"start": "2026-01-14", "end": "2026-01-20"}, "subject": patient},
        {"resourceType": "Procedure", "id": "t", "status": "completed", "subject": patient,
            "code": concept(SKS, "BOQX1"), "performedPeriod": {"start": "2025-12-01"},
            "reasonReference": [{"reference": "Condition/c"}]},
        {"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
            "subject": patient, "medicationReference": {"reference": "#d"}, "authoredOn": "2026-01-01",
            "contained": [{"resourceType": "Medication", "id": "d", "code": ig()}],
            "dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": {"end": "2026-09-01"}}}}]},
        {"resourceType": "MedicationAdministration", "id": "a", "status": "completed",
            "subject": patient, "medicationCodeableConcept": ig(),
            "effectivePeriod": {"start": "2026-03-01T10:00:00Z", "end": "2026-03-01T14:00:00Z"}},
    ]);
    let entries = resources.as_array().expect("an array").iter();
    let entries: Vec<_> = entries
        .map(|resource| json!({"resource": resource}))
        .collect();
    json!({"resourceType": "Bundle", "type": "collection", "entry": entries})
}

/// How many values a document has, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Object(members) => members.values().map(count).sum(),
        Value::Array(items) => items.iter().map(count).sum(),
        _ => 0,
    }
}

/// Puts `new` in the place of the `nth` value, counted from the outside in.
fn replace(value: &mut Value, nth: &mut usize, new: &Value) {
    if *nth == 0 {
        *value = new.clone();
    }
    *nth = nth.wrapping_sub(1);
    match value {
        Value::Object(members) => members
            .values_mut()
            .for_each(|value| replace(value, nth, new)),
        Value::Array(items) => items.iter_mut().for_each(|value| replace(value, nth, new)),
        _ => {}
    }
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[0-9]{4}(-[0-9]{2}){0,2}(T[0-9:]{5,8}Z)?".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{}, null, 1])),
        Just(json!({"reference": "#"})),
        Just(json!({"reference": "urn:uuid:"})),
        Just(json!([{"coding": [{"code": "DJ13"}]}])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_record_with_two_values_replaced(
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
        new in (anything(), anything()),
    ) {
        let mut record = sound();
        for (index, new) in [(first, &new.0), (second, &new.1)] {
            let mut nth = index.index(count(&record));
            replace(&mut record, &mut nth, new);
        }
        let chart = read_bundle(&record);
        // What is not there as a fact is there as a problem, or was not meant as one.
        prop_assert!(chart.facts.igg.len() <= 2);
        let bundle = raw(&record);
        let drafts = Drafts { bundle: &bundle, selections: &[] };
        let input = Input::Prefetch(vec![(Source::Condition, "conditions", Obtained::Value(&bundle))]);
        with_reading(|reading| read(&input, Some(drafts), Some("p"), reading));
    }
}

#[test]
fn the_sound_record() {
    let chart = read_bundle(&sound());
    let facts = &chart.facts;
    assert_eq!(
        kinds(&chart),
        [Problem::UnitMissing],
        "of the component, an IgA without a unit"
    );
    assert_eq!(
        (facts.igg.len(), facts.infections.len(), facts.car_t.len()),
        (1, 1, 1)
    );
    assert_eq!((facts.immunoglobulin.len(), facts.statements.len()), (2, 1));
}
