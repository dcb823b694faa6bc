//! IgG and its neighbours (F-01).

use super::*;
use Problem::*;

fn igg(changes: Value) -> Value {
    changed(
        &json!({
            "resourceType": "Observation", "id": "o", "status": "final",
            "code": {"coding": [{"system": LOINC, "code": "2465-3"}]},
            "subject": {"reference": "Patient/p"},
            "effectiveDateTime": "2026-03-10",
            "valueQuantity": {"value": 3.2, "unit": "g/L", "system": UCUM, "code": "g/L"},
        }),
        &changes,
    )
}

fn quantity(value: &str, unit: &str) -> Value {
    let value: Value = serde_json::from_str(value).expect("a number");
    json!({"valueQuantity": {"value": value, "system": UCUM, "code": unit}})
}

fn coded(codings: &[(&str, &str)], quantity: Value) -> Value {
    let codings: Vec<_> = codings
        .iter()
        .map(|(system, code)| json!({"system": system, "code": code}))
        .collect();
    changed(&quantity, &json!({"code": {"coding": codings}}))
}

#[test]
fn values() {
    let grams = |text: &str| Some(text.to_owned());
    let rows: Vec<(&str, Value, Option<String>, Vec<Problem>)> = vec![
        (
            "below 4",
            igg(quantity("3.99", "g/L")),
            grams("3.99"),
            vec![],
        ),
        ("4 exactly", igg(quantity("4.0", "g/L")), grams("4"), vec![]),
        (
            "mg/dL",
            igg(quantity("399", "mg/dL")),
            grams("3.99"),
            vec![],
        ),
        (
            "mg/dL, 4 exactly",
            igg(quantity("400", "mg/dL")),
            grams("4"),
            vec![],
        ),
        (
            "an exponent",
            igg(quantity("3.99e2", "mg/dL")),
            grams("3.99"),
            vec![],
        ),
        (
            "a tiny bit below",
            igg(quantity("0.39999999", "g/dL")),
            grams("3.9999999"),
            vec![],
        ),
        ("mg/L", igg(quantity("3990", "mg/L")), grams("3.99"), vec![]),
        (
            "mg/mL",
            igg(quantity("3.99", "mg/mL")),
            grams("3.99"),
            vec![],
        ),
        (
            "litre in lower case",
            igg(quantity("3.99", "g/l")),
            grams("3.99"),
            vec![],
        ),
        (
            "printed unit only",
            igg(json!({"valueQuantity": {"value": 3.99, "unit": "g/L"}})),
            grams("3.99"),
            vec![],
        ),
        (
            "no unit",
            igg(json!({"valueQuantity": {"value": 3.2}})),
            None,
            vec![UnitMissing],
        ),
        (
            "a code outside UCUM is no unit",
            igg(json!({"valueQuantity": {"value": 3.2, "code": "g/L"}})),
            None,
            vec![UnitMissing],
        ),
        (
            "a unit in words",
            igg(json!({"valueQuantity": {"value": 3.2, "unit": "gram pr. liter"}})),
            None,
            vec![UnitUnknown],
        ),
        (
            "two units",
            igg(json!({"valueQuantity":
                {"value": 320, "unit": "g/L", "system": UCUM, "code": "mg/dL"}})),
            None,
            vec![Conflict],
        ),
        (
            "substance concentration",
            igg(coded(&[(NPU, "NPU02481")], quantity("24", "umol/L"))),
            grams("3.5976"),
            vec![],
        ),
        (
            "substance concentration at 4",
            igg(coded(
                &[(NPU, "NPU02481")],
                quantity("26.68445630420280187", "umol/L"),
            )),
            grams("3.999999999999"),
            vec![],
        ),
        (
            "micromoles under a mass code",
            igg(quantity("24", "umol/L")),
            None,
            vec![UnitContradictsCode],
        ),
        (
            "grams under a substance code",
            igg(coded(&[(NPU, "NPU02481")], quantity("3.2", "g/L"))),
            None,
            vec![UnitContradictsCode],
        ),
        (
            "mg/dL under an NPU code of g/L",
            igg(coded(&[(NPU, "NPU19814")], quantity("320", "mg/dL"))),
            None,
            vec![UnitContradictsCode],
        ),
        (
            "two codings of one result",
            igg(coded(
                &[(LOINC, "2465-3"), (NPU, "NPU19814")],
                quantity("3.2", "g/L"),
            )),
            grams("3.2"),
            vec![],
        ),
        (
            "maybe mg/dL, never guessed",
            igg(quantity("380", "g/L")),
            None,
            vec![ValueImplausible],
        ),
        (
            "the highest",
            igg(quantity("150", "g/L")),
            grams("150"),
            vec![],
        ),
        (
            "just above it",
            igg(quantity("150.000000000001", "g/L")),
            None,
            vec![ValueImplausible],
        ),
        ("zero", igg(quantity("0", "g/L")), grams("0"), vec![]),
        (
            "negative",
            igg(quantity("-0.1", "g/L")),
            None,
            vec![ValueImplausible],
        ),
        (
            "beyond numbers",
            igg(quantity("1e300", "g/L")),
            None,
            vec![ValueImplausible],
        ),
        (
            "almost nothing",
            igg(quantity("1e-300", "g/L")),
            grams("0"),
            vec![],
        ),
        (
            "free text",
            igg(json!({"valueQuantity": null, "valueString": "<3,0 g/l"})),
            None,
            vec![ValueNotNumeric],
        ),
        (
            "a number in quotes",
            igg(json!({"valueQuantity": {"value": "3.2", "system": UCUM, "code": "g/L"}})),
            None,
            vec![ValueNotNumeric],
        ),
        (
            "two values",
            igg(json!({"valueString": "3.2"})),
            None,
            vec![ValueUnreadable],
        ),
        (
            "a comparator that is none",
            igg(json!({"valueQuantity":
                {"value": 3.2, "comparator": "~", "system": UCUM, "code": "g/L"}})),
            None,
            vec![ValueUnreadable],
        ),
        (
            "no value, with a reason",
            igg(json!({"valueQuantity": null, "dataAbsentReason": {"text": "haemolysed"}})),
            None,
            vec![ValueMissing],
        ),
        (
            "no value",
            igg(json!({"valueQuantity": null})),
            None,
            vec![ValueMissing],
        ),
    ];
    for (what, observation, expected, expected_problems) in rows {
        let chart = read_record(&[observation]);
        let [result] = &chart.facts.igg[..] else {
            panic!("{what}: {:?}", chart.facts.igg)
        };
        let value = match result.value {
            Measured::Exactly(value) => Some(value.to_string()),
            Measured::Unusable => None,
            other => panic!("{what}: {other:?}"),
        };
        assert_eq!(value, expected, "{what}");
        assert_eq!(kinds(&chart), expected_problems, "{what}");
        assert!(
            chart
                .facts
                .problems
                .iter()
                .all(|problem| problem.touches == Touches::Igg),
            "{what}: an unusable IgG makes IgG unknown"
        );
        assert!(chart.facts.searched.observations, "{what}");
    }
}

#[test]
fn comparators() {
    let bound = GramsPerLitre::whole(5);
    let rows = [
        (
            "<",
            Measured::Below {
                bound,
                inclusive: false,
            },
        ),
        (
            "<=",
            Measured::Below {
                bound,
                inclusive: true,
            },
        ),
        (
            ">",
            Measured::Above {
                bound,
                inclusive: false,
            },
        ),
        (
            ">=",
            Measured::Above {
                bound,
                inclusive: true,
            },
        ),
    ];
    for (comparator, expected) in rows {
        let value = json!({"valueQuantity":
            {"value": 5.0, "comparator": comparator, "system": UCUM, "code": "g/L"}});
        let chart = read_record(&[igg(value)]);
        assert_eq!(chart.facts.igg[0].value, expected, "{comparator}");
    }
}

#[test]
fn codes_and_statuses() {
    let rows: Vec<(&str, Value, usize)> = vec![
        ("amended", igg(json!({"status": "amended"})), 1),
        ("corrected", igg(json!({"status": "corrected"})), 1),
        ("preliminary", igg(json!({"status": "preliminary"})), 0),
        ("registered", igg(json!({"status": "registered"})), 0),
        ("cancelled", igg(json!({"status": "cancelled"})), 0),
        ("in error", igg(json!({"status": "entered-in-error"})), 0),
        (
            "cerebrospinal fluid",
            igg(coded(&[(LOINC, "2464-6")], json!({}))),
            0,
        ),
        ("a subclass", igg(coded(&[(NPU, "NPU19817")], json!({}))), 0),
        (
            "never total wins over total",
            igg(coded(&[(LOINC, "2465-3"), (LOINC, "2464-6")], json!({}))),
            0,
        ),
        (
            "another patient",
            igg(json!({"subject": {"reference": "Patient/other"}})),
            0,
        ),
        ("no subject", igg(json!({"subject": null})), 1),
        (
            "an absolute subject",
            igg(json!({"subject": {"reference": "https://fhir.test/r4/Patient/p/_history/3"}})),
            1,
        ),
    ];
    for (what, observation, expected) in rows {
        assert_eq!(
            read_record(&[observation]).facts.igg.len(),
            expected,
            "{what}"
        );
    }
}

#[test]
fn dates() {
    let day = |d| Some(When::day(date(2026, 3, d)));
    let undated = |changes: Value| {
        let mut changes = changes;
        changes["effectiveDateTime"] = Value::Null;
        igg(changes)
    };
    let rows: Vec<(&str, Value, Option<When>, Vec<Problem>)> = vec![
        ("a day", igg(json!({})), day(10), vec![]),
        (
            "after midnight in Denmark",
            igg(json!({"effectiveDateTime": "2026-03-09T23:30:00Z"})),
            day(10),
            vec![],
        ),
        (
            "a month",
            igg(json!({"effectiveDateTime": "2026-02"})),
            Some(When::between(date(2026, 2, 1), date(2026, 2, 28))),
            vec![],
        ),
        (
            "this month: up to today",
            igg(json!({"effectiveDateTime": "2026-03"})),
            Some(When::between(date(2026, 3, 1), date(2026, 3, 16))),
            vec![],
        ),
        (
            "end of a period",
            undated(json!({"effectivePeriod": {"start": "2026-03-01", "end": "2026-03-05"}})),
            day(5),
            vec![],
        ),
        (
            "an instant",
            undated(json!({"effectiveInstant": "2026-03-07T10:00:00Z"})),
            day(7),
            vec![],
        ),
        (
            "issued",
            undated(json!({"issued": "2026-03-08T10:00:00Z"})),
            day(8),
            vec![],
        ),
        ("none", undated(json!({})), None, vec![DateMissing]),
        (
            "30 February does not become issued",
            igg(json!({"effectiveDateTime": "2026-02-30", "issued": "2026-03-08T10:00:00Z"})),
            None,
            vec![DateInvalid],
        ),
        (
            "no zone",
            igg(json!({"effectiveDateTime": "2026-03-10T08:00:00"})),
            None,
            vec![DateInvalid],
        ),
    ];
    for (what, observation, expected, expected_problems) in rows {
        let chart = read_record(&[observation]);
        assert_eq!(chart.facts.igg[0].drawn, expected, "{what}");
        assert_eq!(kinds(&chart), expected_problems, "{what}");
    }
    let future = read_record(&[igg(json!({"effectiveDateTime": "2026-03-17"}))]);
    assert!(
        future.facts.igg.is_empty(),
        "a result after today is not used"
    );
    assert_eq!(kinds(&future), [DateInFuture]);
}

#[test]
fn panels_and_reference_ranges() {
    let component = |system: &str, code: &str, value: f64| {
        json!({
            "code": {"coding": [{"system": system, "code": code}]},
            "valueQuantity": {"value": value, "system": UCUM, "code": "g/L"},
        })
    };
    let panel = igg(json!({
        "code": {"text": "Immunoglobulins"},
        "valueQuantity": null,
        "component": [
            component(LOINC, "2465-3", 3.2),
            component(LOINC, "2458-8", 0.3),
            component(LOINC, "2472-9", 0.2),
        ],
    }));
    let facts = read_record(&[panel]).facts;
    let values = [&facts.igg, &facts.iga, &facts.igm].map(|results| {
        results
            .iter()
            .map(|result| result.value)
            .collect::<Vec<_>>()
    });
    let grams = |tenths: i64| {
        vec![Measured::Exactly(GramsPerLitre::from_picograms(
            tenths * 100_000_000_000,
        ))]
    };
    assert_eq!(values, [grams(32), grams(3), grams(2)]);

    let low =
        |unit: Value| json!({"low": {"value": 6.1, "unit": unit, "system": UCUM, "code": unit}});
    let known = Some(GramsPerLitre::from_picograms(6_100_000_000_000));
    let rows = [
        ("one", json!([low(json!("g/L"))]), known),
        ("without a unit", json!([low(json!(null))]), None),
        (
            "two: nothing tells which holds",
            json!([low(json!("g/L")), low(json!("g/L"))]),
            None,
        ),
    ];
    for (what, ranges, expected) in rows {
        let chart = read_record(&[igg(json!({"referenceRange": ranges}))]);
        assert_eq!(chart.facts.igg[0].reference_low, expected, "{what}");
    }
}

#[test]
fn what_cannot_be_read() {
    let unreadable = igg(json!({"id": "bad", "status": "nope"}));
    let chart = read_record(&[unreadable, igg(json!({}))]);
    let values: Vec<_> = chart.facts.igg.iter().map(|result| result.value).collect();
    let grams = GramsPerLitre::from_picograms(3_200_000_000_000);
    assert_eq!(
        values,
        [Measured::Exactly(grams), Measured::Unusable],
        "the other one still counts"
    );
    assert_eq!(
        problems(&chart),
        [("Observation/bad".to_owned(), Unreadable)]
    );

    let local = igg(json!({"code": {"coding": [{"code": "2465-3"}]}}));
    assert_eq!(kinds(&read_record(&[local])), [CodeSystemUnknown]);
}
