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
    assessment::{Assessment, CardCode, StartConclusion},
    date::{When, plus_days},
    facts::*,
    hooks::{Hook, MOST_CARDS, Subject, shown},
    quantity::{GramsPerLitre, Mass},
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
            IvigReason::ShortDuration,
            IvigReason::VeryHighDose,
            IvigReason::Skin,
            IvigReason::SelfInjection,
        ])
        .prop_map(StatementKind::IvigReason),
        select(vec![
            SwitchReason::LackOfEffect,
            SwitchReason::AdverseEffect,
            SwitchReason::Economic,
            SwitchReason::Other,
        ])
        .prop_map(StatementKind::SwitchReason),
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

fn weight() -> impl Strategy<Value = Weight> {
    (
        prop::option::weighted(0.95, when()),
        1..900_i32,
        any::<u16>(),
    )
        .prop_map(|(measured, kilograms, id)| Weight {
            measured,
            value: Mass::grams(kilograms * 1000),
            evidence: Reference::new(format!("Observation/w{id}")),
        })
}

fn prescription() -> impl Strategy<Value = Prescription> {
    let product = |brand: &str, route, strength| Product {
        brand: brand.to_owned(),
        route,
        milligrams_per_millilitre: Some(strength),
        placement: Some(Placement::Use),
    };
    (
        prop::option::of(select(vec![
            product("Privigen", IgRoute::Iv, 100),
            product("Hizentra", IgRoute::Sc, 200),
            product("HyQvia", IgRoute::FacilitatedSc, 100),
        ])),
        prop::option::of(select(vec![
            OrderedRoute::Intravenous,
            OrderedRoute::Subcutaneous,
        ])),
        prop::option::weighted(0.8, (1..200_i32, any::<bool>(), 1..5_i64)),
    )
        .prop_map(|(product, ordered_route, dose)| {
            let doses: Vec<PlannedDose> = dose
                .map(|(grams, per_kilogram, weeks)| planned(grams, per_kilogram, weeks))
                .into_iter()
                .collect();
            Prescription {
                gap: doses.is_empty().then_some(DoseGap::NotWritten),
                product,
                ordered_route,
                doses,
                words: None,
            }
        })
}

fn planned(grams: i32, per_kilogram: bool, weeks: i64) -> PlannedDose {
    // Tenths of a gram for each kilogram.
    let mass = if per_kilogram {
        Mass::from_milligrams(i64::from(grams) * 10)
    } else {
        Mass::grams(grams)
    };
    let pace = Pace {
        times: 1,
        seconds: weeks * 7 * 86_400,
    };
    PlannedDose {
        role: DoseRole::Maintenance,
        amount: Amount {
            low: mass,
            high: mass,
            per_kilogram,
            written: WrittenAs::Mass,
        },
        interval: Some(Interval {
            least: pace,
            most: pace,
        }),
        cap: None,
    }
}

fn order() -> impl Strategy<Value = Order> {
    (
        select(vec![
            IgIndication::NotStated,
            IgIndication::SecondaryImmunodeficiency,
            IgIndication::SecondaryImmunodeficiency,
            IgIndication::Immunomodulation,
        ]),
        select(vec![IgRoute::Iv, IgRoute::Sc, IgRoute::FacilitatedSc]),
        prescription(),
    )
        .prop_map(|(indication, route, prescription)| Order {
            evidence: Reference::new("MedicationRequest/draft"),
            indication,
            indication_text: None,
            route,
            planned_end: None,
            prescription,
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
        weights in vec(weight(), 0..3),
        order in prop::option::of(order()),
        running in vec(prescription(), 4),
    ) -> Facts {
        let running_orders = immunoglobulin
            .iter()
            .zip(running)
            .filter(|(exposure, _)| exposure.active)
            .map(|(exposure, prescription)| RunningOrder {
                route: exposure.route,
                prescription,
                evidence: exposure.evidence.clone(),
            })
            .collect();
        Facts {
            weights, order, running_orders,
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
        shuffled.weights.reverse();
        shuffled.running_orders.reverse();
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
        prop_assert_eq!(&a.dose, &b.dose);
        prop_assert_eq!(a.cards, b.cards);
    }

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
