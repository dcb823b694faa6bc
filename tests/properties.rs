//! Properties that hold for every patient, whatever the facts (proptest).

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "properties/rules.rs"]
mod rules;
#[path = "properties/service.rs"]
mod service;
#[path = "support/suggestions.rs"]
mod suggestions;
#[path = "support/chart.rs"]
mod support;

use jiff::civil::{Date, date};
use proptest::{collection::vec, prelude::*, sample::select};
use sid_cds::guideline::{
    assess,
    assessment::StartConclusion,
    date::{When, plus_days},
    facts::*,
    hooks::{Hook, MOST_CARDS, Subject, shown},
    quantity::GramsPerLitre,
    verdict::{Reason, Verdict},
};

const AS_OF: Date = date(2026, 3, 16);

fn day(back: i32) -> When {
    When::day(plus_days(AS_OF, -back))
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        4 => (0..900_i32).prop_map(day),
        1 => (0..900_i32, 0..60_i32).prop_map(|(back, wide)| {
            When::between(plus_days(AS_OF, -back), plus_days(AS_OF, wide - back))
        }),
        1 => (-60..0_i32).prop_map(day),
    ]
}

fn lab() -> impl Strategy<Value = LabResult> {
    let value = prop_oneof![
        6 => (0..12_000_i64).prop_map(|mg| {
            Measured::Exactly(GramsPerLitre::from_picograms(mg * 1_000_000_000))
        }),
        1 => (1..8_i32).prop_map(|g| Measured::Below { bound: GramsPerLitre::whole(g), inclusive: false }),
        1 => (1..8_i32).prop_map(|g| Measured::Above { bound: GramsPerLitre::whole(g), inclusive: true }),
        1 => Just(Measured::Unusable),
    ];
    (
        prop::option::weighted(0.95, when()),
        value,
        prop::option::of(1..7_i32),
        any::<u16>(),
    )
        .prop_map(|(drawn, value, low, id)| LabResult {
            drawn,
            value,
            reference_low: low.map(GramsPerLitre::whole),
            evidence: Reference::new(format!("Observation/{id}")),
        })
}

fn infection() -> impl Strategy<Value = Infection> {
    let verdict = || {
        select(vec![
            Verdict::Met,
            Verdict::NotMet,
            Verdict::Unknown(Reason::NotSearched),
        ])
    };
    (
        when(),
        select(vec![Bacterial::Certain, Bacterial::Possible, Bacterial::No]),
        any::<[bool; 5]>(),
        verdict(),
        verdict(),
        select(vec![Focus::Lung, Focus::Urinary, Focus::Blood]),
        any::<u16>(),
    )
        .prop_map(|(onset, bacterial, flags, admitted, treated, focus, id)| {
            let [confirmed, positive_culture, mild, sepsis, life_threatening] = flags;
            Infection {
                onset,
                abatement: None,
                bacterial,
                confirmed,
                positive_culture,
                mild,
                sepsis,
                life_threatening,
                admitted,
                treated,
                focus,
                text: None,
                evidence: Reference::new(format!("Condition/i{id}")),
            }
        })
}

fn diagnosis() -> impl Strategy<Value = Diagnosis> {
    (
        select(vec![
            DiagnosisKind::HaematologicalMalignancy,
            DiagnosisKind::Myeloma,
            DiagnosisKind::NonMalignantHaematological,
            DiagnosisKind::Hypogammaglobulinaemia,
            DiagnosisKind::PrimaryImmunodeficiency,
            DiagnosisKind::Other,
        ]),
        any::<u16>(),
    )
        .prop_map(|(kind, id)| Diagnosis {
            kind,
            status: Some(ClinicalStatus::Active),
            confirmed: true,
            onset: None,
            text: None,
            evidence: Reference::new(format!("Condition/d{id}")),
        })
}

fn car_t() -> impl Strategy<Value = CarT> {
    (
        select(vec![
            CarTStage::Infused,
            CarTStage::Infused,
            CarTStage::Ordered,
            CarTStage::Planned,
        ]),
        prop::option::weighted(0.9, when()),
        select(vec![
            Indication::HaematologicalMalignancy,
            Indication::NotStated,
            Indication::Other,
        ]),
        any::<bool>(),
        any::<u16>(),
    )
        .prop_map(|(stage, when, indication, product, id)| CarT {
            stage,
            when,
            indication,
            product,
            evidence: Reference::new(format!("Procedure/c{id}")),
        })
}

fn bispecific() -> impl Strategy<Value = BispecificExposure> {
    (
        select(vec!["L01FX24".to_owned(), "L01FX29".to_owned()]),
        select(vec![
            MedicationSource::Administration,
            MedicationSource::Statement,
            MedicationSource::Order,
        ]),
        prop::option::weighted(0.9, when()),
        any::<bool>(),
        any::<u16>(),
    )
        .prop_map(|(drug, source, start, ongoing, id)| BispecificExposure {
            drug,
            source,
            start,
            end: None,
            ongoing,
            indication: Indication::NotStated,
            evidence: Reference::new(format!("MedicationStatement/b{id}")),
        })
}

fn transplant() -> impl Strategy<Value = Transplant> {
    (
        prop::option::weighted(0.9, when()),
        select(vec![Donor::Allogeneic, Donor::Autologous, Donor::Unknown]),
        any::<u16>(),
    )
        .prop_map(|(when, donor, id)| Transplant {
            when,
            donor,
            evidence: Reference::new(format!("Procedure/t{id}")),
        })
}

fn exposure() -> impl Strategy<Value = IgExposure> {
    (
        select(vec![
            MedicationSource::Administration,
            MedicationSource::Order,
        ]),
        prop::option::weighted(0.95, when()),
        any::<[bool; 2]>(),
        select(vec![IgRoute::Iv, IgRoute::Sc]),
        select(vec![
            IgIndication::NotStated,
            IgIndication::SecondaryImmunodeficiency,
            IgIndication::Immunomodulation,
        ]),
        any::<u16>(),
    )
        .prop_map(
            |(source, start, [active, stopped], route, indication, id)| {
                let order = source == MedicationSource::Order;
                IgExposure {
                    source,
                    start,
                    end: None,
                    active: order && active,
                    stopped: order && !active && stopped,
                    route,
                    indication,
                    evidence: Reference::new(format!("MedicationRequest/g{id}")),
                }
            },
        )
}

fn statement() -> impl Strategy<Value = Statement> {
    let kind = prop_oneof![
        any::<bool>().prop_map(StatementKind::InfectionHistoryReviewed),
        select(vec![
            ReviewOutcome::Continue,
            ReviewOutcome::Pause,
            ReviewOutcome::Stop
        ])
        .prop_map(StatementKind::IgReview),
        (0..60_i32).prop_map(|days| StatementKind::IgExtension(plus_days(AS_OF, days))),
        any::<bool>().prop_map(StatementKind::IgOutsideRecord),
    ];
    (kind, -10..400_i32, any::<u16>()).prop_map(|(kind, back, id)| Statement {
        kind,
        date: plus_days(AS_OF, -back),
        from: None,
        evidence: Reference::new(format!("Observation/s{id}")),
    })
}

fn searched() -> impl Strategy<Value = Searched> {
    prop_oneof![
        3 => Just(Searched::ALL),
        1 => any::<[bool; 6]>().prop_map(|flags| Searched {
            observations: flags[0],
            conditions: flags[1],
            procedures: flags[2],
            medication_requests: flags[3],
            medication_administrations: flags[4],
            encounters: flags[5],
            ..Searched::ALL
        }),
    ]
}

prop_compose! {
    fn patient()(
        years in prop::option::weighted(0.95, 1..95_i32),
        searched in searched(),
        igg in vec(lab(), 0..4),
        diagnoses in vec(diagnosis(), 0..3),
        car_t in vec(car_t(), 0..2),
        bispecifics in vec(bispecific(), 0..3),
        transplants in vec(transplant(), 0..2),
        infections in vec(infection(), 0..5),
        immunoglobulin in vec(exposure(), 0..4),
        statements in vec(statement(), 0..4),
    ) -> Facts {
        Facts {
            patient: Patient { born: years.map(|years| day(years * 365)), ..Patient::default() },
            searched, igg, diagnoses, car_t, bispecifics, transplants, infections, immunoglobulin,
            statements,
            ..Facts::default()
        }
    }
}

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

    /// The order in which facts are given, and giving one twice, change nothing that is said.
    #[test]
    fn order_and_duplicates_change_nothing(facts in patient()) {
        let mut shuffled = facts.clone();
        shuffled.igg.reverse();
        shuffled.diagnoses.reverse();
        shuffled.car_t.reverse();
        shuffled.bispecifics.reverse();
        shuffled.transplants.reverse();
        shuffled.infections.reverse();
        shuffled.immunoglobulin.reverse();
        let copies = shuffled.infections.clone();
        shuffled.infections.extend(copies);
        let copies = shuffled.immunoglobulin.clone();
        shuffled.immunoglobulin.extend(copies);
        let (a, b) = (assess(&facts, AS_OF), assess(&shuffled, AS_OF));
        prop_assert_eq!(a.population.code, b.population.code);
        prop_assert_eq!(a.start.conclusion, b.start.conclusion);
        prop_assert_eq!(&a.start.missing, &b.start.missing);
        prop_assert_eq!(&a.course.conclusions, &b.course.conclusions);
        prop_assert_eq!(a.course.start, b.course.start);
        prop_assert_eq!(a.cards, b.cards);
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
