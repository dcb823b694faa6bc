//! The doses of records other than running orders: shown in the course, read by no rule.

use super::*;
use crate::guideline::facts::{PastDose, WrittenDose};

fn of(kind: &str, members: &Value) -> Value {
    let mut resource = json!({"resourceType": kind, "id": "m", "status": "completed",
        "subject": {"reference": "Patient/p"},
        "medicationCodeableConcept": {"coding": [{"system": ATC, "code": "J06BA01"}], "text": "Hizentra 200 mg/ml"}});
    for (name, value) in members.as_object().unwrap() {
        resource[name] = value.clone();
    }
    resource
}

/// `7 g`, `28 g 1/4 weeks`, or nothing.
fn said(doses: &[PastDose]) -> Option<String> {
    let [only] = doses else { return None };
    let grams = |mass: crate::guideline::quantity::Mass| mass.micrograms() as f64 / 1e6;
    Some(match &only.dose {
        WrittenDose::Given(mass) => format!("given {} g", grams(*mass)),
        WrittenDose::Ordered(order) => {
            let doses = order.doses.iter().map(|dose| grams(dose.amount.high));
            let doses: Vec<String> = doses.map(|grams| format!("{grams} g")).collect();
            let words = order.words.as_deref().unwrap_or("-");
            format!("{} ({words})", doses.join(" + "))
        }
    })
}

#[test]
fn what_other_records_say_of_the_dose_is_kept_and_is_no_data_problem() {
    let quantity = |value: f64, unit: &str| json!({"value": value, "unit": unit, "system": UCUM, "code": unit});
    let instruction = |value: f64, unit: &str, text: &str| {
        json!([{"text": text, "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}},
            "doseAndRate": [{"doseQuantity": quantity(value, unit)}]}])
    };
    let given = |dose: Value| json!({"effectiveDateTime": "2026-02-02", "dosage": {"dose": dose}});
    let ended = |dosage: Value| json!({"intent": "order", "authoredOn": "2026-01-05", "dosageInstruction": dosage});
    let taken = |dosage: Value| json!({"status": "active", "effectivePeriod": {"start": "2026-01-05"}, "dosage": dosage});
    for (kind, members, expected) in [
        (
            "MedicationAdministration",
            given(quantity(7.0, "g")),
            Some("given 7 g"),
        ),
        (
            "MedicationAdministration",
            given(quantity(35.0, "mL")),
            Some("given 7 g"),
        ),
        (
            "MedicationAdministration",
            given(quantity(2.0, "drops")),
            None,
        ),
        (
            "MedicationAdministration",
            given(quantity(0.4, "g/kg")),
            None,
        ),
        (
            "MedicationAdministration",
            json!({"effectiveDateTime": "2026-02-02"}),
            None,
        ),
        (
            "MedicationRequest",
            ended(instruction(7.0, "g", "7 g ugentligt")),
            Some("7 g (7 g ugentligt)"),
        ),
        (
            "MedicationRequest",
            ended(instruction(7.0, "drops", "7 dråber")),
            Some(" (7 dråber)"),
        ),
        (
            "MedicationRequest",
            ended(json!([{"text": "7 g ugentligt"}])),
            Some(" (7 g ugentligt)"),
        ),
        ("MedicationRequest", ended(json!([])), None),
        (
            "MedicationStatement",
            taken(instruction(7.0, "g", " ")),
            Some("7 g (-)"),
        ),
    ] {
        let chart = read_record(&[of(kind, &members)]);
        assert_eq!(chart.facts.immunoglobulin.len(), 1, "{members}");
        assert_eq!(
            said(&chart.facts.past_doses).as_deref(),
            expected,
            "{members}"
        );
        assert!(chart.facts.running_orders.is_empty());
        assert_eq!(kinds(&chart), [], "{members}");
    }
}
