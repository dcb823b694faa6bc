//! What is sent more than once, or in another order: the facts stay the same, and nothing is chosen
//! because it came first.

use super::*;
use crate::guideline::facts::{CarTStage, Focus, IgRoute};
use Problem::*;

fn igg(value: f64, meta: Value) -> Value {
    json!({"resourceType": "Observation", "id": "o", "status": "final", "meta": meta,
        "subject": {"reference": "Patient/p"}, "code": concept(NPU, "NPU19814"),
        "effectiveDateTime": "2026-03-10",
        "valueQuantity": {"value": value, "unit": "g/L", "system": UCUM, "code": "g/L"}})
}

fn updated(at: &str) -> Value {
    json!({"lastUpdated": at})
}

/// The values in thousandths of g/L, whether Observation was searched, and the problems.
fn read_in_both_orders(what: &str, resources: [Value; 2]) -> (Vec<i64>, bool, Vec<Problem>) {
    let [one, other] = resources;
    let read = |resources: &[Value]| {
        let chart = read_record(resources);
        let values = chart.facts.igg.iter().map(|result| match result.value {
            Measured::Exactly(value) => value.picograms() / 1_000_000_000,
            _ => -1,
        });
        let values: Vec<i64> = values.collect();
        (values, chart.facts.searched.observations, kinds(&chart))
    };
    let first = read(&[one.clone(), other.clone()]);
    assert_eq!(first, read(&[other, one]), "{what}: in the other order");
    first
}

#[test]
fn several_texts_of_one_resource() {
    let early = || updated("2026-03-10T09:00:00+01:00");
    // Later, though its text sorts first.
    let late = || updated("2026-03-10T08:30:00Z");
    let narrative = changed(
        &igg(3.2, json!(null)),
        &json!({"text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">IgG</div>"}}),
    );
    type Row = (&'static str, [Value; 2], Vec<i64>, bool, Vec<Problem>);
    let rows: Vec<Row> = vec![
        (
            "the same twice",
            [igg(3.2, early()), igg(3.2, early())],
            vec![3200],
            true,
            vec![],
        ),
        (
            "the same, otherwise stored",
            [igg(3.2, early()), igg(3.2, late())],
            vec![3200],
            true,
            vec![],
        ),
        (
            "the same, with a narrative",
            [igg(3.2, json!(null)), narrative],
            vec![3200],
            true,
            vec![],
        ),
        (
            "corrected later",
            [igg(9.8, early()), igg(3.2, late())],
            vec![3200],
            true,
            vec![],
        ),
        (
            "another value, and no word which is later",
            [igg(9.8, json!({})), igg(3.2, json!({}))],
            vec![],
            false,
            vec![Conflict],
        ),
        (
            "only one of them is dated",
            [igg(9.8, json!({})), igg(3.2, late())],
            vec![],
            false,
            vec![Conflict],
        ),
        (
            "of one moment",
            [igg(9.8, late()), igg(3.2, late())],
            vec![],
            false,
            vec![Conflict],
        ),
    ];
    for (what, resources, values, searched, problems) in rows {
        let found = read_in_both_orders(what, resources);
        assert_eq!(found, (values, searched, problems), "{what}");
    }
}

#[test]
fn two_dates_of_birth_are_none() {
    let patient = |born: &str| json!({"resourceType": "Patient", "id": "p", "birthDate": born});
    for (one, other) in [("1960-05-17", "2016-05-17"), ("2016-05-17", "1960-05-17")] {
        let entries = [patient(one), patient(other)].map(|one| json!({"resource": one}));
        let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
        let chart = read_bundle(&bundle);
        assert_eq!(chart.facts.patient.born, None);
        assert!(!chart.facts.searched.patient);
    }
}

/// A result that a panel contains goes with the text of the panel that stands.
#[test]
fn contained_results_go_with_their_panel() {
    let panel = |value: f64, at: &str| {
        let mut result = igg(value, json!({}));
        result["id"] = json!("r");
        json!({"resourceType": "DiagnosticReport", "id": "d", "status": "final",
            "meta": updated(at), "subject": {"reference": "Patient/p"},
            "code": {"text": "Immunglobuliner"}, "contained": [result],
            "result": [{"reference": "#r"}]})
    };
    let panels = [
        panel(9.8, "2026-03-10T09:00:00Z"),
        panel(3.2, "2026-03-11T09:00:00Z"),
    ];
    assert_eq!(read_in_both_orders("a panel", panels).0, [3200]);
}

#[test]
fn an_undated_status_after_car_t_beside_a_dated_one() {
    let status = |id: &str, onset: Value| {
        changed(
            &json!({"resourceType": "Condition", "id": id, "subject": {"reference": "Patient/p"},
                "code": concept("http://hl7.org/fhir/sid/icd-10-cm", "Z92.850")}),
            &json!({"onsetDateTime": onset}),
        )
    };
    let (dated, undated) = (status("a", json!("2025-12-01")), status("b", json!(null)));
    for resources in [
        [dated.clone(), undated.clone()],
        [undated.clone(), dated.clone()],
    ] {
        let chart = read_record(&resources);
        let found: Vec<_> = chart.facts.car_t.iter().map(|car_t| car_t.when).collect();
        assert_eq!(found, [day("2025-12-01")]);
        assert_eq!(kinds(&chart), []);
    }
    let chart = read_record(&[undated, status("c", json!(null))]);
    assert_eq!(chart.facts.car_t.len(), 2);
    let infused = |car_t: &crate::guideline::facts::CarT| car_t.stage == CarTStage::Infused;
    assert!(chart.facts.car_t.iter().all(infused));
}

/// All codings of a concept say the same thing, whichever stands first.
#[test]
fn codings_in_any_order() {
    let sepsis = ("http://hl7.org/fhir/sid/icd-10", "A41.9");
    let pneumonia = (SKS_D, "DJ13");
    for codings in [[sepsis, pneumonia], [pneumonia, sepsis]] {
        let codings = codings.map(|(system, code)| json!({"system": system, "code": code}));
        let chart = read_record(&[json!({"resourceType": "Condition", "id": "i",
            "subject": {"reference": "Patient/p"}, "code": {"coding": codings},
            "onsetDateTime": "2026-01-15"})]);
        let foci: Vec<_> = chart
            .facts
            .infections
            .iter()
            .map(|one| &one.focus)
            .collect();
        assert_eq!(foci, [&Focus::Lung], "the organ goes before the blood");
    }
    for codes in [["J06BA01", "J06BA02"], ["J06BA02", "J06BA01"]] {
        let codings = codes.map(|code| json!({"system": ATC, "code": code}));
        let chart = read_record(&[json!({"resourceType": "MedicationRequest", "id": "m",
            "status": "active", "intent": "order", "subject": {"reference": "Patient/p"},
            "authoredOn": "2026-01-15", "medicationCodeableConcept": {"coding": codings}})]);
        let routes: Vec<_> = chart
            .facts
            .immunoglobulin
            .iter()
            .map(|one| one.route)
            .collect();
        assert_eq!(routes, [IgRoute::Unknown]);
    }
}
