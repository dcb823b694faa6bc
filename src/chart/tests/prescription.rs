//! Orders of immunoglobulin as hospitals write them: dose, interval, product, route.

use super::*;
use crate::chart::terminology::SiteFile;
use crate::guideline::facts::{
    DoseRole, OrderedRoute, Placement, PlannedDose, Prescription, WrittenAs,
};
use Problem::*;

/// A running order of `text` with these instructions.
fn order(text: &str, instructions: &Value) -> Value {
    json!({"resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p"}, "authoredOn": "2026-02-01",
        "medicationCodeableConcept": {"coding": [{"system": ATC, "code": "J06BA02"}], "text": text},
        "dosageInstruction": instructions})
}

fn read_order(order: &Value) -> (Prescription, Vec<Problem>) {
    let chart = read_record(std::slice::from_ref(order));
    let [running] = chart.facts.running_orders.as_slice() else {
        panic!("{order}: {:?}", chart.facts.running_orders)
    };
    (running.prescription.clone(), kinds(&chart))
}

/// What an order says in a line: `28 g 1/28d`, `+` between doses, `(…)` around a loading dose, `?` and
/// the gap after them.
fn in_words(order: &Prescription) -> String {
    let mut parts: Vec<String> = order.doses.iter().map(one).collect();
    parts.extend(order.gap.map(|gap| format!("? {gap:?}")));
    parts.join(" ")
}

fn one(dose: &PlannedDose) -> String {
    let grams = |mass: crate::guideline::quantity::Mass| mass.micrograms() as f64 / 1e6;
    let (low, high) = (grams(dose.amount.low), grams(dose.amount.high));
    let mut text = if low == high {
        format!("{high} g")
    } else {
        format!("{low}-{high} g")
    };
    if dose.amount.per_kilogram {
        text.push_str("/kg");
    }
    if let Some(interval) = dose.interval {
        let pace = |pace: crate::guideline::facts::Pace| {
            format!("{}/{}d", pace.times, pace.seconds as f64 / 86_400.0)
        };
        text.push_str(&format!(" {}", pace(interval.least)));
        if interval.least != interval.most {
            text.push_str(&format!("..{}", pace(interval.most)));
        }
    }
    if let Some(cap) = dose.cap {
        text.push_str(&format!(
            " at most {} g in {}d",
            grams(cap.amount),
            cap.seconds / 86_400
        ));
    }
    match dose.role {
        DoseRole::Maintenance => text,
        DoseRole::Loading => format!("({text})"),
    }
}

fn ucum(value: f64, unit: &str) -> Value {
    json!({"value": value, "unit": unit, "system": UCUM, "code": unit})
}

fn dose(quantity: Value) -> Value {
    json!([{"doseQuantity": quantity}])
}

fn every(number: u32, unit: &str) -> Value {
    json!({"repeat": {"frequency": 1, "period": number, "periodUnit": unit}})
}

#[test]
fn doses_and_intervals() {
    let four_weeks = || every(4, "wk");
    let of =
        |quantity: Value, timing: Value| json!([{"doseAndRate": dose(quantity), "timing": timing}]);
    let repeat = |repeat: Value| of(ucum(10.0, "g"), json!({ "repeat": repeat }));
    type Row = (
        &'static str,
        &'static str,
        Value,
        &'static str,
        Vec<Problem>,
    );
    let rows: Vec<Row> = vec![
        (
            "grams",
            "Privigen",
            of(ucum(28.0, "g"), four_weeks()),
            "28 g 1/28d",
            vec![],
        ),
        (
            "milligrams",
            "Privigen",
            of(ucum(28000.0, "mg"), four_weeks()),
            "28 g 1/28d",
            vec![],
        ),
        (
            "grams in words",
            "Privigen",
            of(json!({"value": 28, "unit": "gram"}), four_weeks()),
            "28 g 1/28d",
            vec![],
        ),
        (
            "millilitres of 100 mg/mL",
            "Privigen",
            of(ucum(280.0, "mL"), four_weeks()),
            "28 g 1/28d",
            vec![],
        ),
        (
            "millilitres of 165 mg/mL",
            "Cutaquig",
            of(json!({"value": 40, "unit": "ml"}), every(1, "wk")),
            "6.6 g 1/7d",
            vec![],
        ),
        (
            "millilitres of an unknown product",
            "Immunglobulin",
            of(ucum(280.0, "mL"), four_weeks()),
            "? StrengthUnknown",
            vec![DoseUnclear],
        ),
        (
            "a strength that the brand does not have",
            "Octagam 50 mg/ml",
            of(ucum(280.0, "mL"), four_weeks()),
            "? StrengthUnknown",
            vec![DoseUnclear],
        ),
        (
            "a strength in percent",
            "Octagam 10 %",
            of(ucum(280.0, "mL"), four_weeks()),
            "28 g 1/28d",
            vec![],
        ),
        (
            "two brands",
            "Privigen (tidl. Hizentra)",
            of(ucum(280.0, "mL"), four_weeks()),
            "? StrengthUnknown",
            vec![DoseUnclear],
        ),
        (
            "vials of a stated content",
            "Privigen 10 g",
            of(json!({"value": 3, "unit": "hætteglas"}), four_weeks()),
            "30 g 1/28d",
            vec![],
        ),
        (
            "vials of a stated volume",
            "Hizentra 200 mg/ml, 20 ml",
            of(ucum(2.0, "{vial}"), every(1, "wk")),
            "8 g 1/7d",
            vec![],
        ),
        (
            "vials whose content contradicts itself",
            "Privigen 10 g/50 ml",
            of(ucum(2.0, "{vial}"), four_weeks()),
            "? VialUnknown",
            vec![DoseUnclear],
        ),
        (
            "vials of an unknown content",
            "Privigen",
            of(ucum(2.0, "{vial}"), four_weeks()),
            "? VialUnknown",
            vec![DoseUnclear],
        ),
        (
            "grams for each kilogram",
            "IG",
            of(ucum(0.4, "g/kg"), four_weeks()),
            "0.4 g/kg 1/28d",
            vec![],
        ),
        (
            "milligrams for each kilogram",
            "IG",
            of(ucum(400.0, "mg/kg"), four_weeks()),
            "0.4 g/kg 1/28d",
            vec![],
        ),
        (
            "millilitres for each kilogram",
            "Hizentra",
            of(ucum(2.0, "mL/kg"), four_weeks()),
            "0.4 g/kg 1/28d",
            vec![],
        ),
        (
            "no unit",
            "Privigen",
            of(json!({"value": 28}), four_weeks()),
            "? Unusable",
            vec![UnitMissing],
        ),
        (
            "an unknown unit",
            "Privigen",
            of(ucum(28.0, "[IU]"), four_weeks()),
            "? Unusable",
            vec![UnitUnknown],
        ),
        (
            "two units",
            "Privigen",
            of(
                json!({"value": 28, "unit": "mL", "system": UCUM, "code": "g"}),
                four_weeks(),
            ),
            "? Unusable",
            vec![Conflict],
        ),
        (
            "at least",
            "Privigen",
            of(
                json!({"value": 28, "comparator": ">=", "unit": "g"}),
                four_weeks(),
            ),
            "? Unusable",
            vec![ValueNotNumeric],
        ),
        (
            "a negative dose",
            "Privigen",
            of(ucum(-28.0, "g"), four_weeks()),
            "? Unusable",
            vec![ValueImplausible],
        ),
        (
            "over a kilogram",
            "Privigen",
            of(ucum(2000.0, "g"), four_weeks()),
            "? Unusable",
            vec![ValueImplausible],
        ),
        (
            "a dose that is being typed",
            "Privigen",
            of(json!({"unit": "g"}), json!({})),
            "? NotWritten",
            vec![],
        ),
        (
            "words alone",
            "Privigen",
            json!([{"text": "28 g hver 4. uge"}]),
            "? NotWritten",
            vec![],
        ),
        (
            "no instruction",
            "Privigen",
            json!([]),
            "? NotWritten",
            vec![],
        ),
        (
            "a range",
            "Privigen",
            json!([{"doseAndRate": [{"doseRange": {"low": ucum(20.0, "g"), "high": ucum(30.0, "g")}}], "timing": four_weeks()}]),
            "20-30 g 1/28d",
            vec![],
        ),
        (
            "a range without an end",
            "Privigen",
            json!([{"doseAndRate": [{"doseRange": {"low": ucum(20.0, "g")}}], "timing": four_weeks()}]),
            "? Ambiguous",
            vec![],
        ),
        (
            "a calculated dose beside the ordered one",
            "Privigen",
            json!([{"timing": four_weeks(), "doseAndRate": [
            {"type": concept("http://terminology.hl7.org/CodeSystem/dose-rate-type", "calculated"), "doseQuantity": ucum(0.4, "g/kg")},
            {"type": concept("http://terminology.hl7.org/CodeSystem/dose-rate-type", "ordered"), "doseQuantity": ucum(28.0, "g")}]}]),
            "28 g 1/28d",
            vec![],
        ),
        (
            "two doses",
            "Privigen",
            json!([{"timing": four_weeks(), "doseAndRate": [{"doseQuantity": ucum(20.0, "g")}, {"doseQuantity": ucum(28.0, "g")}]}]),
            "? Ambiguous",
            vec![],
        ),
        (
            "a rate beside the dose",
            "Privigen",
            json!([{"timing": four_weeks(), "doseAndRate": [{"doseQuantity": ucum(28.0, "g"), "rateQuantity": ucum(50.0, "mL/h")}]}]),
            "28 g 1/28d",
            vec![],
        ),
        (
            "every 21 days",
            "Privigen",
            repeat(json!({"frequency": 1, "period": 21, "periodUnit": "d"})),
            "10 g 1/21d",
            vec![],
        ),
        (
            "twice a week",
            "Hizentra",
            repeat(json!({"frequency": 2, "period": 1, "periodUnit": "wk"})),
            "10 g 2/7d",
            vec![],
        ),
        (
            "every 3 to 4 weeks",
            "Privigen",
            repeat(json!({"frequency": 1, "period": 3, "periodMax": 4, "periodUnit": "wk"})),
            "10 g 1/28d..1/21d",
            vec![],
        ),
        (
            "once or twice a week",
            "Hizentra",
            repeat(json!({"frequency": 1, "frequencyMax": 2, "period": 1, "periodUnit": "wk"})),
            "10 g 1/7d..2/7d",
            vec![],
        ),
        (
            "every half week",
            "Hizentra",
            repeat(json!({"frequency": 1, "period": 0.5, "periodUnit": "wk"})),
            "10 g 1/3.5d",
            vec![],
        ),
        (
            "a month of 30.44 days",
            "Privigen",
            repeat(json!({"frequency": 1, "period": 1, "periodUnit": "mo"})),
            "10 g 1/30.44d",
            vec![],
        ),
        (
            "no frequency is once",
            "Privigen",
            repeat(json!({"period": 4, "periodUnit": "wk"})),
            "10 g 1/28d",
            vec![],
        ),
        (
            "Mondays and Thursdays",
            "Hizentra",
            repeat(json!({"dayOfWeek": ["mon", "thu"]})),
            "10 g 2/7d",
            vec![],
        ),
        (
            "daily on Mondays and Thursdays",
            "Hizentra",
            repeat(
                json!({"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon", "thu"]}),
            ),
            "10 g 2/7d",
            vec![],
        ),
        (
            "twice a week on two days",
            "Hizentra",
            repeat(
                json!({"frequency": 2, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "thu"]}),
            ),
            "10 g 2/7d",
            vec![],
        ),
        (
            "every second week on Mondays",
            "Hizentra",
            repeat(json!({"frequency": 1, "period": 2, "periodUnit": "wk", "dayOfWeek": ["mon"]})),
            "10 g 1/14d",
            vec![],
        ),
        (
            "once a week on two days",
            "Hizentra",
            repeat(
                json!({"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "thu"]}),
            ),
            "10 g ? IntervalUnclear",
            vec![DoseUnclear],
        ),
        (
            "no interval",
            "Privigen",
            json!([{"doseAndRate": dose(ucum(28.0, "g"))}]),
            "28 g ? IntervalMissing",
            vec![],
        ),
        (
            "tied to meals",
            "Privigen",
            repeat(json!({"when": ["CM"]})),
            "10 g ? IntervalUnclear",
            vec![DoseUnclear],
        ),
        (
            "on one day",
            "Privigen",
            of(ucum(28.0, "g"), json!({"event": ["2026-03-20"]})),
            "28 g ? Once",
            vec![],
        ),
        (
            "as needed",
            "Privigen",
            json!([{"asNeededBoolean": true, "doseAndRate": dose(ucum(28.0, "g")), "timing": four_weeks()}]),
            "28 g ? AsNeeded",
            vec![],
        ),
        (
            "at most",
            "Hizentra",
            json!([{"doseAndRate": dose(ucum(10.0, "g")), "timing": every(1, "wk"),
            "maxDosePerPeriod": {"numerator": ucum(30.0, "g"), "denominator": {"value": 4, "unit": "wk", "system": UCUM, "code": "wk"}}}]),
            "10 g 1/7d at most 30 g in 28d",
            vec![],
        ),
        (
            "a maximum alone",
            "Hizentra",
            json!([{"maxDosePerPeriod": {"numerator": ucum(30.0, "g"), "denominator": {"value": 4, "code": "wk"}}}]),
            "? OnlyMaximum",
            vec![],
        ),
        (
            "two beside each other",
            "Hizentra",
            json!([
            {"doseAndRate": dose(ucum(4.0, "g")), "timing": {"repeat": {"dayOfWeek": ["mon"]}}},
            {"doseAndRate": dose(ucum(6.0, "g")), "timing": {"repeat": {"dayOfWeek": ["thu"]}}}]),
            "4 g 1/7d 6 g 1/7d",
            vec![],
        ),
        (
            "a loading dose in sequence",
            "Privigen",
            json!([
            {"sequence": 1, "doseAndRate": dose(ucum(40.0, "g")), "timing": {"repeat": {"count": 1}}},
            {"sequence": 2, "doseAndRate": dose(ucum(28.0, "g")), "timing": every(4, "wk")}]),
            "(40 g) 28 g 1/28d",
            vec![],
        ),
        (
            "a loading dose, given once",
            "Privigen",
            json!([
            {"doseAndRate": dose(ucum(28.0, "g")), "timing": every(4, "wk")},
            {"doseAndRate": dose(ucum(40.0, "g")), "timing": {"event": ["2026-02-01"]}}]),
            "28 g 1/28d (40 g)",
            vec![],
        ),
        (
            "a loading phase by its dates",
            "Hizentra",
            json!([
            {"doseAndRate": dose(ucum(10.0, "g")), "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": {"start": "2026-02-01", "end": "2026-02-05"}}}},
            {"doseAndRate": dose(ucum(7.0, "g")), "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk", "boundsPeriod": {"start": "2026-02-05"}}}}]),
            "(10 g 1/1d) 7 g 1/7d",
            vec![],
        ),
        (
            "a loading dose that cannot be used",
            "Privigen",
            json!([
            {"sequence": 1, "doseAndRate": dose(json!({"value": 40})), "timing": {"repeat": {"count": 1}}},
            {"sequence": 2, "doseAndRate": dose(ucum(28.0, "g")), "timing": every(4, "wk")}]),
            "28 g 1/28d",
            vec![UnitMissing],
        ),
        (
            "an unusable one beside a usable one",
            "Privigen",
            json!([
            {"doseAndRate": dose(ucum(28.0, "g")), "timing": every(4, "wk")},
            {"doseAndRate": dose(json!({"value": 10})), "timing": every(4, "wk")}]),
            "28 g 1/28d ? Unusable",
            vec![UnitMissing],
        ),
    ];
    assert!(rows.len() >= 50);
    for (what, text, instructions, expected, expected_problems) in rows {
        let (prescription, problems) = read_order(&order(text, &instructions));
        assert_eq!(in_words(&prescription), expected, "{what}");
        assert_eq!(problems, expected_problems, "{what}");
    }
}

#[test]
fn decimals_stay_exact() {
    let instructions: Value = serde_json::from_str(
        r#"[{"doseAndRate": [{"doseQuantity": {"value": 33.333, "unit": "mL"}}],
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}}]"#,
    )
    .expect("JSON");
    let (prescription, _) = read_order(&order("Cutaquig", &instructions));
    let micrograms = prescription.doses[0].amount.high.micrograms();
    assert_eq!(micrograms, 5_499_945, "33.333 mL of 165 mg/mL");
}

#[test]
fn millilitres_in_the_words_beside_grams() {
    let beside = |text: &str| {
        let instructions = json!([{"text": text, "doseAndRate": dose(ucum(140.0, "g")), "timing": every(4, "wk")}]);
        read_order(&order("Hizentra", &instructions)).0.doses[0]
            .amount
            .written
    };
    assert_eq!(
        beside("140 ml s.c. hver 4. uge"),
        WrittenAs::MassBesideMillilitres
    );
    assert_eq!(beside("140 g (700 ml) hver 4. uge"), WrittenAs::Mass);
    assert_eq!(beside(""), WrittenAs::Mass);
}

#[test]
fn products_and_routes() {
    use OrderedRoute::{Intravenous, Subcutaneous};
    let sct = |code: &str| concept("http://snomed.info/sct", code);
    let route = |route: Value| json!([{ "route": route }]);
    for (what, instructions, expected) in [
        (
            "SNOMED CT, intravenous",
            route(sct("47625008")),
            Some(Intravenous),
        ),
        (
            "SNOMED CT, subcutaneous",
            route(sct("34206005")),
            Some(Subcutaneous),
        ),
        (
            "EDQM",
            route(concept("http://standardterms.edqm.eu", "20066000")),
            Some(Subcutaneous),
        ),
        (
            "EDQM by its OID",
            route(concept("urn:oid:0.4.0.127.0.16.1.1.2.1", "20045000")),
            Some(Intravenous),
        ),
        (
            "words",
            route(json!({"text": "intravenøs infusion"})),
            Some(Intravenous),
        ),
        (
            "short words",
            route(json!({"text": "s.c."})),
            Some(Subcutaneous),
        ),
        (
            "code and words that agree",
            route(
                json!({"coding": [{"system": "http://snomed.info/sct", "code": "34206005", "display": "Subcutaneous route"}]}),
            ),
            Some(Subcutaneous),
        ),
        (
            "code and words that do not",
            route(
                json!({"coding": [{"system": "http://snomed.info/sct", "code": "34206005"}], "text": "i.v."}),
            ),
            None,
        ),
        ("another route", route(json!({"text": "peroral"})), None),
        ("none", json!([{}]), None),
    ] {
        let (prescription, _) = read_order(&order("Privigen", &instructions));
        assert_eq!(prescription.ordered_route, expected, "{what}");
    }
    let product = |text: &str| read_order(&order(text, &json!([]))).0.product;
    let privigen = product("Privigen 100 mg/ml").expect("a product");
    assert_eq!(privigen.placement, Some(Placement::Consider));
    assert_eq!(privigen.milligrams_per_millilitre, Some(100));
    assert_eq!(
        product("HyQvia").and_then(|product| product.placement),
        Some(Placement::Use)
    );
    assert_eq!(
        product("Panzyga").and_then(|product| product.placement),
        None
    );
    assert_eq!(product("immunglobulin"), None);
}

/// A site's own code leads to the product by the display of the set that the site adds.
#[test]
fn a_sites_code_names_its_product() {
    let mut terminology = TERMINOLOGY.clone();
    let set = json!({"resourceType": "ValueSet", "url": "urn:sid-cds:valueset:med-ig-sc", "compose": {"include": [
        {"system": "urn:oid:1.2.3", "concept": [{"code": "V42", "display": "Hizentra 200 mg/ml, 20 ml"}]}]}});
    let json = set.to_string();
    let file = SiteFile {
        name: "site.json",
        json: &json,
    };
    terminology.add_site(&[file]).expect("a set");
    let zone = TimeZone::UTC;
    let reading = Reading {
        as_of: date(2026, 3, 16),
        zone: &zone,
        terminology: &terminology,
    };
    let mut running = order(
        "",
        &json!([{"doseAndRate": dose(json!({"value": 2, "unit": "vial"})), "timing": every(1, "wk")}]),
    );
    running["medicationCodeableConcept"] = concept("urn:oid:1.2.3", "V42");
    let bundle = raw(
        &json!({"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": {"resourceType": "Patient", "id": "p", "birthDate": "1960-05-17"}}, {"resource": running}]}),
    );
    let chart = read(&Input::Record(&bundle), None, None, reading);
    let prescription = &chart.facts.running_orders[0].prescription;
    assert_eq!(in_words(prescription), "8 g 1/7d");
    assert_eq!(
        prescription
            .product
            .as_ref()
            .map(|product| product.brand.as_str()),
        Some("Hizentra")
    );
}

#[test]
fn weights() {
    let weight = |value: Value| {
        json!({"resourceType": "Observation", "id": "w1", "status": "final",
            "subject": {"reference": "Patient/p"}, "code": concept(LOINC, "29463-7"),
            "effectiveDateTime": "2026-03-10", "valueQuantity": value})
    };
    let npu = |unit: &str| {
        changed(
            &weight(ucum(70.0, unit)),
            &json!({"code": concept(NPU, "NPU03804")}),
        )
    };
    type Row = (&'static str, Value, Option<i64>, Vec<Problem>);
    let rows: Vec<Row> = vec![
        (
            "kilograms",
            weight(ucum(70.5, "kg")),
            Some(70_500_000_000),
            vec![],
        ),
        (
            "grams",
            weight(ucum(3250.0, "g")),
            Some(3_250_000_000),
            vec![],
        ),
        (
            "pounds",
            weight(ucum(154.0, "[lb_av]")),
            Some(69_853_224_980),
            vec![],
        ),
        ("NPU in kilograms", npu("kg"), Some(70_000_000_000), vec![]),
        (
            "NPU in pounds",
            npu("[lb_av]"),
            None,
            vec![UnitContradictsCode],
        ),
        (
            "stones",
            weight(ucum(11.0, "[stone_av]")),
            None,
            vec![UnitUnknown],
        ),
        (
            "no unit",
            weight(json!({"value": 70})),
            None,
            vec![UnitMissing],
        ),
        (
            "at least",
            weight(json!({"value": 70, "unit": "kg", "comparator": ">"})),
            None,
            vec![ValueNotNumeric],
        ),
        (
            "preliminary",
            changed(&weight(ucum(70.0, "kg")), &json!({"status": "preliminary"})),
            None,
            vec![],
        ),
        (
            "tomorrow",
            changed(
                &weight(ucum(70.0, "kg")),
                &json!({"effectiveDateTime": "2026-03-17"}),
            ),
            None,
            vec![DateInFuture],
        ),
        (
            "700 kg is what the record says",
            weight(ucum(700.0, "kg")),
            Some(700_000_000_000),
            vec![],
        ),
        (
            "in a panel",
            json!({"resourceType": "Observation", "id": "w1", "status": "final",
            "subject": {"reference": "Patient/p"}, "code": {"text": "Vitale værdier"}, "effectiveDateTime": "2026-03-10",
            "component": [{"code": concept(LOINC, "29463-7"), "valueQuantity": ucum(70.0, "kg")}]}),
            Some(70_000_000_000),
            vec![],
        ),
    ];
    for (what, observation, expected, expected_problems) in rows {
        let chart = read_record(&[observation]);
        let found = chart
            .facts
            .weights
            .first()
            .map(|weight| weight.value.micrograms());
        assert_eq!(found, expected, "{what}");
        assert_eq!(kinds(&chart), expected_problems, "{what}");
    }
}
