//! What the cards of dose, product and switch say and suggest.

use super::*;
use crate::guideline::{
    dose::{DoseConclusion, PerKilogram, UsedWeight},
    facts::{
        Amount, DoseGap, DoseRole, Interval, OrderedRoute, Pace, Placement, PlannedDose, Product,
        RunningOrder, WrittenAs,
    },
    product::ScigPreferred,
    quantity::Mass,
    safety::SafetyFault,
    switch::{Comparison, Switch, SwitchAdvice},
};

const WEEK: i64 = 7 * 86_400;
const ORDER: &str = r#"{"resourceType":"MedicationRequest","id":"d1","status":"draft","intent":"order","subject":{"reference":"Patient/p1"},"medicationCodeableConcept":{"text":"Privigen"},"reasonCode":{"text":"infektioner"},"dosageInstruction":[{"text":"64 g hver 4. uge","patientInstruction":"ring","timing":{"repeat":{"frequency":1,"period":4.0,"periodUnit":"wk"}},"route":{"text":"i.v."},"doseAndRate":[{"doseQuantity":{"value":64.0,"unit":"g"}}]}]}"#;

fn product(brand: &str, route: IgRoute, strength: u32) -> Product {
    Product {
        brand: brand.to_owned(),
        route,
        milligrams_per_millilitre: Some(strength),
        placement: Some(Placement::Consider),
    }
}

fn prescription(grams: i32, weeks: i64) -> Prescription {
    let pace = Pace {
        times: 1,
        seconds: weeks * WEEK,
    };
    let mass = Mass::grams(grams);
    Prescription {
        product: Some(product("Privigen", IgRoute::Iv, 100)),
        ordered_route: Some(OrderedRoute::Intravenous),
        doses: vec![PlannedDose {
            role: DoseRole::Maintenance,
            amount: Amount {
                low: mass,
                high: mass,
                per_kilogram: false,
                written: WrittenAs::Mass,
            },
            interval: Some(Interval {
                least: pace,
                most: pace,
            }),
            cap: None,
        }],
        gap: None,
        words: None,
    }
}

fn weight(grams: i32) -> UsedWeight {
    UsedWeight {
        value: Mass::grams(grams),
        measured: date(2026, 9, 30),
        evidence: reference("Observation/w1"),
    }
}

/// A draft of 64 g of Privigen every 4 weeks for 70 kg, in place of 28 g.
pub(super) fn dosed() -> Sample {
    let mut sample = Sample::new();
    let evidence = reference("MedicationRequest/d1");
    sample.assessment.order.reference = Some(evidence.clone());
    sample.assessment.order.in_scope = true;
    sample.assessment.order.product.scig_preferred = Some(ScigPreferred::Start);
    sample.assessment.order.switch = Some(Switch {
        grams: Comparison::Differ {
            old: 28_000,
            new: 64_000,
        },
        volume_changes: false,
        reason: None,
        advice: None,
        trough: None,
    });
    sample.assessment.dose = Dose {
        conclusion: Some(DoseConclusion::High),
        grams_per28_days: Some(64.0),
        g_per_kg_per_month: Some(PerKilogram {
            per28_days: 0.9143,
            per_month: 0.994,
        }),
        milligrams_per28_days: Some((64_000, 64_000)),
        per_kilogram: Some((9143, 9940)),
        weight: Some(weight(70_000)),
        orders: vec![evidence.clone()],
        is_draft: true,
        ..Dose::default()
    };
    sample.assessment.course.running_orders = vec![reference("MedicationRequest/m1")];
    sample.chart.facts.running_orders = vec![RunningOrder {
        route: IgRoute::Iv,
        prescription: prescription(28, 4),
        evidence: reference("MedicationRequest/m1"),
    }];
    sample.chart.facts.order = Some(Order {
        evidence: evidence.clone(),
        indication: IgIndication::SecondaryImmunodeficiency,
        indication_text: None,
        route: IgRoute::Iv,
        planned_end: None,
        prescription: prescription(64, 4),
    });
    sample.chart.orders.insert(evidence, raw(ORDER));
    sample
}

/// Samples in which the numbers are as long as they can be.
pub(super) fn longest() -> Vec<Sample> {
    let mut samples = vec![dosed()];
    let faults = [
        SafetyFault::Dose {
            per_kilogram: 20_000_000,
            weight: Some(weight(349_990)),
            if_millilitres: Some(Mass::from_milligrams(199_990)),
        },
        SafetyFault::Weight {
            latest: weight(999_999_990),
            before: Some(weight(349_990)),
        },
        SafetyFault::VolumeAsMass {
            number: Mass::from_milligrams(999_990),
            grams: Some(Mass::from_milligrams(199_990)),
        },
        SafetyFault::Route {
            made_for: IgRoute::FacilitatedSc,
        },
        SafetyFault::Route {
            made_for: IgRoute::Iv,
        },
    ];
    for fault in faults {
        let mut sample = dosed();
        sample.assessment.order.faults = vec![fault];
        samples.push(sample);
    }
    let long = 99_999_990;
    for grams in [
        Comparison::Same {
            old: long,
            new: long,
        },
        Comparison::Differ {
            old: long,
            new: long,
        },
        Comparison::OldUnknown,
        Comparison::NotWritten { old: long },
        Comparison::Unknown,
    ] {
        for advice in [
            SwitchAdvice::Ask,
            SwitchAdvice::ClassEffect,
            SwitchAdvice::RiseUnknown,
            SwitchAdvice::DoseFirst,
            SwitchAdvice::WeighSaving,
        ] {
            let mut sample = dosed();
            let switch = sample.assessment.order.switch.as_mut().unwrap();
            switch.grams = grams;
            switch.advice = Some(advice);
            samples.push(sample);
        }
    }
    for conclusion in [
        DoseConclusion::Low,
        DoseConclusion::Ok,
        DoseConclusion::High,
        DoseConclusion::Unknown,
    ] {
        let mut sample = dosed();
        sample.assessment.dose.conclusion = Some(conclusion);
        sample.assessment.dose.per_kilogram = Some((10_000_001, 20_000_001));
        sample.assessment.order.product.scig_preferred = Some(ScigPreferred::Maintenance);
        samples.push(sample);
    }
    samples
}

fn labels(card: &Card) -> Vec<&str> {
    card.suggestions
        .iter()
        .map(|suggestion| suggestion.label.as_str())
        .collect()
}

fn updated(card: &Card) -> Value {
    resources(card)
        .into_iter()
        .find(|resource| resource["id"] == "d1")
        .expect("an update of the draft")
}

#[test]
fn c22_says_both_months_and_sets_the_nearest_dose() {
    let card = dosed().card(CardCode::C22, Language::Da);
    assert_eq!(
        card.summary.as_str(),
        "Månedsdosis 0,91–0,99 g/kg ligger over 0,4-0,8 g/kg, som er rammen ved substitution",
    );
    assert_eq!(card.indicator, Indicator::Warning);
    for words in [
        "Privigen 100 mg/mL (Tabel 1: »overvej«), 64 g pr. 28 dage = 640 mL",
        "Vægt: 70 kg (30. september 2026)",
        "0,91 g (28 dage) – 0,99 g (30,44 dage)",
        "K14: ",
        "REC-33",
    ] {
        assert!(card.detail.contains(words), "{words} in {}", card.detail);
    }
    assert_eq!(labels(&card), ["Ret dosis til 56 g (560 mL) hver 4. uge"]);
    let draft = updated(&card);
    let instruction = &draft["dosageInstruction"][0];
    assert_eq!(instruction["doseAndRate"][0]["doseQuantity"]["value"], 56);
    assert_eq!(instruction["text"], "56 g (560 mL) hver 4. uge");
    assert_eq!(instruction["patientInstruction"], "ring");
    assert!(draft["reasonCode"].is_array());

    let mut low = dosed();
    low.assessment.dose.conclusion = Some(DoseConclusion::Low);
    let card = low.card(CardCode::C22, Language::En);
    assert_eq!(card.indicator, Indicator::Info);
    assert_eq!(
        labels(&card),
        ["Set the dose to 28 g (280 mL) every 4 weeks"]
    );

    // A small child: half a gram is too coarse, a tenth is not.
    let mut small = dosed();
    small.assessment.dose.weight = Some(weight(600));
    small.assessment.dose.conclusion = Some(DoseConclusion::Low);
    let card = small.card(CardCode::C22, Language::En);
    assert_eq!(
        labels(&card),
        ["Set the dose to 0.3 g (3 mL) every 4 weeks"]
    );
}

#[test]
fn c20_replaces_with_the_same_grams_or_records_the_reason() {
    let card = dosed().card(CardCode::C20, Language::Da);
    assert_eq!(
        labels(&card),
        [
            "Erstat med SCIG, 16 g ugentligt",
            "IVIG: forventet kort behandling",
            "IVIG: meget høj dosis",
            "IVIG: hudproblemer",
            "IVIG: problemer eller utryghed ved selvinjektion",
        ]
    );
    assert!(
        matches!(&card.suggestions[0].actions[0], Action::Delete { resource_id, .. } if resource_id == "MedicationRequest/d1")
    );
    let created = resources(&card);
    let draft = &created[0];
    assert_eq!(
        draft["medicationCodeableConcept"]["coding"][0]["code"],
        "J06BA01"
    );
    assert_eq!(
        draft["reasonCode"],
        serde_json::json!([{"text": "infektioner"}])
    );
    let instruction = &draft["dosageInstruction"][0];
    assert_eq!(instruction["doseAndRate"][0]["doseQuantity"]["value"], 16);
    assert_eq!(instruction["timing"]["repeat"]["period"], 1);
    assert_eq!(created[1]["code"]["coding"][0]["code"], "ivig-reason");
    assert_eq!(
        created[1]["valueCodeableConcept"]["coding"][0]["code"],
        "short-duration"
    );
    assert!(
        card.override_reasons
            .iter()
            .any(|reason| reason.code == "O11")
    );
    let mut without_id = dosed();
    let order = without_id.chart.facts.order.as_mut().unwrap();
    order.evidence = reference("context.draftOrders.entry[0]");
    let card = without_id.card(CardCode::C20, Language::Da);
    assert_eq!(
        card.suggestions.len(),
        4,
        "a draft that cannot be named is not replaced"
    );
}

#[test]
fn c23_corrects_what_was_probably_meant() {
    let mut sample = dosed();
    sample.assessment.order.faults = vec![SafetyFault::Dose {
        per_kilogram: 20_000,
        weight: Some(weight(70_000)),
        if_millilitres: Some(Mass::grams(28)),
    }];
    let card = sample.card(CardCode::C23, Language::Da);
    assert_eq!(card.indicator, Indicator::Critical);
    assert!(card.summary.as_str().contains("2,00 g/kg"));
    assert!(card.detail.contains("Er tallet ment som mL, er dosis 28 g"));
    assert_eq!(
        labels(&card),
        [
            "Ret dosis til 28 g (280 mL) hver 4. uge",
            "Fjern ordinationsudkastet"
        ]
    );
    assert!(card.suggestions.iter().all(|one| !one.is_recommended));

    sample.assessment.order.faults = vec![SafetyFault::Route {
        made_for: IgRoute::Sc,
    }];
    let card = sample.card(CardCode::C23, Language::Da);
    assert_eq!(labels(&card)[0], "Ret administrationsvej til subkutan");
    let route = &updated(&card)["dosageInstruction"][0]["route"];
    assert_eq!(route["coding"][0]["code"], "34206005");
}

#[test]
fn c27_sets_the_same_grams_over_the_same_time() {
    let card = dosed().card(CardCode::C27, Language::Da);
    assert_eq!(card.indicator, Indicator::Warning);
    assert_eq!(
        card.summary.as_str(),
        "Skift gram til gram: 28 g mod 64 g pr. 4 uger; tjek volumen og oplæring",
    );
    assert_eq!(labels(&card)[0], "Ret dosis til 28 g (280 mL) hver 4. uge");
    assert_eq!(labels(&card).len(), 5, "and the reasons for the switch");
    assert!(card.detail.contains("Løbende ordination: Privigen"));

    // A draft without a dose gets one, weekly for SCIG.
    let mut empty = dosed();
    empty.assessment.order.switch.as_mut().unwrap().grams = Comparison::NotWritten { old: 28_000 };
    let order = empty.chart.facts.order.as_mut().unwrap();
    order.route = IgRoute::Sc;
    order.prescription = Prescription {
        product: Some(product("Hizentra", IgRoute::Sc, 200)),
        gap: Some(DoseGap::NotWritten),
        ..Prescription::default()
    };
    let sent = r#"{"resourceType":"MedicationRequest","id":"d1","status":"draft","intent":"order","subject":{"reference":"Patient/p1"},"medicationCodeableConcept":{"text":"Hizentra"}}"#;
    empty
        .chart
        .orders
        .insert(reference("MedicationRequest/d1"), raw(sent));
    let card = empty.card(CardCode::C27, Language::Da);
    assert_eq!(card.indicator, Indicator::Info);
    assert_eq!(labels(&card)[0], "Ret dosis til 7 g (35 mL) ugentligt");
    let instruction = &updated(&card)["dosageInstruction"][0];
    assert_eq!(instruction["timing"]["repeat"]["periodUnit"], "wk");
    assert_eq!(instruction["timing"]["repeat"]["period"], 1);
}

#[test]
fn c28_offers_the_reasons_only_where_none_is_stated() {
    let mut sample = dosed();
    let with = |sample: &mut Sample, advice| {
        sample.assessment.order.switch.as_mut().unwrap().advice = Some(advice);
        let card = sample.card(CardCode::C28, Language::En);
        labels(&card)
            .iter()
            .map(|label| (*label).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        with(&mut sample, SwitchAdvice::Ask),
        [
            "Reason for switch: lack of effect",
            "Reason for switch: adverse effects",
            "Reason for switch: economy",
            "Reason for switch: other reason",
        ]
    );
    assert_eq!(
        with(&mut sample, SwitchAdvice::ClassEffect),
        ["Record: dose is adjusted", "Remove the draft order"]
    );
    assert_eq!(
        with(&mut sample, SwitchAdvice::RiseUnknown),
        ["Order IgG", "Remove the draft order"]
    );
}

#[test]
fn a_dose_changes_its_card_and_no_other() {
    let (one, mut other) = (dosed(), dosed());
    other.assessment.dose.milligrams_per28_days = Some((65_000, 65_000));
    let uuid = |sample: &Sample, code| sample.card(code, Language::Da).uuid;
    for code in [CardCode::C20, CardCode::C22, CardCode::C27] {
        assert_ne!(uuid(&one, code), uuid(&other, code), "{code:?}");
    }
    assert_eq!(uuid(&one, CardCode::C01), uuid(&other, CardCode::C01));
    assert_eq!(uuid(&one, CardCode::C22), uuid(&dosed(), CardCode::C22));
}
