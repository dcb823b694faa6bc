//! Properties that hold for every patient, whatever the facts (proptest).

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "properties/bundles.rs"]
mod bundles;
#[path = "properties/order.rs"]
mod order;
#[path = "properties/patients.rs"]
mod patients;
#[path = "vignettes/record.rs"]
mod record;
#[path = "properties/rules.rs"]
mod rules;
#[path = "properties/service.rs"]
mod service;
#[path = "support/suggestions.rs"]
mod suggestions;
#[path = "support/chart.rs"]
mod support;

use jiff::civil::{Date, date};
use patients::*;
use proptest::{prelude::*, sample::select};
use sid_cds::guideline::{
    assess,
    assessment::{Assessment, CardCode, StartConclusion},
    date::{When, plus_days},
    facts::*,
    hooks::{Hook, MOST_CARDS, Subject, shown},
    quantity::{GramsPerLitre, Mass},
};

const AS_OF: Date = date(2026, 3, 16);

fn lowered(facts: &Facts, by: i64) -> Facts {
    let mut lower = facts.clone();
    for result in &mut lower.igg {
        if let Measured::Exactly(value) = result.value {
            let picograms = (value.picograms() - by).max(0);
            result.value = Measured::Exactly(GramsPerLitre::from_picograms(picograms));
        }
    }
    lower
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Twice the grams are twice the dose, and never turn D-HIGH into anything else or D-OK into D-LOW.
    #[test]
    fn grams_are_linear(grams in 1..300_i32, weeks in 1..9_i64, kilograms in 3..200_i32) {
        let dose = |grams: i32| {
            let mut facts = Facts { searched: Searched::ALL, ..Facts::default() };
            facts.patient.born = Some(day(40 * 365));
            facts.weights = vec![Weight {
                measured: Some(day(5)),
                value: Mass::grams(kilograms * 1000),
                evidence: Reference::new("Observation/w"),
            }];
            facts.diagnoses = vec![Diagnosis {
                kind: DiagnosisKind::HaematologicalMalignancy,
                status: Some(ClinicalStatus::Active),
                confirmed: true,
                onset: None,
                text: None,
                evidence: Reference::new("Condition/d"),
            }];
            facts.order = Some(Order {
                evidence: Reference::new("MedicationRequest/draft"),
                indication: IgIndication::SecondaryImmunodeficiency,
                indication_text: None,
                route: IgRoute::Iv,
                planned_end: None,
                prescription: Prescription { doses: vec![planned(grams, false, weeks)], ..Prescription::default() },
            });
            assess(&facts, AS_OF)
        };
        let (one, two) = (dose(grams), dose(2 * grams));
        let milligrams = |assessment: &Assessment| assessment.dose.milligrams_per28_days.map(|(low, _)| low);
        let (single, double) = (milligrams(&one).expect("grams"), milligrams(&two).expect("grams"));
        prop_assert!((double - 2 * single).abs() <= 1, "{} {}", single, double);
        let level = |assessment: &Assessment| assessment.dose.conclusion.expect("a conclusion");
        prop_assert!(level(&one) <= level(&two), "{:?} {:?}", one.dose, two.dose);
        let expected = f64::from(grams) * 4.0 / f64::from(i32::try_from(weeks).expect("weeks")) / f64::from(kilograms);
        let found = one.dose.g_per_kg_per_month.expect("a number").per28_days;
        prop_assert!((found - expected).abs() < 0.0001, "{} {}", found, expected);
        // One dose alone may be too much, however long after it the next one comes.
        let single = f64::from(grams) / f64::from(kilograms);
        prop_assert_eq!(one.cards.contains(&CardCode::C23), expected.max(single) >= 1.6 - 1e-12);
    }

    /// Lowering every IgG never turns MET into NOT or NS.
    #[test]
    fn a_lower_igg_never_turns_met_into_not(facts in patient(), by in 0..4_000_000_000_000_i64) {
        let before = assess(&facts, AS_OF).start.conclusion;
        let after = assess(&lowered(&facts, by), AS_OF).start.conclusion;
        if before == StartConclusion::Met {
            prop_assert!(!matches!(after, StartConclusion::Not | StartConclusion::Ns), "{:?}", after);
        }
    }

    /// Where a source that could hold a T0 was not searched, low IgG is never answered by NOT or NS.
    #[test]
    fn an_unread_source_never_says_no(mut facts in patient(), which in 0..4_usize) {
        let searched = &mut facts.searched;
        match which {
            0 => searched.procedures = false,
            1 => searched.conditions = false,
            2 => searched.medication_requests = false,
            _ => searched.medication_administrations = false,
        }
        let assessment = assess(&facts, AS_OF);
        let low = assessment.start.igg.as_ref().and_then(|igg| igg.exact)
            .is_some_and(|value| value < GramsPerLitre::FOUR);
        let says_no = matches!(assessment.start.conclusion, StartConclusion::Not | StartConclusion::Ns);
        prop_assert!(!(low && says_no), "{:?}", assessment.start);
    }

    /// An IgG that is not usable, or a source of IgG that was not searched, never gives MET or NOT.
    #[test]
    fn no_igg_no_answer(mut facts in patient()) {
        facts.searched.observations = false;
        let conclusion = assess(&facts, AS_OF).start.conclusion;
        prop_assert!(matches!(conclusion, StartConclusion::Unk | StartConclusion::Na), "{:?}", conclusion);
    }

    /// No hook shows more than three cards, and each card once (UX-01).
    #[test]
    fn at_most_three_cards(facts in patient()) {
        let assessment = assess(&facts, AS_OF);
        for hook in [Hook::PatientView, Hook::OrderSelect, Hook::OrderSign] {
            for subject in [Subject::Patient, Subject::ImmunoglobulinOrder, Subject::OtherOrder] {
                let mut cards = shown(&assessment, hook, subject);
                prop_assert!(cards.len() <= MOST_CARDS);
                cards.sort_unstable();
                cards.dedup();
                prop_assert_eq!(cards.len(), shown(&assessment, hook, subject).len());
            }
        }
    }
}
