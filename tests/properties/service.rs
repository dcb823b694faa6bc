//! Properties of what goes in and out: units of IgG, and the resources that suggestions make.

use std::sync::LazyLock;

use serde_json::{Value, json};
use sid_cds::{
    cards::{self, Language, Writing},
    chart::{Chart, Input, Reading, terminology::Terminology},
};

use super::*;
use crate::{suggestions, support::raw};

/// A draft of immunoglobulin, as an order hook sends it.
static DRAFTED: LazyLock<Chart> = LazyLock::new(|| {
    let draft = json!({"resourceType": "MedicationRequest", "id": "draft", "status": "draft",
        "intent": "order", "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J06BA01"}]}});
    crate::support::read(&[], &[], &[draft], "p1", AS_OF)
});

static TERMINOLOGY: LazyLock<Terminology> =
    LazyLock::new(|| Terminology::built_in().expect("the terminology"));

/// The chart of generated facts: their running orders as a client sends them, perhaps with a draft.
fn chart(facts: Facts, with_draft: bool) -> Chart {
    let mut chart = if with_draft || facts.order.is_some() {
        DRAFTED.clone()
    } else {
        Chart {
            order_codes: TERMINOLOGY.order_codes().clone(),
            ..Chart::default()
        }
    };
    chart.patient = Some(Reference::new("Patient/p1"));
    let order = chart.facts.order.take();
    for exposure in facts.immunoglobulin.iter().filter(|record| record.active) {
        let id = exposure
            .evidence
            .as_str()
            .trim_start_matches("MedicationRequest/");
        let running = json!({"resourceType": "MedicationRequest", "id": id, "status": "active",
            "intent": "order", "subject": {"reference": "Patient/p1"},
            "medicationCodeableConcept": {"text": "IG"}});
        chart
            .orders
            .insert(exposure.evidence.clone(), raw(&running));
    }
    chart.facts = Facts {
        order: facts.order.clone().or(order),
        ..facts
    };
    chart
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// What accepting a suggestion would store is valid R4 without loss, and about this patient; what
    /// it would change or delete is an order that the client sent.
    #[test]
    fn suggestions_are_valid_and_about_the_patient(facts in patient(), with_draft in any::<bool>()) {
        let chart = chart(facts, with_draft);
        let assessment = assess(&chart.facts, AS_OF);
        for language in [Language::Da, Language::En] {
            let writing = Writing { language, service: "sid-order-select", hook: None };
            for card in cards::write(&assessment, &chart, writing) {
                prop_assert_eq!(suggestions::fault(&card, &chart), None);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// One IgG in any unit that is read gives one assessment.
    #[test]
    fn the_unit_changes_nothing(mg_per_dl in 1..1500_u32, back in 0..120_i32, comparator in select(vec!["", "<", ">", "<=", ">="])) {
        let as_measured = assessed(mg_per_dl, "mg/dL", 0, back, comparator);
        prop_assert_eq!(&as_measured["population"]["code"], "P2A");
        prop_assert_eq!(&as_measured["dataProblems"], &json!([]));
        // The same number with the point moved: no unit is reached by arithmetic on floats.
        for (unit, decimals, factor) in [("g/L", 2, 1), ("g/l", 2, 1), ("mg/mL", 2, 1), ("g/dL", 3, 1), ("mg/L", 0, 10)] {
            let same = assessed(mg_per_dl * factor, unit, decimals, back, comparator);
            prop_assert_eq!(&as_measured, &same, "{}", unit);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// One dose in grams, milligrams, millilitres, vials or for each kilogram gives one dose.
    #[test]
    fn the_unit_of_a_dose_changes_nothing(tenths in 10..2000_i64, weeks in 1..6_i64) {
        let number = |tenths: i64, scale: u32| -> Value {
            let text = format!("{tenths}e-{scale}");
            serde_json::from_str(&text).expect("a number")
        };
        let dose = |number: Value, unit: &str| dose_of(&number, unit, weeks);
        let in_grams = dose(number(tenths, 1), "g");
        prop_assert!(in_grams["gramsPer28Days"].is_number(), "{}", in_grams);
        for (same, unit) in [
            (number(tenths * 100, 0), "mg"),
            // 200 mg/mL; the weight is 50 kg, a vial 4 g.
            (number(tenths * 5, 1), "mL"),
            (number(tenths * 5, 1), "ml"),
            (number(tenths * 2, 3), "g/kg"),
            (number(tenths * 2, 0), "mg/kg"),
            (number(tenths, 2), "mL/kg"),
            (number(tenths * 25, 3), "{vial}"),
        ] {
            prop_assert_eq!(&in_grams, &dose(same, unit), "{}", unit);
        }
    }
}

/// The dose of a draft of Hizentra for someone of 50 kg.
fn dose_of(number: &Value, unit: &str, weeks: i64) -> Value {
    let subject = json!({"reference": "Patient/p1"});
    let resources = [
        json!({"resourceType": "Patient", "id": "p1", "birthDate": "1960-05-05"}),
        json!({"resourceType": "Condition", "id": "k1", "subject": subject, "code": {"coding": [
            {"system": "urn:oid:1.2.208.176.2.4.12", "code": "DC911"}]}}),
        json!({"resourceType": "Observation", "id": "w1", "status": "final", "subject": subject,
            "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
            "effectiveDateTime": "2026-03-10", "valueQuantity": {"value": 50, "unit": "kg"}}),
    ];
    let draft = json!({"resourceType": "MedicationRequest", "id": "draft", "status": "draft",
        "intent": "order", "subject": subject,
        "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J06BA01"}],
            "text": "Hizentra 200 mg/ml, 20 ml"},
        "reasonCode": [{"coding": [{"system": "urn:oid:1.2.208.176.2.4.12", "code": "DC911"}]}],
        "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": number, "unit": unit}}],
            "timing": {"repeat": {"frequency": 1, "period": weeks, "periodUnit": "wk"}}}]});
    let entries: Vec<Value> = resources
        .iter()
        .chain([&draft])
        .map(|resource| json!({"resource": resource}))
        .collect();
    let bundle = raw(&json!({"resourceType": "Bundle", "type": "collection", "entry": entries}));
    let zone = jiff::tz::TimeZone::UTC;
    let reading = Reading {
        as_of: AS_OF,
        zone: &zone,
        terminology: &TERMINOLOGY,
    };
    let chart = sid_cds::chart::read(&Input::Record(&bundle), None, Some("p1"), reading);
    let assessment = serde_json::to_value(assess(&chart.facts, AS_OF)).expect("JSON");
    assessment["dose"].clone()
}

/// The assessment after CAR-T with one IgG of `number` × 10^-`decimals` `unit`.
fn assessed(number: u32, unit: &str, decimals: usize, back: i32, comparator: &str) -> Value {
    let digits = format!("{number:0width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let point = if decimals == 0 { "" } else { "." };
    let value: Value =
        serde_json::from_str(&format!("{whole}{point}{fraction}")).expect("a number");
    let mut quantity =
        json!({"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit});
    if !comparator.is_empty() {
        quantity["comparator"] = comparator.into();
    }
    let day = plus_days(AS_OF, -back).to_string();
    let subject = json!({"reference": "Patient/p1"});
    let resources = [
        json!({"resourceType": "Patient", "id": "p1", "birthDate": "1960-05-05"}),
        json!({"resourceType": "Observation", "id": "o1", "status": "final", "subject": subject,
            "code": {"coding": [{"system": "http://loinc.org", "code": "2465-3"}]},
            "effectiveDateTime": day, "valueQuantity": quantity}),
        json!({"resourceType": "MedicationAdministration", "id": "c1", "status": "completed", "subject": subject,
            "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": "L01XL03"}]},
            "effectiveDateTime": "2025-12-01"}),
    ];
    let entries: Vec<Value> = resources
        .iter()
        .map(|resource| json!({"resource": resource}))
        .collect();
    let bundle = raw(&json!({"resourceType": "Bundle", "type": "collection", "entry": entries}));
    let zone = jiff::tz::TimeZone::UTC;
    let reading = Reading {
        as_of: AS_OF,
        zone: &zone,
        terminology: &TERMINOLOGY,
    };
    let chart = sid_cds::chart::read(&Input::Record(&bundle), None, Some("p1"), reading);
    serde_json::to_value(assess(&chart.facts, AS_OF)).expect("JSON")
}
